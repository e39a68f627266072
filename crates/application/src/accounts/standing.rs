//! What administrators decide about accounts.

use std::time::Duration;

use domain::ports::{IssuedToken, Record, RepositoryError};
use domain::{Caller, LoginName, NewSession, PageLimit, SessionId, StandingChange, User, UserId};

use super::{AcceptedPassword, Accounts};
use crate::Error;

/// What the session of a token that was made without a password calls its client.
const MADE_FOR: &str = "healthcore token create";

impl Accounts {
    /// The users after the one with the id `after`, active or not, in the order of their ids.
    pub async fn users(&self, after: Option<UserId>, limit: PageLimit) -> Result<Vec<User>, Error> {
        Ok(self.ports.users.list(after, limit).await?)
    }

    /// The user who signs in by this name, active or not.
    ///
    /// # Errors
    /// `Missing` when there is none.
    pub async fn user_named(&self, login: &LoginName) -> Result<User, Error> {
        let found = self.ports.users.find_credentials(login).await?;
        found.map(|found| found.user).ok_or(Error::Missing(Record::User))
    }

    /// Disables or enables a user, or changes what they are; their sessions end, and their tokens are dead at once.
    ///
    /// # Errors
    /// `Missing` for an unknown user, `Invalid` when no active administrator would be left.
    pub async fn set_standing(
        &self,
        caller: &impl Caller,
        user: UserId,
        change: StandingChange,
    ) -> Result<User, Error> {
        let now = self.ports.clock.now();
        let (user, ended) = self.ports.users.set_standing(user, change, &caller.stamp(now)).await?;
        self.ended.add(ended, now);
        Ok(user)
    }

    /// Gives a user another password without asking for the present one; their sessions end, and their tokens are dead
    /// at once.
    ///
    /// # Errors
    /// `Missing` for an unknown user.
    pub async fn set_password(
        &self,
        caller: &impl Caller,
        user: UserId,
        password: &AcceptedPassword,
    ) -> Result<User, Error> {
        let hash = self.ports.hasher.hash(&password.0).await?;
        let now = self.ports.clock.now();
        let (user, ended) = self.ports.users.set_password(user, &hash, &caller.stamp(now)).await?;
        self.ended.add(ended, now);
        Ok(user)
    }

    /// Opens a session for a user without asking for the password and returns its access token: for a script of whoever
    /// administers the machine. The session ends with the token, for which there is no refresh.
    ///
    /// # Errors
    /// `Missing` for an unknown or inactive user, and for one who has no password: such an account cannot be signed in
    /// to at all.
    pub async fn open_for(
        &self,
        caller: &impl Caller,
        login: &LoginName,
        good_for: Duration,
    ) -> Result<(SessionId, IssuedToken), Error> {
        let missing = || Error::Missing(Record::User);
        let found = self.ports.users.find_credentials(login).await?.ok_or_else(missing)?;
        let hash = found.password_hash.ok_or_else(missing)?;
        let now = self.ports.clock.now();
        let session = NewSession {
            id: SessionId::generate(now, self.ports.random.ten_bytes()),
            expires_at: now.plus(good_for),
            address: None,
            user_agent: Some(MADE_FOR.to_owned()),
        };
        let opened = self.ports.sessions.open(found.user.id, &session, &hash, None, &caller.stamp(now)).await;
        opened.map_err(|error| match error {
            // The password was changed just now: whoever asks may ask again.
            RepositoryError::Stale => missing(),
            error => error.into(),
        })?;
        let token = self.ports.signer.access_token(found.user.id, session.id, now)?;
        Ok((session.id, token))
    }
}
