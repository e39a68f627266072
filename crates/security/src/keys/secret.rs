//! The secrets of HMAC signatures.

use std::collections::BTreeSet;
use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};

/// A secret that is long enough to sign with.
#[derive(Clone)]
pub struct SecretKey(SecretString);

/// The text is no secret to sign with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SecretKeyError {
    /// Fewer bytes than the digest has (RFC 7518, section 3.2).
    #[error("a signing secret needs at least {} bytes", SecretKey::MIN_BYTES)]
    TooShort,
}

/// Fewer different characters than this, and the secret was typed, not drawn.
const FEWEST_CHARACTERS: usize = 8;

/// A secret that repeats a text no longer than this is no longer than that text.
const LONGEST_UNIT: usize = 16;

/// What examples, templates and tutorials say where the secret belongs, in lower case and without anything but
/// letters and digits. 32 random bytes hold one of these by chance less than once in a million.
const WELL_KNOWN: [&str; 30] = [
    "changeme",
    "changethis",
    "changeit",
    "replaceme",
    "replacethis",
    "replacewith",
    "insecure",
    "placeholder",
    "yoursecret",
    "yoursuper",
    "yourjwt",
    "yourdjango",
    "yourkey",
    "yourvery",
    "mysecret",
    "topsecret",
    "devsecret",
    "verysecret",
    "supersecret",
    "secretkey",
    "jwtsecret",
    "bitsecret",
    "stringsecret",
    "secretofthetests",
    "djangosecret",
    "keyboardcat",
    "password",
    "abcdefgh",
    "01234567",
    "12345678",
];

/// Keys that documents print whole: of RFC 7515 (appendix A.1), and of the manuals of `FastAPI` and Flask.
const PRINTED: [&str; 3] = [
    "aym1sysppbydfgzld3umj1qzkobwvmkoqqestjqlrt1qs0gzh75aktmn3yj0ips4hcguutwjazzr1z9caow",
    "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
    "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
];

impl SecretKey {
    /// The fewest bytes of a secret.
    pub const MIN_BYTES: usize = 32;

    /// Checks the length.
    pub fn parse(secret: SecretString) -> Result<Self, SecretKeyError> {
        if secret.expose_secret().len() < Self::MIN_BYTES {
            return Err(SecretKeyError::TooShort);
        }
        Ok(Self(secret))
    }

    /// Whether others know or can guess it: an example of a manual or template, few different characters, or
    /// a short text again and again. Long enough it may be for all that.
    pub fn is_well_known(&self) -> bool {
        let secret = self.0.expose_secret();
        let plain: String =
            secret.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        let characters: BTreeSet<char> = secret.chars().collect();
        characters.len() < FEWEST_CHARACTERS
            || repeats(secret.as_bytes())
            || PRINTED.contains(&plain.as_str())
            || WELL_KNOWN.iter().any(|known| plain.contains(known))
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.expose().as_bytes()
    }
}

/// Whether the bytes are one short unit again and again.
fn repeats(bytes: &[u8]) -> bool {
    (1..=LONGEST_UNIT).any(|unit| bytes.iter().zip(bytes.iter().skip(unit)).all(|(one, next)| one == next))
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::SystemRandom;

    fn secret(text: &str) -> Result<SecretKey, SecretKeyError> {
        SecretKey::parse(text.to_owned().into())
    }

    #[test]
    fn a_secret_has_32_bytes() {
        assert_eq!(secret(&"x".repeat(31)).unwrap_err(), SecretKeyError::TooShort);
        assert!(secret(&"x".repeat(32)).is_ok());
        assert!(secret(&"é".repeat(16)).is_ok());
    }

    #[test]
    fn examples_of_others_are_well_known() {
        let known = [
            "django-insecure-9x!k2m$8vq#w7zr4t6y1u3i5o0p-a=sdfghjkl(",
            "CHANGEME-CHANGEME-changeme-now-please",
            "change_me_in_production_0d8f7a6s5d4f",
            "your-secret-key-change-this-in-production",
            "your_super_secret_jwt_key_at_least_32_chars",
            "your-256-bit-secret-your-256-bit-secret",
            "a-string-secret-at-least-256-bits-long",
            "this-is-a-very-secret-key-nobody-knows",
            "SECRET_KEY_SECRET_KEY_SECRET_KEY_SECRET_KEY",
            "secretsecretsecretsecretsecretsecret",
            "hunter2-hunter2-hunter2-hunter2-hunter2",
            "abcdefghijklmnopqrstuvwxyz0123456789",
            "00000000000000000000000000000000",
            "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
        ];
        for text in known {
            assert!(secret(text).unwrap().is_well_known(), "{text}");
        }
    }

    #[test]
    fn a_random_secret_is_not_well_known() {
        for _ in 0..1000 {
            let text = STANDARD.encode(SystemRandom.secret_bytes());
            assert!(!secret(&text).unwrap().is_well_known(), "{text}");
        }
        let hexadecimal = "7f3a91c05be24d68f1a7093cc5d84e2b";
        assert!(!secret(hexadecimal).unwrap().is_well_known());
    }
}
