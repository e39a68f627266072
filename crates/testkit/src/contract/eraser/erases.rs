//! What is gone with a patient who is erased, and what stays.

use std::sync::Arc;

use domain::ports::{Record, RepositoryError};
use domain::{
    Change, Mapping, MappingFilter, MappingId, Outcome, Page, PatientFilter, PatientId, Reason, RecordId,
    SearchTerms, UserId, Version,
};

use crate::builders::{self, notes, patient_id};
use crate::contract::Repositories;
use crate::contract::check::{at_once, refused, same};
use crate::contract::history::{by, called, new_phone};
use crate::fixed::{instant, seconds_later, stamped};

fn reason() -> Reason {
    Reason::parse("Request of 2026-03-01").unwrap()
}

impl Repositories {
    async fn erase(&self, id: PatientId) -> Result<(), RepositoryError> {
        self.eraser.erase_patient(id, &reason(), &stamped(seconds_later(9))).await
    }

    /// Asks everybody who could know a patient.
    async fn assert_nowhere(&self, owner: UserId, id: PatientId, mappings: &[MappingId]) {
        assert!(self.patients.find(owner, id).await.unwrap().is_none());
        for search in [None, SearchTerms::parse("asha")] {
            let filter = PatientFilter { search, ..PatientFilter::default() };
            assert!(self.patients.list(owner, &filter, Page::default()).await.unwrap().items.is_empty());
        }
        assert!(self.history.of_patient(owner, id).await.unwrap().is_none());
        assert!(self.history.patient_at(owner, id, Version::FIRST).await.unwrap().is_none());
        let restored = self.history.restore_patient(owner, id, &stamped(seconds_later(10))).await;
        refused!(restored, RepositoryError::Missing(Record::Patient));
        for &mapping in mappings {
            assert!(self.mappings.find(owner, mapping, true).await.unwrap().is_none());
            assert!(self.history.of_mapping(owner, mapping).await.unwrap().is_none());
            assert!(self.history.mapping_at(owner, mapping, Version::FIRST).await.unwrap().is_none());
        }
        let doctors = self.mappings.doctors_of(owner, id, Page::default()).await;
        refused!(doctors, RepositoryError::Missing(Record::Patient));
    }

    /// A patient with two versions, one mapping that has ended and one that is active.
    async fn eventful(&self) -> [Mapping; 2] {
        let ended = self.mapping().await.mapping;
        let (owner, patient) = (ended.owner, ended.patient);
        self.patients
            .update(owner, patient, None, &new_phone("111"), &stamped(seconds_later(1)))
            .await
            .unwrap();
        self.mappings.end(owner, ended.id, None, &stamped(seconds_later(2))).await.unwrap();
        let pair = builders::mapping(patient, self.doctor().await.id).done();
        let active = self.mappings.assign(owner, &pair, &stamped(seconds_later(3))).await.unwrap().mapping;
        let new = Change::Set(notes("Ward 7"));
        self.mappings.update_notes(owner, active.id, None, &new, &stamped(seconds_later(4))).await.unwrap();
        [ended, active]
    }
}

pub async fn an_erased_patient_is_nowhere(store: &Repositories) {
    let [ended, active] = store.eventful().await;
    store.erase(ended.patient).await.unwrap();
    store.assert_nowhere(ended.owner, ended.patient, &[ended.id, active.id]).await;
}

pub async fn a_deleted_patient_can_be_erased(store: &Repositories) {
    let [ended, active] = store.eventful().await;
    store.patients.delete(ended.owner, ended.patient, None, &stamped(seconds_later(5))).await.unwrap();
    store.erase(ended.patient).await.unwrap();
    store.assert_nowhere(ended.owner, ended.patient, &[ended.id, active.id]).await;
}

pub async fn erasing_leaves_all_others(store: &Repositories) {
    let [erased, _] = store.eventful().await;
    let owner = erased.owner;
    let other = store.patient(owner).await;
    let pair = builders::mapping(other.id, erased.doctor).done();
    let mapping = store.mappings.assign(owner, &pair, &stamped(instant())).await.unwrap();
    let other =
        store.patients.update(owner, other.id, None, &new_phone("222"), &by(owner, seconds_later(1))).await;
    let other = other.unwrap();
    let [strange, _] = store.eventful().await;
    let past = store.history.of_patient(owner, other.id).await.unwrap();
    store.erase(erased.patient).await.unwrap();
    same(&store.patients.find(owner, other.id).await.unwrap().unwrap(), &other);
    assert_eq!(store.history.of_patient(owner, other.id).await.unwrap(), past);
    same(&store.mappings.find(owner, mapping.mapping.id, false).await.unwrap().unwrap(), &mapping);
    assert!(store.doctors.find(erased.doctor).await.unwrap().is_some());
    assert_eq!(store.history.of_patient(strange.owner, strange.patient).await.unwrap().unwrap().len(), 2);
    assert_eq!(store.history.of_mapping(strange.owner, strange.id).await.unwrap().unwrap().len(), 2);
    let all = store.mappings.list(owner, MappingFilter::default(), Page::default()).await.unwrap().items;
    assert_eq!(all.len(), 1);
}

