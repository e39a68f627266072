//! Guessing passwords, made slow.

use domain::Attempt;

use super::*;

const WAIT: Duration = Duration::from_secs(3);

/// An attempt of [`client`] at an account.
fn attempt(account: &str) -> Attempt {
    Attempt { account: account.into(), address: "customer".into() }
}

impl Setup {
    /// The throttle is asked once about this account.
    fn admits(
        mut self,
        account: &str,
        answer: impl Fn() -> Result<Result<(), Duration>, RepositoryError> + Send + 'static,
    ) -> Self {
        let throttle = self.throttle.get_or_insert_default();
        let admit = throttle.expect_admit().with(eq(attempt(account)), eq(now()));
        admit.once().returning(move |_, _| answer());
        self
    }

    /// An attempt at this account is taken back once.
    fn forgives(mut self, account: &str) -> Self {
        let throttle = self.throttle.get_or_insert_default();
        throttle.expect_forgive().with(eq(attempt(account)), eq(now())).once().returning(|_, _| Ok(()));
        self
    }
}

#[tokio::test]
async fn the_right_password_is_counted_and_taken_back() {
    let setup = Setup::default().admits("user 7", || Ok(Ok(()))).forgives("user 7");
    let signed_in = setup.right_password().opened(|| Ok(just_signed_in())).signing().sign_in().await;
    assert!(signed_in.is_ok());
}

#[tokio::test]
async fn a_wrong_password_and_an_inactive_user_stay_counted() {
    for (user, verdict) in [(user(), Verdict::Wrong), (inactive(), Verdict::Right)] {
        let setup = Setup::default().admits("user 7", || Ok(Ok(()))).known(user, verdict);
        assert!(matches!(setup.sign_in().await, Err(Error::WrongCredentials)));
    }
}

#[tokio::test]
async fn an_unknown_name_is_counted_like_a_known_one() {
    let setup = Setup::default().admits("name meera", || Ok(Ok(())));
    let setup = setup.credentials(None, None).verdict(None, Verdict::Wrong);
    assert!(matches!(setup.sign_in().await, Err(Error::WrongCredentials)));

    let accounts = Setup::default().admits("", || Ok(Ok(()))).verdict(None, Verdict::Wrong).service();
    let refused = accounts.sign_in(None, Password::new(PASSWORD), client()).await;
    assert!(matches!(refused, Err(Error::WrongCredentials)));
}

#[tokio::test]
async fn after_too_many_attempts_no_password_is_looked_at() {
    let setup = Setup::default().admits("user 7", || Ok(Err(WAIT)));
    let refused = setup.credentials(Some(user()), Some(hash())).sign_in().await;
    assert!(matches!(refused, Err(Error::Throttled(WAIT))));

    let setup = Setup::default().admits("name meera", || Ok(Err(WAIT)));
    let refused = setup.credentials(None, None).sign_in().await;
    assert!(matches!(refused, Err(Error::Throttled(WAIT))));
}

#[tokio::test]
async fn what_cannot_be_counted_is_not_looked_at() {
    let setup = Setup::default().admits("user 7", away);
    let refused = setup.credentials(Some(user()), Some(hash())).sign_in().await;
    assert!(matches!(refused, Err(Error::Unavailable(_))));
}

#[tokio::test]
async fn the_current_password_cannot_be_guessed_faster_than_at_a_sign_in() {
    let change = || new_email(Change::Clear);
    let setup = || Setup::default().account(Some(user()));

    let blocked = setup().admits("user 7", || Ok(Err(WAIT))).update_me(change(), Some(PASSWORD)).await;
    assert!(matches!(blocked, Err(Error::Throttled(WAIT))));

    let wrong = setup().admits("user 7", || Ok(Ok(()))).known(user(), Verdict::Wrong);
    assert!(refuses_current_password(&wrong.update_me(change(), Some(PASSWORD)).await));

    let right = setup().admits("user 7", || Ok(Ok(()))).forgives("user 7").right_password();
    assert!(right.updated(|| Ok(user())).update_me(change(), Some(PASSWORD)).await.is_ok());
}

#[tokio::test]
async fn a_password_is_not_changed_while_attempts_are_blocked() {
    let mut setup = Setup::default().account(Some(user())).admits("user 7", || Ok(Err(WAIT)));
    setup.strength.expect_is_guessable().return_const(false);
    let accounts = setup.service();
    let refused =
        accounts.change_password(&actor(), Password::new(PASSWORD), "battery staple horse", &client()).await;
    assert!(matches!(refused, Err(Error::Throttled(WAIT))));
}

fn refreshes() -> Attempt {
    Attempt { account: String::new(), address: "refresh customer".into() }
}

impl Setup {
    /// A refresh that failed is counted once.
    fn counts_a_refresh(
        mut self,
        answer: impl Fn() -> Result<Result<(), Duration>, RepositoryError> + Send + 'static,
    ) -> Self {
        let throttle = self.throttle.get_or_insert_default();
        throttle.expect_admit().with(eq(refreshes()), eq(now())).once().returning(move |_, _| answer());
        self
    }
}

#[tokio::test]
async fn a_refresh_that_fails_is_counted_by_its_address_apart_from_passwords() {
    for rotation in [Rotation::Refused, Rotation::Replayed] {
        let accounts = Setup::default().rotation(rotation).counts_a_refresh(|| Ok(Ok(()))).service();
        assert!(matches!(accounts.refresh("genuine", &client()).await, Err(Error::BadToken)));
    }
    for failure in [TokenError::Forged, TokenError::Expired] {
        let mut setup = Setup::default().counts_a_refresh(|| Ok(Ok(())));
        setup.signer.expect_verify_refresh().returning(move |_| Err(failure));
        assert!(matches!(setup.service().refresh("forged", &client()).await, Err(Error::BadToken)));
    }
}

#[tokio::test]
async fn after_too_many_failures_a_bad_refresh_has_to_wait_and_a_replay_still_ends_the_session() {
    let mut setup = Setup::default().counts_a_refresh(|| Ok(Err(WAIT)));
    setup.signer.expect_verify_refresh().returning(|_| Err(TokenError::Forged));
    assert!(matches!(setup.service().refresh("forged", &client()).await, Err(Error::Throttled(WAIT))));

    let setup = Setup::default().rotation(Rotation::Replayed).counts_a_refresh(|| Ok(Err(WAIT)));
    let accounts = setup.access().ended(&[]).service();
    accounts.learn_ended_sessions().await.unwrap();
    assert!(matches!(accounts.refresh("genuine", &client()).await, Err(Error::Throttled(WAIT))));
    assert!(matches!(accounts.authenticate("genuine", testkit::fixed::call()).await, Err(Error::BadToken)));
}

#[tokio::test]
async fn a_good_refresh_is_not_counted() {
    let granted = Rotation::Granted { user: ME, counter: counter(5) };
    let mut setup = Setup::default().rotation(granted).signing();
    setup.throttle.get_or_insert_default().expect_admit().never();
    assert!(setup.service().refresh("genuine", &client()).await.is_ok());
}
