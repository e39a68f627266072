//! Accounts: registering, signing in, staying signed in.

mod panel;
mod passwords;
mod registration;
mod standing;

use std::sync::Arc;
use std::time::Duration;

use domain::ports::{
    Clock, HashingPlace, InvitationRepository, IssuedToken, PasswordHasher, PasswordStrength, Random, Record,
    RepositoryError, SessionRepository, SignInThrottle, TokenSigner, UserRepository, Verdict,
};
use domain::{
    Actor, Attempt, Call, Caller, Change, Invalid, LoginName, NewPassword, NewSession, Password,
    PasswordHash, RecordId, RefreshCounter, Registration, Rotation, RotationRule, Session, SessionId, Stamp,
    Timestamp, User, UserChange, UserId,
};

use crate::Error;
use crate::ended_sessions::{EndedSessions, Standing};

/// What accounts need from outside.
#[derive(Clone)]
pub struct AccountPorts {
    /// The store of users.
    pub users: Arc<dyn UserRepository>,
    /// The store of sessions.
    pub sessions: Arc<dyn SessionRepository>,
    /// The store of invitations.
    pub invitations: Arc<dyn InvitationRepository>,
    /// Hashes passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Judges passwords.
    pub strength: Arc<dyn PasswordStrength>,
    /// Makes and reads tokens.
    pub signer: Arc<dyn TokenSigner>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes session ids and invitations.
    pub random: Arc<dyn Random>,
}

/// How long sessions last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionRules {
    /// How refresh tokens follow one another.
    pub rotation: RotationRule,
    /// The end of a session however often it was refreshed.
    pub lifetime: Duration,
    /// How long an access token is good for.
    pub access: Duration,
}

/// Who is on the other end of a connection; kept with the session for its user to see.
#[derive(Clone, PartialEq, Eq)]
pub struct Client {
    /// What is called.
    pub call: Arc<Call>,
    /// The address, as far as it can be believed.
    pub address: Option<String>,
    /// What attempts are counted by: the address, or the part of it that one customer has.
    pub customer: String,
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
    registration: Registration,
    ended: Arc<EndedSessions>,
    throttle: Option<Arc<dyn SignInThrottle>>,
}

/// Somebody whose password was right, and the hash that says so.
struct Proven {
    user: UserId,
    verified: PasswordHash,
    /// The same password in a newer scheme.
    replacement: Option<PasswordHash>,
}

impl Accounts {
    /// Over its ports, by these rules.
    pub fn new(ports: AccountPorts, rules: SessionRules) -> Self {
        let ended = Arc::new(EndedSessions::new(rules.access));
        Self { ports, rules, registration: Registration::Open, ended, throttle: None }
    }

    /// The same, but who may register is decided by this.
    pub fn registering(self, registration: Registration) -> Self {
        Self { registration, ..self }
    }

