//! What is stored instead of a password.
//!
//! | stored text | scheme |
//! |---|---|
//! | `hc1$2b$12$…` | bcrypt over `base64(HMAC-SHA-256("healthcore password v1", password))` |
//! | `hc2$2b$12$…` | the same with the pepper as key |
//! | `$2b$12$…` | plain bcrypt, from other systems (also `2a`, `2x`, `2y`) |
//! | `pbkdf2_sha256$…` and so on | hashes of Django, see `foreign` |
//!
//! One more scheme is one more variant of [`Stored`].

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bcrypt::BcryptResult;
use domain::Password;
use hmac::Mac as _;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};

use super::foreign::Foreign;
use super::resting;
use crate::HashingSettings;
use crate::keys::{Mac, keyed};

const LABEL: &[u8] = b"healthcore password v1";
const LABELED: &str = "hc1";
const PEPPERED: &str = "hc2";

/// What a comparison has shown.
pub(super) enum Found {
    Wrong,
    Right,
    /// Right, and this should be stored from now on.
    RightButOld(String),
}

/// How new hashes are made.
pub(super) struct Scheme {
    cost: u32,
    label: Mac,
    pepper: Option<Mac>,
    /// A hash that no password has, to be compared where there is none.
    dummy: String,
}

/// A stored text, by its scheme.
enum Stored<'a> {
    Labeled(&'a str),
    Peppered(&'a str),
    Bcrypt(&'a str),
    Foreign(Foreign<'a>),
}

/// Whether the text is a hash of another scheme than ours.
pub(super) fn is_foreign(text: &str) -> bool {
    Foreign::parse(text).is_some()
}

/// Whether the text is a hash that can be verified where there is a pepper, or none.
pub(super) fn is_known(text: &str, has_pepper: bool) -> bool {
    Stored::parse(text).is_some_and(|(stored, _)| has_pepper || !matches!(stored, Stored::Peppered(_)))
}

impl Scheme {
    pub(super) fn new(cost: u32, pepper: Option<&SecretString>) -> Self {
        Self {
            cost,
            label: keyed(LABEL),
            pepper: pepper.map(|pepper| keyed(pepper.expose_secret().as_bytes())),
            dummy: format!("$2b${cost:02}${}", ".".repeat(53)),
        }
    }

    /// The text to store for `password`.
    pub(super) fn hash(&self, password: &str) -> BcryptResult<String> {
        let (tag, mac) = match &self.pepper {
            Some(pepper) => (PEPPERED, pepper),
            None => (LABELED, &self.label),
        };
        Ok(format!("{tag}{}", resting::hash(&digest(mac, password), self.cost)?))
    }

    /// Compares, and does the same work where there is nothing to compare with.
    pub(super) fn verify(&self, typed: &Password, stored: Option<&str>) -> BcryptResult<Found> {
        let password = typed.expose();
        let Some((stored, cost)) = stored.and_then(Stored::parse) else {
            return self.verify_nothing(password);
        };
        let (is_right, is_current) = match (&stored, &self.pepper) {
            (Stored::Labeled(hash), pepper) => {
                (resting::verify(digest(&self.label, password).as_bytes(), hash)?, pepper.is_none())
            }
            (Stored::Peppered(hash), Some(pepper)) => {
                (resting::verify(digest(pepper, password).as_bytes(), hash)?, true)
            }
            (Stored::Peppered(_), None) => {
                tracing::warn!("a password was hashed with a pepper, and none is configured");
                return self.verify_nothing(password);
            }
            (Stored::Bcrypt(hash), _) => (resting::verify(typed.expose_typed(), hash)?, false),
            (Stored::Foreign(hash), _) => (hash.is_right(typed.expose_typed()), false),
        };
        Ok(match (is_right, is_current && cost == self.cost) {
            (false, _) => Found::Wrong,
            (true, true) => Found::Right,
            (true, false) => Found::RightButOld(self.hash(password)?),
        })
    }

    fn verify_nothing(&self, password: &str) -> BcryptResult<Found> {
        resting::verify(digest(&self.label, password).as_bytes(), &self.dummy)?;
        Ok(Found::Wrong)
    }
}

impl<'a> Stored<'a> {
    /// The scheme and the cost. `None` for what no scheme has made; nobody can sign in with that.
    fn parse(text: &'a str) -> Option<(Self, u32)> {
        if let Some(foreign) = Foreign::parse(text) {
            return Some((Self::Foreign(foreign), 0));
        }
        let (stored, hash) = if let Some(hash) = text.strip_prefix(LABELED) {
            (Self::Labeled(hash), hash)
        } else if let Some(hash) = text.strip_prefix(PEPPERED) {
            (Self::Peppered(hash), hash)
        } else {
            (Self::Bcrypt(text), text)
        };
        let cost = hash.parse::<bcrypt::HashParts>().ok()?.get_cost();
        // A hash from elsewhere must not keep a thread busy for hours.
        (HashingSettings::MIN_COST..=HashingSettings::MAX_COST).contains(&cost).then_some((stored, cost))
    }
}

/// 43 characters, whatever the password is: no length limit and no NUL for bcrypt.
fn digest(mac: &Mac, password: &str) -> Zeroizing<String> {
    let digest = mac.clone().chain_update(password.as_bytes()).finalize().into_bytes();
    Zeroizing::new(STANDARD_NO_PAD.encode(digest))
}
