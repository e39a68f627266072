//! Who gets in.

use std::sync::Arc;
use std::time::Duration;

use domain::ports::{
    MockAdminRecords, MockAdminSessions, MockHistory, MockInvitationRepository, MockMappingRepository,
    MockPasswordResets, MockPasswordStrength, MockPatientMover, MockPatientRepository, MockSessionRepository,
    MockTokenSigner, MockUserRepository,
};
use domain::{
    AdminSession, Credentials, LoginName, Password, Role, RotationRule, SessionId, User, UserFilter,
};
use testkit::builders::{self, user_id};
use testkit::fixed::{FixedClock, FixedRandom, PlainHasher, call, instant, seconds_later};

use super::*;
use crate::{AccountPorts, SessionRules};

fn somebody(role: Role) -> User {
    User { role, ..builders::user().username("ann").stored(user_id(1)) }
}

/// A panel whose only account is `user`, with the password `secret`.
fn panel(user: User, sessions: MockAdminSessions) -> Administration {
    let mut users = MockUserRepository::new();
    let hash = PlainHasher::hash_of("secret");
    users
        .expect_find_credentials()
        .returning(move |_| Ok(Some(Credentials { user: user.clone(), password_hash: Some(hash.clone()) })));
    let users: Arc<dyn UserRepository> = Arc::new(users);
    let accounts = AccountPorts {
        users: Arc::clone(&users),
        sessions: Arc::new(MockSessionRepository::new()),
        invitations: Arc::new(MockInvitationRepository::new()),
        hasher: Arc::new(PlainHasher),
        strength: Arc::new(MockPasswordStrength::new()),
        signer: Arc::new(MockTokenSigner::new()),
        clock: Arc::new(FixedClock::default()),
        random: Arc::new(FixedRandom::default()),
    };
    let day = Duration::from_hours(24);
    let rotation = RotationRule { rotates: true, grace: Duration::ZERO, idle: day };
    let ports = AdministrationPorts {
        sessions: Arc::new(sessions),
        records: Arc::new(MockAdminRecords::new()),
        patients: Arc::new(MockPatientRepository::new()),
        mappings: Arc::new(MockMappingRepository::new()),
        history: Arc::new(MockHistory::new()),
        resets: Arc::new(MockPasswordResets::new()),
        mover: Arc::new(MockPatientMover::new()),
        users,
        clock: Arc::new(FixedClock::default()),
        random: Arc::new(FixedRandom::default()),
    };
    let rules = SessionRules { rotation, lifetime: day, access: day };
    Administration::new(ports, Accounts::new(accounts, rules), PanelRules::default())
}

async fn sign_in(panel: &Administration, password: &str) -> Result<User, Error> {
    let client = Client { call: call(), address: None, customer: String::new(), user_agent: None };
    let login = LoginName::parse("ann");
    panel.sign_in(login.as_ref(), Password::new(password), client).await.map(|(_, user)| user)
}

fn found(role: Role, last_used: u64) -> MockAdminSessions {
    let mut sessions = MockAdminSessions::new();
    let last_used_at = instant().minus(Duration::from_secs(last_used));
    let id = SessionId::generate(instant(), [1; 10]);
    sessions
        .expect_find()
        .returning(move |_, _, _| Ok(Some(AdminSession { user: somebody(role), id, last_used_at })));
    sessions
}

fn key() -> AdminKey {
    AdminKey::generate([[7; 10]; 3])
}

#[tokio::test]
async fn staff_with_the_right_password_get_a_session_of_half_a_day() {
    let mut sessions = MockAdminSessions::new();
    let end = seconds_later(12 * 3600);
    sessions
        .expect_open()
        .withf(move |_, session, _, _, _, _| session.expires_at == end)
        .once()
        .returning(|_, _, _, _, _, _| Ok(somebody(Role::Staff)));
    assert!(sign_in(&panel(somebody(Role::Staff), sessions), "secret").await.is_ok());
}

#[tokio::test]
async fn nobody_else_gets_a_session() {
    for role in [Role::Patient, Role::Doctor] {
        let panel = panel(somebody(role), MockAdminSessions::new());
        assert!(matches!(sign_in(&panel, "secret").await, Err(Error::Forbidden)));
        assert!(matches!(sign_in(&panel, "wrong").await, Err(Error::WrongCredentials)));
    }
    let panel = panel(somebody(Role::Admin), MockAdminSessions::new());
    assert!(matches!(sign_in(&panel, "wrong").await, Err(Error::WrongCredentials)));
}

#[tokio::test]
async fn who_is_not_staff_any_more_is_out() {
    let panel = panel(somebody(Role::Patient), found(Role::Patient, 0));
    assert!(matches!(panel.authenticate(&key(), call()).await, Err(Error::Forbidden)));
}

#[tokio::test]
async fn the_use_of_a_session_is_noted_once_a_minute() {
    let fresh = panel(somebody(Role::Staff), found(Role::Staff, 59));
    assert!(fresh.authenticate(&key(), call()).await.is_ok());
    let mut sessions = found(Role::Staff, 60);
    sessions.expect_touch().once().returning(|_, _| Ok(()));
    assert!(panel(somebody(Role::Staff), sessions).authenticate(&key(), call()).await.is_ok());
}

#[tokio::test]
async fn accounts_of_others_are_for_administrators_only() {
    let panel = panel(somebody(Role::Staff), found(Role::Staff, 0));
    let staff = panel.authenticate(&key(), call()).await.unwrap();
    let list = panel.users(&staff, &UserFilter::default(), domain::Page::default()).await;
    assert!(matches!(list, Err(Error::Forbidden)));
    assert!(matches!(panel.user(&staff, user_id(1)).await, Err(Error::Forbidden)));
    assert!(matches!(panel.end_all_sessions_of(&staff, user_id(1)).await, Err(Error::Forbidden)));
}
