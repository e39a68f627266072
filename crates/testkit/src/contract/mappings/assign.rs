//! Assigning doctors to patients.

use std::pin::Pin;
use std::sync::Arc;

use domain::ports::{Constraint, Record, RepositoryError};
use domain::{
    Change, DoctorChange, EmailRule, MappingFilter, NameChange, NewMapping, PatientChange, Version,
};

use super::WITH_ENDED;
use crate::builders::{self, doctor_id, patient_id, person_name, specialization};
use crate::contract::Repositories;
use crate::contract::check::{at_once, refused, same};
use crate::contract::sample::{LINES, PARAGRAPHS};
use crate::fixed::{instant, seconds_later, stamped};

pub async fn a_new_mapping_is_returned_as_it_is_stored(store: &Repositories) {
    let owner = store.user().await;
    let patient = builders::patient().complete().done();
    let patient = store.patients.insert(owner.id, &patient, &stamped(instant())).await.unwrap();
    let doctor = builders::doctor().complete().done();
    let doctor =
        store.doctors.insert(owner.id, &doctor, EmailRule::Unique, &stamped(instant())).await.unwrap();
    let new = builders::mapping(patient.id, doctor.id).notes("asthma").done();
    let view = store.mappings.assign(owner.id, &new, &stamped(seconds_later(5))).await.unwrap();

    let mapping = &view.mapping;
    assert_eq!((mapping.owner, mapping.patient, mapping.doctor), (owner.id, patient.id, doctor.id));
    assert_eq!(mapping.assigned_by.as_ref().unwrap().as_str(), owner.username.as_str());
    assert_eq!((mapping.assigned_at, mapping.updated_at), (seconds_later(5), seconds_later(5)));
    assert_eq!((mapping.ended_at, mapping.version), (None, Version::FIRST));
    same(&mapping.notes, &new.notes);
    same(&view.patient_name, &patient.details.name);
    same(&view.doctor_name, &doctor.details.name);
    same(&view.specialization, &doctor.details.specialization);
    same(&store.active(owner.id, mapping.id).await.unwrap(), &view);
}

pub async fn a_mapping_tells_what_its_sides_are_called_now(store: &Repositories) {
    let view = store.mapping().await;
    let (mapping, at) = (&view.mapping, seconds_later(1));
    let name = NameChange { full: Change::Set(person_name("Eve Jones")), ..NameChange::default() };
    let change = PatientChange { name, ..PatientChange::default() };
    store.patients.update(mapping.owner, mapping.patient, None, &change, &stamped(at)).await.unwrap();
    let change = DoctorChange {
        name: Change::Set(person_name("Dr. Bea")),
        specialization: Change::Set(specialization("Eyes")),
        ..DoctorChange::default()
    };
    store.doctors.update(mapping.doctor, None, &change, EmailRule::Unique, &stamped(at)).await.unwrap();
    let now = store.active(mapping.owner, mapping.id).await.unwrap();
    assert_eq!((now.patient_name.full(), now.doctor_name.as_str()), ("Eve Jones", "Dr. Bea"));
    assert_eq!(now.specialization.unwrap().as_str(), "Eyes");
    same(&now.mapping, mapping);
}

pub async fn notes_survive_unchanged(store: &Repositories) {
    let owner = store.user().await.id;
    let longest = "😀".repeat(domain::Notes::MAX_CHARS);
    for text in LINES.iter().chain(PARAGRAPHS).copied().chain([longest.as_str()]) {
        let pair = store.pair(owner).await;
        let new = builders::mapping(pair.patient, pair.doctor).notes(text).done();
        let id = store.assign(owner, &new).await.unwrap().mapping.id;
        assert_eq!(store.active(owner, id).await.unwrap().mapping.notes.unwrap().as_str(), text);
    }
}

pub async fn an_unknown_patient_is_missing(store: &Repositories) {
    let (owner, doctor) = (store.user().await.id, store.doctor().await.id);
    let result = store.assign(owner, &builders::mapping(patient_id(i64::MAX), doctor).done()).await;
    refused!(result, RepositoryError::Missing(Record::Patient));
}

