//! Changing accounts.

use std::sync::Arc;

use domain::ports::{Constraint, Record, RepositoryError};
use domain::{Change, NameChange, User, UserChange, Version};

use crate::builders::{self, email, person_name, phone, user_id, version};
use crate::contract::Repositories;
use crate::contract::check::{at_once, refused, same};
use crate::contract::sample::LINES;
use crate::fixed::{PlainHasher, instant, seconds_later, stamped};

fn with_email(address: &str) -> UserChange {
    UserChange { email: Change::Set(email(address)), ..UserChange::default() }
}

fn renamed(full: &str) -> UserChange {
    let name = NameChange { full: Change::Set(person_name(full)), ..NameChange::default() };
    UserChange { name, ..UserChange::default() }
}

fn with_phone(number: &str) -> UserChange {
    UserChange { phone: Change::Set(phone(number)), ..UserChange::default() }
}

async fn update(store: &Repositories, user: &User, change: &UserChange) -> Result<User, RepositoryError> {
    store.users.update(user.id, None, change, &stamped(seconds_later(1))).await
}

/// The account after so many changes.
fn changed(builder: builders::UserBuilder, user: &User, changes: i32) -> User {
    User { version: version(1 + changes), ..builder.stored(user.id) }
}

fn ann() -> builders::UserBuilder {
    builders::user().username("ann").email("ann@example.org").named("Ann Smith").phone("111")
}

pub async fn an_update_is_returned_as_it_is_stored(store: &Repositories) {
    let user = store.add_user(ann()).await;
    for line in LINES {
        let after = update(store, &user, &renamed(line)).await.unwrap();
        assert_eq!(after.name.as_ref().unwrap().full(), *line);
        same(&store.stored_user(user.id).await, &after);
    }
}

pub async fn an_update_keeps_what_it_does_not_name(store: &Repositories) {
    let user = store.add_user(ann()).await;
    let other = store.add_user(builders::user().named("Eve")).await;
    same(&update(store, &user, &UserChange::default()).await.unwrap(), &user);
    let after = update(store, &user, &with_phone("222")).await.unwrap();
    same(&after, &changed(ann().phone("222"), &user, 1));
    same(&store.stored_user(user.id).await, &after);
    same(&store.stored_user(other.id).await, &other);
}

pub async fn an_update_can_clear_every_optional_field(store: &Repositories) {
    let user = store.add_user(ann()).await;
    let name = NameChange { full: Change::Clear, ..NameChange::default() };
    let change = UserChange { name, email: Change::Clear, phone: Change::Clear };
    update(store, &user, &change).await.unwrap();
    same(&store.stored_user(user.id).await, &changed(builders::user().username("ann"), &user, 1));
    assert!(store.credentials("ann@example.org").await.is_none());
}

pub async fn a_new_email_address_is_found_and_the_old_one_is_free(store: &Repositories) {
    let user = store.add_user(ann()).await;
    update(store, &user, &with_email("Eve@Example.org")).await.unwrap();
    assert_eq!(store.credentials("eve@example.org").await.unwrap().user.id, user.id);
    assert_eq!(store.credentials("ann").await.unwrap().user.id, user.id);
    assert!(store.credentials("ann@example.org").await.is_none());
    store.add_user(builders::user().email("ann@example.org")).await;
}

pub async fn a_user_name_that_is_the_address_moves_with_it(store: &Repositories) {
    let user = store.add_user(builders::user().only_email("ann@example.org")).await;
    let after = update(store, &user, &with_email("Eve@Example.org")).await.unwrap();
    assert_eq!(after.username.as_str(), "Eve@Example.org");
    assert_eq!(store.credentials("EVE@example.org").await.unwrap().user.id, user.id);
    store.add_user(builders::user().only_email("ann@example.org")).await;
}

pub async fn an_update_keeps_the_hash_and_the_last_sign_in(store: &Repositories) {
    let new = ann().hash(PlainHasher::hash_of("secret")).done();
    let user = store.users.insert(&new, Some(builders::session().done()), &stamped(instant())).await.unwrap();
    let after = update(store, &user, &with_phone("222")).await.unwrap();
    assert_eq!((after.date_joined, after.last_login), (instant(), Some(instant())));
    let hash = store.credentials("ann").await.unwrap().password_hash;
    assert_eq!(hash.unwrap().expose(), "plain:secret");
}

pub async fn an_update_to_a_taken_address_is_a_duplicate_and_changes_nothing(store: &Repositories) {
    store.add_user(ann()).await;
    let eve = store.add_user(builders::user().username("eve").email("eve@example.org")).await;
    let change = UserChange { phone: Change::Set(phone("333")), ..with_email("ANN@Example.org") };
    refused!(update(store, &eve, &change).await, RepositoryError::Duplicate(Constraint::UserEmail));
    same(&store.stored_user(eve.id).await, &eve);
    // Of those whose user name is the address, either may be named.
    let bea = store.add_user(builders::user().only_email("bea@example.org")).await;
    let cleo = store.add_user(builders::user().only_email("cleo@example.org")).await;
    let result = update(store, &cleo, &with_email("Bea@Example.org")).await;
    refused!(result, RepositoryError::Duplicate(Constraint::UserName | Constraint::UserEmail));
    same(&store.stored_user(cleo.id).await, &cleo);
    same(&store.stored_user(bea.id).await, &bea);
}

