//! Tokens that prove a sign-in.

use crate::{RefreshCounter, SessionId, Timestamp, UserId};

/// A token and how long it is good for.
#[derive(Clone, PartialEq, Eq)]
pub struct IssuedToken {
    /// The secret text.
    pub token: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

crate::macros::redacted_debug!(IssuedToken);

/// What a good access token says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccessClaims {
    /// Whose it is.
    pub user: UserId,
    /// In which session.
    pub session: SessionId,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// What a genuine refresh token says; whether it is still good is for the
/// [`SessionRepository`](super::SessionRepository).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RefreshClaims {
    /// Of which session.
    pub session: SessionId,
    /// Which token of that session.
    pub counter: RefreshCounter,
}

/// Why a token does not count, or could not be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TokenError {
    /// It was not made here, was changed, or is of another kind.
    #[error("the token is not genuine")]
    Forged,
    /// Its time is over or has not come.
    #[error("the token is not valid now")]
    Expired,
    /// The signing key does not work.
    #[error("the token could not be signed")]
    Unsigned,
}

/// Makes tokens and tells genuine ones from others.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait TokenSigner: Send + Sync {
    /// A short-lived access token.
    fn access_token(
        &self,
        user: UserId,
        session: SessionId,
        now: Timestamp,
    ) -> Result<IssuedToken, TokenError>;

    /// What an access token says, if it is genuine and valid at `now`.
    fn verify_access(&self, token: &str, now: Timestamp) -> Result<AccessClaims, TokenError>;

    /// The refresh token of a session with this counter; the same arguments give the same token.
    fn refresh_token(&self, session: SessionId, counter: RefreshCounter) -> Result<String, TokenError>;

    /// What a refresh token says, if it is genuine.
    fn verify_refresh(&self, token: &str) -> Result<RefreshClaims, TokenError>;
}
