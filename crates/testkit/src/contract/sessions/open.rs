//! Opening sessions.

use std::sync::Arc;

use domain::ports::{Record, RepositoryError};
use domain::{PasswordHash, Rotation};

use super::granted;
use crate::builders::{self, user_id};
use crate::contract::Repositories;
use crate::contract::check::{at_once, refused, same};
use crate::contract::sample::LINES;
use crate::fixed::{PlainHasher, instant, seconds_later, stamped};

pub async fn opening_notes_the_sign_in(store: &Repositories) {
    let user = store.user().await;
    for at in [seconds_later(5), seconds_later(9)] {
        let session = builders::session().address("192.0.2.1").user_agent("curl/8").done();
        let opened = store.open_of(user.id, &session, at).await.unwrap();
        assert_eq!(opened.last_login, Some(at));
        same(&opened, &domain::User { last_login: Some(at), ..user.clone() });
        same(&store.stored_user(user.id).await, &opened);
    }
}

pub async fn opening_changes_no_other_user(store: &Repositories) {
    let other = store.user().await;
    store.session().await;
    same(&store.stored_user(other.id).await, &other);
}

/// The hash of an older scheme that the password `secret` was compared with.
fn verified() -> PasswordHash {
    PlainHasher::old_hash_of("secret")
}

/// The same password in a newer scheme.
fn newer() -> PasswordHash {
    PlainHasher::hash_of("secret")
}

pub async fn a_newer_hash_replaces_the_one_that_was_verified(store: &Repositories) {
    let new = builders::user().username("ann").hash(verified()).done();
    let user = store.users.insert(&new, None, &stamped(instant())).await.unwrap().id;
    let session = builders::session().done();
    store
        .sessions
        .open(user, &session, &verified(), Some(newer()), &stamped(seconds_later(1)))
        .await
        .unwrap();
    assert_eq!(store.stored_hash("ann").await.as_deref(), Some("plain:secret"));
    assert_eq!(store.rotate(session.id, 0, seconds_later(2)).await, granted(user, 1));
}

pub async fn a_password_that_was_changed_meanwhile_opens_nothing(store: &Repositories) {
    let new = builders::user().username("ann").hash(PlainHasher::hash_of("changed")).done();
    let user = store.users.insert(&new, None, &stamped(instant())).await.unwrap().id;
    for replacement in [None, Some(newer())] {
        let session = builders::session().done();
        let result =
            store.sessions.open(user, &session, &verified(), replacement, &stamped(seconds_later(1))).await;
        refused!(result, RepositoryError::Stale);
        assert!(!store.is_live(session.id).await);
        assert_eq!(store.stored_user(user).await.last_login, None);
        assert_eq!(store.stored_hash("ann").await.as_deref(), Some("plain:changed"));
    }
}

pub async fn an_account_without_password_opens_nothing(store: &Repositories) {
    let user = store.users.insert(&builders::user().done(), None, &stamped(instant())).await.unwrap().id;
    let session = builders::session().done();
    let result =
        store.sessions.open(user, &session, &verified(), Some(newer()), &stamped(seconds_later(1))).await;
    refused!(result, RepositoryError::Stale);
    assert!(!store.is_live(session.id).await);
}

pub async fn a_sign_in_is_before_a_change_of_the_password_or_does_not_outlive_it(store: &Repositories) {
    let hash = |round: u32| PlainHasher::hash_of(&format!("secret-{round}"));
    let new = builders::user().username("ann").hash(hash(0)).done();
    let user = store.users.insert(&new, None, &stamped(instant())).await.unwrap().id;
    for round in 0..20 {
        let keep = store.another(user).await;
        let sessions: Vec<_> = (0..3).map(|_| builders::session().done()).collect();
        let calls = std::iter::once(None).chain(sessions.iter().cloned().map(Some));
        let results = at_once(calls.map(|session| {
            let port = Arc::clone(&store.sessions);
            let (verified, changed, at) = (hash(round), hash(round + 1), seconds_later(1));
            async move {
                match session {
                    Some(session) => port.open(user, &session, &verified, None, &stamped(at)).await.map(drop),
                    None => port.change_password(user, keep, &verified, &changed, &stamped(at)).await.map(
                        |(counter, _)| {
                            assert_eq!(counter, super::counter(1));
                        },
                    ),
                }
            }
        }))
        .await;
        let mut results = results.into_iter();
        results.next().unwrap().unwrap();
        for result in results {
            match result {
                Ok(()) | Err(RepositoryError::Stale) => {}
                Err(other) => panic!("must be opened or stale, not {other:?}"),
            }
        }
        for session in sessions {
            assert!(!store.is_live(session.id).await, "a session of the old password goes on");
        }
        store.sessions.end(user, keep, &stamped(seconds_later(2))).await.unwrap();
    }
}

