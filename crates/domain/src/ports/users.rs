//! The store of users.

use async_trait::async_trait;

use crate::ports::RepositoryError;
use crate::{
    Credentials, InvitationCode, LoginName, NewSession, NewUser, PageLimit, PasswordHash, SessionId, Stamp,
    StandingChange, User, UserChange, UserId, Version,
};

/// Stores accounts.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait UserRepository: Send + Sync {
    /// Adds an active user and, if one is given, opens the first session for them.
    ///
    /// Must return `Duplicate(UserName)` or `Duplicate(UserEmail)` when the *key* of either is taken, also
    /// when two equal requests come at once; then no session is opened.
    /// With a session, `last_login` must be the time of the stamp.
    async fn insert(
        &self,
        user: &NewUser,
        session: Option<NewSession>,
        stamp: &Stamp,
    ) -> Result<User, RepositoryError>;

    /// Adds an active user who was invited and opens the first session for them; the user gets the role of the
    /// invitation, which is used up in the same step.
    ///
    /// Must return `Missing(Invitation)` when `code` is that of no invitation, of a used one, or of one that has
    /// expired at `now`; then there is no user and no session. Must leave the invitation unused when the user is a
    /// duplicate. Of many calls at once with one code one succeeds.
    async fn insert_invited(
        &self,
        user: &NewUser,
        session: NewSession,
        code: &InvitationCode,
        stamp: &Stamp,
    ) -> Result<User, RepositoryError>;

    /// Adds the first administrator, active and without a session.
    ///
    /// Must return `None`, and add nobody, where there is an active administrator, also when two calls come at once;
    /// `Duplicate` as [`Self::insert`] does.
    async fn insert_first_admin(
        &self,
        user: &NewUser,
        stamp: &Stamp,
    ) -> Result<Option<User>, RepositoryError>;

    /// The users after the one with the id `after`, active or not, in the order of their ids, at most `limit`.
    async fn list(&self, after: Option<UserId>, limit: PageLimit) -> Result<Vec<User>, RepositoryError>;

    /// The user, active or not.
    async fn find(&self, id: UserId) -> Result<Option<User>, RepositoryError>;

    /// The user whom a sign-in names, active or not, by the key of the user name or of the e-mail address.
    async fn find_credentials(&self, login: &LoginName) -> Result<Option<Credentials>, RepositoryError>;

    /// Applies `change` ([`UserChange::applied`]) to an active user. A change that changes nothing leaves the version
    /// as it is, and so the links for a new password.
    ///
    /// Must return `Missing(User)` for an unknown or inactive one, `Stale` when a version is expected and the account
    /// has another one, `Duplicate(…)` when a key is taken, and `Invalid` when the change breaks a rule.
    async fn update(
        &self,
        id: UserId,
        expected: Option<Version>,
        change: &UserChange,
        stamp: &Stamp,
    ) -> Result<User, RepositoryError>;

    /// Applies `change` ([`StandingChange::applied`]) to a user, active or not, and ends all their sessions in the
    /// same step; returns the user and the sessions that this has ended. A change that changes nothing leaves the
    /// version as it is.
    ///
    /// Must return `Missing(User)` for an unknown one and `Invalid` when no active administrator would be left, also
    /// when two change each other at once; then nothing changes.
    async fn set_standing(
        &self,
        id: UserId,
        change: StandingChange,
        stamp: &Stamp,
    ) -> Result<(User, Vec<SessionId>), RepositoryError>;

    /// Gives a user, active or not, another password and ends all their sessions in the same step; returns the user
    /// and the sessions that this has ended.
    ///
    /// Must return `Missing(User)` for an unknown one.
    async fn set_password(
        &self,
        id: UserId,
        new: &PasswordHash,
        stamp: &Stamp,
    ) -> Result<(User, Vec<SessionId>), RepositoryError>;
}
