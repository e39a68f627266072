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

    /// The time after which one used request comes back.
    pub fn interval(self) -> Duration {
        self.per / self.requests.get()
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
    fn refuses_anything_else() {
        for raw in ["", "5", "0/day", "-1/day", "5/week", "x/day", "5/day/day", "99999999999/s"] {
            assert_eq!(Quota::parse(raw), Err(QuotaError), "{raw}");
        }
    }
}
