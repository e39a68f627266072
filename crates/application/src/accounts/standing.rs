//! What administrators decide about accounts.

use domain::ports::Record;
use domain::{Caller, LoginName, PageLimit, StandingChange, User, UserId};

use super::Accounts;
use crate::Error;

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
}
