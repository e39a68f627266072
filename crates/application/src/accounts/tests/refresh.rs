//! Trading refresh tokens.

use super::*;

#[tokio::test]
async fn a_granted_refresh_goes_on_in_the_same_session_with_the_granted_counter() {
    let granted = Rotation::Granted { user: ME, counter: counter(5) };
    let accounts = Setup::default().rotation(granted).signing().service();
    assert!(accounts.refresh("genuine", &client()).await.unwrap() == tokens_of(ME, session_id(), counter(5)));
}

#[tokio::test]
async fn a_refused_or_replayed_refresh_makes_no_token() {
    for rotation in [Rotation::Refused, Rotation::Replayed] {
        let accounts = Setup::default().rotation(rotation).service();
        assert!(matches!(accounts.refresh("genuine", &client()).await, Err(Error::BadToken)));
    }
}

#[tokio::test]
async fn a_forged_refresh_token_asks_the_store_nothing() {
    let mut setup = Setup::default();
    setup.sessions.expect_rotate().never();
    setup.signer.expect_verify_refresh().returning(|_| Err(TokenError::Forged));
    assert!(matches!(setup.service().refresh("forged", &client()).await, Err(Error::BadToken)));
}

#[tokio::test]
async fn a_replay_makes_the_access_tokens_of_the_session_dead_at_once() {
    let accounts = Setup::default().rotation(Rotation::Replayed).access().service();
    assert!(accounts.refresh("genuine", &client()).await.is_err());
    assert!(matches!(accounts.authenticate("genuine", testkit::fixed::call()).await, Err(Error::BadToken)));
}

#[tokio::test]
async fn a_refused_refresh_says_nothing_about_the_session() {
    // A token of the future, for one, was refused; the session may well go on.
    let accounts = Setup::default().rotation(Rotation::Refused).access().asked(|| Ok(true)).service();
    assert!(accounts.refresh("genuine", &client()).await.is_err());
    assert_eq!(accounts.authenticate("genuine", testkit::fixed::call()).await.unwrap(), actor());
}
