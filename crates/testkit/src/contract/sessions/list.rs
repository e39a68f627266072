//! Lists of sessions.

use domain::Session;

use super::{GRACE, IDLE, MICROSECOND, ROTATING, counter, just_before, sorted};
use crate::builders::{self, user_id};
use crate::contract::Repositories;
use crate::contract::check::same;
use crate::contract::sample::LINES;
use crate::fixed::{instant, seconds_later, stamped};

pub async fn sessions_are_listed_newest_first(store: &Repositories) {
    let user = store.user().await.id;
    let mut opened = Vec::new();
    for seconds in [20, 10, 30, 0] {
        let session = builders::session().done();
        store.open_of(user, &session, seconds_later(seconds)).await.unwrap();
        opened.push((seconds, session.id));
    }
    // A refresh makes no session newer.
    store.rotate(opened[1].1, 0, seconds_later(90)).await;
    opened.sort_by_key(|(seconds, _)| std::cmp::Reverse(*seconds));
    let newest_first: Vec<_> = opened.into_iter().map(|(_, id)| id).collect();
    assert_eq!(store.listed(user, seconds_later(100)).await, newest_first);
}

pub async fn a_listed_session_is_as_it_was_opened(store: &Repositories) {
    let ends = seconds_later(3600);
    let named = LINES.iter().map(|name| builders::session().user_agent(name).address("2001:db8::1"));
    for session in named.chain([builders::session()]) {
        let user = store.user().await.id;
        let session = session.expires(ends).done();
        let at = seconds_later(5);
        store.open_of(user, &session, at).await.unwrap();
        let listed = store.sessions.list(user, IDLE, at).await.unwrap();
        let want = Session {
            id: session.id,
            created_at: at,
            last_used_at: at,
            expires_at: ends,
            address: session.address,
            user_agent: session.user_agent,
        };
        same(&listed, &vec![want]);
    }
}

pub async fn a_refresh_is_the_last_use_of_a_listed_session(store: &Repositories) {
    let (user, session) = store.session().await;
    let before = store.sessions.list(user, IDLE, instant()).await.unwrap().remove(0);
    // The second one shows the predecessor within its grace: that is a use as well.
    for at in [seconds_later(100), seconds_later(100).plus(GRACE)] {
        store.sessions.rotate(session, counter(0), ROTATING, &stamped(at)).await.unwrap();
        let listed = store.sessions.list(user, IDLE, at).await.unwrap();
        same(&listed, &vec![Session { last_used_at: at, ..before.clone() }]);
    }
}

pub async fn only_own_sessions_are_listed(store: &Repositories) {
    let (ann, hers) = store.session().await;
    store.session().await;
    assert_eq!(store.listed(ann, instant()).await, [hers]);
    let newcomer = store.user().await.id;
    for user in [newcomer, user_id(i64::MAX)] {
        assert!(store.listed(user, instant()).await.is_empty());
    }
}

pub async fn an_ended_session_is_not_listed(store: &Repositories) {
    let (user, kept) = store.session().await;
    let (ended, replayed) = (store.another(user).await, store.another(user).await);
    store.sessions.end(user, ended, &stamped(seconds_later(1))).await.unwrap();
    store.replay(replayed, seconds_later(1)).await;
    assert_eq!(store.listed(user, seconds_later(2)).await, [kept]);
    // Nor at an instant before its end, on a replica whose clock is behind.
    assert_eq!(store.listed(user, instant()).await, [kept]);
}

pub async fn a_session_is_listed_until_it_expires(store: &Repositories) {
    let end = seconds_later(3600);
    let (user, session) = store.open(builders::session().expires(end).done()).await;
    assert_eq!(store.listed(user, just_before(end)).await, [session]);
    for late in [end, end.plus(MICROSECOND)] {
        assert!(store.listed(user, late).await.is_empty());
    }
}

pub async fn a_session_that_lay_unused_too_long_is_not_listed(store: &Repositories) {
    let (user, unused) = store.session().await;
    let refreshed = store.another(user).await;
    store.rotate(refreshed, 0, seconds_later(1)).await;
    let both = sorted(store.listed(user, instant().plus(IDLE)).await);
    assert_eq!(both, sorted(vec![unused, refreshed]));
    assert_eq!(store.listed(user, instant().plus(IDLE + MICROSECOND)).await, [refreshed]);
}
