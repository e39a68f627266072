//! Deleting what is older than it has to be.

use domain::{AuditEvent, AuditFilter, AuditHead, Call, Operation, Stamp, UserId};

use super::{event, names};
use crate::contract::Trails;
use crate::fixed::{instant, seconds_later};

/// The pruning of these tests.
fn stamp() -> Stamp {
    let call = Call::local(Operation::named("audit_prune"));
    Stamp { user: UserId::new(7), ..Stamp::anonymous(seconds_later(100), call.into()) }
}

/// Three seals, over the events 0 and 1, 2 and 3, 4 and 5, one second each.
async fn three_seals(store: &Trails) -> Vec<AuditHead> {
    let mut heads = Vec::new();
    for number in [0, 2, 4] {
        let at = |number| seconds_later(u64::try_from(number).unwrap());
        for number in [number, number + 1] {
            store.append([event(at(number), number)]).await;
        }
        // Writes elsewhere may defer the second event, so that it gets a seal of its own.
        heads.push(store.seal_all(at(number + 1)).await);
    }
    heads
}

pub async fn pruning_deletes_what_is_old_and_the_chain_stays_good(store: &Trails) {
    let heads = three_seals(store).await;
    assert_eq!(store.one.prune(seconds_later(4), &stamp()).await.unwrap(), 4);
    let left = store.all(&AuditFilter::default()).await;
    assert_eq!(names(&left), ["request-4", "request-5", "-"]);
    let found = store.one.verify(&heads).await.unwrap();
    assert_eq!((found.events, found.pruned, found.unsealed), (6, 4, 1));
    assert_eq!((found.head.as_ref(), found.broken), (heads.last(), None));
    assert_eq!(store.other.prune(seconds_later(4), &stamp()).await.unwrap(), 0);
}

pub async fn pruning_leaves_a_trace(store: &Trails) {
    assert_eq!(store.one.prune(seconds_later(50), &stamp()).await.unwrap(), 0);
    let events = store.all(&AuditFilter::default()).await;
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].operation.as_str(), events[0].user), ("audit_prune", UserId::new(7)));
}

pub async fn events_without_a_seal_are_not_pruned(store: &Trails) {
    store.append([event(instant(), 0)]).await;
    assert_eq!(store.one.prune(seconds_later(50), &stamp()).await.unwrap(), 0);
    assert_eq!(store.all(&AuditFilter::default()).await.len(), 2);
}

pub async fn a_seal_with_one_young_event_is_not_pruned(store: &Trails) {
    let young = AuditEvent { at: seconds_later(60), ..event(instant(), 1) };
    store.append([event(instant(), 0), young, event(instant(), 2)]).await;
    store.seal_all(seconds_later(1)).await;
    assert_eq!(store.one.prune(seconds_later(50), &stamp()).await.unwrap(), 0);
    assert_eq!(store.all(&AuditFilter::default()).await.len(), 4);
}

pub async fn a_pruned_trail_goes_on(store: &Trails) {
    let mut heads = three_seals(store).await;
    for (before, number) in [(2, 6), (4, 7), (101, 8)] {
        store.one.prune(seconds_later(before), &stamp()).await.unwrap();
        store.append([event(seconds_later(200), number)]).await;
        heads.push(store.seal_all(seconds_later(200)).await);
        let found = store.one.verify(&heads).await.unwrap();
        assert_eq!((found.unsealed, found.broken), (0, None));
    }
    let left = store.all(&AuditFilter::default()).await;
    assert_eq!(names(&left), ["-", "-", "-", "request-6", "request-7", "request-8"]);
}
