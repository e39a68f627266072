//! Making and finding accounts.

use std::sync::Arc;

use domain::ports::{Constraint, RepositoryError};
use domain::{PersonName, RefreshCounter, Role, Rotation, RotationRule, SessionId, UserName};

use crate::builders::{self, user_id};
use crate::contract::Repositories;
use crate::contract::check::{at_once, refused, same};
use crate::contract::sample::{self, LINES};
use crate::fixed::{PlainHasher, instant, seconds_later, stamped};

/// A user of whom everything is known.
fn complete() -> builders::UserBuilder {
    builders::user()
        .username("Mary_Ann")
        .email("Mary.Ann+ward@Example.ORG")
        .named("Mary Ann O'Neil")
        .phone("+91 (22) 1234-5678")
        .role(Role::Doctor)
        .hash(PlainHasher::hash_of("correct horse"))
}

/// Whether a session was opened.
async fn is_open(store: &Repositories, session: SessionId) -> bool {
    let hour = std::time::Duration::from_hours(1);
    let rule = RotationRule { rotates: true, grace: hour, idle: hour };
    let rotated = store
        .sessions
        .rotate(session, RefreshCounter::FIRST, rule, &stamped(seconds_later(1)))
        .await
        .unwrap();
    matches!(rotated, Rotation::Granted { .. })
}

pub async fn a_new_user_is_active_and_has_never_signed_in(store: &Repositories) {
    let user = store.insert_user(&builders::user().username("ann").done()).await.unwrap();
    assert_eq!(user.username.as_str(), "ann");
    assert!(user.is_active);
    assert_eq!((user.date_joined, user.last_login), (instant(), None));
    assert!(user.email.is_none() && user.name.is_none() && user.phone.is_none());
    assert_eq!(user.role, Role::Patient);
    same(&store.stored_user(user.id).await, &user);
}

pub async fn every_field_survives(store: &Repositories) {
    let user = store.add_user(complete()).await;
    same(&user, &complete().stored(user.id));
    same(&store.stored_user(user.id).await, &user);
    same(&store.credentials("mary_ann").await.unwrap().user, &user);
    for role in [Role::Patient, Role::Doctor, Role::Staff, Role::Admin] {
        let id = store.add_user(builders::user().role(role)).await.id;
        assert_eq!(store.stored_user(id).await.role, role);
    }
}

pub async fn names_survive_unchanged(store: &Repositories) {
    for line in LINES {
        let id = store.add_user(builders::user().named(line)).await.id;
        assert_eq!(store.stored_user(id).await.name.unwrap().full(), *line);
    }
    for name in ["अनुपमा", "𠮷田", "STRASSE", "a.b+c-d_e", "Ünal"] {
        let id = store.add_user(builders::user().username(name)).await.id;
        assert_eq!(store.stored_user(id).await.username.as_str(), name);
    }
}

pub async fn the_longest_texts_survive(store: &Repositories) {
    let [name, _] = sample::names_that_grow();
    let domain = "b.".repeat(90);
    let user = builders::user()
        .username(&"𠮷".repeat(UserName::MAX_CHARS))
        .email(&format!("{}@{domain}example", "a".repeat(60)))
        .named(&name);
    let id = store.add_user(user.clone()).await.id;
    same(&store.stored_user(id).await, &user.stored(id));
    let id = store.add_user(builders::user().named(&"𝒜".repeat(PersonName::MAX_CHARS))).await.id;
    assert_eq!(store.stored_user(id).await.name.unwrap().full().chars().count(), PersonName::MAX_CHARS);
}

pub async fn a_name_in_two_parts_survives(store: &Repositories) {
    for (first, last) in [("Mary Ann", "Smith"), ("Mary", "Ann Smith"), ("Mary  Ann", ""), ("", "Ann Smith")]
    {
        let name = builders::patient().first_last(first, last).done().name;
        let mut user = builders::user().done();
        user.name = Some(name.clone());
        let id = store.insert_user(&user).await.unwrap().id;
        same(&store.stored_user(id).await.name.unwrap(), &name);
    }
}

pub async fn a_new_user_with_a_session_has_signed_in(store: &Repositories) {
    let session = builders::session().address("2001:db8::1").user_agent("curl/8 👩🏽 '\"\\").done();
    let new = builders::user().done();
    let user = store.users.insert(&new, Some(session), &stamped(seconds_later(5))).await.unwrap();
    assert_eq!((user.date_joined, user.last_login), (seconds_later(5), Some(seconds_later(5))));
    same(&store.stored_user(user.id).await, &user);
}

pub async fn the_first_session_of_a_new_user_can_be_refreshed(store: &Repositories) {
    let session = builders::session().done();
    let id = session.id;
    store.users.insert(&builders::user().done(), Some(session), &stamped(instant())).await.unwrap();
    assert!(is_open(store, id).await);
}

pub async fn an_unknown_user_is_not_found(store: &Repositories) {
    assert!(store.users.find(user_id(i64::MAX)).await.unwrap().is_none());
    assert!(store.credentials("nobody").await.is_none());
    assert!(store.credentials("nobody@example.org").await.is_none());
}

