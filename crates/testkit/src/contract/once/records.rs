//! The same request again.

use std::sync::Arc;

use domain::{Change, DoctorChange, EmailRule, Outcome, Page, PatientFilter, RecordId};

use super::under;
use crate::builders::{self, notes, phone};
use crate::contract::Repositories;
use crate::contract::check::{at_once, same};
use crate::contract::history::{called, new_phone};
use crate::fixed::{instant, seconds_later, stamped};

pub async fn a_repeated_request_gets_the_patient_as_first_stored(store: &Repositories) {
    let owner = store.user().await.id;
    let details = builders::patient().complete().done();
    let first = store.patients.insert(owner, &details, &under("key", 1, instant())).await.unwrap();
    let again = || async {
        store.patients.insert(owner, &details, &under("key", 1, seconds_later(9))).await.unwrap()
    };
    same(&again().await, &first);
    let id = first.id;
    store.patients.update(owner, id, None, &new_phone("111"), &stamped(seconds_later(1))).await.unwrap();
    same(&again().await, &first);
    store.patients.delete(owner, id, None, &stamped(seconds_later(2))).await.unwrap();
    same(&again().await, &first);
    let all = store.patients.list(owner, &PatientFilter::default(), Page::default()).await.unwrap();
    assert!(all.items.is_empty());
}

pub async fn a_repeated_request_gets_the_doctor_as_first_stored(store: &Repositories) {
    let user = store.user().await.id;
    let details = builders::doctor().complete().done();
    let insert = |seconds| {
        let (details, stamp) = (details.clone(), under("key", 1, seconds_later(seconds)));
        async move { store.doctors.insert(user, &details, EmailRule::Unique, &stamp).await.unwrap() }
    };
    let first = insert(0).await;
    same(&insert(1).await, &first);
    let change = DoctorChange { phone: Change::Set(phone("111")), ..DoctorChange::default() };
    store
        .doctors
        .update(first.id, None, &change, EmailRule::Unique, &stamped(seconds_later(2)))
        .await
        .unwrap();
    same(&insert(3).await, &first);
    store.doctors.retire(first.id, None, &stamped(seconds_later(4))).await.unwrap();
    same(&insert(5).await, &first);
}

pub async fn a_repeated_request_gets_the_mapping_as_first_stored(store: &Repositories) {
    let owner = store.user().await.id;
    let pair = store.pair(owner).await;
    let assign = |seconds| {
        let (pair, stamp) = (pair.clone(), under("key", 1, seconds_later(seconds)));
        async move { store.mappings.assign(owner, &pair, &stamp).await.unwrap() }
    };
    let first = assign(0).await;
    same(&assign(1).await, &first);
    let (id, new) = (first.mapping.id, Change::Set(notes("Ward 7")));
    store.mappings.update_notes(owner, id, None, &new, &stamped(seconds_later(2))).await.unwrap();
    same(&assign(3).await, &first);
    store.patients.delete(owner, pair.patient, None, &stamped(seconds_later(4))).await.unwrap();
    same(&assign(5).await, &first);
}

pub async fn without_a_key_each_request_makes_a_record(store: &Repositories) {
    let owner = store.user().await.id;
    let [first, second] = [store.patient(owner).await, store.patient(owner).await];
    assert_ne!(first.id, second.id);
}

pub async fn of_twenty_equal_requests_for_a_patient_one_makes_a_record(store: &Repositories) {
    let owner = store.user().await.id;
    let details = builders::patient().complete().done();
    let made = at_once((0..20).map(|_| {
        let (patients, details) = (Arc::clone(&store.patients), details.clone());
        async move { patients.insert(owner, &details, &under("key", 1, instant())).await.unwrap() }
    }))
    .await;
    let all = store.patients.list(owner, &PatientFilter::default(), Page::default()).await.unwrap().items;
    assert_eq!(all.len(), 1);
    for patient in &made {
        same(patient, &all[0]);
    }
}

pub async fn of_twenty_equal_requests_for_a_doctor_one_makes_a_record(store: &Repositories) {
    let user = store.user().await.id;
    let details = builders::doctor().complete().done();
    let made = at_once((0..20).map(|_| {
        let (doctors, details) = (Arc::clone(&store.doctors), details.clone());
        let stamp = under("key", 1, instant());
        async move { doctors.insert(user, &details, EmailRule::Unique, &stamp).await.unwrap() }
    }))
    .await;
    let stored = store.doctors.find(made[0].id).await.unwrap().unwrap();
    for doctor in &made {
        same(doctor, &stored);
    }
}

pub async fn of_twenty_equal_requests_for_a_mapping_one_makes_a_record(store: &Repositories) {
    let owner = store.user().await.id;
    let pair = store.pair(owner).await;
    let made = at_once((0..20).map(|_| {
        let (mappings, pair) = (Arc::clone(&store.mappings), pair.clone());
        async move { mappings.assign(owner, &pair, &under("key", 1, instant())).await.unwrap() }
    }))
    .await;
    let stored = store.mappings.find(owner, made[0].mapping.id, false).await.unwrap().unwrap();
    for view in &made {
        same(view, &stored);
    }
}

pub async fn a_repetition_is_an_event_about_the_record(store: &Repositories) {
    let owner = store.user().await.id;
    let pair = store.pair(owner).await;
    let once = under("key", 1, instant()).once;
    let first =
        store.mappings.assign(owner, &pair, &called(owner, "first").once(once.clone())).await.unwrap();
    store.mappings.assign(owner, &pair, &called(owner, "again").once(once)).await.unwrap();
    let event = store.only_event("first").await;
    assert_eq!((event.outcome, event.version), (Outcome::Done, Some(first.mapping.version)));
    let event = store.only_event("again").await;
    assert_eq!((event.outcome, event.version), (Outcome::Repeated, None));
    assert_eq!(
        (event.record, event.patient),
        (Some(RecordId::Mapping(first.mapping.id)), Some(pair.patient))
    );
}
