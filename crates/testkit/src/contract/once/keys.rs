//! Which requests a key makes the same.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::EmailRule;
use domain::ports::{Constraint, RepositoryError};

use super::under;
use crate::builders;
use crate::contract::Repositories;
use crate::contract::check::{at_once, refused, same};
use crate::fixed::{instant, micros_later, seconds_later, stamped};

/// A day in microseconds.
const DAY: i64 = 24 * 60 * 60 * 1_000_000;

pub async fn another_request_under_the_key_is_refused(store: &Repositories) {
    let owner = store.user().await.id;
    let details = builders::patient().done();
    let first = store.patients.insert(owner, &details, &under("key", 1, instant())).await.unwrap();
    let other = store.patients.insert(owner, &details, &under("key", 2, seconds_later(1))).await;
    refused!(other, RepositoryError::KeyReused);
    let again = store.patients.insert(owner, &details, &under("key", 1, seconds_later(2))).await.unwrap();
    same(&again, &first);
}

pub async fn another_kind_of_record_under_the_key_is_refused(store: &Repositories) {
    let owner = store.user().await.id;
    let pair = store.pair(owner).await;
    let stamp = under("key", 1, instant());
    store.patients.insert(owner, &builders::patient().done(), &stamp).await.unwrap();
    let doctor = store.doctors.insert(owner, &builders::doctor().done(), EmailRule::Unique, &stamp).await;
    refused!(doctor, RepositoryError::KeyReused);
    refused!(store.mappings.assign(owner, &pair, &stamp).await, RepositoryError::KeyReused);
}

pub async fn keys_of_other_users_are_others(store: &Repositories) {
    let details = builders::patient().done();
    let mut ids = BTreeSet::new();
    for request in [1, 1, 2] {
        let owner = store.user().await.id;
        let patient =
            store.patients.insert(owner, &details, &under("key", request, instant())).await.unwrap();
        assert_eq!(patient.owner, owner);
        ids.insert(patient.id);
    }
    assert_eq!(ids.len(), 3);
}

pub async fn a_key_counts_for_a_day(store: &Repositories) {
    let owner = store.user().await.id;
    let details = builders::patient().done();
    let insert = |request, micros| {
        let (details, stamp) = (details.clone(), under("key", request, micros_later(micros)));
        async move { store.patients.insert(owner, &details, &stamp).await }
    };
    let first = insert(1, 0).await.unwrap();
    same(&insert(1, DAY - 1).await.unwrap(), &first);
    refused!(insert(2, DAY - 1).await, RepositoryError::KeyReused);
    let second = insert(2, DAY).await.unwrap();
    assert_ne!(second.id, first.id);
    same(&insert(2, 2 * DAY - 1).await.unwrap(), &second);
    assert_ne!(insert(2, 3 * DAY).await.unwrap().id, second.id);
}

pub async fn a_request_that_failed_leaves_the_key_free(store: &Repositories) {
    let user = store.user().await.id;
    let taken = store.new_doctor(builders::doctor().license("MH/1")).await;
    let insert = |license, request| {
        let (details, stamp) = (builders::doctor().license(license).done(), under("key", request, instant()));
        async move { store.doctors.insert(user, &details, EmailRule::Unique, &stamp).await }
    };
    refused!(insert("MH/1", 1).await, RepositoryError::Duplicate(Constraint::DoctorLicense));
    let made = insert("MH/2", 2).await.unwrap();
    same(&insert("MH/2", 2).await.unwrap(), &made);
    store.doctors.retire(taken.id, None, &stamped(seconds_later(1))).await.unwrap();
    refused!(insert("MH/1", 1).await, RepositoryError::KeyReused);
}

pub async fn of_parallel_requests_under_an_old_key_one_makes_a_record(store: &Repositories) {
    let owner = store.user().await.id;
    let details = builders::patient().done();
    for number in 0..20 {
        let stamp = under(&format!("key{number}"), 1, instant());
        store.patients.insert(owner, &details, &stamp).await.unwrap();
    }
    let made = at_once((0..20).map(|_| {
        let (patients, details) = (Arc::clone(&store.patients), details.clone());
        let stamp = under("key19", 1, micros_later(DAY));
        async move { patients.insert(owner, &details, &stamp).await.unwrap().id }
    }))
    .await;
    assert_eq!(made.iter().collect::<BTreeSet<_>>().len(), 1);
}
