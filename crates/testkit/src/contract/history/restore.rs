//! Bringing back what was deleted or retired.

use std::sync::Arc;

use domain::ports::{Constraint, Record, RepositoryError};
use domain::{
    Act, Doctor, DoctorFilter, EmailRule, MappingFilter, Page, Patient, PatientFilter, SearchTerms,
};

use super::by;
use crate::builders::{self, doctor_id, patient_id, version};
use crate::contract::Repositories;
use crate::contract::check::{at_once, refused, same};
use crate::fixed::{seconds_later, stamped};

pub async fn a_restored_patient_is_everywhere_again(store: &Repositories) {
    let owner = store.user().await;
    let patient = store.own_patient(&owner).await;
    store.patients.delete(owner.id, patient.id, None, &stamped(seconds_later(1))).await.unwrap();
    let at = seconds_later(2);
    let restored = store.history.restore_patient(owner.id, patient.id, &by(owner.id, at)).await.unwrap();
    same(&restored, &Patient { version: version(3), updated_at: at, ..patient.clone() });
    same(&store.patients.find(owner.id, patient.id).await.unwrap().unwrap(), &restored);
    let search = PatientFilter { search: SearchTerms::parse("rao"), ..PatientFilter::default() };
    for filter in [PatientFilter::default(), search] {
        let listed = store.patients.list(owner.id, &filter, Page::default()).await.unwrap();
        same(&listed.items, &vec![restored.clone()]);
    }
    // It can be deleted and brought back as often as anybody likes.
    store.patients.delete(owner.id, patient.id, Some(version(3)), &stamped(seconds_later(3))).await.unwrap();
    let again =
        store.history.restore_patient(owner.id, patient.id, &stamped(seconds_later(4))).await.unwrap();
    assert_eq!(again.version, version(5));
}

pub async fn mappings_that_ended_with_a_patient_stay_ended(store: &Repositories) {
    let mapping = store.mapping().await.mapping;
    let owner = mapping.owner;
    store.patients.delete(owner, mapping.patient, None, &stamped(seconds_later(1))).await.unwrap();
    store.history.restore_patient(owner, mapping.patient, &stamped(seconds_later(2))).await.unwrap();
    assert!(store.mappings.find(owner, mapping.id, false).await.unwrap().is_none());
    let ended = store.mappings.find(owner, mapping.id, true).await.unwrap().unwrap().mapping;
    assert_eq!((ended.ended_at, ended.version), (Some(seconds_later(1)), version(2)));
    // The pair can be assigned again.
    let pair = builders::mapping(mapping.patient, mapping.doctor).done();
    store.mappings.assign(owner, &pair, &stamped(seconds_later(3))).await.unwrap();
    let all = store.mappings.list(owner, MappingFilter::default(), Page::default()).await.unwrap();
    assert_eq!(all.items.len(), 1);
}

pub async fn a_patient_who_was_not_deleted_is_returned_as_they_are(store: &Repositories) {
    let owner = store.user().await;
    let patient = store.own_patient(&owner).await;
    let at = stamped(seconds_later(1));
    same(&store.history.restore_patient(owner.id, patient.id, &at).await.unwrap(), &patient);
    same(&store.patients.find(owner.id, patient.id).await.unwrap().unwrap(), &patient);
    assert_eq!(store.of_patient(owner.id, patient.id).await.len(), 1);
}

pub async fn restoring_nobody_is_missing(store: &Repositories) {
    let (owner, at) = (store.user().await.id, stamped(seconds_later(1)));
    let result = store.history.restore_patient(owner, patient_id(i64::MAX), &at).await;
    refused!(result, RepositoryError::Missing(Record::Patient));
    let result = store.history.restore_doctor(doctor_id(i64::MAX), EmailRule::Unique, &at).await;
    refused!(result, RepositoryError::Missing(Record::Doctor));
}

pub async fn restoring_a_patient_of_somebody_else_is_missing_and_changes_nothing(store: &Repositories) {
    let owner = store.user().await;
    let patient = store.own_patient(&owner).await;
    let stranger = store.user().await.id;
    store.patients.delete(owner.id, patient.id, None, &stamped(seconds_later(1))).await.unwrap();
    let result = store.history.restore_patient(stranger, patient.id, &stamped(seconds_later(2))).await;
    refused!(result, RepositoryError::Missing(Record::Patient));
    assert!(store.patients.find(owner.id, patient.id).await.unwrap().is_none());
    assert_eq!(store.of_patient(owner.id, patient.id).await.len(), 2);
}

