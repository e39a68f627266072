//! Administrative gender.

use crate::macros::serde_as_text;

/// Gender as it is kept for administration (the codes of HL7 FHIR's `AdministrativeGender`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Gender {
    /// Male.
    Male,
    /// Female.
    Female,
    /// Other.
    Other,
    /// Unknown.
    Unknown,
}

serde_as_text!(Gender);

/// The text is no gender.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("must be male, female, other or unknown")]
pub struct UnknownGender;

impl Gender {
    /// Every gender.
    pub const ALL: [Self; 4] = [Self::Male, Self::Female, Self::Other, Self::Unknown];

    /// Reads the word or its first letter, in any case.
    pub fn parse(raw: &str) -> Result<Self, UnknownGender> {
        let word = raw.trim();
        Self::ALL
            .into_iter()
            .find(|gender| {
                word.eq_ignore_ascii_case(gender.as_str()) || word.eq_ignore_ascii_case(gender.letter())
            })
            .ok_or(UnknownGender)
    }

    /// The word in lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Male => "male",
            Self::Female => "female",
            Self::Other => "other",
            Self::Unknown => "unknown",
        }
    }

    const fn letter(self) -> &'static str {
        match self {
            Self::Male => "M",
            Self::Female => "F",
            Self::Other => "O",
            Self::Unknown => "U",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_words_and_letters_in_any_case() {
        assert_eq!(Gender::parse("FEMALE"), Ok(Gender::Female));
        assert_eq!(Gender::parse("m"), Ok(Gender::Male));
        assert_eq!(Gender::parse(" O "), Ok(Gender::Other));
        assert_eq!(Gender::parse("fem"), Err(UnknownGender));
    }
}
