//! Changing a password.

use std::sync::Arc;

use domain::ports::{Record, RepositoryError};
use domain::{PasswordHash, RefreshCounter, Rotation, SessionId, Timestamp, User, UserId};

use super::{GRACE, IDLE, MICROSECOND, counter, granted, sorted};
use crate::builders;
use crate::contract::Repositories;
use crate::contract::check::{at_once, refused, same};
use crate::fixed::{PlainHasher, instant, seconds_later, stamped};

/// What came of a change.
type Changed = Result<(RefreshCounter, Vec<SessionId>), RepositoryError>;

/// The hash of the password that users have here.
fn verified() -> PasswordHash {
    PlainHasher::hash_of("secret")
}

/// The hash of the password that they get.
fn new() -> PasswordHash {
    PlainHasher::hash_of("changed")
}

impl Repositories {
    /// A user of this name with a password and a session that was opened at [`instant`].
    async fn with_password(&self, name: &str) -> (UserId, SessionId) {
        let user = builders::user().username(name).hash(verified()).done();
        let user = self.users.insert(&user, None, &stamped(instant())).await.unwrap().id;
        (user, self.another(user).await)
    }

    async fn change(&self, user: UserId, keep: SessionId, now: Timestamp) -> Changed {
        self.sessions.change_password(user, keep, &verified(), &new(), &stamped(now)).await
    }

    /// Panics unless the user has the first password and this session is live at its first counter.
    async fn assert_unchanged(&self, name: &str, session: SessionId, now: Timestamp) {
        assert_eq!(self.stored_hash(name).await.as_deref(), Some(verified().expose()));
        assert!(self.is_live(session).await);
        let user = self.credentials(name).await.unwrap().user.id;
        assert_eq!(self.rotate(session, 0, now).await, granted(user, 1));
    }
}

pub async fn a_changed_password_is_the_stored_one(store: &Repositories) {
    let (user, session) = store.with_password("ann").await;
    let before = store.stored_user(user).await;
    store.change(user, session, seconds_later(1)).await.unwrap();
    assert_eq!(store.stored_hash("ann").await.as_deref(), Some(new().expose()));
    let after = store.stored_user(user).await;
    assert!(after.version > before.version);
    same(&after, &User { version: after.version, ..before });
}

pub async fn a_changed_password_ends_every_other_session_and_returns_them(store: &Repositories) {
    let (user, kept) = store.with_password("ann").await;
    let (second, third, ended) =
        (store.another(user).await, store.another(user).await, store.another(user).await);
    store.sessions.end(user, ended, &stamped(seconds_later(1))).await.unwrap();
    let (_, others) = store.change(user, kept, seconds_later(2)).await.unwrap();
    assert_eq!(sorted(others), sorted(vec![second, third]));
    for other in [second, third] {
        assert!(!store.is_live(other).await);
        assert_eq!(store.rotate(other, 0, seconds_later(3)).await, Rotation::Refused);
    }
    assert!(store.is_live(kept).await);
    assert_eq!(store.listed(user, seconds_later(3)).await, [kept]);
}

pub async fn a_changed_password_moves_the_kept_session_to_the_returned_counter(store: &Repositories) {
    for (name, rotations) in [("ann", 0), ("bea", 3)] {
        let (user, session) = store.with_password(name).await;
        for number in 0..rotations {
            store.rotate(session, number, seconds_later(1)).await;
        }
        let (returned, _) = store.change(user, session, seconds_later(100)).await.unwrap();
        assert_eq!(returned, counter(rotations + 1));
        let next = store.rotate(session, returned.get(), seconds_later(200)).await;
        assert_eq!(next, granted(user, rotations + 2));
    }
}

pub async fn the_predecessor_of_the_kept_session_is_honored_within_the_grace(store: &Repositories) {
    let (user, session) = store.with_password("ann").await;
    let at = seconds_later(100);
    store.change(user, session, at).await.unwrap();
    assert_eq!(store.rotate(session, 0, at.plus(GRACE)).await, granted(user, 1));
    assert_eq!(store.rotate(session, 0, at.plus(GRACE + MICROSECOND)).await, Rotation::Replayed);
}

pub async fn a_changed_password_is_a_use_of_the_kept_session(store: &Repositories) {
    let (user, session) = store.with_password("ann").await;
    let at = instant().plus(IDLE);
    store.change(user, session, at).await.unwrap();
    assert_eq!(store.sessions.list(user, IDLE, at).await.unwrap()[0].last_used_at, at);
    assert_eq!(store.rotate(session, 1, at.plus(IDLE)).await, granted(user, 2));
}

pub async fn a_changed_password_changes_no_other_user(store: &Repositories) {
    let (user, session) = store.with_password("ann").await;
    let (bea, hers) = store.with_password("bea").await;
    let before = store.stored_user(bea).await;
    store.change(user, session, seconds_later(1)).await.unwrap();
    same(&store.stored_user(bea).await, &before);
    store.assert_unchanged("bea", hers, seconds_later(2)).await;
}

