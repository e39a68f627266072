//! Opening sessions.

use std::sync::Arc;

use domain::ports::{Record, RepositoryError};
use domain::{Rehash, Rotation};

use super::granted;
use crate::builders::{self, user_id};
use crate::contract::Repositories;
use crate::contract::check::{at_once, refused, same};
use crate::contract::sample::LINES;
use crate::fixed::{PlainHasher, instant, seconds_later};

pub async fn opening_notes_the_sign_in(store: &Repositories) {
    let user = store.user().await;
    for at in [seconds_later(5), seconds_later(9)] {
        let session = builders::session().address("192.0.2.1").user_agent("curl/8").done();
        let opened = store.sessions.open(user.id, &session, None, at).await.unwrap();
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

/// The password `secret` that was verified by a hash of an older scheme.
fn rehash() -> Rehash {
    Rehash { verified: PlainHasher::old_hash_of("secret"), replacement: PlainHasher::hash_of("secret") }
}

pub async fn a_newer_hash_replaces_the_one_that_was_verified(store: &Repositories) {
    let new = builders::user().username("ann").hash(rehash().verified).done();
    let user = store.users.insert(&new, None, instant()).await.unwrap().id;
    let session = builders::session().done();
    store.sessions.open(user, &session, Some(rehash()), seconds_later(1)).await.unwrap();
    assert_eq!(store.stored_hash("ann").await.as_deref(), Some("plain:secret"));
    assert_eq!(store.rotate(session.id, 0, seconds_later(2)).await, granted(user, 1));
}

pub async fn a_newer_hash_replaces_no_other_hash(store: &Repositories) {
    // What `ann` has may have been set while the old password was verified; `bea` has no password at all.
    let ann = builders::user().username("ann").hash(PlainHasher::hash_of("changed"));
    for (user, name, hash) in
        [(ann, "ann", Some("plain:changed")), (builders::user().username("bea"), "bea", None)]
    {
        let user = store.users.insert(&user.done(), None, instant()).await.unwrap().id;
        let session = builders::session().done();
        let opened = store.sessions.open(user, &session, Some(rehash()), seconds_later(1)).await.unwrap();
        assert_eq!(opened.last_login, Some(seconds_later(1)));
        assert_eq!(store.stored_hash(name).await.as_deref(), hash);
        assert_eq!(store.rotate(session.id, 0, seconds_later(2)).await, granted(user, 1));
    }
}

pub async fn a_newer_hash_replaces_the_hash_of_no_other_user(store: &Repositories) {
    let mut users = Vec::new();
    for name in ["ann", "bea"] {
        let new = builders::user().username(name).hash(rehash().verified).done();
        users.push(store.users.insert(&new, None, instant()).await.unwrap().id);
    }
    let session = builders::session().done();
    store.sessions.open(users[0], &session, Some(rehash()), seconds_later(1)).await.unwrap();
    assert_eq!(store.stored_hash("bea").await.as_deref(), Some("old:secret"));
}

pub async fn no_newer_hash_keeps_the_stored_one(store: &Repositories) {
    let new = builders::user().username("ann").hash(PlainHasher::hash_of("secret")).done();
    let user = store.users.insert(&new, None, instant()).await.unwrap().id;
    store.sessions.open(user, &builders::session().done(), None, seconds_later(1)).await.unwrap();
    assert_eq!(store.stored_hash("ann").await.as_deref(), Some("plain:secret"));
}

pub async fn opening_for_nobody_is_missing_and_opens_nothing(store: &Repositories) {
    let session = builders::session().done();
    let result = store.sessions.open(user_id(i64::MAX), &session, None, instant()).await;
    refused!(result, RepositoryError::Missing(Record::User));
    assert_eq!(store.rotate(session.id, 0, seconds_later(1)).await, Rotation::Refused);
}

pub async fn opening_for_an_inactive_user_is_missing_and_changes_nothing(store: &Repositories) {
    let new = builders::user().username("ann").hash(PlainHasher::old_hash_of("secret")).done();
    let user = store.users.insert(&new, None, instant()).await.unwrap().id;
    store.deactivate(user).await;
    let session = builders::session().done();
    let result = store.sessions.open(user, &session, Some(rehash()), seconds_later(1)).await;
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
    let user = store.user().await.id;
    let opened = at_once((0..20).map(|_| {
        let sessions = Arc::clone(&store.sessions);
        let session = builders::session().done();
        async move {
            sessions.open(user, &session, None, instant()).await.unwrap();
            session.id
        }
    }))
    .await;
    for session in opened {
        assert_eq!(store.rotate(session, 0, seconds_later(1)).await, granted(user, 1));
    }
}