pub async fn an_update_may_name_the_own_address_again(store: &Repositories) {
    for user in [ann(), builders::user().only_email("bea@example.org")] {
        let user = store.add_user(user).await;
        let address = user.email.as_ref().unwrap().as_str().to_uppercase();
        let after = update(store, &user, &with_email(&address)).await.unwrap();
        assert_eq!(after.email.unwrap().as_str(), address);
    }
}

pub async fn an_update_that_breaks_a_rule_is_invalid_and_changes_nothing(store: &Repositories) {
    let user = store.add_user(builders::user().only_email("ann@example.org").phone("111")).await;
    let change = UserChange { email: Change::Clear, ..with_phone("222") };
    let Err(RepositoryError::Invalid(invalid)) = update(store, &user, &change).await else {
        panic!("an address that serves as user name must stay");
    };
    assert_eq!(invalid.violations()[0].field, "email");
    same(&store.stored_user(user.id).await, &user);
}

pub async fn an_update_of_nobody_is_missing(store: &Repositories) {
    let result = store.users.update(user_id(i64::MAX), None, &with_phone("222"), &stamped(instant())).await;
    refused!(result, RepositoryError::Missing(Record::User));
}

pub async fn an_update_of_an_inactive_user_is_missing_and_changes_nothing(store: &Repositories) {
    let user = store.add_user(ann()).await;
    store.deactivate(user.id).await;
    refused!(update(store, &user, &with_phone("222")).await, RepositoryError::Missing(Record::User));
    same(&store.stored_user(user.id).await.phone, &user.phone);
}

pub async fn parallel_updates_are_all_kept(store: &Repositories) {
    let user = store.add_user(ann()).await;
    let changes = [renamed("Eve Jones"), with_email("eve@example.org"), with_phone("222")];
    at_once(changes.into_iter().cycle().take(30).map(|change| {
        let (users, id) = (Arc::clone(&store.users), user.id);
        async move { users.update(id, None, &change, &stamped(seconds_later(1))).await.unwrap() }
    }))
    .await;
    let want = ann().named("Eve Jones").email("eve@example.org").phone("222");
    // Each is told again nine times, and then changes nothing.
    same(&store.stored_user(user.id).await, &changed(want, &user, 3));
}

pub async fn an_update_of_the_expected_version_is_made(store: &Repositories) {
    let user = store.add_user(ann()).await;
    for (number, change) in [(1, with_phone("222")), (2, renamed("Eve Jones"))] {
        let stamp = stamped(seconds_later(1));
        let after = store.users.update(user.id, Some(version(number)), &change, &stamp).await.unwrap();
        assert_eq!(after.version, version(number + 1));
        same(&store.stored_user(user.id).await, &after);
    }
}

pub async fn an_update_of_another_version_is_stale_and_changes_nothing(store: &Repositories) {
    let user = store.add_user(ann()).await;
    let now = update(store, &user, &with_phone("222")).await.unwrap();
    // Also a change that would change nothing.
    for change in [with_phone("333"), with_phone("222"), UserChange::default()] {
        for expected in [1, 3] {
            let stamp = stamped(seconds_later(2));
            let result = store.users.update(user.id, Some(version(expected)), &change, &stamp).await;
            refused!(result, RepositoryError::Stale);
        }
    }
    same(&store.stored_user(user.id).await, &now);
}

pub async fn of_parallel_updates_of_one_version_one_is_made(store: &Repositories) {
    let user = store.add_user(ann()).await;
    let results = at_once((0..30).map(|number| {
        let (users, id) = (Arc::clone(&store.users), user.id);
        let change = with_phone(&format!("{}", 1000 + number));
        async move { users.update(id, Some(Version::FIRST), &change, &stamped(seconds_later(1))).await }
    }))
    .await;
    let (made, rest): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 1);
    for result in rest {
        refused!(result, RepositoryError::Stale);
    }
    same(&store.stored_user(user.id).await, made[0].as_ref().unwrap());
}

pub async fn an_update_that_changes_nothing_leaves_the_version(store: &Repositories) {
    let user = store.add_user(ann()).await;
    let again = UserChange { phone: Change::Set(phone("111")), ..renamed("Ann Smith") };
    for change in [again, with_email("ann@example.org"), UserChange::default()] {
        same(&update(store, &user, &change).await.unwrap(), &user);
        same(&store.stored_user(user.id).await, &user);
    }
}

pub async fn of_parallel_updates_to_one_address_one_is_made(store: &Repositories) {
    let mut ids = Vec::new();
    for _ in 0..10 {
        ids.push(store.user().await.id);
    }
    let results =
        at_once(
            ids.into_iter().map(|id| {
                let users = Arc::clone(&store.users);
                async move {
                    users.update(id, None, &with_email("a@example.org"), &stamped(seconds_later(1))).await
                }
            }),
        )
        .await;
    let (made, rest): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 1);
    for result in rest {
        refused!(result, RepositoryError::Duplicate(Constraint::UserEmail));
    }
}
