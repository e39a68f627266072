//! Disabling users and changing what they are.

use domain::ports::Record;
use domain::{PageLimit, Role, StandingChange};

use super::*;

const DISABLED: StandingChange = StandingChange { is_active: Some(false), role: None };

impl Setup {
    /// What comes of disabling the user.
    fn disabling(
        mut self,
        result: impl Fn() -> Result<(User, Vec<SessionId>), RepositoryError> + Send + 'static,
    ) -> Self {
        let set = self.users.expect_set_standing().with(eq(ME), eq(DISABLED), function(is_now));
        set.once().returning(move |_, _, _| result());
        self
    }
}

#[tokio::test]
async fn the_sessions_of_a_disabled_user_are_dead_at_once_and_others_are_not() {
    for (ended, is_live) in [(session_id(), false), (other_session(), true)] {
        let setup = Setup::default().disabling(move || Ok((inactive(), vec![ended])));
        let accounts = setup.access().ended(&[]).service();
        accounts.learn_ended_sessions().await.unwrap();
        assert!(accounts.authenticate("genuine", testkit::fixed::call()).await.is_ok());
        assert_eq!(accounts.set_standing(&call(), ME, DISABLED).await.unwrap(), inactive());
        assert_eq!(accounts.authenticate("genuine", testkit::fixed::call()).await.is_ok(), is_live);
    }
}

#[tokio::test]
async fn the_last_administrator_is_not_disabled() {
    let invalid = || Err(Invalid::field("username", "is the last one").into());
    let refused = Setup::default().disabling(invalid).service().set_standing(&call(), ME, DISABLED).await;
    assert!(matches!(refused, Err(Error::Invalid(invalid)) if is_only(&invalid, "username")));
}

#[tokio::test]
async fn a_user_is_found_by_the_name_active_or_not() {
    for found in [user(), inactive()] {
        let accounts = Setup::default().credentials(Some(found.clone()), None).service();
        assert_eq!(accounts.user_named(&login()).await.unwrap(), found);
    }
    let nobody = Setup::default().credentials(None, None).service().user_named(&login()).await;
    assert!(matches!(nobody, Err(Error::Missing(Record::User))));
}

#[tokio::test]
async fn users_are_listed_page_by_page() {
    let limit = PageLimit::new(2).unwrap();
    let mut setup = Setup::default();
    setup.users.expect_list().with(eq(Some(ME)), eq(limit)).once().returning(|_, _| Ok(vec![user()]));
    setup
        .users
        .expect_list()
        .with(eq(None), eq(limit))
        .once()
        .returning(|_, _| Ok(vec![User { role: Role::Admin, ..user() }]));
    let accounts = setup.service();
    assert_eq!(accounts.users(Some(ME), limit).await.unwrap(), [user()]);
    assert_eq!(accounts.users(None, limit).await.unwrap()[0].role, Role::Admin);
}

#[tokio::test]
async fn another_password_is_hashed_and_the_sessions_are_dead_at_once() {
    let mut setup = Setup::default().hashing();
    let set = setup.users.expect_set_password().with(eq(ME), eq(hash()), function(is_now));
    set.once().returning(|_, _, _| Ok((user(), vec![session_id()])));
    let accounts = setup.access().ended(&[]).service();
    accounts.learn_ended_sessions().await.unwrap();
    assert!(accounts.authenticate("genuine", testkit::fixed::call()).await.is_ok());
    assert_eq!(accounts.set_password(&call(), ME, &accepted()).await.unwrap(), user());
    assert!(accounts.authenticate("genuine", testkit::fixed::call()).await.is_err());
}

#[tokio::test]
async fn a_token_without_a_password_is_of_a_session_that_ends_with_it() {
    let good_for = Duration::from_mins(5);
    let mut setup = Setup::default().credentials(Some(user()), Some(hash())).signing();
    let ends = move |session: &NewSession| session.expires_at == now().plus(good_for);
    let open = setup.sessions.expect_open();
    open.with(eq(ME), function(ends), eq(hash()), eq(None), function(is_now));
    open.once().returning(|_, _, _, _, _| Ok(just_signed_in()));
    let (session, token) = setup.service().open_for(&call(), &login(), good_for).await.unwrap();
    assert!(token == tokens_of(ME, session, RefreshCounter::FIRST).access);
}

#[tokio::test]
async fn there_is_no_token_for_nobody_and_for_who_cannot_sign_in() {
    let refused = |setup: Setup| async {
        let made = setup.service().open_for(&call(), &login(), Duration::from_mins(5)).await;
        matches!(made, Err(Error::Missing(Record::User)))
    };
    assert!(refused(Setup::default().credentials(None, None)).await);
    assert!(refused(Setup::default().credentials(Some(user()), None)).await);
    for error in [|| RepositoryError::Missing(Record::User), || RepositoryError::Stale] {
        let setup = Setup::default().credentials(Some(user()), Some(hash()));
        assert!(refused(setup.opened(move || Err(error()))).await);
    }
}
