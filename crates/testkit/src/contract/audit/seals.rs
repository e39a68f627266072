//! Sealing the trail, and checking it.

use std::sync::Arc;

use domain::{AuditHead, Broken, Fault};

use super::event;
use crate::contract::Trails;
use crate::contract::check::at_once;
use crate::fixed::{instant, seconds_later};

pub async fn an_empty_trail_has_no_head_and_is_good(store: &Trails) {
    assert_eq!(store.one.seal(instant()).await.unwrap(), None);
    let found = store.one.verify(&[]).await.unwrap();
    assert_eq!((found.seals, found.events, found.unsealed), (0, 0, 0));
    assert_eq!((found.head, found.broken), (None, None));
}

pub async fn a_seal_covers_all_events(store: &Trails) {
    store.append([0, 1, 2].map(|number| event(instant(), number))).await;
    assert_eq!(store.one.verify(&[]).await.unwrap().unsealed, 3);
    let head = store.seal_all(seconds_later(1)).await;
    assert_eq!((head.events, head.at), (3, seconds_later(1)));
    let found = store.one.verify(&[]).await.unwrap();
    assert_eq!((found.events, found.unsealed, found.pruned), (3, 0, 0));
    assert_eq!((found.head, found.broken), (Some(head), None));
}

pub async fn without_new_events_there_is_no_new_seal(store: &Trails) {
    store.append([event(instant(), 0)]).await;
    let head = store.seal_all(seconds_later(1)).await;
    assert_eq!(store.one.seal(seconds_later(2)).await.unwrap(), Some(head.clone()));
    assert_eq!(store.other.seal(seconds_later(2)).await.unwrap(), Some(head));
}

pub async fn many_events_take_several_seals(store: &Trails) {
    store.append((0..2500).map(|number| event(instant(), number)).collect::<Vec<_>>()).await;
    let head = store.seal_all(seconds_later(1)).await;
    assert_eq!(head.events, 2500);
    assert!(head.seal > 1, "{head:?}");
    let found = store.one.verify(&[head]).await.unwrap();
    assert_eq!((found.events, found.broken), (2500, None));
}

pub async fn a_chain_of_many_seals_is_good(store: &Trails) {
    let mut heads = Vec::new();
    for number in 0..300 {
        store.append([event(instant(), number)]).await;
        heads.extend(store.replica(u32::try_from(number).unwrap()).seal(instant()).await.unwrap());
    }
    let head = store.seal_all(instant()).await;
    let found = store.other.verify(&heads).await.unwrap();
    assert_eq!((found.events, found.seals), (300, head.seal));
    assert_eq!((found.head, found.broken), (Some(head), None));
}

pub async fn replicas_make_one_chain(store: &Trails) {
    let calls = (0..16_u32).map(|number| {
        let trail = Arc::clone(store.replica(number));
        async move {
            let mut heads = Vec::new();
            for step in 0..10 {
                trail.append([event(instant(), step)].into(), instant()).await.unwrap();
                heads.extend(trail.seal(seconds_later(u64::from(number))).await.unwrap());
            }
            heads
        }
    });
    let heads: Vec<AuditHead> = at_once(calls).await.into_iter().flatten().collect();
    let head = store.seal_all(seconds_later(20)).await;
    assert_eq!(head.events, 160);
    let found = store.one.verify(&heads).await.unwrap();
    assert_eq!((found.events, found.broken), (160, None));
}

pub async fn noted_heads_stay_in_the_chain(store: &Trails) {
    let mut noted = Vec::new();
    for number in 0..3 {
        store.append([event(instant(), number)]).await;
        noted.push(store.seal_all(seconds_later(1)).await);
        assert_eq!(store.one.verify(&noted).await.unwrap().broken, None);
    }
}

pub async fn a_noted_head_that_is_not_in_the_chain_is_told(store: &Trails) {
    store.append([event(instant(), 0)]).await;
    let head = store.seal_all(seconds_later(1)).await;
    let later = AuditHead { seal: head.seal + 1, events: head.events + 1, ..head.clone() };
    let broken = Broken { seal: later.seal, event: Some(later.event), fault: Fault::CutOff };
    assert_eq!(store.one.verify(&[head.clone(), later]).await.unwrap().broken, Some(broken));
    let other = AuditHead { hash: [0; 32], ..head.clone() };
    let broken = Broken { seal: head.seal, event: Some(head.event), fault: Fault::Unsealed };
    assert_eq!(store.one.verify(&[other]).await.unwrap().broken, Some(broken));
}
