//! One request after the other.

use std::time::Duration;

use super::quota;
use crate::contract::Limiters;
use crate::contract::sample::LINES;
use crate::fixed::{instant, micros_later};

const MICROSECOND: Duration = Duration::from_micros(1);

pub async fn as_many_as_the_quota_pass_at_once_and_no_more(store: &Limiters) {
    for text in ["1/second", "3/minute", "7/second", "20/second", "300/hour", "11/day", "333/s"] {
        let quota = quota(text);
        for remaining in (0..quota.requests().get()).rev() {
            let allowance = store.take("ann", quota, instant()).await;
            assert!(allowance.is_granted, "{text}");
            assert_eq!(allowance.remaining, remaining, "{text}");
        }
        for _ in 0..3 {
            let allowance = store.take("ann", quota, instant()).await;
            assert!(!allowance.is_granted, "{text}");
            assert_eq!((allowance.remaining, allowance.reset), (0, quota.interval()), "{text}");
        }
    }
}

pub async fn one_comes_back_after_each_interval(store: &Limiters) {
    for text in ["4/second", "7/second", "11/day"] {
        let quota = quota(text);
        store.exhaust("ann", quota, instant()).await;
        let mut now = instant();
        for _ in 0..5 {
            let next = now.plus(quota.interval());
            assert!(!store.granted("ann", quota, next.minus(MICROSECOND)).await, "{text}");
            assert!(store.granted("ann", quota, next).await, "{text}");
            assert!(!store.granted("ann", quota, next).await, "{text}");
            now = next;
        }
    }
}

pub async fn the_reset_tells_when_the_next_one_comes_back(store: &Limiters) {
    let quota = quota("4/second");
    let first = store.take("ann", quota, instant()).await;
    assert_eq!((first.remaining, first.reset), (3, Duration::from_millis(250)));
    let (now, left) = (instant().plus(Duration::from_millis(100)), Duration::from_millis(150));
    for remaining in [2, 1, 0, 0] {
        let allowance = store.take("ann", quota, now).await;
        assert_eq!((allowance.remaining, allowance.reset), (remaining, left));
    }
    let early = now.plus(left).minus(MICROSECOND);
    assert_eq!(store.take("ann", quota, early).await.reset, MICROSECOND);
    assert!(store.granted("ann", quota, now.plus(left)).await);
}

pub async fn a_refused_request_costs_nothing(store: &Limiters) {
    let quota = quota("5/second");
    store.exhaust("ann", quota, instant()).await;
    for _ in 0..20 {
        assert!(!store.granted("ann", quota, instant()).await);
    }
    assert!(store.granted("ann", quota, instant().plus(quota.interval())).await);
}

pub async fn a_pause_gives_back_all_and_no_more(store: &Limiters) {
    let quota = quota("5/minute");
    store.exhaust("ann", quota, instant()).await;
    for pause in [quota.whole(), Duration::from_hours(24 * 400)] {
        let now = instant().plus(pause);
        for remaining in (0..5).rev() {
            let allowance = store.take("ann", quota, now).await;
            assert!(allowance.is_granted);
            assert_eq!(allowance.remaining, remaining);
        }
        assert!(!store.granted("ann", quota, now).await);
    }
}

pub async fn steady_requests_pass_at_the_rate_of_the_quota(store: &Limiters) {
    for text in ["20/second", "30/second", "600/minute"] {
        let quota = quota(text);
        let mut granted = 0;
        // A hundred a second, for ten seconds.
        for step in 0..1000 {
            granted += u32::from(store.granted("ann", quota, micros_later(step * 10_000)).await);
        }
        let rate = quota.requests().get() / u32::try_from(quota.per().as_secs()).unwrap();
        let most = (quota.requests().get() + 10 * rate).min(1000);
        assert!(granted <= most, "{text}: {granted} of {most}");
        assert!(granted * 100 >= most * 99, "{text}: {granted} of {most}");
    }
}

/// The clocks of two replicas differ a little.
pub async fn a_clock_that_is_behind_gets_nothing_more(store: &Limiters) {
    let quota = quota("5/second");
    store.exhaust("ann", quota, instant()).await;
    let allowance = store.take("ann", quota, micros_later(-3_000_000)).await;
    assert!(!allowance.is_granted);
    assert_eq!(allowance.reset, Duration::from_secs(3) + quota.interval());
}

pub async fn each_caller_and_each_quota_counts_by_itself(store: &Limiters) {
    let (few, many) = (quota("2/minute"), quota("2/day"));
    store.exhaust("ann", few, instant()).await;
    for (who, quota) in [("eve", few), ("Ann", few), ("ann ", few), ("ann", many)] {
        assert_eq!(store.take(who, quota, instant()).await.remaining, 1, "{who}");
    }
    assert!(!store.granted("ann", few, instant()).await);
}

pub async fn any_text_is_a_caller(store: &Limiters) {
    let quota = quota("1/day");
    let long = "x".repeat(100_000);
    for who in LINES.iter().copied().chain(["", "\0", "a\0b", "a\0c", &long]) {
        assert!(store.granted(who, quota, instant()).await, "{who:.20}");
        assert!(!store.granted(who, quota, instant()).await, "{who:.20}");
    }
}