    /// The same, but guessing passwords is made slow.
    pub fn throttled(self, throttle: Arc<dyn SignInThrottle>) -> Self {
        Self { throttle: Some(throttle), ..self }
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

    /// Opens a session for whoever knows the password. `login` is `None` for a name that nobody can have.
    ///
    /// # Errors
    /// [`Error::WrongCredentials`] for an unknown name, a wrong password and an inactive account alike, each
    /// after the same work. [`Error::Throttled`] after too many of them, for the right password, too.
    pub async fn sign_in(
        &self,
        login: Option<&LoginName>,
        password: Password,
        client: Client,
    ) -> Result<SignedInUser, Error> {
        let place = self.ports.hasher.place()?;
        let (user, hash) = self.found(login).await?;
        if let Some(user) = &user {
            client.call.target(RecordId::User(user.id));
        }
        let attempt = Attempt::at_password(user.as_ref(), login, &client.customer);
        self.admit(&attempt).await?;
        let proven = self.prove(&place, user, hash, &password).await?;
        self.forgive(&attempt).await?;
        let now = self.ports.clock.now();
        let stamp = client.call.stamp(now);
        let session = self.new_session(client, now);
        let user = match self.open(proven, &session, &stamp).await {
            // The hash changed after it was read: the same password in a newer scheme, by a sign-in at the same time,
            // or another password. One more look tells.
            Err(RepositoryError::Stale) => {
                let (user, hash) = self.found(login).await?;
                let proven = self.prove(&place, user, hash, &password).await?;
                self.open(proven, &session, &stamp).await
            }
            opened => opened,
        };
        let user = user.map_err(|error| match error {
            RepositoryError::Stale | RepositoryError::Missing(Record::User) => Error::WrongCredentials,
            error => error.into(),
        })?;
        let tokens = self.tokens(user.id, session.id, RefreshCounter::FIRST, now)?;
        Ok(SignedInUser { user, tokens })
    }

    /// Whom a sign-in names, and the stored hash.
    async fn found(&self, login: Option<&LoginName>) -> Result<(Option<User>, Option<PasswordHash>), Error> {
        let found = match login {
            Some(login) => self.ports.users.find_credentials(login).await?,
            None => None,
        };
        Ok(found.map_or((None, None), |found| (Some(found.user), found.password_hash)))
    }

    /// Compares the password with the hash, with the same work where there is none.
    async fn prove(
        &self,
        place: &HashingPlace,
        user: Option<User>,
        hash: Option<PasswordHash>,
        typed: &Password,
    ) -> Result<Proven, Error> {
        let verdict = self.ports.hasher.verify(place.clone(), typed.clone(), hash.clone()).await?;
        let replacement = match verdict {
            Verdict::Wrong => return Err(Error::WrongCredentials),
            Verdict::Right => None,
            Verdict::RightButOld(replacement) => Some(replacement),
        };
        let user = user.filter(|user| user.is_active);
        let (user, verified) = user.zip(hash).ok_or(Error::WrongCredentials)?;
        Ok(Proven { user: user.id, verified, replacement })
    }

    async fn open(
        &self,
        proven: Proven,
        session: &NewSession,
        stamp: &Stamp,
    ) -> Result<User, RepositoryError> {
        let Proven { user, verified, replacement } = proven;
        self.ports.sessions.open(user, session, &verified, replacement, stamp).await
    }

    /// Trades a refresh token for a new pair.
    ///
    /// # Errors
    /// [`Error::BadToken`] when it is not genuine, was used before, or the session is over; [`Error::Throttled`]
    /// instead after too many of them from one address. A good token is not held up: nobody can guess one.
    pub async fn refresh(&self, token: &str, client: &Client) -> Result<Tokens, Error> {
        match self.rotated(token, &client.call).await {
            // Counted afterwards, so that a good refresh, which is what clients do all day, costs nothing more.
            Err(Error::BadToken) => {
                self.admit(&Attempt::at_refresh(&client.customer)).await?;
                Err(Error::BadToken)
            }
            rotated => rotated,
        }
    }

    async fn rotated(&self, token: &str, call: &Arc<Call>) -> Result<Tokens, Error> {
        let claims = self.ports.signer.verify_refresh(token)?;
        call.target(RecordId::Session(claims.session));
        let now = self.ports.clock.now();
        let (rule, stamp) = (self.rules.rotation, call.stamp(now));
        let rotation = self.ports.sessions.rotate(claims.session, claims.counter, rule, &stamp).await?;
        match rotation {
            Rotation::Granted { user, counter } => self.tokens(user, claims.session, counter, now),
            Rotation::Refused => Err(Error::BadToken),
            Rotation::Replayed => {
                self.ended.add([claims.session], now);
                tracing::warn!(session.id = %claims.session, "an old refresh token was replayed: session ended");
                Err(Error::BadToken)
            }
        }
    }

    /// Who shows this access token. Asks the database only when it has not been heard of for a second.
    ///
    /// # Errors
    /// [`Error::BadToken`] when it is not genuine, its time is over or its session has ended.
    pub async fn authenticate(&self, token: &str, call: Arc<Call>) -> Result<Actor, Error> {
        let now = self.ports.clock.now();
        let claims = self.ports.signer.verify_access(token, now)?;
        let is_live = match self.ended.standing(claims.session, now) {
            Standing::Live => true,
            Standing::Ended => false,
            Standing::Unknown => self.ports.sessions.is_live(claims.session).await?,
        };
        let actor = Actor { user: claims.user, session: claims.session, call };
        if is_live { Ok(actor) } else { Err(Error::BadToken) }
    }

    /// Learns which sessions other replicas have ended. To be called more often than once a second: after that,
    /// [`Self::authenticate`] asks for each token.
    pub async fn learn_ended_sessions(&self) -> Result<(), Error> {
        let now = self.ports.clock.now();
        let ended = self.ports.sessions.ended_since(self.ended.next_question(now)).await?;
        self.ended.learn(ended, now);
        Ok(())
    }

    /// The actor's sessions, newest first.
    pub async fn sessions(&self, actor: &Actor) -> Result<Vec<Session>, Error> {
        Ok(self.ports.sessions.list(actor.user, self.rules.rotation.idle, self.ports.clock.now()).await?)
    }

    /// Ends one of the actor's sessions; its tokens are dead at once.
    pub async fn end_session(&self, actor: &Actor, session: SessionId) -> Result<(), Error> {
        let now = self.ports.clock.now();
        self.ports.sessions.end(actor.user, session, &actor.stamp(now)).await?;
        self.ended.add([session], now);
        Ok(())
    }

    /// Ends all of the actor's sessions.
    pub async fn end_all_sessions(&self, actor: &Actor) -> Result<(), Error> {
        let now = self.ports.clock.now();
        let ended = self.ports.sessions.end_all(actor.user, &actor.stamp(now)).await?;
        self.ended.add(ended, now);
        Ok(())
    }

    /// Changes the actor's password and ends all their other sessions. The present one goes on with new
    /// tokens.
    ///
    /// # Errors
    /// `Invalid` for `new_password` when it is not acceptable, for `current_password` when it is wrong.
    pub async fn change_password(
        &self,
        actor: &Actor,
        current: Password,
        new: &str,
        client: &Client,
    ) -> Result<Tokens, Error> {
        let (counter, now) = self.replace_password(actor, current, new, client).await?;
        self.tokens(actor.user, actor.session, counter, now)
    }

    /// The actor's own account.
    pub async fn me(&self, actor: &Actor) -> Result<User, Error> {
        let user = self.ports.users.find(actor.user).await?;
        user.filter(|user| user.is_active).ok_or(Error::BadToken)
    }

    /// Changes the actor's own account; a new e-mail address needs the password, because it opens the
    /// account.
    pub async fn update_me(
        &self,
        actor: &Actor,
        mut change: UserChange,
        current_password: Option<Password>,
        client: &Client,
    ) -> Result<User, Error> {
        if !change.email.is_keep() {
            let user = self.me(actor).await?;
            if change.touches_email(&user) {
                let typed = current_password.ok_or_else(current_password_required)?;
                self.check_current_password(&user, typed, client).await?;
            } else {
                // The address may change before the write: what needed no password must not change it back.
                change.email = Change::Keep;
            }
        }
        let updated =
            self.ports.users.update(actor.user, None, &change, &actor.stamp(self.ports.clock.now())).await;
        updated.map_err(missing_user_as(Error::BadToken))
    }

    /// Counts an attempt before its password is looked at.
    async fn admit(&self, attempt: &Attempt) -> Result<(), Error> {
        let Some(throttle) = &self.throttle else { return Ok(()) };
        throttle.admit(attempt, self.ports.clock.now()).await?.map_err(Error::Throttled)
    }

    /// Takes an attempt back whose password was right.
    async fn forgive(&self, attempt: &Attempt) -> Result<(), Error> {
        let Some(throttle) = &self.throttle else { return Ok(()) };
        Ok(throttle.forgive(attempt, self.ports.clock.now()).await?)
    }

    /// The hash that the typed password was compared with, if it is the right one. Guesses are counted as at a
    /// sign-in.
    async fn check_current_password(
        &self,
        user: &User,
        typed: Password,
        client: &Client,
    ) -> Result<PasswordHash, Error> {
        let place = self.ports.hasher.place()?;
        let attempt = Attempt::at_password(Some(user), None, &client.customer);
        self.admit(&attempt).await?;
        let found = self.ports.users.find_credentials(&LoginName::of(user)).await?;
        let hash = found.and_then(|found| found.password_hash);
        let verdict = self.ports.hasher.verify(place, typed, hash.clone()).await?;
        let verified = hash.filter(|_| verdict != Verdict::Wrong).ok_or_else(wrong_current_password)?;
        self.forgive(&attempt).await?;
        Ok(verified)
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
fn missing_user_as(instead: Error) -> impl FnOnce(RepositoryError) -> Error {
    |error| match error {
        RepositoryError::Missing(Record::User) => instead,
        error => error.into(),
    }
}

fn current_password_required() -> Error {
    Invalid::field("current_password", "is required to change the e-mail address").into()
}

fn wrong_current_password() -> Error {
    Invalid::field("current_password", "is not the password").into()
}

#[cfg(test)]
mod tests;
