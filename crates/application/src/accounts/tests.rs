//! Rules of the service of accounts.

use std::error::Error as _;

use domain::ports::{
    AccessClaims, BoxError, Constraint, MockPasswordHasher, MockPasswordStrength, MockSessionRepository,
    MockTokenSigner, MockUserRepository, PasswordError, RefreshClaims, RepositoryError, TokenError,
};
use domain::{Change, Credentials, EmailAddress, PasswordHash};
use mockall::predicate::{always, eq};
use testkit::builders::{self, email, phone, user_id};
use testkit::fixed::{FixedClock, FixedRandom, instant as now};

use super::*;

const ME: UserId = user_id(7);
const PASSWORD: &str = "correct horse battery";
const DAY: Duration = Duration::from_hours(24);
const ACCESS_LIFETIME: Duration = Duration::from_mins(15);
const RULES: SessionRules = SessionRules {
    rotation: RotationRule { rotates: true, grace: Duration::from_secs(10), idle: Duration::from_mins(1) },
    lifetime: DAY,
};

fn session_id() -> SessionId {
    SessionId::generate(now(), FixedRandom::default().ten_bytes())
}

fn actor() -> Actor {
    Actor { user: ME, session: session_id() }
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

fn client() -> Client {
    Client { address: Some("192.0.2.1".into()), user_agent: Some("test".into()) }
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

fn refuses_current_password<T>(result: &Result<T, Error>) -> bool {
    matches!(result, Err(Error::Invalid(invalid)) if is_only(invalid, "current_password"))
}

/// A service in the making. What is not expected of a port fails the test.
#[derive(Default)]
struct Setup {
    users: MockUserRepository,
    sessions: MockSessionRepository,
    hasher: MockPasswordHasher,
    strength: MockPasswordStrength,
    signer: MockTokenSigner,
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

    /// New passwords can be hashed.
    fn hashing(mut self) -> Self {
        let make = self.hasher.expect_hash().withf(|password| password.password().expose() == PASSWORD);
        make.once().returning(|_| Ok(hash()));
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
        verify.withf(move |password, stored| password.expose() == PASSWORD && *stored == hash);
        verify.once().returning(move |_, _| Ok(verdict.clone()));
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
            .with(eq(ME), always(), always(), eq(now()))
            .once()
            .returning(move |_, _, _, _| result());
        self
    }

    /// A genuine refresh token, and what the store says to its counter.
    fn rotation(mut self, rotation: Rotation) -> Self {
        let claims = RefreshClaims { session: session_id(), counter: counter(4) };
        self.signer.expect_verify_refresh().with(eq("genuine")).returning(move |_| Ok(claims));
        let rotate = self.sessions.expect_rotate();
        rotate.with(eq(session_id()), eq(counter(4)), eq(RULES.rotation), eq(now()));
        rotate.once().returning(move |_, _, _, _| Ok(rotation));
        self
    }

    /// What comes of a change to the account.
    fn updated(mut self, result: impl Fn() -> Result<User, RepositoryError> + Send + 'static) -> Self {
        let update = self.users.expect_update().with(eq(ME), always(), eq(now()));
        update.once().returning(move |_, _, _| result());
        self
    }

    fn service(self) -> Accounts {
        let ports = AccountPorts {
            users: Arc::new(self.users),
            sessions: Arc::new(self.sessions),
            hasher: Arc::new(self.hasher),
            strength: Arc::new(self.strength),
            signer: Arc::new(self.signer),
            clock: Arc::new(FixedClock::default()),
            random: Arc::new(FixedRandom::default()),
        };
        Accounts::new(ports, RULES)
    }

    async fn register(self) -> Result<SignedInUser, Error> {
        self.service().register(new_user(), &accepted(), client()).await
    }

    async fn sign_in(self) -> Result<SignedInUser, Error> {
        self.service().sign_in(Some(&login()), Password::new(PASSWORD), client()).await
    }

    async fn update_me(self, change: UserChange, password: Option<&str>) -> Result<User, Error> {
        self.service().update_me(actor(), change, password.map(Password::new)).await
    }
}

#[test]
fn a_password_is_judged_by_the_own_words_of_its_user() {
    let words = ["meera".to_owned(), "example.org".to_owned()];
    let (mut setup, expected) = (Setup::default(), words.clone());
    let judge = setup.strength.expect_is_guessable();
    judge.withf(move |password, own| password.password().expose() == PASSWORD && own == expected);
    judge.once().return_const(false);
    assert!(setup.service().accept_password(PASSWORD, &words).is_ok());
}

#[test]
fn a_guessable_password_is_refused() {
    let mut setup = Setup::default();
    setup.strength.expect_is_guessable().return_const(true);
    assert!(is_only(&setup.service().accept_password(PASSWORD, &[]).err().unwrap(), "password"));
}

#[test]
fn a_password_of_a_wrong_length_is_refused_before_it_is_judged() {
    for typed in ["1234567".to_owned(), "x".repeat(129)] {
        let refused = Setup::default().service().accept_password(&typed, &[]).err().unwrap();
        assert!(is_only(&refused, "password"));
    }
}

#[tokio::test]
async fn registering_stores_the_hash_and_opens_the_session_in_one_call() {
    let mut setup = Setup::default().hashing().signing();
    setup.sessions.expect_open().never();
    let insert = setup.users.expect_insert();
    insert.withf(|user, session, at| user.password_hash == Some(hash()) && session.is_some() && *at == now());
    insert.once().returning(|_, _, _| Ok(just_signed_in()));
    let signed_in = setup.register().await.unwrap();
    assert_eq!(signed_in.user, just_signed_in());
    assert!(signed_in.tokens == tokens_of(ME, session_id(), RefreshCounter::FIRST));
}

#[tokio::test]
async fn a_name_that_is_taken_is_a_duplicate_and_makes_no_token() {
    let mut setup = Setup::default().hashing();
    let taken = || RepositoryError::Duplicate(Constraint::UserName);
    setup.users.expect_insert().returning(move |_, _, _| Err(taken()));
    assert!(matches!(setup.register().await, Err(Error::Duplicate(Constraint::UserName))));
}

#[tokio::test]
async fn an_account_that_is_made_for_somebody_has_no_session() {
    let mut setup = Setup::default().hashing();
    let insert = setup.users.expect_insert();
    insert.withf(|user, session, _| user.password_hash == Some(hash()) && session.is_none());
    insert.once().returning(|_, _, _| Ok(user()));
    assert_eq!(setup.service().create(new_user(), &accepted()).await.unwrap(), user());
}

#[tokio::test]
async fn a_session_keeps_its_client_and_ends_after_its_lifetime_by_the_clock() {
    let is_expected = |session: &NewSession| {
        let expires_at = now().plus(DAY);
        let Client { address, user_agent } = client();
        *session == NewSession { id: session_id(), expires_at, address, user_agent }
    };
    let mut setup = Setup::default().hashing().signing();
    let insert = setup.users.expect_insert();
    insert.withf(move |_, session, _| session.as_ref().is_some_and(is_expected));
    insert.once().returning(|_, _, _| Ok(user()));
    setup.register().await.unwrap();

    let mut setup = Setup::default().right_password().signing();
    let open = setup.sessions.expect_open().withf(move |_, session, _, _| is_expected(session));
    open.once().returning(|_, _, _, _| Ok(user()));
    setup.sign_in().await.unwrap();
}

#[tokio::test]
async fn the_right_password_opens_a_session_at_the_first_counter() {
    let signed_in =
        Setup::default().right_password().opened(|| Ok(just_signed_in())).signing().sign_in().await.unwrap();
    assert_eq!(signed_in.user, just_signed_in());
    assert!(signed_in.tokens == tokens_of(ME, session_id(), RefreshCounter::FIRST));
}

#[tokio::test]
async fn an_unknown_login_and_an_account_without_password_cost_a_comparison_too() {
    for found in [None, Some(user())] {
        let setup = Setup::default().credentials(found, None).verdict(None, Verdict::Wrong);
        assert!(matches!(setup.sign_in().await, Err(Error::WrongCredentials)));
    }
}

#[tokio::test]
async fn a_login_that_nobody_can_have_costs_a_comparison_too() {
    let accounts = Setup::default().verdict(None, Verdict::Wrong).service();
    let refused = accounts.sign_in(None, Password::new(PASSWORD), client()).await;
    assert!(matches!(refused, Err(Error::WrongCredentials)));
}

#[tokio::test]
async fn a_wrong_password_opens_no_session() {
    let refused = Setup::default().known(user(), Verdict::Wrong).sign_in().await;
    assert!(matches!(refused, Err(Error::WrongCredentials)));
}

#[tokio::test]
async fn an_inactive_user_is_refused_only_after_the_comparison() {
    for verdict in [Verdict::Wrong, Verdict::Right, Verdict::RightButOld(rehashed())] {
        let refused = Setup::default().known(inactive(), verdict).sign_in().await;
        assert!(matches!(refused, Err(Error::WrongCredentials)));
    }
}

#[tokio::test]
async fn only_an_old_hash_is_replaced_when_the_session_opens() {
    for (verdict, replacement) in
        [(Verdict::Right, None), (Verdict::RightButOld(rehashed()), Some(rehashed()))]
    {
        let mut setup = Setup::default().known(user(), verdict).signing();
        let open = setup.sessions.expect_open().with(always(), always(), eq(replacement), always());
        open.once().returning(|_, _, _, _| Ok(user()));
        setup.sign_in().await.unwrap();
    }
}

#[tokio::test]
async fn a_user_who_vanishes_between_comparison_and_session_has_wrong_credentials() {
    let vanished = || Err(RepositoryError::Missing(Record::User));
    let refused = Setup::default().right_password().opened(vanished).sign_in().await;
    assert!(matches!(refused, Err(Error::WrongCredentials)));
}

#[tokio::test]
async fn a_database_that_is_away_is_not_the_fault_of_the_credentials() {
    let away = || Err(RepositoryError::Unavailable("away".into()));
    let refused = Setup::default().right_password().opened(away).sign_in().await;
    assert!(matches!(refused, Err(Error::Unavailable(_))));
}

#[tokio::test]
async fn too_many_passwords_at_once_make_accounts_unavailable() {
    let mut setup = Setup::default().credentials(Some(user()), Some(hash()));
    setup.hasher.expect_verify().returning(|_, _| Err(PasswordError::Busy));
    assert!(matches!(setup.sign_in().await, Err(Error::Unavailable(_))));

    let mut setup = Setup::default();
    setup.hasher.expect_hash().returning(|_| Err(PasswordError::Busy));
    assert!(matches!(setup.register().await, Err(Error::Unavailable(_))));
}

#[tokio::test]
async fn a_granted_refresh_goes_on_in_the_same_session_with_the_granted_counter() {
    let granted = Rotation::Granted { user: ME, counter: counter(5) };
    let accounts = Setup::default().rotation(granted).signing().service();
    assert!(accounts.refresh("genuine").await.unwrap() == tokens_of(ME, session_id(), counter(5)));
}

#[tokio::test]
async fn a_refused_or_replayed_refresh_makes_no_token() {
    for rotation in [Rotation::Refused, Rotation::Replayed] {
        let accounts = Setup::default().rotation(rotation).service();
        assert!(matches!(accounts.refresh("genuine").await, Err(Error::BadToken)));
    }
}

#[tokio::test]
async fn a_forged_refresh_token_asks_the_store_nothing() {
    let mut setup = Setup::default();
    setup.sessions.expect_rotate().never();
    setup.signer.expect_verify_refresh().returning(|_| Err(TokenError::Forged));
    assert!(matches!(setup.service().refresh("forged").await, Err(Error::BadToken)));
}

#[test]
fn a_genuine_access_token_names_the_actor() {
    let mut setup = Setup::default();
    let claims = AccessClaims { user: ME, session: session_id(), expires_at: now().plus(ACCESS_LIFETIME) };
    let verify = setup.signer.expect_verify_access().with(eq("genuine"), eq(now()));
    verify.once().returning(move |_, _| Ok(claims));
    assert_eq!(setup.service().authenticate("genuine").unwrap(), actor());
}

#[test]
fn a_forged_or_expired_access_token_does_not_count() {
    for error in [TokenError::Forged, TokenError::Expired] {
        let mut setup = Setup::default();
        setup.signer.expect_verify_access().returning(move |_, _| Err(error));
        assert!(matches!(setup.service().authenticate("token"), Err(Error::BadToken)));
    }
}

#[tokio::test]
async fn an_active_user_sees_the_own_account() {
    assert_eq!(Setup::default().account(Some(user())).service().me(actor()).await.unwrap(), user());
}

#[tokio::test]
async fn the_token_of_an_inactive_or_vanished_user_does_not_count() {
    for account in [Some(inactive()), None] {
        let setup = || Setup::default().account(account.clone());
        assert!(matches!(setup().service().me(actor()).await, Err(Error::BadToken)));
        let changed = setup().update_me(new_email(Change::Clear), Some(PASSWORD)).await;
        assert!(matches!(changed, Err(Error::BadToken)));
    }
}

#[tokio::test]
async fn a_change_of_anything_but_the_email_needs_no_password() {
    let phone = Change::Set(phone("+91 22 1234 5678"));
    let change = UserChange { phone, ..UserChange::default() };
    assert_eq!(Setup::default().updated(|| Ok(user())).update_me(change, None).await.unwrap(), user());
}

#[tokio::test]
async fn the_email_is_not_changed_without_the_current_password() {
    for email in [Change::Set(email("new@example.org")), Change::Clear] {
        let changed = Setup::default().account(Some(user())).update_me(new_email(email), None).await;
        assert!(refuses_current_password(&changed));
    }
}

#[tokio::test]
async fn the_email_is_not_changed_by_a_wrong_password() {
    let setup = Setup::default().account(Some(user())).known(user(), Verdict::Wrong);
    let change = new_email(Change::Set(email("new@example.org")));
    assert!(refuses_current_password(&setup.update_me(change, Some(PASSWORD)).await));
}

#[tokio::test]
async fn the_email_is_changed_by_the_current_password() {
    let after = || User { email: Some(email("new@example.org")), ..user() };
    for verdict in [Verdict::Right, Verdict::RightButOld(rehashed())] {
        let known = Setup::default().account(Some(user())).known(user(), verdict);
        let setup = known.updated(move || Ok(after()));
        let change = new_email(Change::Set(email("new@example.org")));
        assert_eq!(setup.update_me(change, Some(PASSWORD)).await.unwrap(), after());
    }
}

#[tokio::test]
async fn sending_the_same_email_back_needs_no_password_and_writes_none() {
    let mut setup = Setup::default().account(Some(user()));
    let update = setup.users.expect_update().withf(|_, change, _| change.email.is_keep());
    update.once().returning(|_, _, _| Ok(user()));
    setup.update_me(new_email(user().email.into()), None).await.unwrap();
}

#[tokio::test]
async fn a_user_who_vanishes_before_the_change_has_a_token_that_does_not_count() {
    let setup = Setup::default().updated(|| Err(RepositoryError::Missing(Record::User)));
    assert!(matches!(setup.update_me(UserChange::default(), None).await, Err(Error::BadToken)));
}

#[test]
fn an_error_of_a_port_keeps_its_meaning() {
    use RepositoryError as Port;
    let invalid = Invalid::field("name", "is required");
    assert!(matches!(Port::Duplicate(Constraint::UserEmail).into(), Error::Duplicate(Constraint::UserEmail)));
    assert!(matches!(Port::Missing(Record::Doctor).into(), Error::Missing(Record::Doctor)));
    assert!(matches!(Port::Stale.into(), Error::Stale));
    assert!(matches!(Port::BadPosition.into(), Error::BadPosition));
    assert!(matches!(Port::Invalid(invalid.clone()).into(), Error::Invalid(kept) if kept == invalid));
    assert!(matches!(Port::Unavailable("x".into()).into(), Error::Unavailable(_)));
    assert!(matches!(Port::Failed("x".into()).into(), Error::Failed(_)));
    assert!(matches!(TokenError::Unsigned.into(), Error::Failed(_)));
}

#[test]
fn an_error_keeps_its_cause_and_does_not_tell_it() {
    let cause = || BoxError::from("connection refused");
    let errors = [
        Error::from(RepositoryError::Unavailable(cause())),
        Error::from(RepositoryError::Failed(cause())),
        Error::from(PasswordError::Failed(cause())),
    ];
    for error in errors {
        assert_eq!(error.source().unwrap().to_string(), "connection refused");
        assert!(!error.to_string().contains("refused"));
    }
}
