//! Ending sessions, and finding out which have ended.

use std::sync::Arc;

use domain::ports::{Record, RepositoryError};
use domain::{Rotation, SessionId};

use super::{KEEPING, just_before, sorted};
use crate::builders::{self, user_id};
use crate::contract::Repositories;
use crate::contract::check::{at_once, refused};
use crate::fixed::{PlainHasher, instant, micros_later, seconds_later, stamped};

pub async fn a_session_that_was_ended_is_refused(store: &Repositories) {
    for rotations in [0, 1] {
        let (user, session) = store.session().await;
        for number in 0..rotations {
            store.rotate(session, number, seconds_later(1)).await;
        }
        store.sessions.end(user, session, &stamped(seconds_later(2))).await.unwrap();
        for number in [0, 1, 2] {
            // Also at an instant before its end, on a replica whose clock is behind.
            for at in [seconds_later(3), seconds_later(1)] {
                assert_eq!(store.rotate(session, number, at).await, Rotation::Refused);
                assert_eq!(store.rotate_by(KEEPING, session, number, at).await, Rotation::Refused);
            }
        }
    }
}

pub async fn ending_a_session_twice_is_missing(store: &Repositories) {
    let (user, session) = store.session().await;
    store.sessions.end(user, session, &stamped(seconds_later(1))).await.unwrap();
    let again = store.sessions.end(user, session, &stamped(seconds_later(2))).await;
    refused!(again, RepositoryError::Missing(Record::Session));
    let told = store.sessions.ended_since(instant()).await.unwrap();
    assert_eq!(told, [(session, seconds_later(1))], "it ended the first time");

    let (user, replayed) = store.session().await;
    store.replay(replayed, seconds_later(1)).await;
    let again = store.sessions.end(user, replayed, &stamped(seconds_later(2))).await;
    refused!(again, RepositoryError::Missing(Record::Session));
}

pub async fn ending_an_unknown_session_is_missing(store: &Repositories) {
    let (user, session) = store.session().await;
    let unknown = builders::session().done().id;
    refused!(
        store.sessions.end(user, unknown, &stamped(instant())).await,
        RepositoryError::Missing(Record::Session)
    );
    assert!(store.is_live(session).await);
}

pub async fn ending_the_session_of_another_user_is_missing_and_changes_nothing(store: &Repositories) {
    let (_, session) = store.session().await;
    let (stranger, hers) = store.session().await;
    for user in [stranger, user_id(i64::MAX)] {
        let result = store.sessions.end(user, session, &stamped(seconds_later(1))).await;
        refused!(result, RepositoryError::Missing(Record::Session));
    }
    assert!(store.is_live(session).await);
    assert!(store.is_live(hers).await);
    assert!(store.sessions.ended_since(instant()).await.unwrap().is_empty());
}

pub async fn ending_a_session_ends_no_other(store: &Repositories) {
    let (user, session) = store.session().await;
    let other = store.another(user).await;
    let (_, hers) = store.session().await;
    store.sessions.end(user, session, &stamped(seconds_later(1))).await.unwrap();
    assert!(store.is_live(other).await);
    assert!(store.is_live(hers).await);
}

pub async fn of_parallel_ends_of_a_session_one_succeeds(store: &Repositories) {
    let (user, session) = store.session().await;
    let results = at_once((0..10).map(|_| {
        let sessions = Arc::clone(&store.sessions);
        async move { sessions.end(user, session, &stamped(seconds_later(1))).await }
    }))
    .await;
    let (ended, missing): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!(ended.len(), 1);
    for result in missing {
        refused!(result, RepositoryError::Missing(Record::Session));
    }
}

pub async fn ending_all_returns_exactly_what_it_has_ended(store: &Repositories) {
    let (user, first) = store.session().await;
    let (second, ended, replayed) =
        (store.another(user).await, store.another(user).await, store.another(user).await);
    store.sessions.end(user, ended, &stamped(seconds_later(1))).await.unwrap();
    store.replay(replayed, seconds_later(1)).await;
    let all = store.sessions.end_all(user, &stamped(seconds_later(2))).await.unwrap();
    assert_eq!(sorted(all), sorted(vec![first, second]));
    for session in [first, second] {
        assert_eq!(store.rotate(session, 0, seconds_later(3)).await, Rotation::Refused);
        assert!(!store.is_live(session).await);
    }
    assert!(store.sessions.end_all(user, &stamped(seconds_later(3))).await.unwrap().is_empty());
    // The user can sign in again.
    let next = store.another(user).await;
    assert_eq!(store.sessions.end_all(user, &stamped(seconds_later(4))).await.unwrap(), [next]);
}