pub async fn credentials_are_found_by_user_name_in_any_case(store: &Repositories) {
    let user = store.add_user(builders::user().username("Straße_Ünal")).await;
    for typed in ["Straße_Ünal", "STRASSE_ÜNAL", " strasse_u\u{308}nal ", "ｓｔｒasse_ünal"] {
        assert_eq!(store.credentials(typed).await.unwrap().user.id, user.id, "{typed}");
    }
    assert!(store.credentials("strasse_unal").await.is_none());
    // No pattern is one.
    assert!(store.credentials("Straße-Ünal").await.is_none());
}

pub async fn credentials_are_found_by_email_address_in_any_case(store: &Repositories) {
    let user = store.add_user(builders::user().username("ann").email("Ann@bücher.example")).await;
    for typed in ["ann@bücher.example", "ANN@BÜCHER.EXAMPLE", "ann@xn--bcher-kva.example", "ANN"] {
        assert_eq!(store.credentials(typed).await.unwrap().user.id, user.id, "{typed}");
    }
    assert!(store.credentials("ann@bucher.example").await.is_none());
}

pub async fn an_email_address_that_serves_as_user_name_is_found(store: &Repositories) {
    let user = store.add_user(builders::user().only_email("Ann@Example.org")).await;
    assert_eq!(user.username.as_str(), "Ann@Example.org");
    assert_eq!(store.credentials("ANN@example.ORG").await.unwrap().user.id, user.id);
    assert!(store.credentials("ann").await.is_none());
}

pub async fn credentials_hold_the_hash_or_none(store: &Repositories) {
    store.add_user(complete()).await;
    let hash = store.credentials("mary_ann").await.unwrap().password_hash;
    assert_eq!(hash.unwrap().expose(), "plain:correct horse");
    store.add_user(builders::user().username("nohash")).await;
    assert!(store.credentials("nohash").await.unwrap().password_hash.is_none());
}

pub async fn an_inactive_user_is_still_found(store: &Repositories) {
    let user = store.add_user(builders::user().username("ann")).await;
    let other = store.user().await;
    store.deactivate(user.id).await;
    assert!(!store.stored_user(user.id).await.is_active);
    assert!(!store.credentials("ann").await.unwrap().user.is_active);
    assert!(store.stored_user(other.id).await.is_active);
}

pub async fn a_user_name_is_taken_whatever_its_case_and_form(store: &Repositories) {
    store.add_user(builders::user().username("Straße")).await;
    for same in ["Straße", "STRASSE", "strasse", "ｓtraße"] {
        let result = store.insert_user(&builders::user().username(same).done()).await;
        refused!(result, RepositoryError::Duplicate(Constraint::UserName));
    }
}

pub async fn user_names_differ_by_accent(store: &Repositories) {
    for name in ["rene", "rené", "a_b", "aXb", "a.b", "ß", "s"] {
        store.add_user(builders::user().username(name)).await;
    }
}

pub async fn an_email_address_is_taken_whatever_its_case(store: &Repositories) {
    store.add_user(builders::user().email("Ann@bücher.example")).await;
    for same in ["Ann@bücher.example", "ANN@BÜCHER.example", "ann@xn--bcher-kva.example"] {
        let result = store.insert_user(&builders::user().email(same).done()).await;
        refused!(result, RepositoryError::Duplicate(Constraint::UserEmail));
        // Here both are taken or only the address; either may be named.
        let result = store.insert_user(&builders::user().only_email(same).done()).await;
        refused!(result, RepositoryError::Duplicate(Constraint::UserName | Constraint::UserEmail));
    }
    store.add_user(builders::user().email("anne@bücher.example")).await;
}

pub async fn many_users_have_no_email_address(store: &Repositories) {
    for _ in 0..3 {
        store.user().await;
    }
}

pub async fn a_duplicate_leaves_nothing_behind(store: &Repositories) {
    let ann = store.add_user(builders::user().username("ann").email("ann@example.org")).await;
    let session = builders::session().done();
    let id = session.id;
    let by_name = builders::user().username("ANN").email("free@example.org").done();
    let result = store.users.insert(&by_name, Some(session.clone()), &stamped(seconds_later(1))).await;
    refused!(result, RepositoryError::Duplicate(Constraint::UserName));
    let by_email = builders::user().username("free").email("ANN@example.org").done();
    let result = store.users.insert(&by_email, Some(session), &stamped(seconds_later(1))).await;
    refused!(result, RepositoryError::Duplicate(Constraint::UserEmail));
    assert!(!is_open(store, id).await, "a session of nobody");
    same(&store.stored_user(ann.id).await, &ann);
    assert!(store.credentials("free").await.is_none());
    assert!(store.credentials("free@example.org").await.is_none());
    store.add_user(builders::user().username("free").email("free@example.org")).await;
}

pub async fn of_parallel_equal_inserts_one_is_made(store: &Repositories) {
    for new in [builders::user().username("ann").done(), builders::user().only_email("a@example.org").done()]
    {
        let sessions: Vec<_> = (0..20).map(|_| builders::session().done()).collect();
        let results = at_once(sessions.iter().cloned().map(|session| {
            let (users, new) = (Arc::clone(&store.users), new.clone());
            async move { users.insert(&new, Some(session), &stamped(instant())).await }
        }))
        .await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        for (result, session) in results.into_iter().zip(sessions) {
            assert_eq!(is_open(store, session.id).await, result.is_ok());
            if result.is_err() {
                refused!(result, RepositoryError::Duplicate(Constraint::UserName | Constraint::UserEmail));
            }
        }
    }
}
