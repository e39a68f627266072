//! The store of sessions.

use std::time::Duration;

use async_trait::async_trait;

use crate::ports::RepositoryError;
use crate::{
    NewSession, PasswordHash, RefreshCounter, Rotation, RotationRule, Session, SessionId, Stamp, Timestamp,
    User, UserId,
};

/// Stores sessions, one row each.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait SessionRepository: Send + Sync {
    /// Opens a session of `user` at the first refresh counter and notes the time of the stamp as the user's last sign-in.
    /// `verified` is the stored hash that the password was compared with; `replacement`, the same password in a
    /// newer scheme, takes its place.
    ///
    /// Returns the user with the new `last_login`. Must return `Missing(User)` for an unknown or inactive
    /// user, and `Stale` when the stored hash is no longer `verified`: the password was changed meanwhile. Then
    /// nothing changes and no session is opened.
    async fn open(
        &self,
        user: UserId,
        session: &NewSession,
        verified: &PasswordHash,
        replacement: Option<PasswordHash>,
        stamp: &Stamp,
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
        stamp: &Stamp,
    ) -> Result<Rotation, RepositoryError>;

    /// The user's sessions that are neither ended nor past their end nor unused for longer than `idle`,
    /// newest first.
    async fn list(
        &self,
        user: UserId,
        idle: Duration,
        now: Timestamp,
    ) -> Result<Vec<Session>, RepositoryError>;

    /// Ends one session of the user.
    ///
    /// Must return `Missing(Session)` when it is not the user's or has ended already.
    async fn end(&self, user: UserId, session: SessionId, stamp: &Stamp) -> Result<(), RepositoryError>;

    /// Ends all sessions of the user and returns those that this has ended.
    async fn end_all(&self, user: UserId, stamp: &Stamp) -> Result<Vec<SessionId>, RepositoryError>;

    /// Sets a new password and ends every session of the user but `keep`, whose refresh token moves on to
    /// the counter that is returned, with the ids of the sessions that were ended.
    ///
    /// Must return `Missing(Session)` when `keep` is not a session of the user that goes on, and `Stale` when
    /// the stored hash is no longer `verified`: the password was changed meanwhile.
    async fn change_password(
        &self,
        user: UserId,
        keep: SessionId,
        verified: &PasswordHash,
        new: &PasswordHash,
        stamp: &Stamp,
    ) -> Result<(RefreshCounter, Vec<SessionId>), RepositoryError>;

    /// The sessions that ended after `since`, whoever ended them.
    async fn ended_since(&self, since: Timestamp) -> Result<Vec<(SessionId, Timestamp)>, RepositoryError>;

    /// Whether the session has been opened and not ended.
    async fn is_live(&self, session: SessionId) -> Result<bool, RepositoryError>;
}
