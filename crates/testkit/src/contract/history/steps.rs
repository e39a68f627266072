//! What the versions of a record tell.

use domain::ports::RepositoryError;
use domain::{Act, Change, DoctorChange, EmailRule, Version};

use super::{brief, by, new_phone};
use crate::builders::{self, doctor_id, mapping_id, notes, patient_id, person_name, phone, version};
use crate::contract::Repositories;
use crate::contract::check::{refused, same};
use crate::fixed::{instant, seconds_later, stamped};

pub async fn a_patient_who_was_never_changed_has_one_version(store: &Repositories) {
    let owner = store.user().await;
    let details = builders::patient().named("Asha Rao").born("1984-05-17").phone("+91 22 5550 1234").done();
    let patient = store.patients.insert(owner.id, &details, &by(owner.id, instant())).await.unwrap();
    let [entry] = &store.of_patient(owner.id, patient.id).await[..] else { panic!("one version") };
    assert_eq!(brief(entry), (1, Act::Created, "name,date_of_birth,phone".to_owned()));
    assert_eq!(
        (entry.at, entry.by, entry.by_name.as_ref()),
        (instant(), Some(owner.id), Some(&owner.username))
    );
    let first = store.history.patient_at(owner.id, patient.id, Version::FIRST).await.unwrap().unwrap();
    assert_eq!(first.entry, *entry);
    same(&first.record, &patient);
}

pub async fn a_doctor_who_was_never_changed_has_one_version(store: &Repositories) {
    let doctor = store.new_doctor(builders::doctor().license("MH/1")).await;
    let [entry] = &store.of_doctor(doctor.id).await[..] else { panic!("one version") };
    assert_eq!(brief(entry), (1, Act::Created, "name,license_number".to_owned()));
    assert_eq!(
        (entry.at, entry.by, entry.by_name.as_ref()),
        (instant(), Some(doctor.creator), Some(&doctor.created_by))
    );
    let first = store.history.doctor_at(doctor.id, Version::FIRST).await.unwrap().unwrap();
    assert_eq!(first.entry, *entry);
    same(&first.record, &doctor);
}

pub async fn a_mapping_that_was_never_changed_has_one_version(store: &Repositories) {
    let view = store.mapping().await;
    let mapping = &view.mapping;
    let [entry] = &store.of_mapping(mapping.owner, mapping.id).await[..] else { panic!("one version") };
    assert_eq!(brief(entry), (1, Act::Created, "patient,doctor".to_owned()));
    assert_eq!(
        (entry.at, entry.by, entry.by_name.as_ref()),
        (instant(), Some(mapping.owner), mapping.assigned_by.as_ref())
    );
    let first = store.history.mapping_at(mapping.owner, mapping.id, Version::FIRST).await.unwrap().unwrap();
    assert_eq!(first.entry, *entry);
    same(&first.record, &view);
}

pub async fn each_change_of_a_patient_is_a_version(store: &Repositories) {
    let owner = store.user().await;
    let first = store.own_patient(&owner).await;
    let (id, at) = (first.id, |seconds| by(owner.id, seconds_later(seconds)));
    let second = store.patients.update(owner.id, id, None, &new_phone("111"), &at(1)).await.unwrap();
    let third = store.patients.update(owner.id, id, None, &new_phone("222"), &at(2)).await.unwrap();
    store.patients.delete(owner.id, id, None, &at(3)).await.unwrap();
    let deleted = domain::Patient { version: version(4), updated_at: seconds_later(3), ..third.clone() };
    let restored = store.history.restore_patient(owner.id, id, &at(4)).await.unwrap();
    let sixth = store.patients.update(owner.id, id, None, &new_phone("333"), &at(5)).await.unwrap();

    let entries = store.of_patient(owner.id, id).await;
    let phone = "phone".to_owned();
    let want = [
        (6, Act::Updated, phone.clone()),
        (5, Act::Restored, String::new()),
        (4, Act::Removed, String::new()),
        (3, Act::Updated, phone.clone()),
        (2, Act::Updated, phone),
        (1, Act::Created, "name".to_owned()),
    ];
    assert_eq!(entries.iter().map(brief).collect::<Vec<_>>(), want);
    let records = [sixth, restored, deleted, third, second, first];
    for ((entry, record), seconds) in entries.iter().zip(records).zip((0..6).rev()) {
        assert_eq!((entry.at, entry.by), (seconds_later(seconds), Some(owner.id)));
        assert_eq!(entry.by_name.as_ref(), Some(&owner.username));
        let snapshot = store.history.patient_at(owner.id, id, entry.version).await.unwrap().unwrap();
        assert_eq!(snapshot.entry, *entry);
        same(&snapshot.record, &record);
    }
}

