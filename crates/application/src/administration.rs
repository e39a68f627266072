//! Administration: what the clinic's own people may do across owners.
//!
//! The right is a type: whoever holds an [`Administrator`] has a session of the panel and was staff when the session
//! was looked up, which is at each call.

mod first;
mod moving;
mod passwords;
mod records;
mod users;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::ports::{
    AdminRecords, AdminSessions, Clock, History, MappingRepository, PasswordResets, PatientMover,
    PatientRepository, Random, UserRepository,
};
use domain::{Actor, AdminKey, Call, Caller, LinkKey, LoginName, Password, Role, Stamp, User};

use crate::{Accounts, Client, Error};

/// How exactly the last use of a session is noted, at most: not each call has to write.
const TOUCH: Duration = Duration::from_mins(1);

/// What administration needs from outside.
#[derive(Clone)]
pub struct AdministrationPorts {
    /// Sessions of the panel.
    pub sessions: Arc<dyn AdminSessions>,
    /// The records of all owners.
    pub records: Arc<dyn AdminRecords>,
    /// The store of patients.
    pub patients: Arc<dyn PatientRepository>,
    /// The store of mappings.
    pub mappings: Arc<dyn MappingRepository>,
    /// The past of records.
    pub history: Arc<dyn History>,
    /// The store of users.
    pub users: Arc<dyn UserRepository>,
    /// Links by which users set a new password.
    pub resets: Arc<dyn PasswordResets>,
    /// Gives patients another owner.
    pub mover: Arc<dyn PatientMover>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes keys.
    pub random: Arc<dyn Random>,
}

/// How long sessions of the panel last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PanelRules {
    /// The session ends when it was not used for so long.
    pub idle: Duration,
    /// The session ends after this in any case.
    pub lifetime: Duration,
    /// How long a link for a new password counts.
    pub reset: Duration,
}

impl Default for PanelRules {
    /// Half an hour without use, half a day in all; a day for a new password.
    fn default() -> Self {
        Self {
            idle: Duration::from_mins(30),
            lifetime: Duration::from_hours(12),
            reset: Duration::from_hours(24),
        }
    }
}

/// Somebody of the clinic's staff, in a session of the panel.
#[derive(Clone, PartialEq, Eq)]
pub struct Administrator {
    actor: Actor,
    user: User,
}

impl Administrator {
    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Their account.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// Whether they administer the server, and not only the clinic's records.
    pub fn is_admin(&self) -> bool {
        self.user.role == Role::Admin
    }

    /// Nothing for administrators of the server.
    ///
    /// # Errors
    /// `Forbidden` for everybody else.
    pub fn must_be_admin(&self) -> Result<(), Error> {
        if self.is_admin() { Ok(()) } else { Err(Error::Forbidden) }
    }
}

/// Signs the clinic's own people in and shows and changes records of all owners for them.
#[derive(Clone)]
pub struct Administration {
    ports: AdministrationPorts,
    accounts: Accounts,
    rules: PanelRules,
    /// The key by which the first administrator is made, while there is none.
    set_up: Arc<Mutex<Option<LinkKey>>>,
}

impl Administration {
    /// Over its ports, by these rules.
    pub fn new(ports: AdministrationPorts, accounts: Accounts, rules: PanelRules) -> Self {
        Self { ports, accounts, rules, set_up: Arc::default() }
    }

    /// How long sessions last.
    pub fn rules(&self) -> PanelRules {
        self.rules
    }

    /// Opens a session for whoever of the staff knows the password; the browser is to show its key.
    ///
    /// # Errors
    /// [`Error::WrongCredentials`] and [`Error::Throttled`] as at every sign-in, [`Error::Forbidden`] for the right
    /// password of somebody who is not staff.
    pub async fn sign_in(
        &self,
        login: Option<&LoginName>,
        password: Password,
        client: Client,
    ) -> Result<(AdminKey, User), Error> {
        let key = self.new_key();
        let expires_at = self.ports.clock.now().plus(self.rules.lifetime);
        let sessions = self.ports.sessions.as_ref();
        let opened = self.accounts.sign_in_to_panel(sessions, &key, login, password, client, expires_at);
        let user = opened.await?;
        Ok((key, user))
    }

    /// Who shows this key.
    ///
    /// # Errors
    /// [`Error::BadToken`] when it is not that of a session that goes on, [`Error::Forbidden`] when its user is not
    /// staff any more.
    pub async fn authenticate(&self, key: &AdminKey, call: Arc<Call>) -> Result<Administrator, Error> {
        let now = self.ports.clock.now();
        let session = self.ports.sessions.find(key, self.rules.idle, now).await?.ok_or(Error::BadToken)?;
        if !session.user.role.is_staff() {
            return Err(Error::Forbidden);
        }
        if now.since(session.last_used_at) >= TOUCH.min(self.rules.idle / 4) {
            self.ports.sessions.touch(session.id, now).await?;
        }
        let actor = Actor { user: session.user.id, session: session.id, call };
        Ok(Administrator { actor, user: session.user })
    }

    /// Ends the session.
    pub async fn sign_out(&self, who: &Administrator) -> Result<(), Error> {
        self.accounts.end_session(&who.actor, who.actor.session).await
    }

    fn stamp(&self, who: &Administrator) -> Stamp {
        who.actor.stamp(self.ports.clock.now())
    }
}

#[cfg(test)]
mod tests;
