//! New accounts: registering, by oneself or with an invitation.

use std::time::Duration;

use domain::ports::{Record, RepositoryError};
use domain::{
    Caller, Invalid, Invitation, InvitationCode, InvitationId, NewInvitation, NewSession, NewUser,
    RefreshCounter, Registration, Role, Stamp, User,
};

use super::{AcceptedPassword, Accounts, Client, SignedInUser};
use crate::Error;

impl Accounts {
    /// Who may make an account by themselves.
    pub const fn registration(&self) -> Registration {
        self.registration
    }

    /// Accepts the invitation that somebody may have typed; whether it counts is found out when it is used.
    ///
    /// # Errors
    /// One is needed and none was typed; the violation is of the field `invitation`.
    pub fn accept_invitation(&self, typed: Option<&str>) -> Result<Option<InvitationCode>, Invalid> {
        match typed {
            None if self.registration == Registration::Invite => Err(no_invitation()),
            typed => Ok(typed.map(InvitationCode::typed)),
        }
    }

    /// Makes an account and signs its user in. With an invitation that counts the user gets its role, whatever they
    /// ask for.
    ///
    /// # Errors
    /// `Forbidden` where registration is closed; `Invalid` for `invitation` where one is needed and none that counts
    /// was given; `Duplicate` when the user name or the e-mail address is taken.
    pub async fn register(
        &self,
        mut user: NewUser,
        password: &AcceptedPassword,
        invitation: Option<InvitationCode>,
        client: Client,
    ) -> Result<SignedInUser, Error> {
        match self.registration {
            Registration::Closed => return Err(Error::Forbidden),
            Registration::Invite if invitation.is_none() => return Err(no_invitation().into()),
            Registration::Invite | Registration::Open => {}
        }
        user.password_hash = Some(self.ports.hasher.hash(&password.0).await?);
        let now = self.ports.clock.now();
        let stamp = client.call.stamp(now);
        let session = self.new_session(client, now);
        let user = self.insert(&user, &session, invitation, &stamp).await?;
        let tokens = self.tokens(user.id, session.id, RefreshCounter::FIRST, now)?;
        Ok(SignedInUser { user, tokens })
    }

    async fn insert(
        &self,
        user: &NewUser,
        session: &NewSession,
        invitation: Option<InvitationCode>,
        stamp: &Stamp,
    ) -> Result<User, Error> {
        let users = &self.ports.users;
        if let Some(code) = invitation {
            match users.insert_invited(user, session.clone(), &code, stamp).await {
                Err(RepositoryError::Missing(Record::Invitation)) => {}
                made => return Ok(made?),
            }
            if self.registration != Registration::Open {
                return Err(no_invitation().into());
            }
        }
        Ok(users.insert(user, Some(session.clone()), stamp).await?)
    }

    /// Makes an account without signing anybody in: for administrators on the command line.
    pub async fn create(
        &self,
        caller: &impl Caller,
        mut user: NewUser,
        password: &AcceptedPassword,
    ) -> Result<User, Error> {
        user.password_hash = Some(self.ports.hasher.hash(&password.0).await?);
        Ok(self.ports.users.insert(&user, None, &caller.stamp(self.ports.clock.now())).await?)
    }

    /// Invites somebody who will have this role. Nobody sees the code a second time.
    pub async fn invite(
        &self,
        caller: &impl Caller,
        role: Role,
        good_for: Duration,
    ) -> Result<(InvitationCode, Invitation), Error> {
        let random = &self.ports.random;
        let code = InvitationCode::generate([random.ten_bytes(), random.ten_bytes()]);
        let now = self.ports.clock.now();
        let new = NewInvitation { role, expires_at: now.plus(good_for) };
        let invitation = self.ports.invitations.insert(&code, new, &caller.stamp(now)).await?;
        Ok((code, invitation))
    }

    /// The invitations that nobody has used and that have not expired, oldest first.
    pub async fn invitations(&self) -> Result<Vec<Invitation>, Error> {
        Ok(self.ports.invitations.list(self.ports.clock.now()).await?)
    }

    /// Takes an invitation back.
    ///
    /// # Errors
    /// `Missing` when it does not count anyway.
    pub async fn revoke_invitation(&self, caller: &impl Caller, id: InvitationId) -> Result<(), Error> {
        Ok(self.ports.invitations.revoke(id, &caller.stamp(self.ports.clock.now())).await?)
    }
}

/// Missing, unknown, used and expired are told alike: a stranger learns nothing about invitations.
fn no_invitation() -> Invalid {
    Invalid::field("invitation", "is required and must be one that is neither used nor expired")
}