pub async fn each_change_of_a_doctor_is_a_version(store: &Repositories) {
    let first = store.new_doctor(builders::doctor()).await;
    let (id, stranger) = (first.id, store.user().await);
    let at = |seconds| by(stranger.id, seconds_later(seconds));
    let change = DoctorChange {
        name: Change::Set(person_name("Dr. Eve")),
        phone: Change::Set(phone("111")),
        ..DoctorChange::default()
    };
    let second = store.doctors.update(id, None, &change, EmailRule::Unique, &at(1)).await.unwrap();
    store.doctors.retire(id, None, &at(2)).await.unwrap();
    let retired = domain::Doctor { version: version(3), updated_at: seconds_later(2), ..second.clone() };
    let restored = store.history.restore_doctor(id, EmailRule::Unique, &at(3)).await.unwrap();

    let entries = store.of_doctor(id).await;
    let want = [
        (4, Act::Restored, String::new()),
        (3, Act::Removed, String::new()),
        (2, Act::Updated, "name,phone".to_owned()),
        (1, Act::Created, "name".to_owned()),
    ];
    assert_eq!(entries.iter().map(brief).collect::<Vec<_>>(), want);
    assert_eq!(entries[0].by_name.as_ref(), Some(&stranger.username));
    assert_eq!(entries[3].by, Some(first.creator));
    for (entry, record) in entries.iter().zip([restored, retired, second, first]) {
        let snapshot = store.history.doctor_at(id, entry.version).await.unwrap().unwrap();
        assert_eq!((snapshot.entry.at, &snapshot.entry), (record.updated_at, entry));
        same(&snapshot.record, &record);
    }
}

pub async fn each_change_of_a_mapping_is_a_version(store: &Repositories) {
    let first = store.mapping().await;
    let (owner, id) = (first.mapping.owner, first.mapping.id);
    let at = |seconds| by(owner, seconds_later(seconds));
    let new = Change::Set(notes("Chest pain"));
    let second = store.mappings.update_notes(owner, id, None, &new, &at(1)).await.unwrap();
    store.mappings.end(owner, id, None, &at(2)).await.unwrap();
    let ended = store.mappings.find(owner, id, true).await.unwrap().unwrap();

    let entries = store.of_mapping(owner, id).await;
    let want = [
        (3, Act::Removed, String::new()),
        (2, Act::Updated, "notes".to_owned()),
        (1, Act::Created, "patient,doctor".to_owned()),
    ];
    assert_eq!(entries.iter().map(brief).collect::<Vec<_>>(), want);
    for (entry, view) in entries.iter().zip([ended, second, first]) {
        let snapshot = store.history.mapping_at(owner, id, entry.version).await.unwrap().unwrap();
        assert_eq!((snapshot.entry.at, &snapshot.entry), (view.mapping.updated_at, entry));
        assert_eq!(entry.by, Some(owner));
        same(&snapshot.record, &view);
    }
}