pub async fn a_password_that_was_changed_meanwhile_is_stale_and_nothing_changes(store: &Repositories) {
    let (user, session) = store.with_password("ann").await;
    let other = store.another(user).await;
    let outdated = PlainHasher::hash_of("outdated");
    let at = seconds_later(1);
    let result = store.sessions.change_password(user, session, &outdated, &new(), &stamped(at)).await;
    refused!(result, RepositoryError::Stale);
    assert!(store.is_live(other).await);
    store.assert_unchanged("ann", session, seconds_later(2)).await;

    // Nor is another password the one that was verified.
    let (user, session) = store.session().await;
    refused!(store.change(user, session, at).await, RepositoryError::Stale);
}

pub async fn a_password_is_not_changed_from_a_session_that_is_over(store: &Repositories) {
    let (user, other) = store.with_password("ann").await;
    let (ended, replayed) = (store.another(user).await, store.another(user).await);
    store.sessions.end(user, ended, &stamped(seconds_later(1))).await.unwrap();
    store.replay(replayed, seconds_later(1)).await;
    let at = seconds_later(3600);
    let expired = builders::session().expires(at).done();
    store.open_of(user, &expired, instant()).await.unwrap();
    for over in [ended, replayed, expired.id, builders::session().done().id] {
        refused!(store.change(user, over, at).await, RepositoryError::Missing(Record::Session));
        assert!(store.is_live(other).await);
    }
    store.assert_unchanged("ann", other, at).await;
}

pub async fn a_password_is_not_changed_from_the_session_of_another_user(store: &Repositories) {
    let (user, session) = store.with_password("ann").await;
    let (_, hers) = store.with_password("bea").await;
    let result = store.change(user, hers, seconds_later(1)).await;
    refused!(result, RepositoryError::Missing(Record::Session));
    store.assert_unchanged("ann", session, seconds_later(2)).await;
    store.assert_unchanged("bea", hers, seconds_later(2)).await;
}

pub async fn the_password_of_an_inactive_user_is_not_changed(store: &Repositories) {
    let (user, session) = store.with_password("ann").await;
    store.deactivate(user).await;
    assert!(store.change(user, session, seconds_later(1)).await.is_err());
    assert_eq!(store.stored_hash("ann").await.as_deref(), Some(verified().expose()));
}

pub async fn of_parallel_changes_of_a_password_one_succeeds(store: &Repositories) {
    let (user, first) = store.with_password("ann").await;
    let mut opened = vec![first];
    for _ in 0..9 {
        opened.push(store.another(user).await);
    }
    let results = at_once(opened.iter().copied().enumerate().map(|(number, keep)| {
        let sessions = Arc::clone(&store.sessions);
        let new = PlainHasher::hash_of(&format!("changed-{number}"));
        async move {
            (
                keep,
                sessions.change_password(user, keep, &verified(), &new, &stamped(seconds_later(1))).await,
                new,
            )
        }
    }))
    .await;
    let (mut changed, stale): (Vec<_>, Vec<_>) =
        results.into_iter().partition(|(_, result, _)| result.is_ok());
    for (_, result, _) in stale {
        refused!(result, RepositoryError::Stale);
    }
    let (kept, result, hash) = changed.pop().unwrap();
    assert!(changed.is_empty(), "one succeeds");
    assert_eq!(store.stored_hash("ann").await.as_deref(), Some(hash.expose()));
    opened.retain(|session| *session != kept);
    assert_eq!(sorted(result.unwrap().1), sorted(opened));
    assert_eq!(store.listed(user, seconds_later(2)).await, [kept]);
}

pub async fn parallel_changes_and_ends_do_not_wait_for_each_other(store: &Repositories) {
    // Two calls that lock the same sessions in another order meet seldom.
    for round in 0..40 {
        let (user, first) = store.with_password(&format!("ann-{round}")).await;
        let mut opened = vec![first];
        for _ in 0..5 {
            opened.push(store.another(user).await);
        }
        // The last one is kept, which those who end all come to last.
        let keep = *opened.iter().max().unwrap();
        let results: Vec<Changed> = at_once((0..4).map(|number| {
            let sessions = Arc::clone(&store.sessions);
            async move {
                let at = seconds_later(1);
                if number % 2 == 0 {
                    sessions.end_all(user, &stamped(at)).await.map(|ended| (RefreshCounter::FIRST, ended))
                } else {
                    sessions.change_password(user, keep, &verified(), &new(), &stamped(at)).await
                }
            }
        }))
        .await;
        for result in results {
            match result {
                Ok(_) | Err(RepositoryError::Stale | RepositoryError::Missing(Record::Session)) => {}
                Err(other) => panic!("must be answered, not {other:?}"),
            }
        }
    }
}
