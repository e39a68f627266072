//! Changing the own password.

use super::*;

const NEW: &str = "battery staple horse";

fn new_hash() -> PasswordHash {
    PasswordHash::new("new".into())
}

/// What the store answers to a change: the counter to go on with and the sessions that were ended.
type Answer = Result<(RefreshCounter, Vec<SessionId>), RepositoryError>;

impl Setup {
    /// The new password is good.
    fn strong(mut self) -> Self {
        self.strength.expect_is_guessable().return_const(false);
        self
    }

    /// The actor knows the current password, and the new one is good; what comes of the write.
    fn changing(self, answer: impl Fn() -> Answer + Send + 'static) -> Self {
        let known = self.account(Some(user())).strong().right_password();
        let mut setup = known.hashes(NEW, new_hash());
        let change = setup.sessions.expect_change_password();
        change.with(eq(ME), eq(session_id()), eq(hash()), eq(new_hash()), function(is_now));
        change.once().returning(move |_, _, _, _, _| answer());
        setup
    }

    async fn change_password(self, new: &str) -> Result<Tokens, Error> {
        self.service().change_password(&actor(), Password::new(PASSWORD), new, &client()).await
    }
}

#[tokio::test]
async fn the_present_session_goes_on_with_tokens_of_the_new_counter() {
    let tokens = Setup::default().changing(|| Ok((counter(6), vec![]))).signing().change_password(NEW).await;
    assert!(tokens.unwrap() == tokens_of(ME, session_id(), counter(6)));
}

#[tokio::test]
async fn the_other_sessions_are_dead_at_once_and_the_present_one_is_not() {
    for (ended, is_live) in [(session_id(), false), (other_session(), true)] {
        // The token is one of the session that the change ended, or of another one.
        let setup = Setup::default().changing(move || Ok((counter(6), vec![ended]))).signing();
        let accounts = setup.access().ended(&[]).service();
        accounts.learn_ended_sessions().await.unwrap();
        accounts.change_password(&actor(), Password::new(PASSWORD), NEW, &client()).await.unwrap();
        assert_eq!(accounts.authenticate("genuine", testkit::fixed::call()).await.is_ok(), is_live);
    }
}

#[tokio::test]
async fn a_new_password_of_a_wrong_length_is_refused_before_anything_is_hashed() {
    for typed in ["1234567".to_owned(), "x".repeat(129)] {
        let refused = Setup::default().account(Some(user())).change_password(&typed).await;
        assert!(matches!(refused, Err(Error::Invalid(invalid)) if is_only(&invalid, "new_password")));
    }
}

#[tokio::test]
async fn a_guessable_new_password_is_refused_before_anything_is_hashed() {
    let mut setup = Setup::default().account(Some(user()));
    setup.strength.expect_is_guessable().return_const(true);
    let refused = setup.change_password(NEW).await;
    assert!(matches!(refused, Err(Error::Invalid(invalid)) if is_only(&invalid, "new_password")));
}

#[tokio::test]
async fn the_new_password_is_judged_by_what_others_know_of_the_user() {
    let mut setup = Setup::default().account(Some(user()));
    let judge = setup.strength.expect_is_guessable();
    judge.withf(|password, own| {
        password.password().expose() == NEW && own.iter().any(|word| word == "meera@example.org")
    });
    judge.once().return_const(true);
    assert!(setup.change_password(NEW).await.is_err());
}

#[tokio::test]
async fn a_wrong_current_password_changes_nothing() {
    let setup = Setup::default().account(Some(user())).strong().known(user(), Verdict::Wrong);
    assert!(refuses_current_password(&setup.change_password(NEW).await));
}

#[tokio::test]
async fn an_account_without_password_has_no_current_one() {
    let setup = Setup::default().account(Some(user())).strong();
    let setup = setup.credentials(Some(user()), None).verdict(None, Verdict::Wrong);
    assert!(refuses_current_password(&setup.change_password(NEW).await));
}

#[tokio::test]
async fn what_was_verified_is_the_stored_hash_even_if_a_newer_scheme_would_replace_it() {
    let known = Setup::default().account(Some(user())).strong();
    let mut setup = known.known(user(), Verdict::RightButOld(rehashed())).hashes(NEW, new_hash()).signing();
    let change = setup.sessions.expect_change_password();
    change.with(always(), always(), eq(hash()), eq(new_hash()), always());
    change.once().returning(|_, _, _, _, _| Ok((counter(1), vec![])));
    assert!(setup.change_password(NEW).await.is_ok());
}

#[tokio::test]
async fn a_password_that_was_changed_meanwhile_is_not_the_current_one() {
    let setup = Setup::default().changing(|| Err(RepositoryError::Stale));
    assert!(refuses_current_password(&setup.change_password(NEW).await));
}

#[tokio::test]
async fn a_session_that_ended_meanwhile_changes_no_password() {
    let setup = Setup::default().changing(|| Err(RepositoryError::Missing(Record::Session)));
    assert!(matches!(setup.change_password(NEW).await, Err(Error::BadToken)));
}

#[tokio::test]
async fn the_token_of_an_inactive_or_vanished_user_changes_no_password() {
    for account in [Some(inactive()), None] {
        let refused = Setup::default().account(account).change_password(NEW).await;
        assert!(matches!(refused, Err(Error::BadToken)));
    }
}

#[tokio::test]
async fn a_database_that_is_away_is_not_the_fault_of_the_password() {
    let refused = Setup::default().changing(away).change_password(NEW).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))));
}

#[tokio::test]
async fn too_many_passwords_at_once_make_the_change_unavailable() {
    let mut setup = Setup::default().account(Some(user())).strong().right_password();
    setup.hasher.expect_hash().returning(|_| Err(PasswordError::Busy));
    assert!(matches!(setup.change_password(NEW).await, Err(Error::Unavailable(_))));
}
