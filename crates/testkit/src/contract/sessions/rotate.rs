//! Trading refresh tokens.

use std::sync::Arc;
use std::time::Duration;

use domain::Rotation;

use super::{GRACE, IDLE, KEEPING, MICROSECOND, ROTATING, counter, granted, just_before};
use crate::builders;
use crate::contract::Repositories;
use crate::contract::check::at_once;
use crate::fixed::{instant, seconds_later, stamped};

pub async fn the_current_token_is_traded_for_the_next(store: &Repositories) {
    let (user, session) = store.session().await;
    for number in 0..5 {
        // Far apart, so that no grace is at work.
        let at = instant().plus(Duration::from_secs(3600 * (1 + u64::try_from(number).unwrap())));
        assert_eq!(store.rotate(session, number, at).await, granted(user, number + 1));
    }
}

pub async fn a_token_that_does_not_rotate_stays(store: &Repositories) {
    let (user, session) = store.session().await;
    for hours in [1, 2, 3] {
        let at = seconds_later(hours * 3600);
        assert_eq!(store.rotate_by(KEEPING, session, 0, at).await, granted(user, 0));
    }
    // Rotation can be switched on later.
    assert_eq!(store.rotate(session, 0, seconds_later(4 * 3600)).await, granted(user, 1));
}

pub async fn the_predecessor_is_granted_the_current_token_within_the_grace(store: &Repositories) {
    let (user, session) = store.session().await;
    let rotated = seconds_later(100);
    store.rotate(session, 0, rotated).await;
    for since in [Duration::ZERO, MICROSECOND, GRACE] {
        assert_eq!(store.rotate(session, 0, rotated.plus(since)).await, granted(user, 1));
    }
    // The current one is as good as before.
    assert_eq!(store.rotate(session, 1, rotated.plus(GRACE)).await, granted(user, 2));
    // Now that one is the predecessor, with a grace of its own.
    assert_eq!(store.rotate(session, 1, rotated.plus(GRACE * 2)).await, granted(user, 2));
}

pub async fn the_predecessor_after_the_grace_ends_the_session(store: &Repositories) {
    let (_, session) = store.session().await;
    let rotated = seconds_later(100);
    store.rotate(session, 0, rotated).await;
    let late = rotated.plus(GRACE + MICROSECOND);
    assert_eq!(store.rotate(session, 0, late).await, Rotation::Replayed);
    for number in [0, 1, 2] {
        assert_eq!(store.rotate(session, number, late).await, Rotation::Refused);
    }
}

pub async fn showing_the_predecessor_does_not_prolong_its_grace(store: &Repositories) {
    let (user, session) = store.session().await;
    let rotated = seconds_later(100);
    store.rotate(session, 0, rotated).await;
    assert_eq!(store.rotate(session, 0, rotated.plus(GRACE)).await, granted(user, 1));
    let late = rotated.plus(GRACE + MICROSECOND);
    assert_eq!(store.rotate(session, 0, late).await, Rotation::Replayed);
}

pub async fn an_older_token_ends_the_session(store: &Repositories) {
    let (_, session) = store.session().await;
    let at = seconds_later(100);
    store.rotate(session, 0, at).await;
    store.rotate(session, 1, at).await;
    // Within the grace of its successor, which does not help it.
    assert_eq!(store.rotate(session, 0, at).await, Rotation::Replayed);
    for number in [0, 1, 2] {
        assert_eq!(store.rotate(session, number, at).await, Rotation::Refused);
    }
}

pub async fn a_replay_ends_no_other_session(store: &Repositories) {
    let (user, session) = store.session().await;
    let (stranger, hers) = store.session().await;
    let other = store.another(user).await;
    let at = seconds_later(100);
    store.rotate(session, 0, at).await;
    store.rotate(session, 1, at).await;
    assert_eq!(store.rotate(session, 0, at).await, Rotation::Replayed);
    assert_eq!(store.rotate(other, 0, at).await, granted(user, 1));
    assert_eq!(store.rotate(hers, 0, at).await, granted(stranger, 1));
}

pub async fn a_token_that_was_never_made_is_not_granted(store: &Repositories) {
    for number in [1, 2, i64::MAX] {
        let (_, session) = store.session().await;
        let rotated = store.rotate(session, number, seconds_later(1)).await;
        assert!(!matches!(rotated, Rotation::Granted { .. }), "{number}");
    }
}

pub async fn an_unknown_session_is_refused(store: &Repositories) {
    let unknown = builders::session().done().id;
    assert_eq!(store.rotate(unknown, 0, instant()).await, Rotation::Refused);
}

