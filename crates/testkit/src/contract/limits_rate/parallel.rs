//! Many requests at the same time.

use std::sync::Arc;

use super::{at_once, quota};
use crate::contract::Limiters;
use crate::fixed::{instant, seconds_later};

pub async fn parallel_requests_never_exceed_the_quota(store: &Limiters) {
    let quota = quota("20/minute");
    assert_eq!(store.at_once(100, "ann", quota, instant()).await, 20);
    // Three seconds for each that comes back.
    assert_eq!(store.at_once(100, "ann", quota, seconds_later(15)).await, 5);
}

pub async fn parallel_requests_of_many_callers_all_count(store: &Limiters) {
    let quota = quota("3/minute");
    let takes = (0..120).map(|number| {
        let replica = Arc::clone(store.replica(number));
        async move { replica.take(&format!("caller {}", number % 20), quota, instant()).await.unwrap() }
    });
    let granted = at_once(takes).await.into_iter().filter(|allowance| allowance.is_granted).count();
    assert_eq!(granted, 60);
}

pub async fn replicas_count_together(store: &Limiters) {
    let quota = quota("10/minute");
    for remaining in (0..10).rev() {
        let allowance = store.replica(remaining).take("ann", quota, instant()).await.unwrap();
        assert!(allowance.is_granted);
        assert_eq!(allowance.remaining, remaining);
    }
    for number in 0..4 {
        assert!(!store.replica(number).take("ann", quota, instant()).await.unwrap().is_granted);
    }
}
