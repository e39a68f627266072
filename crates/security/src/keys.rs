//! The keys that tokens are signed with.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

/// HMAC-SHA-256.
pub(crate) type Mac = Hmac<Sha256>;

/// Tells keys apart; says nothing about the secret.
pub(crate) type KeyId = [u8; 6];

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

/// The key that signs, and older ones whose tokens still count.
#[derive(Clone)]
pub struct KeyRing {
    current: Key,
    previous: Vec<Key>,
}

/// One key with all that is made of its secret once.
#[derive(Clone)]
pub(crate) struct Key {
    id: KeyId,
    pub(crate) encoding: EncodingKey,
    pub(crate) decoding: DecodingKey,
    pub(crate) algorithm: Algorithm,
    pub(crate) header: Header,
    refresh: Mac,
}

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

    fn bytes(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

impl KeyRing {
    /// A ring with one key.
    pub fn new(current: &SecretKey) -> Self {
        Self { current: Key::new(current), previous: Vec::new() }
    }

    /// The same ring that also knows tokens of an older key.
    pub fn with_previous(mut self, previous: &SecretKey) -> Self {
        self.previous.push(Key::new(previous));
        self
    }

    /// The key that signs.
    pub(crate) const fn current(&self) -> &Key {
        &self.current
    }

    /// All keys whose tokens count.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.current).chain(&self.previous)
    }

    /// The key with this id.
    pub(crate) fn find(&self, id: KeyId) -> Option<&Key> {
        self.iter().find(|key| key.id == id)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyRing(…)")
    }
}

impl Key {
    /// Access tokens are signed with the secret itself, as holders of the secret expect of HS256. What is
    /// derived has labels that no token begins with (a token begins with `{` in base64), so a token's
    /// signature never is a derived key.
    fn new(secret: &SecretKey) -> Self {
        let id = first_six(derive(secret, b"healthcore key id v1"));
        let algorithm = Algorithm::HS256;
        let header = Header { kid: Some(URL_SAFE_NO_PAD.encode(id)), ..Header::new(algorithm) };
        Self {
            id,
            encoding: EncodingKey::from_secret(secret.bytes()),
            decoding: DecodingKey::from_secret(secret.bytes()),
            algorithm,
            header,
            refresh: keyed(&derive(secret, b"healthcore refresh token v1")),
        }
    }

    /// Its id.
    pub(crate) const fn id(&self) -> KeyId {
        self.id
    }

    /// An HMAC that has taken in the key of refresh tokens and nothing else.
    pub(crate) fn refresh_mac(&self) -> Mac {
        self.refresh.clone()
    }
}

/// HMAC-SHA-256 under `key`, whatever its length.
#[expect(clippy::expect_used, reason = "HMAC takes a key of any length (RFC 2104, section 2)")]
pub(crate) fn keyed(key: &[u8]) -> Mac {
    Mac::new_from_slice(key).expect("HMAC takes a key of any length")
}

fn derive(secret: &SecretKey, label: &[u8]) -> [u8; 32] {
    keyed(secret.bytes()).chain_update(label).finalize().into_bytes().into()
}

#[expect(clippy::expect_used, reason = "32 bytes have six first ones")]
fn first_six(bytes: [u8; 32]) -> KeyId {
    *bytes.first_chunk().expect("32 bytes have six first ones")
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn debug_tells_no_secret() {
        let key = secret("correct horse battery staple and more").unwrap();
        assert_eq!(format!("{key:?} {:?}", KeyRing::new(&key)), "SecretKey(…) KeyRing(…)");
    }

    #[test]
    fn keys_are_found_by_their_id() {
        let (old, new) = (secret(&"o".repeat(32)).unwrap(), secret(&"n".repeat(32)).unwrap());
        let ring = KeyRing::new(&new).with_previous(&old);
        assert_ne!(Key::new(&old).id(), Key::new(&new).id());
        assert!(ring.find(Key::new(&old).id()).is_some());
        assert!(ring.find(Key::new(&new).id()).is_some());
        assert!(KeyRing::new(&new).find(Key::new(&old).id()).is_none());
    }
}