pub async fn a_newer_hash_replaces_the_hash_of_no_other_user(store: &Repositories) {
    let mut users = Vec::new();
    for name in ["ann", "bea"] {
        let new = builders::user().username(name).hash(verified()).done();
        users.push(store.users.insert(&new, None, &stamped(instant())).await.unwrap().id);
    }
    let session = builders::session().done();
    store
        .sessions
        .open(users[0], &session, &verified(), Some(newer()), &stamped(seconds_later(1)))
        .await
        .unwrap();
    assert_eq!(store.stored_hash("bea").await.as_deref(), Some("old:secret"));
}

pub async fn no_newer_hash_keeps_the_stored_one(store: &Repositories) {
    let new = builders::user().username("ann").hash(PlainHasher::hash_of("secret")).done();
    let user = store.users.insert(&new, None, &stamped(instant())).await.unwrap().id;
    store.open_of(user, &builders::session().done(), seconds_later(1)).await.unwrap();
    assert_eq!(store.stored_hash("ann").await.as_deref(), Some("plain:secret"));
}

pub async fn opening_for_nobody_is_missing_and_opens_nothing(store: &Repositories) {
    let session = builders::session().done();
    let result =
        store.sessions.open(user_id(i64::MAX), &session, &verified(), None, &stamped(instant())).await;
    refused!(result, RepositoryError::Missing(Record::User));
    assert_eq!(store.rotate(session.id, 0, seconds_later(1)).await, Rotation::Refused);
}

pub async fn opening_for_an_inactive_user_is_missing_and_changes_nothing(store: &Repositories) {
    let new = builders::user().username("ann").hash(PlainHasher::old_hash_of("secret")).done();
    let user = store.users.insert(&new, None, &stamped(instant())).await.unwrap().id;
    store.deactivate(user).await;
    let session = builders::session().done();
    let result =
        store.sessions.open(user, &session, &verified(), Some(newer()), &stamped(seconds_later(1))).await;
    refused!(result, RepositoryError::Missing(Record::User));
    assert_eq!(store.rotate(session.id, 0, seconds_later(2)).await, Rotation::Refused);
    assert_eq!(store.stored_user(user).await.last_login, None);
    assert_eq!(store.stored_hash("ann").await.as_deref(), Some("old:secret"));
}

pub async fn what_a_client_calls_itself_may_be_anything(store: &Repositories) {
    for name in LINES {
        let (user, session) = store.open(builders::session().user_agent(name).address("::1").done()).await;
        assert_eq!(store.rotate(session, 0, seconds_later(1)).await, granted(user, 1));
    }
}

pub async fn parallel_sign_ins_open_a_session_each(store: &Repositories) {
    let new = builders::user().hash(verified()).done();
    let user = store.users.insert(&new, None, &stamped(instant())).await.unwrap().id;
    let opened = at_once((0..20).map(|_| {
        let sessions = Arc::clone(&store.sessions);
        let session = builders::session().done();
        async move {
            sessions.open(user, &session, &verified(), None, &stamped(instant())).await.unwrap();
            session.id
        }
    }))
    .await;
    for session in opened {
        assert_eq!(store.rotate(session, 0, seconds_later(1)).await, granted(user, 1));
    }
}