pub async fn a_patient_of_somebody_else_is_missing(store: &Repositories) {
    let (owner, stranger) = (store.user().await.id, store.user().await.id);
    let pair = store.pair(owner).await;
    refused!(store.assign(stranger, &pair).await, RepositoryError::Missing(Record::Patient));
    // Also when the pair is active for its owner.
    store.assign(owner, &pair).await.unwrap();
    refused!(store.assign(stranger, &pair).await, RepositoryError::Missing(Record::Patient));
    assert!(store.mapping_ids(stranger, WITH_ENDED).await.is_empty());
    assert_eq!(store.doctors_of(owner, pair.patient).await.len(), 1);
}

pub async fn a_deleted_patient_is_missing(store: &Repositories) {
    let owner = store.user().await.id;
    let pair = store.pair(owner).await;
    store.patients.delete(owner, pair.patient, None, &stamped(seconds_later(1))).await.unwrap();
    refused!(store.assign(owner, &pair).await, RepositoryError::Missing(Record::Patient));
}

pub async fn an_unknown_doctor_is_missing(store: &Repositories) {
    let owner = store.user().await.id;
    let patient = store.patient(owner).await.id;
    let result = store.assign(owner, &builders::mapping(patient, doctor_id(i64::MAX)).done()).await;
    refused!(result, RepositoryError::Missing(Record::Doctor));
    assert!(store.doctors_of(owner, patient).await.is_empty());
}

pub async fn a_retired_doctor_is_missing(store: &Repositories) {
    let owner = store.user().await.id;
    let pair = store.pair(owner).await;
    store.doctors.retire(pair.doctor, None, &stamped(seconds_later(1))).await.unwrap();
    refused!(store.assign(owner, &pair).await, RepositoryError::Missing(Record::Doctor));
    assert!(store.doctors_of(owner, pair.patient).await.is_empty());
}

pub async fn where_both_sides_are_missing_the_patient_is_named(store: &Repositories) {
    let (owner, stranger) = (store.user().await.id, store.user().await.id);
    let pair = store.pair(owner).await;
    store.doctors.retire(pair.doctor, None, &stamped(seconds_later(1))).await.unwrap();
    refused!(store.assign(stranger, &pair).await, RepositoryError::Missing(Record::Patient));
    let nothing = builders::mapping(patient_id(i64::MAX), doctor_id(i64::MAX)).done();
    refused!(store.assign(owner, &nothing).await, RepositoryError::Missing(Record::Patient));
}

pub async fn an_active_pair_is_a_duplicate_and_changes_nothing(store: &Repositories) {
    let view = store.mapping().await;
    let mapping = &view.mapping;
    let again = builders::mapping(mapping.patient, mapping.doctor).notes("again").done();
    let result = store.mappings.assign(mapping.owner, &again, &stamped(seconds_later(1))).await;
    refused!(result, RepositoryError::Duplicate(Constraint::ActiveMapping));
    same(&store.list_mappings(mapping.owner, WITH_ENDED, domain::Page::default()).await.items, &vec![view]);
}

pub async fn other_pairs_are_no_duplicates(store: &Repositories) {
    let first = store.mapping().await.mapping;
    let second = store.patient(first.owner).await.id;
    store.assign(first.owner, &builders::mapping(second, first.doctor).done()).await.unwrap();
    let doctor = store.doctor().await.id;
    store.assign(first.owner, &builders::mapping(first.patient, doctor).done()).await.unwrap();
    let stranger = store.user().await.id;
    let hers = store.patient(stranger).await.id;
    store.assign(stranger, &builders::mapping(hers, first.doctor).done()).await.unwrap();
    assert_eq!(store.mapping_ids(first.owner, MappingFilter::default()).await.len(), 3);
}

pub async fn an_ended_pair_can_be_assigned_again(store: &Repositories) {
    let first = store.mapping().await.mapping;
    let pair = builders::mapping(first.patient, first.doctor).done();
    let mut before = first.id;
    for _ in 0..3 {
        store.end(first.owner, before).await;
        let next = store.assign(first.owner, &pair).await.unwrap().mapping.id;
        assert!(next > before, "an id is not used again");
        before = next;
    }
    assert_eq!(store.mapping_ids(first.owner, MappingFilter::default()).await, [before]);
    assert_eq!(store.mapping_ids(first.owner, WITH_ENDED).await.len(), 4);
}

