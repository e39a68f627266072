//! Rates of requests: how many in which time.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

/// So many requests in such a time, such as `1000/day`.
///
/// They may come all at once; what was used comes back evenly over the time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Quota {
    requests: NonZeroU32,
    per: Duration,
}

/// The text is no quota.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("must be a number, a slash and second, minute, hour or day, such as 1000/day")]
pub struct QuotaError;

impl Quota {
    /// Reads `<number>/<second|minute|hour|day>`; the first letter of the time is enough.
    pub fn parse(raw: &str) -> Result<Self, QuotaError> {
        let (requests, per) = raw.trim().split_once('/').ok_or(QuotaError)?;
        let requests = requests.trim().parse().map_err(|_| QuotaError)?;
        let per = match per.trim() {
            "s" | "sec" | "second" => Duration::from_secs(1),
            "m" | "min" | "minute" => Duration::from_mins(1),
            "h" | "hour" => Duration::from_hours(1),
            "d" | "day" => Duration::from_hours(24),
            _ => return Err(QuotaError),
        };
        Ok(Self { requests, per })
    }

    /// How many requests.
    pub const fn requests(self) -> NonZeroU32 {
        self.requests
    }

    /// In which time.
    pub const fn per(self) -> Duration {
        self.per
    }

    /// The time after which one used request comes back: in whole microseconds as every instant, rounded up.
    pub fn interval(self) -> Duration {
        let micros = self.per.as_micros().div_ceil(u128::from(self.requests.get()));
        Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    /// The time after which all requests have come back when all of them were used.
    pub fn whole(self) -> Duration {
        self.interval().saturating_mul(self.requests.get())
    }

    /// What to tell a caller all of whose requests will have come back after `owed`.
    pub fn allowance(self, owed: Duration, is_granted: bool) -> Allowance {
        let free = self.whole().saturating_sub(owed);
        let interval = self.interval();
        let remaining = free.as_micros() / interval.as_micros().max(1);
        let remaining = u32::try_from(remaining).unwrap_or(u32::MAX);
        let one_more = interval.saturating_mul(remaining.saturating_add(1));
        let reset = owed.saturating_sub(self.whole().saturating_sub(one_more));
        Allowance { remaining, reset, is_granted }
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}s", self.requests, self.per.as_secs())
    }
}

/// What came of one request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Allowance {
    /// How many more may come right now.
    pub remaining: u32,
    /// When the next one comes back; for a refused request, when to try again.
    pub reset: Duration,
    /// Whether the request may pass.
    pub is_granted: bool,
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_and_times() {
        let quota = Quota::parse("1000/day").unwrap();
        assert_eq!((quota.requests().get(), quota.per()), (1000, Duration::from_hours(24)));
        assert_eq!(Quota::parse(" 20 / second ").unwrap().interval(), Duration::from_millis(50));
        assert_eq!(Quota::parse("5/m"), Quota::parse("5/minute"));
    }

    #[test]
    fn intervals_are_whole_microseconds_and_never_too_short() {
        let interval = |raw| Quota::parse(raw).unwrap().interval();
        assert_eq!(interval("3/second"), Duration::from_micros(333_334));
        assert_eq!(interval("4000000000/second"), Duration::from_micros(1));
    }

    #[test]
    fn tells_what_remains_and_when_the_next_comes_back() {
        let told = |owed| {
            let told = Quota::parse("4/second").unwrap().allowance(Duration::from_millis(owed), true);
            (told.remaining, told.reset.as_millis())
        };
        assert_eq!(told(250), (3, 250));
        assert_eq!(told(400), (2, 150));
        assert_eq!(told(1000), (0, 250));
        assert_eq!(told(900), (0, 150));
        assert_eq!(told(6000), (0, 5250));
    }

    #[test]
    fn refuses_anything_else() {
        for raw in ["", "5", "0/day", "-1/day", "5/week", "x/day", "5/day/day", "99999999999/s"] {
            assert_eq!(Quota::parse(raw), Err(QuotaError), "{raw}");
        }
    }
}
