//! Access tokens and refresh tokens.

mod access;
mod refresh;

use std::fmt;
use std::sync::Arc;
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
    keys: KeyRing,
    headers: Vec<String>,
    access_lifetime: Duration,
    random: Arc<dyn Random>,
}

impl Signer {
    /// A signer whose access tokens live for `access_lifetime`, in whole seconds.
    ///
    /// # Errors
    /// [`TokenError::Unsigned`] when a key cannot sign.
    pub fn new(
        keys: KeyRing,
        access_lifetime: Duration,
        random: Arc<dyn Random>,
    ) -> Result<Self, TokenError> {
        let headers = keys.iter().map(access::encoded_header).collect::<Result<_, _>>()?;
        Ok(Self { keys, headers, access_lifetime, random })
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
        access::issue(self.keys.current(), &access::Grant { user, session, id }, now, self.access_lifetime)
    }

    fn verify_access(&self, token: &str, now: Timestamp) -> Result<AccessClaims, TokenError> {
        let header = token.split('.').next().unwrap_or_default();
        let known = self.headers.iter().zip(self.keys.iter()).find(|(known, _)| *known == header);
        let (_, key) = known.ok_or(TokenError::Forged)?;
        access::verify(key, token, now)
    }

    fn refresh_token(&self, session: SessionId, counter: RefreshCounter) -> Result<String, TokenError> {
        Ok(refresh::issue(self.keys.current(), RefreshClaims { session, counter }))
    }

    fn verify_refresh(&self, token: &str) -> Result<RefreshClaims, TokenError> {
        refresh::verify(&self.keys, token).ok_or(TokenError::Forged)
    }
}
