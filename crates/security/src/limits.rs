//! Rates of requests, counted in this process by governor.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{RateLimiter, RepositoryError};
use domain::{Allowance, Quota, Timestamp};
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::{DashMapStateStore, ShrinkableKeyedStateStore};

/// After so many requests those callers are forgotten that have all of their requests again.
const PRUNED_EVERY: u32 = 4096;

/// Counts the requests of one process.
///
/// Callers are kept as hashes by a key of this process, in some 30 bytes each.
pub struct LocalRateLimiter {
    /// When all requests of a caller will have come back.
    arrivals: DashMapStateStore<u64>,
    hasher: RandomState,
    taken: AtomicU32,
}

impl LocalRateLimiter {
    /// A limiter that has counted nothing.
    pub fn new() -> Self {
        Self { arrivals: DashMapStateStore::default(), hasher: RandomState::new(), taken: AtomicU32::new(0) }
    }

    fn count(&self, who: &str, quota: Quota, now: Timestamp) -> Allowance {
        let key = self.hasher.hash_one((who, quota));
        let now = since_1970(now);
        let rule = governor::Quota::with_period(quota.interval())
            .unwrap_or_else(|| governor::Quota::per_second(quota.requests()))
            .allow_burst(quota.requests());
        // Made anew for each request: it holds nothing but the rule, and one map serves every quota.
        let store = Observed { arrivals: &self.arrivals, arrives_at: Cell::new(Duration::ZERO) };
        let limiter = governor::RateLimiter::<_, _, _, NoOpMiddleware<Duration>>::new(
            rule,
            store,
            CallersClock(Cell::new(Duration::ZERO)),
        );
        limiter.clock().0.set(now);
        let is_granted = limiter.check_key(&key).is_ok();
        let arrives_at = limiter.into_state_store().arrives_at.get();
        if self.taken.fetch_add(1, Ordering::Relaxed) % PRUNED_EVERY == PRUNED_EVERY - 1 {
            ShrinkableKeyedStateStore::retain_recent(&self.arrivals, now.into());
        }
        quota.allowance(arrives_at.saturating_sub(now), is_granted)
    }
}

impl Default for LocalRateLimiter {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl RateLimiter for LocalRateLimiter {
    async fn take(&self, who: &str, quota: Quota, now: Timestamp) -> Result<Allowance, RepositoryError> {
        Ok(self.count(who, quota, now))
    }
}

/// The clock that governor asks, set to the time that the caller brought along. Instants are times since 1970,
/// which is where governor, too, must begin to count: it reads the clock when the limiter is made.
struct CallersClock(Cell<Duration>);

impl Clock for CallersClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.get()
    }
}

/// A store that tells what governor decided: of its own accord it says when the next request comes back only to
/// who is refused.
struct Observed<'a> {
    arrivals: &'a DashMapStateStore<u64>,
    arrives_at: Cell<Duration>,
}

impl StateStore for Observed<'_> {
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, key: &u64, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        // The last call is the one that counts: it is repeated while others change the same entry.
        self.arrivals.measure_and_replace(key, |before| {
            let decided = decide(before);
            let after = decided.as_ref().map_or(before, |(_, after)| Some(*after));
            self.arrives_at.set(after.map_or(Duration::ZERO, Duration::from));
            decided
        })
    }
}

fn since_1970(at: Timestamp) -> Duration {
    Duration::from_micros(u64::try_from(at.micros()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(1_700_000_000_000_000 + seconds * 1_000_000).unwrap()
    }

    #[test]
    fn callers_are_forgotten_when_they_have_all_of_their_requests_again() {
        let limiter = LocalRateLimiter::new();
        let (soon, late) = (Quota::parse("1/second").unwrap(), Quota::parse("1/hour").unwrap());
        for number in 0..PRUNED_EVERY / 2 {
            limiter.count(&number.to_string(), soon, at(0));
            limiter.count(&number.to_string(), late, at(0));
        }
        for _ in 0..PRUNED_EVERY {
            limiter.count("someone else", soon, at(1));
        }
        assert_eq!(limiter.arrivals.len(), 1 + usize::try_from(PRUNED_EVERY / 2).unwrap());
        assert!(!limiter.count("0", late, at(1)).is_granted);
    }
}
