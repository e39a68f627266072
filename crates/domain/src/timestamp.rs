//! Instants and calendar dates.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Datelike, SecondsFormat, Utc};

/// A calendar date without a zone.
pub type Date = chrono::NaiveDate;

/// An instant in UTC, in whole microseconds: PostgreSQL keeps no more, so nothing else does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// The instant `micros` microseconds after 1970-01-01T00:00:00Z, if its year has one to four digits: RFC 3339
    /// writes no other, and as text they would not sort by time.
    pub fn from_micros(micros: i64) -> Option<Self> {
        DateTime::from_timestamp_micros(micros).filter(|at| (1..=9999).contains(&at.year())).map(Self)
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub fn micros(self) -> i64 {
        self.0.timestamp_micros()
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, as in a JSON Web Token (RFC 7519, section 2: `NumericDate`).
    pub fn seconds(self) -> i64 {
        self.0.timestamp()
    }

    /// An instant of any precision, cut to whole microseconds.
    pub fn from_datetime(at: DateTime<Utc>) -> Self {
        Self::from_micros(at.timestamp_micros()).unwrap_or(Self(at))
    }

    /// The same instant for adapters that speak chrono.
    pub const fn datetime(self) -> DateTime<Utc> {
        self.0
    }

    /// Reads RFC 3339 with any offset; in UTC the year must have one to four digits, too.
    pub fn parse(raw: &str) -> Option<Self> {
        let at = DateTime::parse_from_rfc3339(raw).ok()?;
        Self::from_micros(at.timestamp_micros())
    }

    /// The date in UTC.
    pub fn date(self) -> Date {
        self.0.date_naive()
    }

    /// The instant `duration` later; the same one where the calendar ends.
    pub fn plus(self, duration: Duration) -> Self {
        let later = chrono::Duration::from_std(duration).ok().and_then(|d| self.0.checked_add_signed(d));
        later.map_or(self, Self)
    }

    /// The instant `duration` earlier; the same one where the calendar begins.
    pub fn minus(self, duration: Duration) -> Self {
        let earlier = chrono::Duration::from_std(duration).ok().and_then(|d| self.0.checked_sub_signed(d));
        earlier.map_or(self, Self)
    }

    /// How long ago `earlier` was; zero when it is still to come.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.signed_duration_since(earlier.0).to_std().unwrap_or_default()
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with `Z` and as many decimals as are needed, at most six.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <DateTime<Utc> as serde::Deserialize>::deserialize(deserializer).map(Self::from_datetime)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_whole_microseconds_only() {
        let at = Timestamp::parse("2026-01-02T03:04:05.123456789+05:30").unwrap();
        assert_eq!(at.to_string(), "2026-01-01T21:34:05.123456Z");
        assert_eq!(Timestamp::from_micros(at.micros()), Some(at));
    }

    #[test]
    fn years_have_one_to_four_digits() {
        assert!(Timestamp::parse("9999-12-31T23:59:59Z").is_some());
        assert!(Timestamp::parse("9999-12-31T23:59:59-23:59").is_none());
        assert!(Timestamp::parse("0000-12-31T00:00:00Z").is_none());
        assert!(Timestamp::from_micros(i64::MIN).is_none());
    }

    #[test]
    fn time_that_is_to_come_is_no_time_ago() {
        let now = Timestamp::parse("2026-01-01T00:00:00Z").unwrap();
        let later = now.plus(Duration::from_secs(5));
        assert_eq!(later.since(now), Duration::from_secs(5));
        assert_eq!(now.since(later), Duration::ZERO);
    }
}
