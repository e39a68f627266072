//! Text of a bounded length: one-line texts are trimmed, longer ones stay as they were typed.

use crate::macros::{redacted_debug, serde_as_text};

/// What is wrong with a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TextError {
    /// Nothing but blanks.
    #[error("must not be blank")]
    Blank,
    /// More characters than the field holds.
    #[error("must have at most {max} characters")]
    TooLong {
        /// The most that it holds, in Unicode scalar values.
        max: usize,
    },
    /// A control character; in longer texts tab and line ends are fine. PostgreSQL refuses NUL.
    #[error("must not contain control characters")]
    ControlCharacter,
}

/// Trims `raw` and checks it as one line of 1 to `max` characters.
fn one_line(raw: &str, max: usize) -> Result<String, TextError> {
    let text = raw.trim();
    check(text, max, char::is_control)?;
    Ok(text.to_owned())
}

/// Checks `raw` as 1 to `max` characters, not all blank, on any number of lines.
fn many_lines(raw: &str, max: usize) -> Result<String, TextError> {
    check(raw, max, |c| c.is_control() && !matches!(c, '\t' | '\n' | '\r'))?;
    Ok(raw.to_owned())
}

fn check(text: &str, max: usize, is_refused: impl Fn(char) -> bool) -> Result<(), TextError> {
    if text.trim().is_empty() {
        return Err(TextError::Blank);
    }
    // A character has at most four bytes: most texts are known to fit without being counted.
    if text.len() > max && text.chars().count() > max {
        return Err(TextError::TooLong { max });
    }
    if text.chars().any(is_refused) {
        return Err(TextError::ControlCharacter);
    }
    Ok(())
}

macro_rules! text_value {
    ($($(#[$doc:meta])* $name:ident: $shape:ident, $max:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        redacted_debug!($name);
        serde_as_text!($name);

        impl $name {
            /// The most that it holds, in characters (Unicode scalar values).
            pub const MAX_CHARS: usize = $max;

            /// Checks `raw`.
            pub fn parse(raw: &str) -> Result<Self, TextError> {
                $shape(raw, Self::MAX_CHARS).map(Self)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text, given away.
            pub fn into_string(self) -> String {
                self.0
            }
        }
    )+};
}

text_value! {
    /// Why somebody did what needs a reason: trimmed, 1 to 200 characters. It stays on record for good, so it names
    /// no patient.
    Reason: one_line, 200;
    /// Name of a person or a part of it: trimmed, 1 to 150 characters of any script, no control characters.
    PersonName: one_line, 150;
    /// What a doctor is trained in: trimmed, 1 to 150 characters.
    Specialization: one_line, 150;
    /// When a doctor can be seen, in words: trimmed, 1 to 200 characters.
    Availability: one_line, 200;
    /// Number of a doctor's licence: trimmed, 1 to 50 characters, compared as it was written.
    LicenseNumber: one_line, 50;
    /// Postal address on any number of lines, 1 to 2,000 characters.
    Address: many_lines, 2_000;
    /// What is known of a patient's earlier illnesses, 1 to 20,000 characters.
    MedicalHistory: many_lines, 20_000;
    /// Why a doctor was assigned, 1 to 5,000 characters.
    Notes: many_lines, 5_000;
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_line_is_trimmed_and_counted_in_characters() {
        assert_eq!(PersonName::parse("  अनुपमा ").unwrap().as_str(), "अनुपमा");
        assert!(PersonName::parse(&"é".repeat(150)).is_ok());
        assert_eq!(PersonName::parse(&"é".repeat(151)), Err(TextError::TooLong { max: 150 }));
    }

    #[test]
    fn blank_is_no_text() {
        assert_eq!(PersonName::parse(" \u{a0} "), Err(TextError::Blank));
        assert_eq!(Address::parse("\n \t"), Err(TextError::Blank));
    }

    #[test]
    fn one_line_has_no_control_characters_and_nothing_has_nul() {
        assert_eq!(PersonName::parse("a\tb"), Err(TextError::ControlCharacter));
        assert_eq!(Address::parse("a\0b"), Err(TextError::ControlCharacter));
        assert_eq!(Address::parse("a\r\n\tb").unwrap().as_str(), "a\r\n\tb");
    }

    #[test]
    fn debug_does_not_tell_the_text() {
        assert_eq!(format!("{:?}", MedicalHistory::parse("asthma").unwrap()), "MedicalHistory(…)");
    }

    proptest! {
        #[test]
        fn what_was_parsed_parses_to_itself(raw in "\\PC{0,160}") {
            if let Ok(name) = PersonName::parse(&raw) {
                prop_assert_eq!(PersonName::parse(name.as_str()), Ok(name));
            }
        }
    }
}
