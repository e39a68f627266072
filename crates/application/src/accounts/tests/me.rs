//! The own account.

use super::*;

#[tokio::test]
async fn an_active_user_sees_the_own_account() {
    assert_eq!(Setup::default().account(Some(user())).service().me(&actor()).await.unwrap(), user());
}

#[tokio::test]
async fn the_token_of_an_inactive_or_vanished_user_does_not_count() {
    for account in [Some(inactive()), None] {
        let setup = || Setup::default().account(account.clone());
        assert!(matches!(setup().service().me(&actor()).await, Err(Error::BadToken)));
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
    let update = setup.users.expect_update().withf(|_, _, change, _| change.email.is_keep());
    update.once().returning(|_, _, _, _| Ok(user()));
    setup.update_me(new_email(user().email.into()), None).await.unwrap();
}

#[tokio::test]
async fn a_user_who_vanishes_before_the_change_has_a_token_that_does_not_count() {
    let setup = Setup::default().updated(|| Err(RepositoryError::Missing(Record::User)));
    assert!(matches!(setup.update_me(UserChange::default(), None).await, Err(Error::BadToken)));
}
