//! Seeing and ending the own sessions.

use super::*;

#[tokio::test]
async fn own_sessions_are_those_that_can_still_be_refreshed() {
    let session = Session {
        id: session_id(),
        created_at: now(),
        last_used_at: now(),
        expires_at: now().plus(DAY),
        address: None,
        user_agent: None,
    };
    let mut setup = Setup::default();
    let listed = session.clone();
    let list = setup.sessions.expect_list().with(eq(ME), eq(RULES.rotation.idle), eq(now()));
    list.once().returning(move |_, _, _| Ok(vec![listed.clone()]));
    assert_eq!(setup.service().sessions(&actor()).await.unwrap(), [session]);
}

#[tokio::test]
async fn after_a_logout_the_access_token_is_dead_at_once() {
    let mut setup = Setup::default().access();
    let end = setup.sessions.expect_end().with(eq(ME), eq(session_id()), function(is_now));
    end.once().returning(|_, _, _| Ok(()));
    let accounts = setup.service();
    accounts.end_session(&actor(), session_id()).await.unwrap();
    assert!(matches!(accounts.authenticate("genuine", testkit::fixed::call()).await, Err(Error::BadToken)));
}

#[tokio::test]
async fn an_own_logout_counts_right_after_news_of_the_store_too() {
    let mut setup = Setup::default().access().ended(&[]);
    setup.sessions.expect_end().returning(|_, _, _| Ok(()));
    let accounts = setup.service();
    accounts.learn_ended_sessions().await.unwrap();
    accounts.end_session(&actor(), session_id()).await.unwrap();
    // The answer to a question that was asked before takes nothing back.
    accounts.learn_ended_sessions().await.unwrap();
    assert!(matches!(accounts.authenticate("genuine", testkit::fixed::call()).await, Err(Error::BadToken)));
}

#[tokio::test]
async fn ending_another_session_keeps_the_present_one() {
    let mut setup = Setup::default().access().ended(&[]);
    let end = setup.sessions.expect_end().with(eq(ME), eq(other_session()), function(is_now));
    end.once().returning(|_, _, _| Ok(()));
    let accounts = setup.service();
    accounts.learn_ended_sessions().await.unwrap();
    accounts.end_session(&actor(), other_session()).await.unwrap();
    assert_eq!(accounts.authenticate("genuine", testkit::fixed::call()).await.unwrap(), actor());
}

#[tokio::test]
async fn a_session_that_could_not_be_ended_goes_on() {
    let missing = || Err(RepositoryError::Missing(Record::Session));
    let mut setup = Setup::default().access().ended(&[]);
    setup.sessions.expect_end().once().returning(move |_, _, _| missing());
    setup.sessions.expect_end().once().returning(|_, _, _| away());
    setup.sessions.expect_end_all().once().returning(|_, _| away());
    let accounts = setup.service();
    accounts.learn_ended_sessions().await.unwrap();
    let ended = accounts.end_session(&actor(), session_id()).await;
    assert!(matches!(ended, Err(Error::Missing(Record::Session))));
    assert!(matches!(accounts.end_session(&actor(), session_id()).await, Err(Error::Unavailable(_))));
    assert!(matches!(accounts.end_all_sessions(&actor()).await, Err(Error::Unavailable(_))));
    assert_eq!(accounts.authenticate("genuine", testkit::fixed::call()).await.unwrap(), actor());
}

#[tokio::test]
async fn after_a_logout_everywhere_every_token_of_the_user_is_dead_at_once() {
    let mut setup = Setup::default().access();
    let end = setup.sessions.expect_end_all().with(eq(ME), function(is_now));
    end.once().returning(|_, _| Ok(vec![other_session(), session_id()]));
    let accounts = setup.service();
    accounts.end_all_sessions(&actor()).await.unwrap();
    assert!(matches!(accounts.authenticate("genuine", testkit::fixed::call()).await, Err(Error::BadToken)));
}
