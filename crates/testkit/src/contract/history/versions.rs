//! Versions of what is full, of many records at once, and of many changes at once.

use std::sync::Arc;

use domain::{Act, Change, DoctorChange, EmailRule, NameChange, PatientChange, Version};

use super::{brief, by, new_phone};
use crate::builders::{self, notes, person_name, version};
use crate::contract::Repositories;
use crate::contract::check::{at_once, same};
use crate::fixed::{instant, seconds_later, stamped};

pub async fn a_version_keeps_every_field_of_a_patient(store: &Repositories) {
    let owner = store.user().await.id;
    let details = builders::patient().complete().done();
    let full = store.patients.insert(owner, &details, &stamped(instant())).await.unwrap();
    let name = NameChange { full: Change::Set(person_name("A")), ..NameChange::default() };
    let bare = PatientChange {
        name,
        date_of_birth: Change::Clear,
        age: Change::Clear,
        gender: Change::Clear,
        email: Change::Clear,
        phone: Change::Clear,
        emergency_contact: Change::Clear,
        address: Change::Clear,
        medical_history: Change::Clear,
        blood_group: Change::Clear,
    };
    let bare = store.patients.update(owner, full.id, None, &bare, &stamped(seconds_later(1))).await.unwrap();
    let entries = store.of_patient(owner, full.id).await;
    let fields =
        "name,date_of_birth,age,gender,email,phone,emergency_contact,address,medical_history,blood_group";
    assert_eq!(entries.iter().map(|entry| entry.fields.joined()).collect::<Vec<_>>(), [fields, fields]);
    for (number, want) in [(1, &full), (2, &bare)] {
        same(&store.history.patient_at(owner, full.id, version(number)).await.unwrap().unwrap().record, want);
    }
}

pub async fn a_version_keeps_every_field_of_a_doctor(store: &Repositories) {
    let full = store.new_doctor(builders::doctor().complete()).await;
    let bare = DoctorChange {
        name: Change::Set(person_name("Dr. A")),
        specialization: Change::Clear,
        email: Change::Clear,
        phone: Change::Clear,
        address: Change::Clear,
        availability: Change::Clear,
        license_number: Change::Clear,
        experience_years: Change::Clear,
        consultation_fee: Change::Clear,
    };
    let at = stamped(seconds_later(1));
    let bare = store.doctors.update(full.id, None, &bare, EmailRule::Unique, &at).await.unwrap();
    let entries = store.of_doctor(full.id).await;
    let fields = "name,specialization,email,phone,address,availability,license_number,experience_years,consultation_fee";
    assert_eq!(entries.iter().map(|entry| entry.fields.joined()).collect::<Vec<_>>(), [fields, fields]);
    for (number, want) in [(1, &full), (2, &bare)] {
        same(&store.history.doctor_at(full.id, version(number)).await.unwrap().unwrap().record, want);
    }
}

pub async fn a_version_of_a_mapping_shows_the_names_of_now(store: &Repositories) {
    let mapping = store.mapping().await.mapping;
    let owner = mapping.owner;
    let at = stamped(seconds_later(1));
    let name = NameChange { full: Change::Set(person_name("Eve Jones")), ..NameChange::default() };
    let renamed = PatientChange { name, ..PatientChange::default() };
    store.patients.update(owner, mapping.patient, None, &renamed, &at).await.unwrap();
    let renamed = DoctorChange { name: Change::Set(person_name("Dr. Eve")), ..DoctorChange::default() };
    store.doctors.update(mapping.doctor, None, &renamed, EmailRule::Unique, &at).await.unwrap();
    store.patients.delete(owner, mapping.patient, None, &at).await.unwrap();
    for number in [1, 2] {
        let view =
            store.history.mapping_at(owner, mapping.id, version(number)).await.unwrap().unwrap().record;
        assert_eq!((view.patient_name.full(), view.doctor_name.as_str()), ("Eve Jones", "Dr. Eve"));
        assert_eq!(view.mapping.is_active(), number == 1);
    }
}