pub async fn erasing_nobody_is_missing(store: &Repositories) {
    let patient = store.mapping().await.mapping.patient;
    let call = called(store.user().await.id, "erase");
    let result = store.eraser.erase_patient(patient_id(i64::MAX), &reason(), &call).await;
    refused!(result, RepositoryError::Missing(Record::Patient));
    assert!(store.events("erase").await.is_empty());
    store.erase(patient).await.unwrap();
}

pub async fn erasing_twice_is_missing(store: &Repositories) {
    let patient = store.mapping().await.mapping.patient;
    store.erase(patient).await.unwrap();
    refused!(store.erase(patient).await, RepositoryError::Missing(Record::Patient));
}

pub async fn the_erasing_is_one_event_with_its_reason(store: &Repositories) {
    let [mapping, _] = store.eventful().await;
    let admin = store.user().await.id;
    store.eraser.erase_patient(mapping.patient, &reason(), &called(admin, "erase")).await.unwrap();
    let event = store.only_event("erase").await;
    assert_eq!((event.outcome, event.user, event.reason), (Outcome::Done, Some(admin), Some(reason())));
    assert_eq!(
        (event.record, event.patient),
        (Some(RecordId::Patient(mapping.patient)), Some(mapping.patient))
    );
    assert_eq!((event.version, event.fields.is_empty()), (None, true));
}

pub async fn the_events_of_an_erased_patient_stay(store: &Repositories) {
    let owner = store.user().await.id;
    let call = called(owner, "create");
    let id = store.patients.insert(owner, &builders::patient().done(), &call).await.unwrap().id;
    let before = store.only_event("create").await;
    store.erase(id).await.unwrap();
    assert_eq!(store.only_event("create").await, before);
}

pub async fn the_key_under_which_an_erased_patient_was_made_is_free(store: &Repositories) {
    let owner = store.user().await.id;
    let once = |key: &str| {
        let key = domain::IdempotencyKey::parse(key).unwrap();
        stamped(instant()).once(Some(domain::Once { key, fingerprint: [1; 32] }))
    };
    let details = builders::patient().done();
    let first = store.patients.insert(owner, &details, &once("patient")).await.unwrap();
    let doctor = store.doctor().await.id;
    let pair = builders::mapping(first.id, doctor).done();
    let mapping = store.mappings.assign(owner, &pair, &once("mapping")).await.unwrap().mapping;
    store.erase(first.id).await.unwrap();
    let second = store.patients.insert(owner, &details, &once("patient")).await.unwrap();
    assert_ne!(second.id, first.id);
    let pair = builders::mapping(second.id, doctor).done();
    assert_ne!(store.mappings.assign(owner, &pair, &once("mapping")).await.unwrap().mapping.id, mapping.id);
}

pub async fn the_id_of_an_erased_patient_is_not_used_again(store: &Repositories) {
    let owner = store.user().await.id;
    let erased = store.patient(owner).await.id;
    store.erase(erased).await.unwrap();
    assert!(store.patient(owner).await.id > erased);
}

pub async fn of_parallel_erasings_one_is_made(store: &Repositories) {
    let patient = store.mapping().await.mapping.patient;
    let results = at_once((0..3).map(|_| {
        let eraser = Arc::clone(&store.eraser);
        async move { eraser.erase_patient(patient, &reason(), &stamped(seconds_later(9))).await }
    }))
    .await;
    let (made, rest): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 1);
    for result in rest {
        refused!(result, RepositoryError::Missing(Record::Patient));
    }
}

pub async fn what_is_written_meanwhile_is_erased_or_missing(store: &Repositories) {
    for _ in 0..3 {
        let [ended, active] = store.eventful().await;
        let (owner, patient) = (ended.owner, ended.patient);
        let doctor = store.doctor().await.id;
        let results = at_once((0..4).map(|number| {
            let (eraser, mappings) = (Arc::clone(&store.eraser), Arc::clone(&store.mappings));
            let patients = Arc::clone(&store.patients);
            let at = stamped(seconds_later(9));
            async move {
                match number {
                    0 => eraser.erase_patient(patient, &reason(), &at).await,
                    1 => patients.update(owner, patient, None, &new_phone("333"), &at).await.map(drop),
                    2 => {
                        let new = Change::Set(notes("Ward 8"));
                        mappings.update_notes(owner, active.id, None, &new, &at).await.map(drop)
                    }
                    _ => {
                        let pair = builders::mapping(patient, doctor).done();
                        mappings.assign(owner, &pair, &at).await.map(drop)
                    }
                }
            }
        }))
        .await;
        for (number, result) in results.into_iter().enumerate() {
            match result {
                Ok(()) => {}
                Err(RepositoryError::Missing(Record::Patient | Record::Mapping)) if number > 0 => {}
                Err(error) => panic!("{number}: {error:?}"),
            }
        }
        store.assert_nowhere(owner, patient, &[ended.id, active.id]).await;
    }
}
