//! Rules of the service of accounts.

mod authenticate;
mod change_password;
mod errors;
mod me;
mod passwords;
mod refresh;
mod registration;
mod sessions;
mod sign_in;
mod standing;
mod throttle;

use domain::ports::{
    AccessClaims, Constraint, HashingPlace, MockInvitationRepository, MockPasswordHasher,
    MockPasswordStrength, MockSessionRepository, MockSignInThrottle, MockTokenSigner, MockUserRepository,
    PasswordError, RefreshClaims, RepositoryError, TokenError,
};
use domain::{Change, Credentials, EmailAddress, NewUser, PasswordHash};
use mockall::predicate::{always, eq, function};
use testkit::builders::{self, email, phone, user_id};
use testkit::fixed::{FixedClock, FixedRandom, call, instant as now};

use super::*;

const ME: UserId = user_id(7);
const PASSWORD: &str = "correct horse battery";
const DAY: Duration = Duration::from_hours(24);
const ACCESS_LIFETIME: Duration = Duration::from_mins(15);
const RULES: SessionRules = SessionRules {
    rotation: RotationRule { rotates: true, grace: Duration::from_secs(10), idle: Duration::from_mins(1) },
    lifetime: DAY,
    access: ACCESS_LIFETIME,
};

fn session_id() -> SessionId {
    SessionId::generate(now(), FixedRandom::default().ten_bytes())
}

/// A session that is not [`actor`]'s.
fn other_session() -> SessionId {
    SessionId::generate(now(), [200; 10])
}

fn actor() -> Actor {
    Actor { user: ME, session: session_id(), call: testkit::fixed::call() }
}

fn hash() -> PasswordHash {
    PasswordHash::new("stored".into())
}

fn rehashed() -> PasswordHash {
    PasswordHash::new("newer".into())
}

fn accepted() -> AcceptedPassword {
    AcceptedPassword(NewPassword::parse(PASSWORD).unwrap())
}

fn login() -> LoginName {
    LoginName::parse("meera").unwrap()
}

fn new_user() -> NewUser {
    builders::user().done()
}

fn user() -> User {
    builders::user().username("meera").email("meera@example.org").stored(ME)
}

fn inactive() -> User {
    User { is_active: false, ..user() }
}

fn just_signed_in() -> User {
    User { last_login: Some(now()), ..user() }
}

/// Stamped by the clock.
fn is_now(stamp: &Stamp) -> bool {
    stamp.at == now()
}

fn client() -> Client {
    Client {
        call: call(),
        address: Some("192.0.2.1".into()),
        customer: "customer".into(),
        user_agent: Some("test".into()),
    }
}

fn counter(raw: i64) -> RefreshCounter {
    RefreshCounter::new(raw).unwrap()
}

/// What the signer of [`Setup::signing`] makes.
fn tokens_of(user: UserId, session: SessionId, counter: RefreshCounter) -> Tokens {
    Tokens {
        access: IssuedToken { token: format!("{user} {session}"), expires_at: now().plus(ACCESS_LIFETIME) },
        access_lifetime: ACCESS_LIFETIME,
        refresh: format!("{session} {}", counter.get()),
    }
}

fn new_email(email: Change<EmailAddress>) -> UserChange {
    UserChange { email, ..UserChange::default() }
}

/// Whether just this field is refused.
fn is_only(invalid: &Invalid, field: &str) -> bool {
    matches!(invalid.violations(), [violation] if violation.field == field)
}

fn away<T>() -> Result<T, RepositoryError> {
    Err(RepositoryError::Unavailable("away".into()))
}

fn refuses_current_password<T>(result: &Result<T, Error>) -> bool {
    matches!(result, Err(Error::Invalid(invalid)) if is_only(invalid, "current_password"))
}

/// A service in the making. What is not expected of a port fails the test.
#[derive(Default)]
struct Setup {
    users: MockUserRepository,
    sessions: MockSessionRepository,
    invitations: MockInvitationRepository,
    registration: Registration,
    hasher: MockPasswordHasher,
    strength: MockPasswordStrength,
    signer: MockTokenSigner,
    clock: FixedClock,
    throttle: Option<MockSignInThrottle>,
}

impl Setup {
    /// Tokens can be made.
    fn signing(mut self) -> Self {
        self.signer
            .expect_access_token()
            .with(always(), always(), eq(now()))
            .returning(|user, session, _| Ok(tokens_of(user, session, RefreshCounter::FIRST).access));
        let refresh = self.signer.expect_refresh_token();
        refresh.returning(|session, counter| Ok(tokens_of(ME, session, counter).refresh));
        self
    }

    /// The password of a new user can be hashed.
    fn hashing(self) -> Self {
        self.hashes(PASSWORD, hash())
    }

