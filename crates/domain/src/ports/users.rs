//! The store of users.

use async_trait::async_trait;

use crate::ports::RepositoryError;
use crate::{Credentials, LoginName, NewSession, NewUser, Timestamp, User, UserChange, UserId};

/// Stores accounts.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait UserRepository: Send + Sync {
    /// Adds an active user and, if one is given, opens the first session for them.
    ///
    /// Must return `Duplicate(UserName)` or `Duplicate(UserEmail)` when the *key* of either is taken, also
    /// when two equal requests come at once; then no session is opened.
    /// With a session, `last_login` must be `now`.
    async fn insert(
        &self,
        user: &NewUser,
        session: Option<NewSession>,
        now: Timestamp,
    ) -> Result<User, RepositoryError>;

    /// The user, active or not.
    async fn find(&self, id: UserId) -> Result<Option<User>, RepositoryError>;

    /// The user whom a sign-in names, active or not, by the key of the user name or of the e-mail address.
    async fn find_credentials(&self, login: &LoginName) -> Result<Option<Credentials>, RepositoryError>;

    /// Applies `change` ([`UserChange::applied`]) to an active user.
    ///
    /// Must return `Missing(User)` for an unknown or inactive one, `Duplicate(…)` when a key is taken, and
    /// `Invalid` when the change breaks a rule.
    async fn update(&self, id: UserId, change: &UserChange, now: Timestamp) -> Result<User, RepositoryError>;
}