pub async fn of_a_hundred_equal_assignments_at_once_one_is_made(store: &Repositories) {
    let owner = store.user().await.id;
    let pair = store.pair(owner).await;
    let results = at_once((0..100).map(|_| {
        let (mappings, pair) = (Arc::clone(&store.mappings), pair.clone());
        async move { mappings.assign(owner, &pair, &stamped(instant())).await }
    }))
    .await;
    let (made, rest): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 1);
    for result in rest {
        refused!(result, RepositoryError::Duplicate(Constraint::ActiveMapping));
    }
    assert_eq!(store.mapping_ids(owner, WITH_ENDED).await.len(), 1);
}

pub async fn assignments_and_ends_at_once_leave_at_most_one_active(store: &Repositories) {
    let first = store.mapping().await.mapping;
    let (owner, id) = (first.owner, first.id);
    let pair = builders::mapping(first.patient, first.doctor).done();
    let results = at_once((0..30).map(|number| {
        let (mappings, pair) = (Arc::clone(&store.mappings), pair.clone());
        async move {
            if number == 15 {
                return mappings.end(owner, id, None, &stamped(seconds_later(1))).await.map(|()| None);
            }
            mappings.assign(owner, &pair, &stamped(seconds_later(1))).await.map(Some)
        }
    }))
    .await;
    let mut assigned = Vec::new();
    for result in results {
        match result {
            Ok(made) => assigned.extend(made),
            Err(RepositoryError::Duplicate(Constraint::ActiveMapping)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    let active = store.mapping_ids(owner, MappingFilter::default()).await;
    assert!(assigned.len() <= 1);
    assert_eq!(active, super::ids(&assigned));
}

type Call = Pin<Box<dyn Future<Output = Result<(), RepositoryError>> + Send>>;

/// Assigns all pairs at once, with `meanwhile` somewhere among them.
async fn assign_all(
    store: &Repositories,
    pairs: Vec<(domain::UserId, NewMapping)>,
    place: usize,
    meanwhile: Call,
) {
    let expected_missing = pairs.len();
    let mut calls: Vec<Call> = Vec::new();
    for (owner, pair) in pairs {
        let mappings = Arc::clone(&store.mappings);
        calls.push(Box::pin(async move {
            match mappings.assign(owner, &pair, &stamped(seconds_later(1))).await {
                Err(RepositoryError::Missing(Record::Patient | Record::Doctor)) => Ok(()),
                other => other.map(drop),
            }
        }));
    }
    calls.insert(place % (expected_missing + 1), meanwhile);
    for result in at_once(calls).await {
        result.unwrap();
    }
}

pub async fn an_assignment_never_outlives_a_doctor_who_retires_meanwhile(store: &Repositories) {
    let mut patients = Vec::new();
    for _ in 0..6 {
        let owner = store.user().await.id;
        patients.push((owner, store.patient(owner).await.id));
    }
    for round in 0..20 {
        let doctor = store.doctor().await.id;
        let pairs =
            patients.iter().map(|(owner, id)| (*owner, builders::mapping(*id, doctor).done())).collect();
        let doctors = Arc::clone(&store.doctors);
        let retires = async move { doctors.retire(doctor, None, &stamped(seconds_later(1))).await };
        assign_all(store, pairs, round, Box::pin(retires)).await;
        for (owner, patient) in &patients {
            let of_doctor = MappingFilter { doctor: Some(doctor), ..WITH_ENDED };
            let views = store.list_mappings(*owner, of_doctor, domain::Page::default()).await.items;
            assert!(
                views.iter().all(|view| !view.mapping.is_active()),
                "an active mapping of a retired doctor"
            );
            assert!(store.doctors_of(*owner, *patient).await.is_empty());
        }
    }
}

pub async fn an_assignment_never_outlives_a_patient_who_is_deleted_meanwhile(store: &Repositories) {
    let owner = store.user().await.id;
    let mut doctors = Vec::new();
    for _ in 0..6 {
        doctors.push(store.doctor().await.id);
    }
    for round in 0..20 {
        let patient = store.patient(owner).await.id;
        let pairs = doctors.iter().map(|id| (owner, builders::mapping(patient, *id).done())).collect();
        let patients = Arc::clone(&store.patients);
        let deletes = async move { patients.delete(owner, patient, None, &stamped(seconds_later(1))).await };
        assign_all(store, pairs, round, Box::pin(deletes)).await;
        assert!(store.mapping_ids(owner, WITH_ENDED).await.is_empty());
    }
}
