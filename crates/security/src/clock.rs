//! The clock of the machine.

use domain::Timestamp;
use domain::ports::Clock;

/// The operating system's clock, cut to whole microseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the adapter that the port `Clock` is made by")]
    fn now(&self) -> Timestamp {
        Timestamp::from_datetime(chrono::Utc::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_does_not_run_backwards_and_has_no_nanoseconds() {
        let earlier = SystemClock.now();
        let later = SystemClock.now();
        assert!(later >= earlier);
        assert_eq!(later.datetime().timestamp_subsec_nanos() % 1000, 0);
    }
}
