//! How rules are checked.

use std::sync::Arc;

use domain::{Direction, Listing, Order, Page, PageLimit, SortKey, Timestamp};
use serde::Serialize;
use tokio::sync::Barrier;

/// Panics unless the call was refused with this error.
macro_rules! refused {
    ($result:expr, $error:pat) => {
        match $result {
            Err($error) => {}
            Err(other) => panic!("must be refused with {}, not {other:?}", stringify!($error)),
            Ok(_) => panic!("must be refused with {}, not accepted", stringify!($error)),
        }
    };
}

pub(super) use refused;

/// Panics with both records in full (they hold the test's own data) unless they are equal.
#[track_caller]
pub(super) fn same<T: PartialEq + Serialize>(got: &T, want: &T) {
    let text = |record: &T| serde_json::to_string_pretty(record).unwrap();
    assert!(got == want, "got {}\nwant {}", text(got), text(want));
}

/// Makes all calls at once, each on a task of its own, and returns what came of them, in order.
pub(super) async fn at_once<F>(calls: impl IntoIterator<Item = F>) -> Vec<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let calls: Vec<F> = calls.into_iter().collect();
    let start = Arc::new(Barrier::new(calls.len()));
    let tasks: Vec<_> = calls
        .into_iter()
        .map(|call| {
            let start = Arc::clone(&start);
            tokio::spawn(async move {
                start.wait().await;
                call.await
            })
        })
        .collect();
    let mut results = Vec::with_capacity(tasks.len());
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

/// The four orders of a list.
pub(super) const ORDERS: [Order; 4] = [
    Order { key: SortKey::CreatedAt, direction: Direction::Descending },
    Order { key: SortKey::CreatedAt, direction: Direction::Ascending },
    Order { key: SortKey::Name, direction: Direction::Ascending },
    Order { key: SortKey::Name, direction: Direction::Descending },
];

/// By name, smallest first.
pub(super) const BY_NAME: Order = ORDERS[2];

/// A first page of at most `limit` records.
pub(super) fn page<Id>(order: Order, limit: u16) -> Page<Id> {
    Page { limit: PageLimit::new(limit).unwrap(), order, ..Page::default() }
}

/// Asks for page after page and returns the records of all of them.
pub(super) async fn walk<T, Id>(
    first: Page<Id>,
    mut ask: impl AsyncFnMut(Page<Id>) -> Listing<T, Id>,
) -> Vec<T>
where
    Id: Copy,
{
    let mut page = first;
    let mut items = Vec::new();
    for _ in 0..1000 {
        let listing = ask(page).await;
        assert!(listing.items.len() <= usize::from(page.limit.get()), "a page keeps its limit");
        assert!(listing.next.is_none() || !listing.items.is_empty(), "an empty page is the last one");
        items.extend(listing.items);
        match listing.next {
            Some(_) => page.after = listing.next,
            None => return items,
        }
    }
    panic!("the pages have no end");
}

/// The ids of records, given as (time, name key, id), in this order.
pub(super) fn in_order<Id: Copy + Ord>(mut records: Vec<(Timestamp, String, Id)>, order: Order) -> Vec<Id> {
    match order.key {
        SortKey::CreatedAt => records.sort_by_key(|(at, _, id)| (*at, *id)),
        SortKey::Name => records.sort_by(|(_, a, id), (_, b, other)| (a, id).cmp(&(b, other))),
    }
    if order.direction == Direction::Descending {
        records.reverse();
    }
    records.into_iter().map(|(_, _, id)| id).collect()
}
