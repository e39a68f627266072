//! Signing in to the admin panel: the same accounts, the same passwords, the same throttle.

use domain::ports::{AdminSessions, Record, RepositoryError};
use domain::{
    AdminKey, Attempt, Caller, LoginName, NewSession, NewUser, Password, RecordId, Session, SessionId, Stamp,
    Timestamp, User, UserId,
};

use super::{Accounts, Client, Proven};
use crate::Error;

impl Accounts {
    /// Opens a session of the panel for somebody of the clinic's staff who knows the password. It ends at
    /// `expires_at` in any case.
    ///
    /// # Errors
    /// Those of [`Self::sign_in`], and [`Error::Forbidden`] for the right password of somebody who is not staff:
    /// then there is no session.
    pub(crate) async fn sign_in_to_panel(
        &self,
        sessions: &dyn AdminSessions,
        key: &AdminKey,
        login: Option<&LoginName>,
        password: Password,
        client: Client,
        expires_at: Timestamp,
    ) -> Result<User, Error> {
        let (user, hash) = self.found(login).await?;
        if let Some(user) = &user {
            client.call.target(RecordId::User(user.id));
        }
        let is_staff = user.as_ref().is_some_and(|user| user.role.is_staff());
        let attempt = Attempt::at_password(user.as_ref(), login, &client.customer);
        self.admit(&attempt).await?;
        let Proven { user, verified, replacement } = self.prove(user, hash, &password).await?;
        self.forgive(&attempt).await?;
        if !is_staff {
            return Err(Error::Forbidden);
        }
        let now = self.ports.clock.now();
        let stamp = client.call.stamp(now);
        let session = NewSession { expires_at, ..self.new_session(client, now) };
        let opened = sessions.open(user, &session, key, &verified, replacement, &stamp).await;
        opened.map_err(|error| match error {
            // Another password meanwhile, or no account any more.
            RepositoryError::Stale | RepositoryError::Missing(Record::User) => Error::WrongCredentials,
            error => error.into(),
        })
    }
}

/// What administrators do with the sessions of others; who may is for the caller to know.
impl Accounts {
    pub(crate) async fn sessions_of(&self, user: UserId) -> Result<Vec<Session>, Error> {
        Ok(self.ports.sessions.list(user, self.rules.rotation.idle, self.ports.clock.now()).await?)
    }

    pub(crate) async fn end_session_of(
        &self,
        user: UserId,
        session: SessionId,
        stamp: &Stamp,
    ) -> Result<(), Error> {
        self.ports.sessions.end(user, session, stamp).await?;
        self.ended.add([session], stamp.at);
        Ok(())
    }

    pub(crate) async fn end_all_sessions_of(&self, user: UserId, stamp: &Stamp) -> Result<(), Error> {
        let ended = self.ports.sessions.end_all(user, stamp).await?;
        self.ended.add(ended, stamp.at);
        Ok(())
    }
}

/// The first administrator.
impl Accounts {
    /// Makes the first administrator; `None` where there is one.
    pub(crate) async fn create_first_admin(
        &self,
        mut user: NewUser,
        password: &str,
        stamp: &Stamp,
    ) -> Result<Option<User>, Error> {
        let words = [Some(user.username().as_str()), user.email().map(domain::EmailAddress::as_str)];
        let words: Vec<String> = words.into_iter().flatten().map(str::to_owned).collect();
        let password = self.accept_password(password, &words)?;
        user.password_hash = Some(self.ports.hasher.hash(&password.0).await?);
        Ok(self.ports.users.insert_first_admin(&user, stamp).await?)
    }
}
