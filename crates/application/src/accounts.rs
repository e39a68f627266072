//! Accounts: registering, signing in, staying signed in.

use std::sync::Arc;
use std::time::Duration;

use domain::ports::{
    Clock, IssuedToken, PasswordHasher, PasswordStrength, Random, Record, SessionRepository, TokenSigner,
    UserRepository, Verdict,
};
use domain::{
    Actor, Change, Invalid, LoginName, NewPassword, NewSession, NewUser, Password, RefreshCounter, Rotation,
    RotationRule, SessionId, Timestamp, User, UserChange, UserId,
};

use crate::Error;

/// What accounts need from outside.
#[derive(Clone)]
pub struct AccountPorts {
    /// The store of users.
    pub users: Arc<dyn UserRepository>,
    /// The store of sessions.
    pub sessions: Arc<dyn SessionRepository>,
    /// Hashes passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Judges passwords.
    pub strength: Arc<dyn PasswordStrength>,
    /// Makes and reads tokens.
    pub signer: Arc<dyn TokenSigner>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes session ids.
    pub random: Arc<dyn Random>,
}

/// How long sessions last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionRules {
    /// How refresh tokens follow one another.
    pub rotation: RotationRule,
    /// The end of a session however often it was refreshed.
    pub lifetime: Duration,
}

/// Who is on the other end of a connection; kept with the session for its user to see.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Client {
    /// The address, as far as it can be believed.
    pub address: Option<String>,
    /// What the client calls itself.
    pub user_agent: Option<String>,
}

/// A new password that the rules accept.
pub struct AcceptedPassword(NewPassword);

/// A pair of tokens.
#[derive(Clone, PartialEq, Eq)]
pub struct Tokens {
    /// For requests.
    pub access: IssuedToken,
    /// How long the access token is good for, from when it was made.
    pub access_lifetime: Duration,
    /// For the next pair.
    pub refresh: String,
}

/// A user who has just signed in.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedInUser {
    /// The user.
    pub user: User,
    /// The tokens of the new session.
    pub tokens: Tokens,
}

/// Registers users, signs them in and keeps them signed in.
#[derive(Clone)]
pub struct Accounts {
    ports: AccountPorts,
    rules: SessionRules,
}

impl Accounts {
    /// Over its ports, by these rules.
    pub const fn new(ports: AccountPorts, rules: SessionRules) -> Self {
        Self { ports, rules }
    }

    /// Accepts a new password of a user who is known by `own_words` (names, addresses).
    ///
    /// # Errors
    /// It is too short, too long or too easy to guess; the violation is of the field `password`.
    pub fn accept_password(&self, typed: &str, own_words: &[String]) -> Result<AcceptedPassword, Invalid> {
        let password =
            NewPassword::parse(typed).map_err(|error| Invalid::field("password", error.to_string()))?;
        if self.ports.strength.is_guessable(&password, own_words) {
            return Err(Invalid::field("password", "is too easy to guess"));
        }
        Ok(AcceptedPassword(password))
    }

    /// Makes an account and signs its user in.
    ///
    /// # Errors
    /// `Duplicate` when the user name or the e-mail address is taken.
    pub async fn register(
        &self,
        mut user: NewUser,
        password: &AcceptedPassword,
        client: Client,
    ) -> Result<SignedInUser, Error> {
        user.password_hash = Some(self.ports.hasher.hash(&password.0).await?);
        let now = self.ports.clock.now();
        let session = self.new_session(client, now);
        let id = session.id;
        let user = self.ports.users.insert(&user, Some(session), now).await?;
        let tokens = self.tokens(user.id, id, RefreshCounter::FIRST, now)?;
        Ok(SignedInUser { user, tokens })
    }

    /// Makes an account without signing anybody in: for administrators on the command line.
    pub async fn create(&self, mut user: NewUser, password: &AcceptedPassword) -> Result<User, Error> {
        user.password_hash = Some(self.ports.hasher.hash(&password.0).await?);
        Ok(self.ports.users.insert(&user, None, self.ports.clock.now()).await?)
    }