pub async fn of_parallel_restorations_one_is_a_version(store: &Repositories) {
    let owner = store.user().await;
    let patient = store.own_patient(&owner).await;
    store.patients.delete(owner.id, patient.id, None, &stamped(seconds_later(1))).await.unwrap();
    let restored =
        at_once(
            (0..20).map(|_| {
                let (history, owner, id) = (Arc::clone(&store.history), owner.id, patient.id);
                async move {
                    history.restore_patient(owner, id, &stamped(seconds_later(2))).await.unwrap().version
                }
            }),
        )
        .await;
    assert_eq!(restored, [version(3); 20]);
    let acts: Vec<Act> = store.of_patient(owner.id, patient.id).await.iter().map(|entry| entry.act).collect();
    assert_eq!(acts, [Act::Restored, Act::Removed, Act::Created]);
}

async fn retired(store: &Repositories) -> Doctor {
    let doctor = builders::doctor().named("Dr. Ann").email("Ann@example.org").license("MH/1");
    let doctor = store.new_doctor(doctor).await;
    store.doctors.retire(doctor.id, None, &stamped(seconds_later(1))).await.unwrap();
    doctor
}

pub async fn a_restored_doctor_is_everywhere_again(store: &Repositories) {
    let doctor = retired(store).await;
    let at = seconds_later(2);
    let restored = store.history.restore_doctor(doctor.id, EmailRule::Unique, &stamped(at)).await.unwrap();
    same(&restored, &Doctor { version: version(3), updated_at: at, ..doctor.clone() });
    same(&store.doctors.find(doctor.id).await.unwrap().unwrap(), &restored);
    let search = DoctorFilter { search: SearchTerms::parse("ann"), ..DoctorFilter::default() };
    for filter in [DoctorFilter::default(), search] {
        same(&store.doctors.list(&filter, Page::default()).await.unwrap().items, &vec![restored.clone()]);
    }
}

pub async fn a_doctor_who_has_not_retired_is_returned_as_they_are(store: &Repositories) {
    let doctor = store.doctor().await;
    let at = stamped(seconds_later(1));
    same(&store.history.restore_doctor(doctor.id, EmailRule::Unique, &at).await.unwrap(), &doctor);
    assert_eq!(store.of_doctor(doctor.id).await.len(), 1);
}

pub async fn a_doctor_whose_address_or_licence_is_taken_cannot_come_back(store: &Repositories) {
    let doctor = retired(store).await;
    let taker = store.new_doctor(builders::doctor().email("ANN@example.org")).await;
    let restore = || async {
        store.history.restore_doctor(doctor.id, EmailRule::Unique, &stamped(seconds_later(2))).await
    };
    refused!(restore().await, RepositoryError::Duplicate(Constraint::DoctorEmail));
    store.doctors.retire(taker.id, None, &stamped(seconds_later(2))).await.unwrap();
    let taker = store.new_doctor(builders::doctor().license("MH/1")).await;
    refused!(restore().await, RepositoryError::Duplicate(Constraint::DoctorLicense));
    assert!(store.doctors.find(doctor.id).await.unwrap().is_none());
    assert_eq!(store.of_doctor(doctor.id).await.len(), 2);
    store.doctors.retire(taker.id, None, &stamped(seconds_later(3))).await.unwrap();
    restore().await.unwrap();
}

pub async fn a_restored_doctor_has_their_address_and_licence_again(store: &Repositories) {
    let doctor = retired(store).await;
    store.history.restore_doctor(doctor.id, EmailRule::Unique, &stamped(seconds_later(2))).await.unwrap();
    let creator = store.user().await.id;
    let insert = |new: builders::DoctorBuilder| async move {
        store.doctors.insert(creator, &new.done(), EmailRule::Unique, &stamped(seconds_later(3))).await
    };
    let result = insert(builders::doctor().email("ann@example.org")).await;
    refused!(result, RepositoryError::Duplicate(Constraint::DoctorEmail));
    let result = insert(builders::doctor().license("MH/1")).await;
    refused!(result, RepositoryError::Duplicate(Constraint::DoctorLicense));
}

pub async fn where_addresses_are_shared_only_the_licence_counts(store: &Repositories) {
    let doctor = retired(store).await;
    store.new_doctor(builders::doctor().email("ann@example.org")).await;
    let at = stamped(seconds_later(2));
    let restored = store.history.restore_doctor(doctor.id, EmailRule::Shared, &at).await.unwrap();
    same(&restored.details, &doctor.details);
}
