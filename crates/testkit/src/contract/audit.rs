//! The contract of [`AuditTrail`](domain::ports::AuditTrail).

mod appends;
mod lists;
mod prunes;
mod seals;

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{
    AuditEvent, AuditEventId, AuditFilter, AuditHead, Direction, Operation, Order, Outcome, Page, PageLimit,
    RequestId, SortKey, StoredEvent, Timestamp,
};

pub use appends::*;
pub use lists::*;
pub use prunes::*;
pub use seals::*;

use super::Trails;
use crate::fixed::{instant, stamped};

/// How long a write of somebody else may keep events from being sealed.
const PATIENCE: Duration = Duration::from_secs(20);

/// A call that was done at `at`, known by the number.
fn event(at: Timestamp, number: usize) -> AuditEvent {
    let request_id = RequestId::parse(&format!("request-{number}")).unwrap();
    AuditEvent {
        request_id,
        operation: Operation::named("tests_run"),
        ..AuditEvent::of(&stamped(at), Outcome::Done)
    }
}

/// The oldest first.
const OLDEST: Order = Order { key: SortKey::CreatedAt, direction: Direction::Ascending };

impl Trails {
    async fn append(&self, events: impl Into<Vec<AuditEvent>>) {
        self.one.append(Arc::from(events.into()), instant()).await.unwrap();
    }

    /// All events that match, the oldest first.
    async fn all(&self, filter: &AuditFilter) -> Vec<StoredEvent> {
        self.pages(filter, Page { order: OLDEST, ..Page::default() }).await
    }

    /// All events that match, page by page.
    async fn pages(&self, filter: &AuditFilter, first: Page<AuditEventId>) -> Vec<StoredEvent> {
        let (mut page, mut all) = (first, Vec::new());
        loop {
            let listing = self.one.list(filter, page).await.unwrap();
            all.extend(listing.items);
            if listing.next.is_none() {
                return all;
            }
            page.after = listing.next;
        }
    }

    /// Seals until no event is left without a seal. Writes that are under way anywhere may defer it.
    async fn seal_all(&self, now: Timestamp) -> AuditHead {
        let start = Instant::now();
        loop {
            let head = self.one.seal(now).await.unwrap();
            if self.one.verify(&[]).await.unwrap().unsealed == 0 {
                return head.unwrap();
            }
            assert!(start.elapsed() < PATIENCE, "events stay without a seal");
        }
    }
}

/// The request ids, by which events of tests are known.
fn names(events: &[StoredEvent]) -> Vec<&str> {
    events.iter().map(|event| event.request_id.as_str()).collect()
}

fn limit(limit: u16) -> PageLimit {
    PageLimit::new(limit).unwrap()
}

/// The list of rules; a test holds it against the functions.
#[doc(hidden)]
#[macro_export]
macro_rules! audit_rules {
    ($store:expr) => {
        $crate::rules_as_tests! { audit, $store,
            an_event_comes_back_as_it_was_appended
            an_event_of_nobody_about_nothing_comes_back_as_it_was
            events_of_one_call_keep_their_order
            appending_nothing_does_nothing
            parallel_appends_lose_nothing
            lists_are_in_order_of_time
            a_list_shows_what_matches_its_filter
            filters_narrow_each_other
            the_total_counts_all_that_match
            pages_repeat_and_omit_nothing_while_events_come_in
            an_empty_trail_has_no_head_and_is_good
            a_seal_covers_all_events
            without_new_events_there_is_no_new_seal
            many_events_take_several_seals
            a_chain_of_many_seals_is_good
            replicas_make_one_chain
            noted_heads_stay_in_the_chain
            a_noted_head_that_is_not_in_the_chain_is_told
            pruning_deletes_what_is_old_and_the_chain_stays_good
            pruning_leaves_a_trace
            events_without_a_seal_are_not_pruned
            a_seal_with_one_young_event_is_not_pruned
            a_pruned_trail_goes_on
        }
    };
}
