//! Adding and finding records.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::ports::{Record, RepositoryError};
use domain::{Address, BloodGroup, Gender, MedicalHistory, PersonName, Version};

use crate::builders::{self, patient_id, user_id};
use crate::contract::PatientStore;
use crate::contract::check::{at_once, refused, same};
use crate::contract::sample::{self, LINES, PARAGRAPHS};
use crate::fixed::{instant, micros_later, seconds_later, stamped};

pub async fn a_new_record_is_returned_as_it_is_stored(store: &PatientStore) {
    let details = builders::patient().named("Ann Smith").done();
    let patient = store.patients.insert(store.ann.0, &details, &stamped(instant())).await.unwrap();
    assert_eq!(patient.owner, store.ann.0);
    assert_eq!(patient.created_by.as_str(), store.ann.1.as_str());
    assert_eq!(patient.version, Version::FIRST);
    assert_eq!((patient.created_at, patient.updated_at), (instant(), instant()));
    same(&patient.details, &details);
    same(&store.stored(patient.id).await, &patient);
}

pub async fn every_field_survives(store: &PatientStore) {
    let patient = builders::patient().complete();
    let inserted = store.add(patient.clone()).await;
    same(&inserted.details, &patient.done());
    same(&store.stored(inserted.id).await, &inserted);
    same(&store.all(store.ann.0).await, &vec![inserted]);
}

pub async fn names_survive_unchanged(store: &PatientStore) {
    for name in LINES {
        let id = store.add(builders::patient().named(name)).await.id;
        assert_eq!(store.stored(id).await.details.name.full(), *name);
    }
}

pub async fn a_name_in_two_parts_survives(store: &PatientStore) {
    for (first, last) in [("Mary Ann", "Smith"), ("Mary", "Ann Smith"), ("Mary  Ann", ""), ("", "Ann Smith")]
    {
        let patient = builders::patient().first_last(first, last);
        let id = store.add(patient.clone()).await.id;
        same(&store.stored(id).await.details, &patient.done());
    }
}

pub async fn long_texts_survive_unchanged(store: &PatientStore) {
    for text in LINES.iter().chain(PARAGRAPHS) {
        let id = store.add(builders::patient().address(text).medical_history(text)).await.id;
        let details = store.stored(id).await.details;
        assert_eq!(details.address.unwrap().as_str(), *text);
        assert_eq!(details.medical_history.unwrap().as_str(), *text);
    }
}

pub async fn the_longest_texts_survive(store: &PatientStore) {
    let first = "𠮷".repeat(PersonName::MAX_CHARS);
    let last = "𝒜".repeat(PersonName::MAX_CHARS);
    let patient = builders::patient()
        .first_last(&first, &last)
        .address(&"😀".repeat(Address::MAX_CHARS))
        .medical_history(&"\u{10ffff}".repeat(MedicalHistory::MAX_CHARS))
        .email(&format!("{}@{}.example", "a".repeat(60), "b.".repeat(90).trim_end_matches('.')))
        .phone("+12345678901234567890".get(..20).unwrap());
    let id = store.add(patient.clone()).await.id;
    same(&store.stored(id).await.details, &patient.done());
}

pub async fn names_that_grow_when_folded_survive(store: &PatientStore) {
    let [first, last] = sample::names_that_grow();
    let patient = builders::patient().first_last(&first, &last);
    let id = store.add(patient.clone()).await.id;
    same(&store.stored(id).await.details, &patient.done());
}

pub async fn dates_survive(store: &PatientStore) {
    for (born, told) in
        [("1900-01-01", "2026-03-04"), ("2000-02-29", "1999-12-31"), ("2026-03-04", "2024-02-29")]
    {
        let patient = builders::patient().born(born).told_age(150, told);
        let id = store.add(patient.clone()).await.id;
        same(&store.stored(id).await.details, &patient.done());
    }
    let newborn = builders::patient().told_age(0, "2026-03-04");
    let id = store.add(newborn.clone()).await.id;
    same(&store.stored(id).await.details, &newborn.done());
}

pub async fn every_gender_and_blood_group_survives(store: &PatientStore) {
    for (index, group) in BloodGroup::ALL.into_iter().enumerate() {
        let gender = Gender::ALL[index % Gender::ALL.len()];
        let patient = builders::patient().gender(gender.as_str()).blood_group(group);
        let id = store.add(patient.clone()).await.id;
        same(&store.stored(id).await.details, &patient.done());
    }
}

pub async fn microseconds_survive(store: &PatientStore) {
    // A whole second, the first and the last microsecond of one, and years with other numbers of digits.
    let second = -instant().micros().rem_euclid(1_000_000);
    for micros in
        [second, second + 1, second + 999_999, second - 1, -instant().micros(), -instant().micros() - 1]
    {
        let at = micros_later(micros);
        let details = builders::patient().done();
        let id = store.patients.insert(store.ann.0, &details, &stamped(at)).await.unwrap().id;
        let patient = store.stored(id).await;
        assert_eq!((patient.created_at, patient.updated_at), (at, at));
    }
}

pub async fn two_records_may_be_alike(store: &PatientStore) {
    let first = store.add(builders::patient().complete()).await;
    let second = store.add(builders::patient().complete()).await;
    assert_ne!(first.id, second.id);
    same(&first.details, &second.details);
}

pub async fn an_unknown_owner_is_missing(store: &PatientStore) {
    let nobody = user_id(i64::MAX);
    let result = store.patients.insert(nobody, &builders::patient().done(), &stamped(instant())).await;
    refused!(result, RepositoryError::Missing(Record::User));
    assert!(store.all(nobody).await.is_empty());
}

pub async fn an_unknown_record_is_not_found(store: &PatientStore) {
    for id in [1, i64::MAX] {
        assert!(store.patients.find(store.ann.0, patient_id(id)).await.unwrap().is_none());
    }
}

pub async fn a_record_of_somebody_else_is_not_found(store: &PatientStore) {
    let patient = store.add(builders::patient()).await;
    assert!(store.patients.find(store.eve.0, patient.id).await.unwrap().is_none());
    assert!(store.patients.find(user_id(i64::MAX), patient.id).await.unwrap().is_none());
}

pub async fn ids_of_deleted_records_are_not_used_again(store: &PatientStore) {
    let mut seen = BTreeSet::new();
    for _ in 0..3 {
        let patient = store.add(builders::patient()).await;
        assert!(seen.insert(patient.id), "the id was used before");
        store.patients.delete(store.ann.0, patient.id, None, &stamped(seconds_later(1))).await.unwrap();
    }
}

pub async fn of_parallel_inserts_each_is_stored(store: &PatientStore) {
    let inserted = at_once((0..50).map(|number| {
        let patients = Arc::clone(&store.patients);
        let owner = if number % 2 == 0 { store.ann.0 } else { store.eve.0 };
        let details = builders::patient().named(&format!("Ann {number}")).done();
        async move { patients.insert(owner, &details, &stamped(instant())).await.unwrap() }
    }))
    .await;
    let ids: BTreeSet<_> = inserted.iter().map(|patient| patient.id).collect();
    assert_eq!(ids.len(), 50);
    for patient in &inserted {
        same(&store.patients.find(patient.owner, patient.id).await.unwrap().unwrap(), patient);
    }
}
