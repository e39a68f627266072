//! The store of sessions.

use async_trait::async_trait;

use crate::ports::RepositoryError;
use crate::{
    NewSession, PasswordHash, RefreshCounter, Rotation, RotationRule, SessionId, Timestamp, User, UserId,
};

/// Stores sessions, one row each.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait SessionRepository: Send + Sync {
    /// Opens a session of `user` at the first refresh counter and notes `now` as the user's last sign-in.
    /// A hash that is given replaces the stored one: the same password in a newer scheme.
    ///
    /// Returns the user with the new `last_login`. Must return `Missing(User)` for an unknown or inactive
    /// user.
    async fn open(
        &self,
        user: UserId,
        session: &NewSession,
        rehashed: Option<PasswordHash>,
        now: Timestamp,
    ) -> Result<User, RepositoryError>;

    /// Trades the refresh token with counter `presented` for the next one, as one compare-and-set.
    ///
    /// Must grant `presented + 1` when `presented` is the current counter (`presented` itself where the rule
    /// does not rotate), the current counter when `presented` is its direct predecessor and was current no
    /// longer than `rule.grace` ago, and must end the session for that predecessor later and for any older one
    /// ([`Rotation::Replayed`]).
    /// Must refuse when the session is unknown, ended, at or past its `expires_at`, unused for longer than
    /// `rule.idle`, or its user is not active. Of many calls at once with one counter, all that are granted
    /// must be granted the same one.
    async fn rotate(
        &self,
        session: SessionId,
        presented: RefreshCounter,
        rule: RotationRule,
        now: Timestamp,
    ) -> Result<Rotation, RepositoryError>;
}