pub async fn ending_all_ends_no_session_of_another_user(store: &Repositories) {
    let (user, _) = store.session().await;
    let (_, hers) = store.session().await;
    let newcomer = store.user().await.id;
    for nobody in [newcomer, user_id(i64::MAX)] {
        assert!(store.sessions.end_all(nobody, &stamped(seconds_later(1))).await.unwrap().is_empty());
    }
    store.sessions.end_all(user, &stamped(seconds_later(1))).await.unwrap();
    assert!(store.is_live(hers).await);
}

pub async fn of_parallel_ends_of_all_each_session_is_returned_once(store: &Repositories) {
    let (user, first) = store.session().await;
    let mut opened = vec![first];
    for _ in 0..9 {
        opened.push(store.another(user).await);
    }
    let results = at_once((0..10).map(|_| {
        let sessions = Arc::clone(&store.sessions);
        async move { sessions.end_all(user, &stamped(seconds_later(1))).await.unwrap() }
    }))
    .await;
    assert_eq!(sorted(results.into_iter().flatten().collect()), sorted(opened));
}

pub async fn a_session_is_live_from_its_opening_to_its_end(store: &Repositories) {
    let (user, ended) = store.session().await;
    let (replayed, third) = (store.another(user).await, store.another(user).await);
    store.rotate(ended, 0, seconds_later(1)).await;
    for session in [ended, replayed, third] {
        assert!(store.is_live(session).await);
    }
    store.sessions.end(user, ended, &stamped(seconds_later(2))).await.unwrap();
    store.replay(replayed, seconds_later(2)).await;
    assert!(!store.is_live(ended).await);
    assert!(!store.is_live(replayed).await);
    assert!(store.is_live(third).await);
}

pub async fn a_session_that_was_never_opened_is_not_live(store: &Repositories) {
    assert!(!store.is_live(builders::session().done().id).await);
    let refused = builders::session().done();
    let hash = PlainHasher::hash_of("secret");
    assert!(
        store.sessions.open(user_id(i64::MAX), &refused, &hash, None, &stamped(instant())).await.is_err()
    );
    assert!(!store.is_live(refused.id).await);
}

pub async fn sessions_that_ended_are_told_whoever_ended_them(store: &Repositories) {
    let hash = PlainHasher::hash_of("secret");
    let ann = builders::user().username("ann").hash(hash.clone()).done();
    let ann = store.users.insert(&ann, None, &stamped(instant())).await.unwrap().id;
    let (kept, changed) = (store.another(ann).await, store.another(ann).await);
    let new = PlainHasher::hash_of("changed");
    store.sessions.change_password(ann, kept, &hash, &new, &stamped(seconds_later(1))).await.unwrap();

    let (user, ended) = store.session().await;
    let (replayed, last, late) =
        (store.another(user).await, store.another(user).await, store.another(user).await);
    store.sessions.end(user, ended, &stamped(seconds_later(2))).await.unwrap();
    store.replay(replayed, seconds_later(3)).await;
    store.sessions.end_all(user, &stamped(seconds_later(4))).await.unwrap();

    let mut told = store.sessions.ended_since(instant()).await.unwrap();
    let mut want = vec![
        (changed, seconds_later(1)),
        (ended, seconds_later(2)),
        (replayed, seconds_later(3)),
        (last, seconds_later(4)),
        (late, seconds_later(4)),
    ];
    told.sort();
    want.sort();
    assert_eq!(told, want);
}

pub async fn only_sessions_that_ended_after_the_instant_are_told(store: &Repositories) {
    let (user, early) = store.session().await;
    let (late, _live) = (store.another(user).await, store.another(user).await);
    let (first, second) = (micros_later(1_000_000), micros_later(1_000_001));
    store.sessions.end(user, early, &stamped(first)).await.unwrap();
    store.sessions.end(user, late, &stamped(second)).await.unwrap();
    let told = async |since| -> Vec<SessionId> {
        let told = store.sessions.ended_since(since).await.unwrap();
        sorted(told.into_iter().map(|(session, _)| session).collect())
    };
    assert_eq!(told(just_before(first)).await, sorted(vec![early, late]));
    assert_eq!(told(first).await, [late]);
    assert!(told(second).await.is_empty());
}
