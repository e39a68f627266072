//! How long a doctor has practised.

use crate::macros::serde_as_number;

/// Years of practice, 0 to 80.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ExperienceYears(u8);

serde_as_number!(ExperienceYears: u8);

/// The number is no count of years.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("must be from 0 to 80")]
pub struct ExperienceYearsError;

impl ExperienceYears {
    /// The most that is accepted.
    pub const MAX: u8 = 80;

    /// Checks a number of any size.
    pub fn parse(raw: i64) -> Result<Self, ExperienceYearsError> {
        u8::try_from(raw).ok().and_then(Self::new).ok_or(ExperienceYearsError)
    }

    /// The years, unless `raw` is above 80.
    pub const fn new(raw: u8) -> Option<Self> {
        if raw <= Self::MAX { Some(Self(raw)) } else { None }
    }

    /// Whole years.
    pub const fn get(self) -> u8 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_are_from_0_to_80() {
        assert!(ExperienceYears::parse(0).is_ok() && ExperienceYears::parse(80).is_ok());
        assert_eq!(ExperienceYears::parse(81), Err(ExperienceYearsError));
        assert_eq!(ExperienceYears::parse(-1), Err(ExperienceYearsError));
    }
}
