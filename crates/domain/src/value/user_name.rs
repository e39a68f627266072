//! Names that people sign in with.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::fold;
use crate::macros::{redacted_debug, serde_as_text};
use crate::value::EmailAddress;

/// A user name: letters, digits and marks of any script and `_ . @ + -`, 1 to 150 characters, in NFKC.
///
/// Two names are the same when their [keys](Self::key) are. A name with `@` in it must be the user's own
/// e-mail address (see [`NewUser`](crate::NewUser)), or signing in by one could reach the other's account.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UserName {
    shown: String,
    key: String,
}

redacted_debug!(UserName);
serde_as_text!(UserName);

/// The text is no user name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum UserNameError {
    /// Nothing but blanks.
    #[error("must not be blank")]
    Blank,
    /// More than 150 characters.
    #[error("must have at most 150 characters")]
    TooLong,
    /// A character outside the list.
    #[error("may only contain letters, digits and _ . @ + -")]
    Character,
}

impl UserName {
    /// The most that a chosen name holds, in characters.
    pub const MAX_CHARS: usize = 150;

    /// Checks `raw`, trimmed and in NFKC. An e-mail address of any length is a user name too.
    pub fn parse(raw: &str) -> Result<Self, UserNameError> {
        let trimmed = raw.trim();
        if trimmed.is_empty() {
            return Err(UserNameError::Blank);
        }
        if let Ok(email) = EmailAddress::parse(trimmed) {
            return Ok(Self::from_email(&email));
        }
        // NFKC can make a text longer, so what is far too long is not normalized at all.
        if trimmed.chars().count() > Self::MAX_CHARS {
            return Err(UserNameError::TooLong);
        }
        let shown = if trimmed.is_ascii() { trimmed.to_owned() } else { trimmed.nfkc().collect() };
        // Only now may it show that it is an address, such as one in full-width letters.
        if let Ok(email) = EmailAddress::parse(&shown) {
            return Ok(Self::from_email(&email));
        }
        if shown.chars().count() > Self::MAX_CHARS {
            return Err(UserNameError::TooLong);
        }
        if !shown.chars().all(is_allowed) {
            return Err(UserNameError::Character);
        }
        Ok(Self { key: fold::identifier_key(&shown), shown })
    }

    /// The name of a user who chose none: the e-mail address.
    pub fn from_email(email: &EmailAddress) -> Self {
        Self { shown: email.as_str().to_owned(), key: email.key().to_owned() }
    }

    /// The name as it was chosen.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// What makes two names the same: NFKC and case folding; of an e-mail address, its key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// True for a name that claims to be an e-mail address.
    pub fn has_at_sign(&self) -> bool {
        self.shown.contains('@')
    }
}

fn is_allowed(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c) || matches!(c, '_' | '.' | '@' | '+' | '-')
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_in_full_width_letters_has_the_key_of_the_address() {
        let wide = UserName::parse("ａｎｎ＠bücher.example").unwrap();
        assert_eq!(wide.as_str(), "ann@bücher.example");
        assert_eq!(wide.key(), EmailAddress::parse("ann@bücher.example").unwrap().key());
    }

    #[test]
    fn names_of_any_script_are_kept_and_compared_without_case() {
        assert_eq!(UserName::parse("अनुपमा").unwrap().as_str(), "अनुपमा");
        assert_eq!(UserName::parse("Vikram_J").unwrap().key(), UserName::parse("vikram_j").unwrap().key());
    }

    #[test]
    fn refuses_blanks_and_symbols() {
        assert_eq!(UserName::parse(" "), Err(UserNameError::Blank));
        assert_eq!(UserName::parse("a b"), Err(UserNameError::Character));
        assert_eq!(UserName::parse("a/b"), Err(UserNameError::Character));
        assert_eq!(UserName::parse("a\0"), Err(UserNameError::Character));
    }

    #[test]
    fn holds_150_characters_after_normalization() {
        assert!(UserName::parse(&"a".repeat(150)).is_ok());
        assert_eq!(UserName::parse(&"a".repeat(151)), Err(UserNameError::TooLong));
        // One character that NFKC turns into eighteen.
        assert_eq!(UserName::parse(&"\u{fdfa}".repeat(100)), Err(UserNameError::TooLong));
    }

    #[test]
    fn a_name_that_is_an_address_has_the_key_of_the_address() {
        let email = EmailAddress::parse("O'Brien@Example.org").unwrap();
        assert_eq!(UserName::parse("o'brien@example.ORG").unwrap().key(), email.key());
    }
}