pub async fn a_version_that_never_was_is_not_found(store: &Repositories) {
    let mapping = store.mapping().await.mapping;
    let owner = mapping.owner;
    store
        .patients
        .update(owner, mapping.patient, None, &new_phone("111"), &stamped(seconds_later(1)))
        .await
        .unwrap();
    for (patient, other) in [(3, 2), (i32::MAX, i32::MAX)] {
        let (patient, other) = (version(patient), version(other));
        assert!(store.history.patient_at(owner, mapping.patient, patient).await.unwrap().is_none());
        assert!(store.history.doctor_at(mapping.doctor, other).await.unwrap().is_none());
        assert!(store.history.mapping_at(owner, mapping.id, other).await.unwrap().is_none());
    }
}

pub async fn the_past_of_nobody_is_not_found(store: &Repositories) {
    let owner = store.user().await.id;
    let (patient, doctor, mapping) = (patient_id(i64::MAX), doctor_id(i64::MAX), mapping_id(i64::MAX));
    assert!(store.history.of_patient(owner, patient).await.unwrap().is_none());
    assert!(store.history.patient_at(owner, patient, Version::FIRST).await.unwrap().is_none());
    assert!(store.history.of_doctor(doctor).await.unwrap().is_none());
    assert!(store.history.doctor_at(doctor, Version::FIRST).await.unwrap().is_none());
    assert!(store.history.of_mapping(owner, mapping).await.unwrap().is_none());
    assert!(store.history.mapping_at(owner, mapping, Version::FIRST).await.unwrap().is_none());
}

pub async fn the_past_of_somebody_elses_records_is_not_found(store: &Repositories) {
    let mapping = store.mapping().await.mapping;
    let stranger = store.user().await.id;
    for owner in [mapping.owner, stranger] {
        let is_own = owner == mapping.owner;
        assert_eq!(store.history.of_patient(owner, mapping.patient).await.unwrap().is_some(), is_own);
        let at = store.history.patient_at(owner, mapping.patient, Version::FIRST).await.unwrap();
        assert_eq!(at.is_some(), is_own);
        assert_eq!(store.history.of_mapping(owner, mapping.id).await.unwrap().is_some(), is_own);
        let at = store.history.mapping_at(owner, mapping.id, Version::FIRST).await.unwrap();
        assert_eq!(at.is_some(), is_own);
    }
}

pub async fn a_command_on_the_machine_has_no_user(store: &Repositories) {
    let owner = store.user().await;
    let patient = store.own_patient(&owner).await;
    let change = new_phone("111");
    store.patients.update(owner.id, patient.id, None, &change, &stamped(seconds_later(1))).await.unwrap();
    let entries = store.of_patient(owner.id, patient.id).await;
    assert_eq!((entries[0].by, entries[0].by_name.as_ref()), (None, None));
    assert_eq!(entries[1].by, Some(owner.id));
}

pub async fn a_write_that_is_refused_is_no_version(store: &Repositories) {
    let mapping = store.mapping().await.mapping;
    let (owner, stale, at) = (mapping.owner, Some(version(9)), stamped(seconds_later(1)));
    let update = store.patients.update(owner, mapping.patient, stale, &new_phone("1111"), &at).await;
    refused!(update, RepositoryError::Stale);
    let nameless = domain::NameChange { full: Change::Clear, ..domain::NameChange::default() };
    let nameless = domain::PatientChange { name: nameless, ..domain::PatientChange::default() };
    let update = store.patients.update(owner, mapping.patient, None, &nameless, &at).await;
    refused!(update, RepositoryError::Invalid(_));
    refused!(store.patients.delete(owner, mapping.patient, stale, &at).await, RepositoryError::Stale);
    refused!(store.doctors.retire(mapping.doctor, stale, &at).await, RepositoryError::Stale);
    refused!(store.mappings.end(owner, mapping.id, stale, &at).await, RepositoryError::Stale);
    assert_eq!(store.of_patient(owner, mapping.patient).await.len(), 1);
    assert_eq!(store.of_doctor(mapping.doctor).await.len(), 1);
    assert_eq!(store.of_mapping(owner, mapping.id).await.len(), 1);
}