pub async fn a_session_ends_when_it_expires(store: &Repositories) {
    let end = seconds_later(3600);
    for rule in [ROTATING, KEEPING] {
        let (user, session) = store.open(builders::session().expires(end).done()).await;
        let number = i64::from(rule.rotates);
        let last = store.rotate_by(rule, session, 0, just_before(end)).await;
        assert_eq!(last, granted(user, number));
        for late in [end, end.plus(MICROSECOND)] {
            assert_eq!(store.rotate_by(rule, session, number, late).await, Rotation::Refused);
        }
    }
}

pub async fn a_refresh_does_not_move_the_end(store: &Repositories) {
    let end = seconds_later(3600);
    let (_, session) = store.open(builders::session().expires(end).done()).await;
    for number in 0..3 {
        store.rotate(session, number, seconds_later(3000)).await;
    }
    assert_eq!(store.rotate(session, 3, end.plus(MICROSECOND)).await, Rotation::Refused);
}

pub async fn a_session_that_lay_unused_too_long_is_refused(store: &Repositories) {
    for rule in [ROTATING, KEEPING] {
        let (user, session) = store.session().await;
        let in_time = store.rotate_by(rule, session, 0, instant().plus(IDLE)).await;
        assert_eq!(in_time, granted(user, i64::from(rule.rotates)));
        let (_, session) = store.session().await;
        let late = store.rotate_by(rule, session, 0, instant().plus(IDLE + MICROSECOND)).await;
        assert_eq!(late, Rotation::Refused);
    }
}

pub async fn a_refresh_is_a_use(store: &Repositories) {
    let (user, session) = store.session().await;
    let first = instant().plus(IDLE);
    let second = first.plus(IDLE);
    assert_eq!(store.rotate(session, 0, first).await, granted(user, 1));
    assert_eq!(store.rotate(session, 1, second).await, granted(user, 2));
    assert_eq!(store.rotate(session, 2, second.plus(IDLE + MICROSECOND)).await, Rotation::Refused);
}

pub async fn a_refresh_without_rotation_is_a_use(store: &Repositories) {
    let (user, session) = store.session().await;
    let first = instant().plus(IDLE);
    let second = first.plus(IDLE);
    assert_eq!(store.rotate_by(KEEPING, session, 0, first).await, granted(user, 0));
    assert_eq!(store.rotate_by(KEEPING, session, 0, second).await, granted(user, 0));
    let late = second.plus(IDLE + MICROSECOND);
    assert_eq!(store.rotate_by(KEEPING, session, 0, late).await, Rotation::Refused);
}

pub async fn a_session_of_an_inactive_user_is_refused(store: &Repositories) {
    let (user, session) = store.session().await;
    store.deactivate(user).await;
    assert_eq!(store.rotate(session, 0, seconds_later(1)).await, Rotation::Refused);
    assert_eq!(store.rotate_by(KEEPING, session, 0, seconds_later(1)).await, Rotation::Refused);
}

pub async fn of_parallel_refreshes_all_are_granted_one_token(store: &Repositories) {
    let (user, session) = store.session().await;
    for number in 0..3 {
        let at = seconds_later(60 * (1 + u64::try_from(number).unwrap()));
        let results = at_once((0..30).map(|_| {
            let sessions = Arc::clone(&store.sessions);
            async move { sessions.rotate(session, counter(number), ROTATING, &stamped(at)).await.unwrap() }
        }))
        .await;
        assert!(results.iter().all(|rotation| *rotation == granted(user, number + 1)), "{results:?}");
    }
}

pub async fn parallel_refreshes_without_rotation_are_all_granted(store: &Repositories) {
    let (user, session) = store.session().await;
    let results =
        at_once(
            (0..30).map(|_| {
                let sessions = Arc::clone(&store.sessions);
                async move {
                    sessions.rotate(session, counter(0), KEEPING, &stamped(seconds_later(1))).await.unwrap()
                }
            }),
        )
        .await;
    assert!(results.iter().all(|rotation| *rotation == granted(user, 0)), "{results:?}");
}

pub async fn sessions_of_one_user_rotate_alone(store: &Repositories) {
    let (user, first) = store.session().await;
    let second = store.another(user).await;
    let at = seconds_later(1);
    assert_eq!(store.rotate(first, 0, at).await, granted(user, 1));
    assert_eq!(store.rotate(first, 1, at).await, granted(user, 2));
    assert_eq!(store.rotate(second, 0, at).await, granted(user, 1));
}
