//! Phone numbers.

use crate::macros::{redacted_debug, serde_as_text};

/// A phone number as it is written: at most 20 of digits, blanks, `( ) - .`, a leading `+`, at least 3 digits.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Phone(String);

redacted_debug!(Phone);
serde_as_text!(Phone);

/// The text is no phone number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PhoneError {
    /// More than 20 characters.
    #[error("must have at most 20 characters")]
    TooLong,
    /// A character that no number has, or a `+` that is not the first.
    #[error("may only contain digits, blanks and ( ) - . with a + in front")]
    Character,
    /// Fewer than 3 digits.
    #[error("must have at least 3 digits")]
    TooFewDigits,
}

impl Phone {
    /// The most that it holds, in characters.
    pub const MAX_CHARS: usize = 20;
    const MIN_DIGITS: usize = 3;

    /// Checks the trimmed `raw`.
    pub fn parse(raw: &str) -> Result<Self, PhoneError> {
        let text = raw.trim();
        let digits = text.strip_prefix('+').unwrap_or(text);
        if !digits.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '(' | ')' | '-' | '.')) {
            return Err(PhoneError::Character);
        }
        // Only ASCII is left, so bytes are characters.
        if text.len() > Self::MAX_CHARS {
            return Err(PhoneError::TooLong);
        }
        if digits.bytes().filter(u8::is_ascii_digit).count() < Self::MIN_DIGITS {
            return Err(PhoneError::TooFewDigits);
        }
        Ok(Self(text.to_owned()))
    }

    /// The number as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_how_a_number_is_written() {
        for raw in ["999", "+91 (22) 1234-5678", "022.1234.5678"] {
            assert_eq!(Phone::parse(&format!(" {raw} ")).unwrap().as_str(), raw);
        }
    }

    #[test]
    fn refuses_what_cannot_be_dialled() {
        assert_eq!(Phone::parse("n/a"), Err(PhoneError::Character));
        assert_eq!(Phone::parse("12+345"), Err(PhoneError::Character));
        assert_eq!(Phone::parse("٩٩٩"), Err(PhoneError::Character));
        assert_eq!(Phone::parse("99"), Err(PhoneError::TooFewDigits));
        assert_eq!(Phone::parse(""), Err(PhoneError::TooFewDigits));
        assert_eq!(Phone::parse("123456789012345678901"), Err(PhoneError::TooLong));
    }
}
