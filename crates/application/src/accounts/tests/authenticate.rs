//! Who shows an access token.

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const MICROSECOND: Duration = Duration::from_micros(1);

#[tokio::test]
async fn after_news_of_the_store_a_genuine_token_names_the_actor_without_a_query() {
    let setup = Setup::default().access().ended(&[(other_session(), now())]);
    let clock = setup.clock.clone();
    let accounts = setup.service();
    accounts.learn_ended_sessions().await.unwrap();
    for wait in [Duration::ZERO, SECOND] {
        clock.advance(wait);
        assert_eq!(accounts.authenticate("genuine", call()).await.unwrap(), actor());
    }
}

#[tokio::test]
async fn the_signer_judges_a_token_by_the_clock() {
    let mut setup = Setup::default().asked(|| Ok(true));
    let claims = AccessClaims { user: ME, session: session_id(), expires_at: now().plus(ACCESS_LIFETIME) };
    let verify = setup.signer.expect_verify_access().with(eq("genuine"), eq(now()));
    verify.once().returning(move |_, _| Ok(claims));
    assert_eq!(setup.service().authenticate("genuine", call()).await.unwrap(), actor());
}

#[tokio::test]
async fn a_forged_or_expired_access_token_does_not_count_and_asks_the_store_nothing() {
    for error in [TokenError::Forged, TokenError::Expired] {
        let mut setup = Setup::default();
        setup.signer.expect_verify_access().returning(move |_, _| Err(error));
        assert!(matches!(setup.service().authenticate("token", call()).await, Err(Error::BadToken)));
    }
}

#[tokio::test]
async fn a_session_that_ended_elsewhere_is_dead_without_a_query_however_long_the_store_is_silent() {
    let setup = Setup::default().access().ended(&[(session_id(), now())]);
    let clock = setup.clock.clone();
    let accounts = setup.service();
    accounts.learn_ended_sessions().await.unwrap();
    for wait in [Duration::ZERO, SECOND * 2] {
        clock.advance(wait);
        assert!(matches!(accounts.authenticate("genuine", call()).await, Err(Error::BadToken)));
    }
}

#[tokio::test]
async fn without_news_the_store_is_asked_for_each_token() {
    for is_live in [true, false] {
        let result = Setup::default().access().asked(move || Ok(is_live)).service();
        match result.authenticate("genuine", call()).await {
            Ok(who) => assert!(is_live && who == actor()),
            Err(error) => assert!(!is_live && matches!(error, Error::BadToken)),
        }
    }
}

#[tokio::test]
async fn with_news_older_than_a_second_the_store_is_asked() {
    let setup = Setup::default().access().ended(&[]).asked(|| Ok(false));
    let clock = setup.clock.clone();
    let accounts = setup.service();
    accounts.learn_ended_sessions().await.unwrap();
    clock.advance(SECOND + MICROSECOND);
    assert!(matches!(accounts.authenticate("genuine", call()).await, Err(Error::BadToken)));
}

#[tokio::test]
async fn no_token_counts_while_nobody_can_tell() {
    let accounts = Setup::default().access().asked(away).service();
    assert!(matches!(accounts.authenticate("genuine", call()).await, Err(Error::Unavailable(_))));
}

#[tokio::test]
async fn a_failed_question_is_no_news() {
    let mut setup = Setup::default().access().asked(away);
    setup.sessions.expect_ended_since().returning(|_| away());
    let accounts = setup.service();
    assert!(matches!(accounts.learn_ended_sessions().await, Err(Error::Unavailable(_))));
    assert!(matches!(accounts.authenticate("genuine", call()).await, Err(Error::Unavailable(_))));
}

#[tokio::test]
async fn the_first_question_reaches_back_over_the_life_of_a_token_and_later_ones_overlap() {
    let overlap = SECOND * 10;
    let mut setup = Setup::default();
    let clock = setup.clock.clone();
    for since in [now().minus(ACCESS_LIFETIME + overlap), now().minus(overlap)] {
        setup.sessions.expect_ended_since().with(eq(since)).once().returning(|_| Ok(vec![]));
    }
    let accounts = setup.service();
    accounts.learn_ended_sessions().await.unwrap();
    clock.advance(SECOND);
    accounts.learn_ended_sessions().await.unwrap();
}

#[tokio::test]
async fn copies_of_the_service_know_the_same() {
    let mut setup = Setup::default().access();
    setup.sessions.expect_end().returning(|_, _, _| Ok(()));
    let accounts = setup.service();
    accounts.clone().end_session(&actor(), session_id()).await.unwrap();
    assert!(matches!(accounts.authenticate("genuine", call()).await, Err(Error::BadToken)));
}
