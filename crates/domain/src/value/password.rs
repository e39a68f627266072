//! Passwords, as typed and as stored.

use unicode_normalization::UnicodeNormalization;

use crate::macros::redacted_debug;

/// A password that somebody typed to prove who they are. Any text may be one; it is compared in NFC, but for hashes
/// that another system has made of what was typed.
#[derive(Clone)]
pub struct Password {
    nfc: String,
    /// Only where it differs.
    typed: Option<String>,
}

/// A password that somebody wants from now on: 8 to 128 characters in NFC, on which no other rule is made
/// here (NIST SP 800-63B-4, section 3.1.1.2).
///
/// Whether it is too easy to guess is for the [`PasswordStrength`](crate::ports::PasswordStrength) port.
pub struct NewPassword(Password);

/// What is stored instead of a password: the scheme, its settings, the salt and the digest, as one text.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

redacted_debug!(Password, NewPassword, PasswordHash);

/// The text cannot be a new password.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NewPasswordError {
    /// Fewer than 8 characters.
    #[error("must have at least 8 characters")]
    TooShort,
    /// More than 128 characters.
    #[error("must have at most 128 characters")]
    TooLong,
}

impl Password {
    /// The password in NFC, so that an `é` is one `é` on every keyboard.
    pub fn new(typed: &str) -> Self {
        let nfc: String = typed.nfc().collect();
        let typed = (nfc != typed).then(|| typed.to_owned());
        Self { nfc, typed }
    }

    /// The secret text.
    pub fn expose(&self) -> &str {
        &self.nfc
    }

    /// The secret text as it was typed.
    pub fn expose_typed(&self) -> &str {
        self.typed.as_deref().unwrap_or(&self.nfc)
    }
}

impl NewPassword {
    /// The fewest characters.
    pub const MIN_CHARS: usize = 8;
    /// The most characters.
    pub const MAX_CHARS: usize = 128;

    /// Checks the length.
    pub fn parse(typed: &str) -> Result<Self, NewPasswordError> {
        let password = Password::new(typed);
        match password.expose().chars().count() {
            ..Self::MIN_CHARS => Err(NewPasswordError::TooShort),
            Self::MIN_CHARS..=Self::MAX_CHARS => Ok(Self(password)),
            _ => Err(NewPasswordError::TooLong),
        }
    }

    /// The password itself.
    pub const fn password(&self) -> &Password {
        &self.0
    }
}

impl PasswordHash {
    /// What a hasher has made or a repository has stored.
    pub const fn new(encoded: String) -> Self {
        Self(encoded)
    }

    /// The stored text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_counted_in_normalized_characters() {
        assert!(NewPassword::parse("12345678").is_ok());
        assert_eq!(NewPassword::parse("1234567").unwrap_err(), NewPasswordError::TooShort);
        assert!(NewPassword::parse(&"é".repeat(128)).is_ok());
        assert_eq!(NewPassword::parse(&"é".repeat(129)).unwrap_err(), NewPasswordError::TooLong);
        assert_eq!(NewPassword::parse(&"e\u{301}".repeat(7)).unwrap_err(), NewPasswordError::TooShort);
    }

    #[test]
    fn one_password_typed_in_two_unicode_forms_is_the_same() {
        assert_eq!(Password::new("caf\u{e9}").expose(), Password::new("cafe\u{301}").expose());
    }

    #[test]
    fn debug_does_not_tell_the_secret() {
        assert_eq!(format!("{:?}", Password::new("hunter2 hunter2")), "Password(…)");
        assert_eq!(format!("{:?}", PasswordHash::new("x".into())), "PasswordHash(…)");
    }
}
