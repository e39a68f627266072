//! Access tokens and refresh tokens.

mod access;
mod refresh;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use domain::ports::{AccessClaims, IssuedToken, Random, RefreshClaims, TokenError, TokenSigner};
use domain::{RefreshCounter, SessionId, Timestamp, UserId};
use quick_cache::sync::Cache;
use sha2::{Digest as _, Sha256};

use crate::KeyRing;

/// Makes and checks tokens with the keys of a [`KeyRing`].
///
/// An access token is a JSON Web Token that is checked as RFC 8725 demands: one algorithm, one issuer, one
/// audience, one kind, every claim present and of its type. A refresh token is an opaque text with a
/// signature of its own.
pub struct Signer {
    keys: RwLock<Arc<Keys>>,
    access_lifetime: Duration,
    random: Arc<dyn Random>,
}

/// Of so many access tokens it is remembered that they are genuine: about as many as are in use at a time.
const REMEMBERED: usize = 10_000;

/// A ring, and what follows from its keys.
struct Keys {
    ring: KeyRing,
    /// The first part of the access tokens of each key.
    headers: Vec<String>,
    /// Tokens that these keys have signed, by SHA-256. Whether one counts at the moment is asked each time.
    proven: Cache<[u8; 32], access::Proven>,
}

impl Signer {
    /// A signer whose access tokens live for `access_lifetime`, in whole seconds.
    ///
    /// # Errors
    /// [`TokenError::Unsigned`] when a key cannot sign.
    pub fn new(
        ring: KeyRing,
        access_lifetime: Duration,
        random: Arc<dyn Random>,
    ) -> Result<Self, TokenError> {
        let keys = RwLock::new(Arc::new(Keys::new(ring)?));
        Ok(Self { keys, access_lifetime, random })
    }

    /// From now on these keys sign and verify; calls under way end with the keys they have begun with. False
    /// when they are the same keys as before.
    ///
    /// # Errors
    /// [`TokenError::Unsigned`] when a key cannot sign; the old ring stays then.
    pub fn replace(&self, ring: KeyRing) -> Result<bool, TokenError> {
        if self.keys().ring.has_keys_of(&ring) {
            return Ok(false);
        }
        let keys = Arc::new(Keys::new(ring)?);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(true)
    }

    /// What others verify access tokens with; see [`KeyRing::jwks`].
    pub fn jwks(&self) -> Option<String> {
        self.keys().ring.jwks()
    }

    fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Keys {
    fn new(ring: KeyRing) -> Result<Self, TokenError> {
        let headers = ring.iter().map(access::encoded_header).collect::<Result<_, _>>()?;
        Ok(Self { ring, headers, proven: Cache::new(REMEMBERED) })
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, TokenError> {
        if token.len() > access::MOST_BYTES {
            return Err(TokenError::Forged);
        }
        let digest = Sha256::digest(token).into();
        if let Some(proven) = self.proven.get(&digest) {
            return proven.at(now);
        }
        let header = token.split('.').next().unwrap_or_default();
        let known = self.headers.iter().zip(self.ring.iter()).find(|(known, _)| *known == header);
        let (_, key) = known.ok_or(TokenError::Forged)?;
        let proven = access::verify(key, token)?;
        let says = proven.at(now)?;
        self.proven.insert(digest, proven);
        Ok(says)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("access_lifetime", &self.access_lifetime).finish_non_exhaustive()
    }
}

impl TokenSigner for Signer {
    fn access_token(
        &self,
        user: UserId,
        session: SessionId,
        now: Timestamp,
    ) -> Result<IssuedToken, TokenError> {
        let id = SessionId::generate(now, self.random.ten_bytes()).uuid();
        access::issue(
            self.keys().ring.current(),
            &access::Grant { user, session, id },
            now,
            self.access_lifetime,
        )
    }

    fn verify_access(&self, token: &str, now: Timestamp) -> Result<AccessClaims, TokenError> {
        self.keys().verify(token, now)
    }

    fn refresh_token(&self, session: SessionId, counter: RefreshCounter) -> Result<String, TokenError> {
        Ok(refresh::issue(self.keys().ring.current(), RefreshClaims { session, counter }))
    }

    fn verify_refresh(&self, token: &str) -> Result<RefreshClaims, TokenError> {
        refresh::verify(&self.keys().ring, token).ok_or(TokenError::Forged)
    }
}

#[cfg(test)]
mod fuzz;
