//! New passwords.

use domain::ports::RepositoryError;
use domain::{Actor, Caller as _, Password, PasswordHash, RefreshCounter, SessionId, Timestamp, User};

use super::{Accounts, Client, wrong_current_password};
use crate::Error;

impl Accounts {
    /// Replaces the actor's password and ends all their other sessions; returns the counter of the next refresh token
    /// of the present one, and when that was.
    pub(crate) async fn replace_password(
        &self,
        actor: &Actor,
        current: Password,
        new: &str,
        client: &Client,
    ) -> Result<(RefreshCounter, Timestamp), Error> {
        let user = self.me(actor).await?;
        let new =
            self.accept_password(new, &user.own_words()).map_err(|invalid| invalid.about("new_password"))?;
        let verified = self.check_current_password(&user, current, client).await?;
        let new = self.ports.hasher.hash(&new.0).await?;
        let now = self.ports.clock.now();
        let (sessions, stamp) = (&self.ports.sessions, actor.stamp(now));
        let changed = sessions.change_password(actor.user, actor.session, &verified, &new, &stamp).await;
        let (counter, ended) = changed.map_err(|error| match error {
            // Another change came first: the password that was typed is no longer the current one.
            RepositoryError::Stale => wrong_current_password(),
            RepositoryError::Missing(_) => Error::BadToken,
            error => error.into(),
        })?;
        self.ended.add(ended, now);
        Ok((counter, now))
    }

    /// The hash of a password that `user` has chosen.
    ///
    /// # Errors
    /// `Invalid` for `password` when it is not acceptable.
    pub(crate) async fn hash_of_new(&self, password: &str, user: &User) -> Result<PasswordHash, Error> {
        let password = self.accept_password(password, &user.own_words())?;
        Ok(self.ports.hasher.hash(&password.0).await?)
    }

    /// Remembers sessions that somebody has ended.
    pub(crate) fn have_ended(&self, ended: Vec<SessionId>, now: Timestamp) {
        self.ended.add(ended, now);
    }
}
