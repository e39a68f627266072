//! Links for a new password, and the first administrator.

use domain::ports::{Record, RepositoryError};
use domain::{Change, LinkKey, Role, StandingChange, UserChange};
use persistence::Stores;
use testkit::builders;
use testkit::fixed::{PlainHasher, instant, seconds_later, stamped};

use crate::{IDLE, key, open, user};

fn link(number: u8) -> LinkKey {
    LinkKey::generate([[number; 10]; 3])
}

pub(crate) async fn a_link_sets_a_password_once_and_ends_all_sessions(stores: Stores) {
    let sam = user(&stores, "sam", Role::Staff).await;
    open(&stores, &sam, 1).await.unwrap();
    let (resets, stamp) = (&stores.resets, stamped(instant()));
    resets.offer(sam.id, &link(1), seconds_later(60), &stamp).await.unwrap();
    // A new link takes the place of the one before.
    resets.offer(sam.id, &link(2), seconds_later(60), &stamp).await.unwrap();
    assert!(resets.find(&link(1), instant()).await.unwrap().is_none());
    assert!(resets.find(&link(2), seconds_later(60)).await.unwrap().is_none());
    assert_eq!(resets.find(&link(2), seconds_later(59)).await.unwrap().unwrap().id, sam.id);
    let new = PlainHasher::hash_of("another one");
    assert!(resets.redeem(&link(1), &new, &stamp).await.unwrap().is_none());
    assert!(resets.redeem(&link(2), &new, &stamped(seconds_later(60))).await.unwrap().is_none());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (resets, new, stamp) = (stores.resets.clone(), new.clone(), stamp.clone());
        tasks.spawn(async move { resets.redeem(&link(2), &new, &stamp).await.unwrap() });
    }
    let mut done: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    assert_eq!(done.len(), 1);
    let (changed, ended) = done.remove(0);
    assert_eq!((changed.id, ended.len()), (sam.id, 1));
    assert!(stores.admin_sessions.find(&key(1), IDLE, instant()).await.unwrap().is_none());
    assert!(resets.find(&link(2), instant()).await.unwrap().is_none());
    assert!(matches!(open(&stores, &sam, 2).await, Err(RepositoryError::Stale)));
    let login = domain::LoginName::of(&sam);
    let hash = stores.users.find_credentials(&login).await.unwrap().unwrap().password_hash;
    assert_eq!(hash, Some(new));
}

pub(crate) async fn a_link_does_not_outlive_a_change_of_the_account(stores: Stores) {
    let sam = user(&stores, "sam", Role::Staff).await;
    let (resets, stamp) = (&stores.resets, stamped(instant()));
    for change in [
        StandingChange { is_active: None, role: Some(Role::Doctor) },
        StandingChange { is_active: Some(false), role: None },
    ] {
        resets.offer(sam.id, &link(1), seconds_later(60), &stamp).await.unwrap();
        assert!(resets.find(&link(1), instant()).await.unwrap().is_some());
        stores.users.set_standing(sam.id, change, &stamp).await.unwrap();
        assert!(resets.find(&link(1), instant()).await.unwrap().is_none());
        assert!(resets.redeem(&link(1), &PlainHasher::hash_of("x"), &stamp).await.unwrap().is_none());
    }
    for nobody in [sam.id, builders::user_id(99)] {
        let result = resets.offer(nobody, &link(1), seconds_later(60), &stamp).await;
        assert!(matches!(result, Err(RepositoryError::Missing(Record::User))));
    }
}

pub(crate) async fn a_link_outlives_a_save_that_changes_nothing(stores: Stores) {
    let sam = user(&stores, "sam", Role::Staff).await;
    let (resets, stamp) = (&stores.resets, stamped(instant()));
    resets.offer(sam.id, &link(1), seconds_later(60), &stamp).await.unwrap();
    let phone = UserChange { phone: Change::Set(builders::phone("111")), ..UserChange::default() };
    let name = UserChange { phone: Change::Clear, ..UserChange::default() };
    for change in [UserChange::default(), name] {
        stores.users.update(sam.id, None, &change, &stamp).await.unwrap();
    }
    let standing = StandingChange { is_active: Some(true), role: Some(Role::Staff) };
    stores.users.set_standing(sam.id, standing, &stamp).await.unwrap();
    assert!(resets.find(&link(1), instant()).await.unwrap().is_some());
    stores.users.update(sam.id, None, &phone, &stamp).await.unwrap();
    assert!(resets.find(&link(1), instant()).await.unwrap().is_none());
}

pub(crate) async fn there_is_one_first_administrator(stores: Stores) {
    user(&stores, "ann", Role::Staff).await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..8 {
        let new = builders::user().username(&format!("root{number}")).done();
        let users = stores.users.clone();
        tasks.spawn(async move { users.insert_first_admin(&new, &stamped(instant())).await.unwrap() });
    }
    let made: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    assert_eq!(made.len(), 1);
    assert_eq!((made[0].role, made[0].is_active), (Role::Admin, true));
    let taken = builders::user().username("ann").done();
    assert!(stores.users.insert_first_admin(&taken, &stamped(instant())).await.unwrap().is_none());
}