    /// A password is hashed, exactly once.
    fn hashes(mut self, typed: &'static str, hash: PasswordHash) -> Self {
        let make = self.hasher.expect_hash().withf(move |password| password.password().expose() == typed);
        make.once().returning(move |_| Ok(hash.clone()));
        self
    }

    /// Who is found by id.
    fn account(mut self, account: Option<User>) -> Self {
        self.users.expect_find().with(eq(ME)).returning(move |_| Ok(account.clone()));
        self
    }

    /// Who is found by [`login`].
    fn credentials(mut self, user: Option<User>, password_hash: Option<PasswordHash>) -> Self {
        let found = user.map(|user| Credentials { user, password_hash });
        let find = self.users.expect_find_credentials().with(eq(login()));
        find.once().returning(move |_| Ok(found.clone()));
        self
    }

    /// The password is compared with `hash`, exactly once.
    fn verdict(mut self, hash: Option<PasswordHash>, verdict: Verdict) -> Self {
        let verify = self.hasher.expect_verify();
        verify.withf(move |_, password, stored| password.expose() == PASSWORD && *stored == hash);
        verify.once().returning(move |_, _, _| Ok(verdict.clone()));
        self
    }

    /// A user whose password is compared with this outcome.
    fn known(self, user: User, verdict: Verdict) -> Self {
        self.credentials(Some(user), Some(hash())).verdict(Some(hash()), verdict)
    }

    /// An active user whose password is right.
    fn right_password(self) -> Self {
        self.known(user(), Verdict::Right)
    }

    /// What comes of opening a session.
    fn opened(mut self, result: impl Fn() -> Result<User, RepositoryError> + Send + 'static) -> Self {
        self.sessions
            .expect_open()
            .with(eq(ME), always(), eq(hash()), eq(None), function(is_now))
            .once()
            .returning(move |_, _, _, _, _| result());
        self
    }

    /// A genuine refresh token, and what the store says to its counter.
    fn rotation(mut self, rotation: Rotation) -> Self {
        let claims = RefreshClaims { session: session_id(), counter: counter(4) };
        self.signer.expect_verify_refresh().with(eq("genuine")).returning(move |_| Ok(claims));
        let rotate = self.sessions.expect_rotate();
        rotate.with(eq(session_id()), eq(counter(4)), eq(RULES.rotation), function(is_now));
        rotate.once().returning(move |_, _, _, _| Ok(rotation));
        self
    }

    /// The access token `genuine` is one of [`actor`], at any time.
    fn access(mut self) -> Self {
        let claims =
            AccessClaims { user: ME, session: session_id(), expires_at: now().plus(ACCESS_LIFETIME) };
        self.signer.expect_verify_access().with(eq("genuine"), always()).returning(move |_, _| Ok(claims));
        self
    }

    /// The store is asked once whether the actor's session is live.
    fn asked(mut self, answer: impl Fn() -> Result<bool, RepositoryError> + Send + 'static) -> Self {
        self.sessions.expect_is_live().with(eq(session_id())).once().returning(move |_| answer());
        self
    }

    /// What the store says has ended.
    fn ended(mut self, ended: &[(SessionId, Timestamp)]) -> Self {
        let ended = ended.to_vec();
        self.sessions.expect_ended_since().returning(move |_| Ok(ended.clone()));
        self
    }

    /// What comes of a change to the account.
    fn updated(mut self, result: impl Fn() -> Result<User, RepositoryError> + Send + 'static) -> Self {
        let update = self.users.expect_update().with(eq(ME), always(), always(), function(is_now));
        update.once().returning(move |_, _, _, _| result());
        self
    }

    fn service(mut self) -> Accounts {
        self.hasher.expect_place().returning(|| Ok(HashingPlace::new(())));
        let ports = AccountPorts {
            users: Arc::new(self.users),
            sessions: Arc::new(self.sessions),
            invitations: Arc::new(self.invitations),
            hasher: Arc::new(self.hasher),
            strength: Arc::new(self.strength),
            signer: Arc::new(self.signer),
            clock: Arc::new(self.clock),
            random: Arc::new(FixedRandom::default()),
        };
        let accounts = Accounts::new(ports, RULES).registering(self.registration);
        match self.throttle {
            Some(throttle) => accounts.throttled(Arc::new(throttle)),
            None => accounts,
        }
    }

    async fn register(self) -> Result<SignedInUser, Error> {
        self.service().register(new_user(), &accepted(), None, client()).await
    }

    async fn sign_in(self) -> Result<SignedInUser, Error> {
        self.service().sign_in(Some(&login()), Password::new(PASSWORD), client()).await
    }

    async fn update_me(self, change: UserChange, password: Option<&str>) -> Result<User, Error> {
        self.service().update_me(&actor(), change, password.map(Password::new), &client()).await
    }
}
