//! Registering and signing in.

use super::*;

#[tokio::test]
async fn registering_stores_the_hash_and_opens_the_session_in_one_call() {
    let mut setup = Setup::default().hashing().signing();
    setup.sessions.expect_open().never();
    let insert = setup.users.expect_insert();
    insert
        .withf(|user, session, at| user.password_hash == Some(hash()) && session.is_some() && at.at == now());
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
    assert_eq!(setup.service().create(&call(), new_user(), &accepted()).await.unwrap(), user());
}

#[tokio::test]
async fn a_session_keeps_its_client_and_ends_after_its_lifetime_by_the_clock() {
    let is_expected = |session: &NewSession| {
        let expires_at = now().plus(DAY);
        let Client { address, user_agent, .. } = client();
        *session == NewSession { id: session_id(), expires_at, address, user_agent }
    };
    let mut setup = Setup::default().hashing().signing();
    let insert = setup.users.expect_insert();
    insert.withf(move |_, session, _| session.as_ref().is_some_and(is_expected));
    insert.once().returning(|_, _, _| Ok(user()));
    setup.register().await.unwrap();

    let mut setup = Setup::default().right_password().signing();
    let open = setup.sessions.expect_open().withf(move |_, session, _, _, _| is_expected(session));
    open.once().returning(|_, _, _, _, _| Ok(user()));
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
async fn only_an_old_hash_is_replaced_and_only_the_one_that_was_verified() {
    for (verdict, newer) in [(Verdict::Right, None), (Verdict::RightButOld(rehashed()), Some(rehashed()))] {
        let mut setup = Setup::default().known(user(), verdict).signing();
        let open = setup.sessions.expect_open().with(always(), always(), eq(hash()), eq(newer), always());
        open.once().returning(|_, _, _, _, _| Ok(user()));
        setup.sign_in().await.unwrap();
    }
}

#[tokio::test]
async fn a_user_who_vanishes_between_comparison_and_session_has_wrong_credentials() {
    let vanished = || Err(RepositoryError::Missing(Record::User));
    let refused = Setup::default().right_password().opened(vanished).sign_in().await;
    assert!(matches!(refused, Err(Error::WrongCredentials)));
}

/// What comes of a sign-in whose hash was replaced by another one after it was read.
async fn after_a_change(verdict: Verdict) -> Result<SignedInUser, Error> {
    let mut setup = Setup::default().right_password().signing();
    let open = setup.sessions.expect_open().with(always(), always(), eq(hash()), always(), always());
    open.once().returning(|_, _, _, _, _| Err(RepositoryError::Stale));
    let find = setup.users.expect_find_credentials().once();
    find.returning(|_| Ok(Some(Credentials { user: user(), password_hash: Some(rehashed()) })));
    let is_right = verdict == Verdict::Right;
    let mut setup = setup.verdict(Some(rehashed()), verdict);
    let open = setup.sessions.expect_open().with(always(), always(), eq(rehashed()), eq(None), always());
    open.times(usize::from(is_right)).returning(|_, _, _, _, _| Ok(just_signed_in()));
    setup.sign_in().await
}

#[tokio::test]
async fn a_password_that_was_changed_meanwhile_is_wrong() {
    assert!(matches!(after_a_change(Verdict::Wrong).await, Err(Error::WrongCredentials)));
}

#[tokio::test]
async fn a_password_that_another_sign_in_has_just_rehashed_is_right() {
    assert_eq!(after_a_change(Verdict::Right).await.unwrap().user, just_signed_in());
}

#[tokio::test]
async fn a_password_that_changes_again_and_again_is_wrong() {
    let mut setup = Setup::default();
    let find = setup.users.expect_find_credentials().times(2);
    find.returning(|_| Ok(Some(Credentials { user: user(), password_hash: Some(hash()) })));
    setup.hasher.expect_verify().times(2).returning(|_, _, _| Ok(Verdict::Right));
    setup.sessions.expect_open().times(2).returning(|_, _, _, _, _| Err(RepositoryError::Stale));
    assert!(matches!(setup.sign_in().await, Err(Error::WrongCredentials)));
}

#[tokio::test]
async fn a_database_that_is_away_is_not_the_fault_of_the_credentials() {
    let away = || Err(RepositoryError::Unavailable("away".into()));
    let refused = Setup::default().right_password().opened(away).sign_in().await;
    assert!(matches!(refused, Err(Error::Unavailable(_))));
}

#[tokio::test]
async fn too_many_passwords_at_once_make_accounts_unavailable() {
    // Nothing else is asked: neither for the user nor whether there were too many attempts.
    let mut setup = Setup::default();
    setup.hasher.expect_place().returning(|| Err(PasswordError::Busy));
    assert!(matches!(setup.sign_in().await, Err(Error::Unavailable(_))));

    let mut setup = Setup::default();
    setup.hasher.expect_hash().returning(|_| Err(PasswordError::Busy));
    assert!(matches!(setup.register().await, Err(Error::Unavailable(_))));
}
