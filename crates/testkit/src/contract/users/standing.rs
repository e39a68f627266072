//! Disabling users and changing what they are.

use std::sync::Arc;

use domain::ports::{Record, RepositoryError};
use domain::{PageLimit, PasswordHash, Role, StandingChange, User, UserId};

use crate::builders::{self, user_id, version};
use crate::contract::Repositories;
use crate::contract::check::{at_once, refused, same};
use crate::fixed::{PlainHasher, instant, seconds_later, stamped};

const DISABLED: StandingChange = StandingChange { is_active: Some(false), role: None };
const ENABLED: StandingChange = StandingChange { is_active: Some(true), role: None };

const fn become_a(role: Role) -> StandingChange {
    StandingChange { is_active: None, role: Some(role) }
}

impl Repositories {
    async fn ids(&self, after: Option<UserId>, limit: u16) -> Vec<UserId> {
        let users = self.users.list(after, PageLimit::new(limit).unwrap()).await.unwrap();
        users.into_iter().map(|user| user.id).collect()
    }

    async fn admin(&self) -> User {
        self.add_user(builders::user().role(Role::Admin)).await
    }
}

pub async fn a_disabled_user_has_no_session_and_opens_none(store: &Repositories) {
    let hash = PlainHasher::hash_of("secret");
    let new = builders::user().username("ann").hash(hash.clone()).done();
    let (first, second) = (builders::session().done(), builders::session().done());
    let ann = store.users.insert(&new, Some(first.clone()), &stamped(instant())).await.unwrap();
    store.sessions.open(ann.id, &second, &hash, None, &stamped(instant())).await.unwrap();
    let hers = builders::session().done();
    let bea =
        store.users.insert(&builders::user().done(), Some(hers.clone()), &stamped(instant())).await.unwrap();

    let (disabled, mut ended) =
        store.users.set_standing(ann.id, DISABLED, &stamped(seconds_later(1))).await.unwrap();
    ended.sort();
    let mut want = vec![first.id, second.id];
    want.sort();
    assert_eq!(ended, want);
    assert!(!disabled.is_active);
    same(&store.stored_user(ann.id).await, &disabled);
    let mut told = store.sessions.ended_since(instant()).await.unwrap();
    told.sort();
    assert_eq!(told, want.into_iter().map(|id| (id, seconds_later(1))).collect::<Vec<_>>());
    let result = store
        .sessions
        .open(ann.id, &builders::session().done(), &hash, None, &stamped(seconds_later(2)))
        .await;
    refused!(result, RepositoryError::Missing(Record::User));

    assert!(store.sessions.is_live(hers.id).await.unwrap());
    same(&store.stored_user(bea.id).await, &bea);
}

pub async fn an_enabled_user_may_sign_in_again_and_old_sessions_stay_ended(store: &Repositories) {
    let hash = PlainHasher::hash_of("secret");
    let new = builders::user().hash(hash.clone()).done();
    let old = builders::session().done();
    let ann = store.users.insert(&new, Some(old.clone()), &stamped(instant())).await.unwrap();
    store.users.set_standing(ann.id, DISABLED, &stamped(seconds_later(1))).await.unwrap();
    let (enabled, ended) =
        store.users.set_standing(ann.id, ENABLED, &stamped(seconds_later(2))).await.unwrap();
    assert!(enabled.is_active && ended.is_empty());
    assert!(!store.sessions.is_live(old.id).await.unwrap());
    store
        .sessions
        .open(ann.id, &builders::session().done(), &hash, None, &stamped(seconds_later(3)))
        .await
        .unwrap();
}

pub async fn a_changed_role_is_stored_and_ends_the_sessions(store: &Repositories) {
    let session = builders::session().done();
    let new = builders::user().email("ann@example.org").named("Ann Lee").phone("111").done();
    let ann = store.users.insert(&new, Some(session.clone()), &stamped(instant())).await.unwrap();
    for role in [Role::Staff, Role::Doctor, Role::Patient] {
        let (changed, ended) =
            store.users.set_standing(ann.id, become_a(role), &stamped(seconds_later(1))).await.unwrap();
        same(&changed, &User { role, version: changed.version, ..ann.clone() });
        assert!(changed.version > ann.version);
        same(&store.stored_user(ann.id).await, &changed);
        assert_eq!(ended.len(), usize::from(role == Role::Staff));
    }
    assert!(!store.sessions.is_live(session.id).await.unwrap());
}

