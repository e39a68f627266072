//! Access tokens and refresh tokens.

mod access;
mod refresh;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use domain::ports::{AccessClaims, IssuedToken, Random, RefreshClaims, TokenError, TokenSigner};
use domain::{RefreshCounter, SessionId, Timestamp, UserId};

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

/// A ring, and the first part of the access tokens of each of its keys.
struct Keys {
    ring: KeyRing,
    headers: Vec<String>,
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
        Ok(Self { ring, headers })
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
        let header = token.split('.').next().unwrap_or_default();
        let keys = self.keys();
        let known = keys.headers.iter().zip(keys.ring.iter()).find(|(known, _)| *known == header);
        let (_, key) = known.ok_or(TokenError::Forged)?;
        access::verify(key, token, now)
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
