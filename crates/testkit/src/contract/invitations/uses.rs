//! Registering with an invitation.

use std::sync::Arc;

use domain::ports::{Constraint, Record, RepositoryError};
use domain::{InvitationCode, Role};

use super::{GOOD_FOR, fresh_code};
use crate::builders;
use crate::contract::Repositories;
use crate::contract::check::{at_once, refused, same};
use crate::fixed::{micros_later, seconds_later, stamped};

pub async fn an_invited_user_has_the_role_of_the_invitation_and_a_session(store: &Repositories) {
    for role in [Role::Patient, Role::Doctor, Role::Staff, Role::Admin] {
        let (code, _) = store.invite(role).await;
        let session = builders::session().done();
        let new = builders::user().role(Role::Doctor).done();
        let made = store
            .users
            .insert_invited(&new, session.clone(), &code, &stamped(seconds_later(5)))
            .await
            .unwrap();
        assert_eq!((made.role, made.is_active), (role, true));
        assert_eq!((made.date_joined, made.last_login), (seconds_later(5), Some(seconds_later(5))));
        same(&store.stored_user(made.id).await, &made);
        assert!(store.sessions.is_live(session.id).await.unwrap());
    }
}

pub async fn an_invitation_counts_once(store: &Repositories) {
    let (code, _) = store.invite(Role::Patient).await;
    let (other, kept) = store.invite(Role::Patient).await;
    store.enter(&builders::user().done(), &code, seconds_later(1)).await.unwrap();
    let result = store.enter(&builders::user().done(), &code, seconds_later(2)).await;
    refused!(result, RepositoryError::Missing(Record::Invitation));
    assert_eq!(store.open_invitations(seconds_later(2)).await, [kept.id]);
    store.enter(&builders::user().done(), &other, seconds_later(2)).await.unwrap();
}

pub async fn an_unknown_code_makes_nobody(store: &Repositories) {
    store.invite(Role::Patient).await;
    for code in [fresh_code(), InvitationCode::typed(""), InvitationCode::typed("a\0b' OR 1=1")] {
        let session = builders::session().done();
        let new = builders::user().username("ann").done();
        let result =
            store.users.insert_invited(&new, session.clone(), &code, &stamped(seconds_later(1))).await;
        refused!(result, RepositoryError::Missing(Record::Invitation));
        assert!(store.credentials("ann").await.is_none());
        assert!(!store.sessions.is_live(session.id).await.unwrap());
    }
}

pub async fn an_invitation_counts_until_it_expires(store: &Repositories) {
    let end = i64::try_from(GOOD_FOR).unwrap() * 1_000_000;
    let (early, _) = store.invite(Role::Patient).await;
    store.enter(&builders::user().done(), &early, micros_later(end - 1)).await.unwrap();
    let (late, _) = store.invite(Role::Patient).await;
    let result = store.enter(&builders::user().done(), &late, micros_later(end)).await;
    refused!(result, RepositoryError::Missing(Record::Invitation));
}

pub async fn a_duplicate_leaves_the_invitation_unused(store: &Repositories) {
    let (code, invitation) = store.invite(Role::Patient).await;
    store
        .enter(
            &builders::user().username("ann").done(),
            &store.invite(Role::Patient).await.0,
            seconds_later(1),
        )
        .await
        .unwrap();
    let result = store.enter(&builders::user().username("ANN").done(), &code, seconds_later(2)).await;
    refused!(result, RepositoryError::Duplicate(Constraint::UserName));
    assert_eq!(store.open_invitations(seconds_later(2)).await, [invitation.id]);
    store.enter(&builders::user().username("bea").done(), &code, seconds_later(3)).await.unwrap();
}

pub async fn of_parallel_registrations_with_one_code_one_is_made(store: &Repositories) {
    let (code, _) = store.invite(Role::Doctor).await;
    let results = at_once((0..20).map(|_| {
        let (users, code) = (Arc::clone(&store.users), code.clone());
        let (user, session) = (builders::user().done(), builders::session().done());
        async move { users.insert_invited(&user, session, &code, &stamped(seconds_later(1))).await }
    }))
    .await;
    let (made, rest): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 1);
    for result in rest {
        refused!(result, RepositoryError::Missing(Record::Invitation));
    }
    assert!(store.open_invitations(seconds_later(1)).await.is_empty());
}
