//! The keys that tokens are signed with.

pub(crate) mod private;
pub(crate) mod secret;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ports::TokenError;
use hmac::{Hmac, Mac as _};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use sha2::Sha256;

use private::PrivateKey;
use secret::SecretKey;

/// HMAC-SHA-256.
pub(crate) type Mac = Hmac<Sha256>;

/// Tells keys apart; says nothing about the secret.
pub(crate) type KeyId = [u8; 6];

/// The key that signs, and others whose tokens count as well: all of one algorithm, so no key is ever used
/// with another one's (RFC 8725, sections 2.1 and 3.1).
#[derive(Clone)]
pub struct KeyRing {
    current: Key,
    others: Vec<Key>,
}

/// One key with all that is made of its secret once.
#[derive(Clone)]
pub(crate) struct Key {
    id: KeyId,
    pub(crate) encoding: EncodingKey,
    pub(crate) decoding: DecodingKey,
    pub(crate) algorithm: Algorithm,
    pub(crate) header: Header,
    /// What others verify with; an HMAC has no such thing.
    public: Option<Jwk>,
    refresh: Mac,
}

impl KeyRing {
    /// A ring with one secret, for HS256.
    pub fn new(current: &SecretKey) -> Self {
        Self::hs256(current, [])
    }

    /// A ring of secrets, for HS256: one that signs, and others whose tokens count.
    pub fn hs256<'a>(current: &SecretKey, others: impl IntoIterator<Item = &'a SecretKey>) -> Self {
        Self { current: Key::hs256(current), others: others.into_iter().map(Key::hs256).collect() }
    }

    /// A ring of private keys, for EdDSA: one that signs, and others whose tokens count.
    ///
    /// # Errors
    /// [`TokenError::Unsigned`] when a key cannot be used.
    pub fn eddsa<'a>(
        current: &PrivateKey,
        others: impl IntoIterator<Item = &'a PrivateKey>,
    ) -> Result<Self, TokenError> {
        let others = others.into_iter().map(Key::eddsa).collect::<Result<_, _>>()?;
        Ok(Self { current: Key::eddsa(current)?, others })
    }

    /// The public keys as a JSON Web Key Set (RFC 7517, RFC 8037); `None` where tokens are signed with a
    /// secret.
    pub fn jwks(&self) -> Option<String> {
        let keys: Option<Vec<Jwk>> = self.iter().map(|key| key.public.clone()).collect();
        serde_json::to_string(&JwkSet { keys: keys? }).ok()
    }

    /// Whether the other ring signs with the same key and knows the same others.
    pub(crate) fn has_keys_of(&self, other: &Self) -> bool {
        self.iter().map(Key::id).eq(other.iter().map(Key::id))
    }

    /// The key that signs.
    pub(crate) const fn current(&self) -> &Key {
        &self.current
    }

    /// All keys whose tokens count.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.current).chain(&self.others)
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
    fn hs256(secret: &SecretKey) -> Self {
        let id = first_six(derive(secret.bytes(), b"healthcore key id v1"));
        let algorithm = Algorithm::HS256;
        Self {
            id,
            encoding: EncodingKey::from_secret(secret.bytes()),
            decoding: DecodingKey::from_secret(secret.bytes()),
            algorithm,
            header: header(algorithm, id),
            public: None,
            refresh: keyed(&derive(secret.bytes(), b"healthcore refresh token v1")),
        }
    }

    /// Access tokens are signed with the private key; refresh tokens, which nobody else verifies, with a
    /// secret derived from it.
    fn eddsa(private: &PrivateKey) -> Result<Self, TokenError> {
        let id = first_six(derive(private.bytes(), b"healthcore key id v1 EdDSA"));
        let algorithm = Algorithm::EdDSA;
        let header = header(algorithm, id);
        let encoding = EncodingKey::from_ed_der(private.der());
        let mut public = Jwk::from_encoding_key(&encoding, algorithm).map_err(|_| TokenError::Unsigned)?;
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        public.common.key_id.clone_from(&header.kid);
        let AlgorithmParameters::OctetKeyPair(parameters) = &public.algorithm else {
            return Err(TokenError::Unsigned);
        };
        let decoding = DecodingKey::from_ed_components(&parameters.x).map_err(|_| TokenError::Unsigned)?;
        let refresh = keyed(&derive(private.bytes(), b"healthcore refresh token v1 EdDSA"));
        Ok(Self { id, encoding, decoding, algorithm, header, public: Some(public), refresh })
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

fn header(algorithm: Algorithm, id: KeyId) -> Header {
    Header { kid: Some(URL_SAFE_NO_PAD.encode(id)), ..Header::new(algorithm) }
}

/// HMAC-SHA-256 under `key`, whatever its length.
#[expect(clippy::expect_used, reason = "HMAC takes a key of any length (RFC 2104, section 2)")]
pub(crate) fn keyed(key: &[u8]) -> Mac {
    Mac::new_from_slice(key).expect("HMAC takes a key of any length")
}

fn derive(secret: &[u8], label: &[u8]) -> [u8; 32] {
    keyed(secret).chain_update(label).finalize().into_bytes().into()
}

#[expect(clippy::expect_used, reason = "32 bytes have six first ones")]
fn first_six(bytes: [u8; 32]) -> KeyId {
    *bytes.first_chunk().expect("32 bytes have six first ones")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretKey {
        SecretKey::parse(text.to_owned().into()).unwrap()
    }

    #[test]
    fn debug_tells_no_secret() {
        let key = secret("correct horse battery staple and more");
        let private = PrivateKey::from_bytes([1; 32]);
        let shown = format!("{key:?} {private:?} {:?}", KeyRing::new(&key));
        assert_eq!(shown, "SecretKey(…) PrivateKey(…) KeyRing(…)");
    }

    #[test]
    fn keys_are_found_by_their_id() {
        let (old, new) = (secret(&"o".repeat(32)), secret(&"n".repeat(32)));
        let ring = KeyRing::hs256(&new, [&old]);
        assert_ne!(Key::hs256(&old).id(), Key::hs256(&new).id());
        assert!(ring.find(Key::hs256(&old).id()).is_some());
        assert!(ring.find(Key::hs256(&new).id()).is_some());
        assert!(KeyRing::new(&new).find(Key::hs256(&old).id()).is_none());
    }

    #[test]
    fn the_public_key_of_the_rfc_is_published_and_a_secret_is_not() {
        // RFC 8032, section 7.1, test 1: its public key in base64url.
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let bytes: Vec<u8> = (0..32)
            .map(|at| u8::from_str_radix(seed.get(at * 2..at * 2 + 2).unwrap(), 16).unwrap())
            .collect();
        let ring = KeyRing::eddsa(&PrivateKey::from_bytes(bytes.try_into().unwrap()), []).unwrap();
        let set: serde_json::Value = serde_json::from_str(&ring.jwks().unwrap()).unwrap();
        let key = set["keys"][0].as_object().unwrap();
        assert_eq!(key["x"], "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(
            (&key["kty"], &key["crv"], &key["alg"]),
            (&"OKP".into(), &"Ed25519".into(), &"EdDSA".into())
        );
        assert_eq!((&key["use"], key.contains_key("d")), (&"sig".into(), false));
        assert!(KeyRing::new(&secret(&"n".repeat(32))).jwks().is_none());
    }
}
