//! Birth dates and ages.

use chrono::Datelike;

use crate::Date;
use crate::macros::{redacted_debug, serde_as_number};

/// A birth date, from 1900-01-01 to today.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(try_from = "Date"))]
pub struct BirthDate(Date);

redacted_debug!(BirthDate, Age);

/// The text is no birth date.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BirthDateError {
    /// Not `YYYY-MM-DD`, or no day of the calendar.
    #[error("must be a date of the form YYYY-MM-DD")]
    Malformed,
    /// Before 1900-01-01.
    #[error("must not be before 1900-01-01")]
    TooEarly,
    /// After today.
    #[error("must not be in the future")]
    InFuture,
}

impl BirthDate {
    /// Reads `YYYY-MM-DD`; `today` is the last day that is accepted.
    pub fn parse(raw: &str, today: Date) -> Result<Self, BirthDateError> {
        // chrono also reads signs, blanks and shorter forms; this one is fixed, byte by byte.
        let is_plain = raw.len() == 10
            && raw.bytes().enumerate().all(|(place, byte)| match place {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        let date = raw.parse().ok().filter(|_| is_plain);
        let date = Self::new(date.ok_or(BirthDateError::Malformed)?)?;
        if date.0 > today { Err(BirthDateError::InFuture) } else { Ok(date) }
    }

    /// A date that was checked against its own today when it was written.
    ///
    /// # Errors
    /// It is before 1900.
    pub fn new(date: Date) -> Result<Self, BirthDateError> {
        if date.year() < 1900 { Err(BirthDateError::TooEarly) } else { Ok(Self(date)) }
    }

    /// The date.
    pub const fn date(self) -> Date {
        self.0
    }

    /// Completed years of life on `today`. Who was born on a leap day has the birthday on March 1.
    pub fn age_on(self, today: Date) -> Age {
        let years = today.years_since(self.0).and_then(|years| u8::try_from(years).ok());
        Age(years.unwrap_or_default())
    }
}

impl TryFrom<Date> for BirthDate {
    type Error = BirthDateError;

    fn try_from(date: Date) -> Result<Self, Self::Error> {
        Self::new(date)
    }
}

/// An age in completed years, 0 to 150.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Age(u8);

serde_as_number!(Age: u8);

/// The number is no age.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("must be from 0 to 150")]
pub struct AgeError;

impl Age {
    /// The highest age.
    pub const MAX: u8 = 150;

    /// Checks a number of any size.
    pub fn parse(raw: i64) -> Result<Self, AgeError> {
        u8::try_from(raw).ok().and_then(Self::new).ok_or(AgeError)
    }

    /// The age, unless `raw` is above 150.
    pub const fn new(raw: u8) -> Option<Self> {
        if raw <= Self::MAX { Some(Self(raw)) } else { None }
    }

    /// Completed years.
    pub const fn get(self) -> u8 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn a_birth_date_is_from_1900_to_today() {
        let today = day("2026-05-01");
        assert!(BirthDate::parse("1900-01-01", today).is_ok());
        assert!(BirthDate::parse("2026-05-01", today).is_ok());
        assert_eq!(BirthDate::parse("1899-12-31", today), Err(BirthDateError::TooEarly));
        assert_eq!(BirthDate::parse("2026-05-02", today), Err(BirthDateError::InFuture));
    }

    #[test]
    fn refuses_other_forms_of_dates() {
        for raw in [
            "",
            "2000-2-3",
            "2000-02-30",
            "+2000-01-1",
            "01.02.2000",
            "2000-01-01T00:00:00Z",
            "-200-01-01",
            "2000-02- 9",
        ] {
            assert_eq!(BirthDate::parse(raw, day("2026-05-01")), Err(BirthDateError::Malformed), "{raw:?}");
        }
    }

    #[test]
    fn age_counts_completed_years() {
        let born = BirthDate::parse("2000-02-29", day("2026-01-01")).unwrap();
        assert_eq!(born.age_on(day("2026-02-28")).get(), 25);
        assert_eq!(born.age_on(day("2026-03-01")).get(), 26);
    }

    #[test]
    fn an_age_is_from_0_to_150() {
        assert!(Age::parse(0).is_ok() && Age::parse(150).is_ok());
        assert_eq!(Age::parse(151), Err(AgeError));
        assert_eq!(Age::parse(-1), Err(AgeError));
        assert_eq!(Age::parse(i64::MAX), Err(AgeError));
    }
}
