//! How long a wrong password takes.
//!
//! Hashes of other systems take other times than ours, so the time of an answer would tell which accounts have come
//! from elsewhere and have not signed in since. Once such a hash was met, every wrong password is answered after the
//! longer of the two usual times. Nobody works meanwhile.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The usual times, in microseconds; zero until there is one.
#[derive(Default)]
pub(super) struct Pace {
    own: AtomicU64,
    foreign: AtomicU64,
}

impl Pace {
    /// Learns from a comparison that has taken `time`.
    pub(super) fn learn(&self, is_foreign: bool, time: Duration) {
        let usual = if is_foreign { &self.foreign } else { &self.own };
        let time = u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1);
        let learn = |before: u64| Some(if before == 0 { time } else { before / 8 * 7 + time / 8 });
        let _ = usual.fetch_update(Ordering::Relaxed, Ordering::Relaxed, learn);
    }

    /// How long to wait after a comparison that has taken `time` and found the password wrong.
    pub(super) fn rest(&self, time: Duration) -> Duration {
        let foreign = self.foreign.load(Ordering::Relaxed);
        if foreign == 0 {
            return Duration::ZERO;
        }
        let longer = foreign.max(self.own.load(Ordering::Relaxed));
        Duration::from_micros(longer).saturating_sub(time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn nobody_waits_where_all_hashes_are_ours() {
        let pace = Pace::default();
        pace.learn(false, ms(200));
        assert_eq!(pace.rest(ms(10)), Duration::ZERO);
    }

    #[test]
    fn both_kinds_are_answered_after_the_longer_time() {
        let pace = Pace::default();
        pace.learn(false, ms(200));
        pace.learn(true, ms(300));
        assert_eq!((pace.rest(ms(200)), pace.rest(ms(300))), (ms(100), Duration::ZERO));
        let pace = Pace::default();
        pace.learn(true, ms(50));
        pace.learn(false, ms(200));
        assert_eq!(pace.rest(ms(50)), ms(150));
    }

    #[test]
    fn one_slow_comparison_is_not_the_usual_one() {
        let pace = Pace::default();
        pace.learn(true, ms(80));
        pace.learn(true, ms(800));
        assert!((ms(160)..ms(180)).contains(&pace.rest(ms(0))), "{:?}", pace.rest(ms(0)));
    }
}
