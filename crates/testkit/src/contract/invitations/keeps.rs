//! Making, listing and revoking invitations.

use domain::ports::{Record, RepositoryError};
use domain::{InvitationId, Role};

use super::GOOD_FOR;
use crate::builders;
use crate::contract::Repositories;
use crate::contract::check::refused;
use crate::fixed::{instant, micros_later, seconds_later, stamped};

pub async fn an_invitation_is_returned_as_it_is_listed(store: &Repositories) {
    for role in [Role::Patient, Role::Doctor, Role::Staff, Role::Admin] {
        let (_, made) = store.invite(role).await;
        assert_eq!((made.role, made.created_at, made.expires_at), (role, instant(), seconds_later(GOOD_FOR)));
        assert_eq!(store.invitations.list(instant()).await.unwrap().last(), Some(&made));
    }
}

pub async fn invitations_are_listed_in_the_order_in_which_they_were_made(store: &Repositories) {
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(store.invite(Role::Patient).await.1.id);
    }
    assert_eq!(store.open_invitations(instant()).await, made);
}

pub async fn an_invitation_is_listed_until_it_expires(store: &Repositories) {
    let (_, made) = store.invite(Role::Patient).await;
    let end = i64::try_from(GOOD_FOR).unwrap() * 1_000_000;
    assert_eq!(store.open_invitations(micros_later(end - 1)).await, [made.id]);
    assert!(store.open_invitations(micros_later(end)).await.is_empty());
}

pub async fn a_revoked_invitation_does_not_count(store: &Repositories) {
    let (code, revoked) = store.invite(Role::Patient).await;
    let (_, kept) = store.invite(Role::Patient).await;
    store.invitations.revoke(revoked.id, &stamped(seconds_later(1))).await.unwrap();
    assert_eq!(store.open_invitations(seconds_later(1)).await, [kept.id]);
    let result = store.enter(&builders::user().done(), &code, seconds_later(2)).await;
    refused!(result, RepositoryError::Missing(Record::Invitation));
}

pub async fn revoking_what_does_not_count_is_missing(store: &Repositories) {
    let (used_code, used) = store.invite(Role::Patient).await;
    store.enter(&builders::user().done(), &used_code, seconds_later(1)).await.unwrap();
    let (_, revoked) = store.invite(Role::Patient).await;
    store.invitations.revoke(revoked.id, &stamped(seconds_later(1))).await.unwrap();
    let (_, expired) = store.invite(Role::Patient).await;
    let unknown = InvitationId::new(i64::MAX).unwrap();
    for (id, seconds) in [(used.id, 2), (revoked.id, 2), (unknown, 2), (expired.id, GOOD_FOR)] {
        let result = store.invitations.revoke(id, &stamped(seconds_later(seconds))).await;
        refused!(result, RepositoryError::Missing(Record::Invitation));
    }
}