pub async fn the_standing_of_nobody_is_missing(store: &Repositories) {
    let result = store.users.set_standing(user_id(i64::MAX), DISABLED, &stamped(instant())).await;
    refused!(result, RepositoryError::Missing(Record::User));
}

pub async fn another_password_is_stored_and_ends_the_sessions(store: &Repositories) {
    let (old, new) = (PlainHasher::hash_of("secret"), PlainHasher::hash_of("another"));
    let session = builders::session().done();
    let ann = builders::user().username("ann").hash(old.clone()).done();
    let ann = store.users.insert(&ann, Some(session.clone()), &stamped(instant())).await.unwrap();
    let (changed, ended) = store.users.set_password(ann.id, &new, &stamped(seconds_later(1))).await.unwrap();
    same(&changed, &User { version: version(2), ..ann.clone() });
    assert_eq!(ended, [session.id]);
    assert!(store.credentials("ann").await.unwrap().password_hash == Some(new.clone()));
    let open = |hash: PasswordHash| async move {
        let later = stamped(seconds_later(2));
        store.sessions.open(ann.id, &builders::session().done(), &hash, None, &later).await
    };
    refused!(open(old).await, RepositoryError::Stale);
    open(new).await.unwrap();
}

pub async fn the_password_of_nobody_is_missing(store: &Repositories) {
    let new = PlainHasher::hash_of("another");
    let result = store.users.set_password(user_id(i64::MAX), &new, &stamped(instant())).await;
    refused!(result, RepositoryError::Missing(Record::User));
}

pub async fn the_last_active_administrator_is_kept_with_their_sessions(store: &Repositories) {
    let session = builders::session().done();
    let new = builders::user().role(Role::Admin).done();
    let ann = store.users.insert(&new, Some(session.clone()), &stamped(instant())).await.unwrap();
    let disabled = store.admin().await;
    store.users.set_standing(disabled.id, DISABLED, &stamped(instant())).await.unwrap();
    for change in [DISABLED, become_a(Role::Staff)] {
        let result = store.users.set_standing(ann.id, change, &stamped(seconds_later(1))).await;
        refused!(result, RepositoryError::Invalid(_));
        same(&store.stored_user(ann.id).await, &ann);
        assert!(store.sessions.is_live(session.id).await.unwrap());
    }
    store.admin().await;
    store.users.set_standing(ann.id, become_a(Role::Staff), &stamped(seconds_later(2))).await.unwrap();
}

pub async fn of_parallel_changes_one_active_administrator_is_left(store: &Repositories) {
    for round in 0..10 {
        let mut admins = Vec::new();
        for _ in 0..4 {
            admins.push(store.admin().await.id);
        }
        let changes = [DISABLED, become_a(Role::Patient)];
        let results = at_once(admins.iter().zip(changes.into_iter().cycle()).map(|(id, change)| {
            let (users, id) = (Arc::clone(&store.users), *id);
            async move { users.set_standing(id, change, &stamped(seconds_later(1))).await }
        }))
        .await;
        let (made, rest): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
        assert_eq!(made.len(), 3, "round {round}");
        for result in rest {
            refused!(result, RepositoryError::Invalid(_));
        }
        // The next round begins without an administrator.
        for id in admins {
            if store.stored_user(id).await.is_active_admin() {
                let helper = store.admin().await.id;
                store.users.set_standing(id, DISABLED, &stamped(seconds_later(2))).await.unwrap();
                store.deactivate(helper).await;
            }
        }
    }
}

pub async fn users_are_listed_by_id_page_by_page(store: &Repositories) {
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(store.user().await.id);
    }
    store.deactivate(made[1]).await;
    assert_eq!(store.ids(None, 1000).await, made);
    assert_eq!(store.ids(None, 2).await, made[..2]);
    assert_eq!(store.ids(Some(made[1]), 2).await, made[2..4]);
    assert!(store.ids(Some(made[4]), 2).await.is_empty());
    let listed = store.users.list(None, PageLimit::new(1).unwrap()).await.unwrap();
    same(&listed[0], &store.stored_user(made[0]).await);
}
