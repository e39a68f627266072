//! Accounts of others. Only administrators of the server see and change them.

use domain::ports::Record;
use domain::{
    Listing, LoginName, NewUser, Page, RecordId, Session, SessionId, StandingChange, Tally, User, UserChange,
    UserFilter, UserId, UserTally, Version,
};

use super::{Administration, Administrator};
use crate::Error;

impl Administration {
    /// A page of the users who match.
    ///
    /// # Errors
    /// `Forbidden` for everybody but administrators, as for all of these.
    pub async fn users(
        &self,
        who: &Administrator,
        filter: &UserFilter,
        page: Page<UserId>,
    ) -> Result<Listing<User, UserId>, Error> {
        who.must_be_admin()?;
        Ok(self.ports.records.users(filter, page).await?)
    }

    /// How many users match, and how many there are of each kind; `None` where they are too many to count.
    pub async fn tally_users(
        &self,
        who: &Administrator,
        filter: &UserFilter,
    ) -> Result<Tally<UserTally>, Error> {
        who.must_be_admin()?;
        Ok(self.ports.records.tally_users(filter, Self::COUNTED).await?)
    }

    /// A user, active or not.
    pub async fn user(&self, who: &Administrator, id: UserId) -> Result<User, Error> {
        who.must_be_admin()?;
        who.actor.call.target(RecordId::User(id));
        self.ports.users.find(id).await?.ok_or(Error::Missing(Record::User))
    }

    /// Adds an account without a password: its user sets one by a link.
    ///
    /// # Errors
    /// `Forbidden` for everybody but administrators; `Duplicate` when the name or the address is taken.
    pub async fn create_user(&self, who: &Administrator, user: &NewUser) -> Result<User, Error> {
        who.must_be_admin()?;
        Ok(self.ports.users.insert(user, None, &self.stamp(who)).await?)
    }

    /// Changes what is known of an active user, if the account still has the version that is expected.
    ///
    /// # Errors
    /// `Forbidden` for everybody but administrators; `Missing` for a user who is unknown or not active, `Stale` when the
    /// account has another version, `Duplicate` when the address is taken.
    pub async fn update_user(
        &self,
        who: &Administrator,
        id: UserId,
        expected: Version,
        change: &UserChange,
    ) -> Result<User, Error> {
        who.must_be_admin()?;
        who.actor.call.target(RecordId::User(id));
        Ok(self.ports.users.update(id, Some(expected), change, &self.stamp(who)).await?)
    }

    /// The user of that name, active or not.
    ///
    /// # Errors
    /// `Forbidden` for everybody but administrators; `Missing` when there is none.
    pub async fn user_named(&self, who: &Administrator, name: &str) -> Result<User, Error> {
        who.must_be_admin()?;
        let login = LoginName::parse(name).ok_or(Error::Missing(Record::User))?;
        self.accounts.user_named(&login).await
    }

    /// The active user of that name, for whom a record is to be added.
    ///
    /// # Errors
    /// `Missing` when there is none; open to all staff.
    pub async fn owner_named(&self, _: &Administrator, name: &str) -> Result<User, Error> {
        let login = LoginName::parse(name).ok_or(Error::Missing(Record::User))?;
        let user = self.accounts.user_named(&login).await?;
        if user.is_active { Ok(user) } else { Err(Error::Missing(Record::User)) }
    }

    /// The sessions of a user, newest first.
    pub async fn sessions_of(&self, who: &Administrator, id: UserId) -> Result<Vec<Session>, Error> {
        who.must_be_admin()?;
        self.accounts.sessions_of(id).await
    }

    /// Ends one session of a user.
    pub async fn end_session_of(
        &self,
        who: &Administrator,
        id: UserId,
        session: SessionId,
    ) -> Result<(), Error> {
        who.must_be_admin()?;
        self.accounts.end_session_of(id, session, &self.stamp(who)).await
    }

    /// Ends all sessions of a user.
    pub async fn end_all_sessions_of(&self, who: &Administrator, id: UserId) -> Result<(), Error> {
        who.must_be_admin()?;
        self.accounts.end_all_sessions_of(id, &self.stamp(who)).await
    }

    /// Disables or enables a user, or changes what they are; their sessions end.
    ///
    /// # Errors
    /// `Invalid` when no active administrator would be left.
    pub async fn set_standing(
        &self,
        who: &Administrator,
        id: UserId,
        change: StandingChange,
    ) -> Result<User, Error> {
        who.must_be_admin()?;
        self.accounts.set_standing(&who.actor, id, change).await
    }
}