    /// Opens a session for whoever knows the password. `login` is `None` for a name that nobody can have.
    ///
    /// # Errors
    /// [`Error::WrongCredentials`] for an unknown name, a wrong password and an inactive account alike, each
    /// after the same work.
    pub async fn sign_in(
        &self,
        login: Option<&LoginName>,
        password: Password,
        client: Client,
    ) -> Result<SignedInUser, Error> {
        let found = match login {
            Some(login) => self.ports.users.find_credentials(login).await?,
            None => None,
        };
        let (user, hash) = found.map_or((None, None), |found| (Some(found.user), found.password_hash));
        let rehashed = match self.ports.hasher.verify(password, hash).await? {
            Verdict::Wrong => return Err(Error::WrongCredentials),
            Verdict::Right => None,
            Verdict::RightButOld(rehashed) => Some(rehashed),
        };
        let user = user.filter(|user| user.is_active).ok_or(Error::WrongCredentials)?;
        let now = self.ports.clock.now();
        let session = self.new_session(client, now);
        let opened = self.ports.sessions.open(user.id, &session, rehashed, now).await;
        let user = opened.map_err(missing_user_as(Error::WrongCredentials))?;
        let tokens = self.tokens(user.id, session.id, RefreshCounter::FIRST, now)?;
        Ok(SignedInUser { user, tokens })
    }

    /// Trades a refresh token for a new pair.
    ///
    /// # Errors
    /// [`Error::BadToken`] when it is not genuine, was used before, or the session is over.
    pub async fn refresh(&self, token: &str) -> Result<Tokens, Error> {
        let claims = self.ports.signer.verify_refresh(token)?;
        let now = self.ports.clock.now();
        let rotation =
            self.ports.sessions.rotate(claims.session, claims.counter, self.rules.rotation, now).await?;
        match rotation {
            Rotation::Granted { user, counter } => self.tokens(user, claims.session, counter, now),
            Rotation::Refused => Err(Error::BadToken),
            Rotation::Replayed => {
                tracing::warn!(session.id = %claims.session, "an old refresh token was replayed: session ended");
                Err(Error::BadToken)
            }
        }
    }

    /// Who shows this access token.
    ///
    /// # Errors
    /// [`Error::BadToken`] when it is not genuine or its time is over.
    pub fn authenticate(&self, token: &str) -> Result<Actor, Error> {
        let claims = self.ports.signer.verify_access(token, self.ports.clock.now())?;
        Ok(Actor { user: claims.user, session: claims.session })
    }

    /// The actor's own account.
    pub async fn me(&self, actor: Actor) -> Result<User, Error> {
        let user = self.ports.users.find(actor.user).await?;
        user.filter(|user| user.is_active).ok_or(Error::BadToken)
    }

    /// Changes the actor's own account; a new e-mail address needs the password, because it opens the
    /// account.
    pub async fn update_me(
        &self,
        actor: Actor,
        mut change: UserChange,
        current_password: Option<Password>,
    ) -> Result<User, Error> {
        if !change.email.is_keep() {
            let user = self.me(actor).await?;
            if change.touches_email(&user) {
                self.check_current_password(&user, current_password).await?;
            } else {
                // The address may change before the write: what needed no password must not change it back.
                change.email = Change::Keep;
            }
        }
        let updated = self.ports.users.update(actor.user, &change, self.ports.clock.now()).await;
        updated.map_err(missing_user_as(Error::BadToken))
    }

    async fn check_current_password(&self, user: &User, typed: Option<Password>) -> Result<(), Error> {
        let Some(typed) = typed else {
            return Err(Invalid::field("current_password", "is required to change the e-mail address").into());
        };
        let login = LoginName::of(user);
        let hash = self.ports.users.find_credentials(&login).await?.and_then(|found| found.password_hash);
        match self.ports.hasher.verify(typed, hash).await? {
            Verdict::Right | Verdict::RightButOld(_) => Ok(()),
            Verdict::Wrong => Err(Invalid::field("current_password", "is not the password").into()),
        }
    }

    fn new_session(&self, client: Client, now: Timestamp) -> NewSession {
        NewSession {
            id: SessionId::generate(now, self.ports.random.ten_bytes()),
            expires_at: now.plus(self.rules.lifetime),
            address: client.address,
            user_agent: client.user_agent,
        }
    }

    fn tokens(
        &self,
        user: UserId,
        session: SessionId,
        counter: RefreshCounter,
        now: Timestamp,
    ) -> Result<Tokens, Error> {
        let access = self.ports.signer.access_token(user, session, now)?;
        let refresh = self.ports.signer.refresh_token(session, counter)?;
        Ok(Tokens { access_lifetime: access.expires_at.since(now), access, refresh })
    }
}

/// A user who vanished between two steps is answered as if they had not been there at the first.
fn missing_user_as(instead: Error) -> impl FnOnce(domain::ports::RepositoryError) -> Error {
    |error| match error {
        domain::ports::RepositoryError::Missing(Record::User) => instead,
        error => error.into(),
    }
}

#[cfg(test)]
mod tests;