pub async fn deleting_a_patient_is_a_version_of_each_mapping_that_ends(store: &Repositories) {
    let first = store.mapping().await.mapping;
    let owner = first.owner;
    let second = builders::mapping(first.patient, store.doctor().await.id).notes("Ward 7").done();
    let second = store.mappings.assign(owner, &second, &by(owner, seconds_later(1))).await.unwrap().mapping;
    let third = builders::mapping(first.patient, store.doctor().await.id).done();
    let third = store.mappings.assign(owner, &third, &by(owner, seconds_later(1))).await.unwrap().mapping;
    let new = Change::Set(notes("Ward 8"));
    store.mappings.update_notes(owner, second.id, None, &new, &by(owner, seconds_later(2))).await.unwrap();
    // At the very moment of the deletion, and yet not by it.
    store.mappings.end(owner, third.id, None, &by(owner, seconds_later(3))).await.unwrap();
    let other = store.mapping().await.mapping;
    store.patients.delete(owner, first.patient, None, &by(owner, seconds_later(3))).await.unwrap();

    for (mapping, versions) in [(&first, 2), (&second, 3), (&third, 2)] {
        let entries = store.of_mapping(owner, mapping.id).await;
        assert_eq!(brief(&entries[0]), (versions, Act::Removed, String::new()));
        assert_eq!((entries[0].at, entries[0].by), (seconds_later(3), Some(owner)));
        assert_eq!(i32::try_from(entries.len()).unwrap(), versions);
    }
    assert_eq!(store.of_mapping(other.owner, other.id).await.len(), 1);
    let before =
        store.history.mapping_at(owner, second.id, version(2)).await.unwrap().unwrap().record.mapping;
    assert_eq!(
        (before.notes, before.ended_at, before.updated_at),
        (Some(notes("Ward 8")), None, seconds_later(2))
    );
    let after = store.history.mapping_at(owner, second.id, version(3)).await.unwrap().unwrap().record.mapping;
    assert_eq!(after.ended_at, Some(seconds_later(3)));
}

pub async fn retiring_a_doctor_is_a_version_of_the_mappings_of_every_owner(store: &Repositories) {
    let doctor = store.doctor().await.id;
    let mut mappings = Vec::new();
    for _ in 0..3 {
        let owner = store.user().await.id;
        let patient = store.patient(owner).await.id;
        let new = builders::mapping(patient, doctor).done();
        mappings.push(store.mappings.assign(owner, &new, &by(owner, instant())).await.unwrap().mapping);
    }
    let staff = store.user().await.id;
    store.doctors.retire(doctor, None, &by(staff, seconds_later(3))).await.unwrap();
    for mapping in mappings {
        let entries = store.of_mapping(mapping.owner, mapping.id).await;
        assert_eq!(entries.iter().map(|entry| entry.act).collect::<Vec<_>>(), [Act::Removed, Act::Created]);
        assert_eq!((entries[0].at, entries[0].by), (seconds_later(3), Some(staff)));
        let first =
            store.history.mapping_at(mapping.owner, mapping.id, Version::FIRST).await.unwrap().unwrap();
        same(&first.record.mapping, &mapping);
    }
}

pub async fn of_parallel_changes_each_is_a_version(store: &Repositories) {
    let owner = store.user().await;
    let id = store.own_patient(&owner).await.id;
    let changed =
        at_once(
            (0..20).map(|number| {
                let (patients, owner) = (Arc::clone(&store.patients), owner.id);
                let change = new_phone(&format!("555{number}"));
                async move {
                    patients.update(owner, id, None, &change, &by(owner, seconds_later(1))).await.unwrap()
                }
            }),
        )
        .await;
    let entries = store.of_patient(owner.id, id).await;
    let versions: Vec<i32> = entries.iter().map(|entry| entry.version.get()).collect();
    assert_eq!(versions, (1..=21).rev().collect::<Vec<_>>());
    for record in changed {
        let kept = store.history.patient_at(owner.id, id, record.version).await.unwrap().unwrap();
        same(&kept.record, &record);
    }
}

pub async fn changes_of_notes_and_a_delete_at_once_leave_one_version_each(store: &Repositories) {
    for _ in 0..10 {
        let mapping = store.mapping().await.mapping;
        let (owner, id) = (mapping.owner, mapping.id);
        let results = at_once((0..5).map(|number| {
            let (mappings, patients) = (Arc::clone(&store.mappings), Arc::clone(&store.patients));
            async move {
                let at = by(owner, seconds_later(1));
                if number == 0 {
                    return patients.delete(owner, mapping.patient, None, &at).await.is_ok();
                }
                let new = Change::Set(notes(&format!("Ward {number}")));
                mappings.update_notes(owner, id, None, &new, &at).await.is_ok()
            }
        }))
        .await;
        assert!(results[0], "the delete waits for the notes, and then succeeds");
        let made = results.iter().filter(|made| **made).count();
        let entries = store.of_mapping(owner, id).await;
        let versions: Vec<i32> = entries.iter().map(|entry| entry.version.get()).collect();
        assert_eq!(versions, (1..=i32::try_from(made).unwrap() + 1).rev().collect::<Vec<_>>());
        assert_eq!(entries[0].act, Act::Removed);
    }
}
