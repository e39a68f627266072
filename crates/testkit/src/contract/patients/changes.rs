//! Changing and deleting records.

use std::sync::Arc;

use domain::ports::{Record, RepositoryError};
use domain::{Age, BloodGroup, Change, Gender, NameChange, Patient, PatientChange, PatientFilter, Version};

use crate::builders::{self, address, email, medical_history, patient_id, person_name, phone, version};
use crate::contract::PatientStore;
use crate::contract::check::{at_once, refused, same};
use crate::contract::sample::{LINES, PARAGRAPHS};
use crate::fixed::{instant, seconds_later, stamped};

/// A change that anybody can make.
fn new_phone() -> PatientChange {
    PatientChange { phone: Change::Set(phone("+1 555 0100")), ..PatientChange::default() }
}

fn renamed(full: &str) -> PatientChange {
    let name = NameChange { full: Change::Set(person_name(full)), ..NameChange::default() };
    PatientChange { name, ..PatientChange::default() }
}

async fn update(
    store: &PatientStore,
    patient: &Patient,
    expected: Option<Version>,
    change: &PatientChange,
) -> Result<Patient, RepositoryError> {
    store.patients.update(store.ann.0, patient.id, expected, change, &stamped(seconds_later(1))).await
}

pub async fn an_update_counts_the_version_up_and_notes_the_time(store: &PatientStore) {
    let before = store.add(builders::patient()).await;
    for (number, at) in [(2, seconds_later(60)), (3, seconds_later(90))] {
        let after = store
            .patients
            .update(store.ann.0, before.id, None, &renamed(&format!("Eve Jones {number}")), &stamped(at))
            .await
            .unwrap();
        assert_eq!(after.version, version(number));
        assert_eq!((after.created_at, after.updated_at), (before.created_at, at));
        assert_eq!((after.id, after.owner), (before.id, before.owner));
        assert_eq!(after.created_by.as_str(), store.ann.1.as_str());
        same(&store.stored(before.id).await, &after);
    }
}

pub async fn an_update_keeps_what_it_does_not_name(store: &PatientStore) {
    let before = store.add(builders::patient().complete()).await;
    let after = update(store, &before, None, &PatientChange::default()).await.unwrap();
    same(&after.details, &before.details);
    let after = update(store, &before, None, &new_phone()).await.unwrap();
    same(&after.details, &builders::patient().complete().phone("+1 555 0100").done());
    same(&store.stored(before.id).await, &after);
}

pub async fn an_update_that_changes_nothing_leaves_the_record_as_it_is(store: &PatientStore) {
    let before = store.add(builders::patient().named("Ann Marie Smith").phone("+1 555 0100")).await;
    for (change, expected) in
        [(PatientChange::default(), None), (new_phone(), Some(1)), (renamed("Ann Marie Smith"), None)]
    {
        let after = update(store, &before, expected.map(version), &change).await.unwrap();
        same(&after, &before);
        same(&store.stored(before.id).await, &before);
    }
}

pub async fn an_update_can_clear_every_optional_field(store: &PatientStore) {
    let patient = store.add(builders::patient().complete()).await;
    let change = PatientChange {
        name: NameChange::default(),
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
    update(store, &patient, None, &change).await.unwrap();
    let bare = domain::PatientDetails::named(patient.details.name.clone());
    same(&store.stored(patient.id).await.details, &bare);
}

pub async fn an_update_survives_unchanged(store: &PatientStore) {
    let patient = store.add(builders::patient()).await;
    for (line, paragraph) in LINES.iter().zip(PARAGRAPHS.iter().cycle()) {
        let change = PatientChange {
            address: Change::Set(address(paragraph)),
            medical_history: Change::Set(medical_history(paragraph)),
            ..renamed(line)
        };
        update(store, &patient, None, &change).await.unwrap();
        let details = store.stored(patient.id).await.details;
        same(&details, &builders::patient().named(line).address(paragraph).medical_history(paragraph).done());
    }
}

pub async fn an_age_is_told_on_the_day_of_the_update(store: &PatientStore) {
    let patient = store.add(builders::patient()).await;
    let change = PatientChange { age: Change::Set(Age::new(40).unwrap()), ..PatientChange::default() };
    let at = seconds_later(400 * 24 * 60 * 60);
    store.patients.update(store.ann.0, patient.id, None, &change, &stamped(at)).await.unwrap();
    let told = store.stored(patient.id).await.details.told_age.unwrap();
    assert_eq!((told.age.get(), told.on), (40, at.date()));
}

pub async fn an_update_of_nothing_is_missing(store: &PatientStore) {
    let nothing = patient_id(i64::MAX);
    for expected in [None, Some(Version::FIRST)] {
        let result =
            store.patients.update(store.ann.0, nothing, expected, &new_phone(), &stamped(instant())).await;
        refused!(result, RepositoryError::Missing(Record::Patient));
    }
}

pub async fn an_update_by_a_stranger_is_missing_and_changes_nothing(store: &PatientStore) {
    let patient = store.add(builders::patient()).await;
    // Not even a wrong version or a broken rule tells that the record exists.
    let breaks_a_rule = PatientChange {
        name: NameChange { full: Change::Clear, ..NameChange::default() },
        ..PatientChange::default()
    };
    for expected in [None, Some(Version::FIRST), Some(version(9))] {
        for change in [new_phone(), breaks_a_rule.clone()] {
            let result = store
                .patients
                .update(store.eve.0, patient.id, expected, &change, &stamped(seconds_later(1)))
                .await;
            refused!(result, RepositoryError::Missing(Record::Patient));
        }
    }
    same(&store.stored(patient.id).await, &patient);
}

pub async fn an_update_of_the_expected_version_is_made(store: &PatientStore) {
    let patient = store.add(builders::patient()).await;
    update(store, &patient, Some(Version::FIRST), &new_phone()).await.unwrap();
    let after = update(store, &patient, Some(version(2)), &renamed("Eve")).await.unwrap();
    assert_eq!(after.version, version(3));
}

pub async fn an_update_of_another_version_is_stale_and_changes_nothing(store: &PatientStore) {
    let patient = store.add(builders::patient()).await;
    let now = update(store, &patient, None, &new_phone()).await.unwrap();
    for expected in [1, 3, i32::MAX] {
        refused!(
            update(store, &patient, Some(version(expected)), &renamed("Eve")).await,
            RepositoryError::Stale
        );
    }
    same(&store.stored(patient.id).await, &now);
}

pub async fn an_update_that_breaks_a_rule_is_invalid_and_changes_nothing(store: &PatientStore) {
    let patient = store.add(builders::patient().born("2000-06-01")).await;
    let nameless =
        PatientChange { name: NameChange { full: Change::Clear, ..NameChange::default() }, ..new_phone() };
    refused!(update(store, &patient, None, &nameless).await, RepositoryError::Invalid(_));
    let too_old = PatientChange { age: Change::Set(Age::new(90).unwrap()), ..new_phone() };
    let Err(RepositoryError::Invalid(invalid)) = update(store, &patient, None, &too_old).await else {
        panic!("an age against the stored birth date must be invalid");
    };
    assert_eq!(invalid.violations()[0].field, "age");
    same(&store.stored(patient.id).await, &patient);
}

pub async fn of_parallel_updates_of_one_version_one_is_made(store: &PatientStore) {
    let patient = store.add(builders::patient()).await;
    let (owner, id) = (store.ann.0, patient.id);
    let results =
        at_once((0..50).map(|number| {
            let patients = Arc::clone(&store.patients);
            let change = renamed(&format!("Ann {number}"));
            async move {
                patients.update(owner, id, Some(Version::FIRST), &change, &stamped(seconds_later(1))).await
            }
        }))
        .await;
    let (made, rest): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 1);
    for result in rest {
        refused!(result, RepositoryError::Stale);
    }
    let stored = store.stored(id).await;
    assert_eq!(stored.version, version(2));
    same(&stored, made[0].as_ref().unwrap());
}

/// Nine changes, each to another field.
fn nine_changes() -> [PatientChange; 9] {
    let keep = PatientChange::default;
    let birth_date = builders::patient().born("1990-01-01").done().date_of_birth;
    [
        renamed("Eve Jones"),
        PatientChange { date_of_birth: birth_date.into(), ..keep() },
        PatientChange { gender: Change::Set(Gender::Other), ..keep() },
        PatientChange { email: Change::Set(email("eve@example.org")), ..keep() },
        PatientChange { phone: Change::Set(phone("111")), ..keep() },
        PatientChange { emergency_contact: Change::Set(phone("222")), ..keep() },
        PatientChange { address: Change::Set(address("here")), ..keep() },
        PatientChange { medical_history: Change::Set(medical_history("none")), ..keep() },
        PatientChange { blood_group: BloodGroup::parse("A-").ok().into(), ..keep() },
    ]
}

pub async fn parallel_updates_without_expectation_are_all_kept(store: &PatientStore) {
    let patient = store.add(builders::patient()).await;
    let (owner, id) = (store.ann.0, patient.id);
    let changes = nine_changes().into_iter().cycle().take(45);
    let results = at_once(changes.map(|change| {
        let patients = Arc::clone(&store.patients);
        async move {
            patients.update(owner, id, None, &change, &stamped(seconds_later(1))).await.unwrap().version.get()
        }
    }))
    .await;
    let mut versions = results;
    versions.sort_unstable();
    // What is told again changes nothing, and makes no version.
    versions.dedup();
    assert_eq!(versions, (2..=10).collect::<Vec<i32>>());
    let want = builders::patient()
        .named("Eve Jones")
        .born("1990-01-01")
        .gender("other")
        .email("eve@example.org")
        .phone("111")
        .emergency_contact("222")
        .address("here")
        .medical_history("none")
        .blood_group("A-");
    let stored = store.stored(id).await;
    same(&stored.details, &want.done());
    assert_eq!(stored.version, version(10));
}

pub async fn delete_hides_the_record_everywhere(store: &PatientStore) {
    let patient = store.add(builders::patient().named("Ann Smith")).await;
    let (owner, id, at) = (store.ann.0, patient.id, seconds_later(1));
    store.patients.delete(owner, id, None, &stamped(at)).await.unwrap();
    assert!(store.patients.find(owner, id).await.unwrap().is_none());
    let search = PatientFilter { search: domain::SearchTerms::parse("ann"), ..PatientFilter::default() };
    for filter in [PatientFilter::default(), search] {
        let page = domain::Page { count: true, ..domain::Page::default() };
        let listing = store.list(owner, &filter, page).await;
        assert!(listing.items.is_empty());
        assert_eq!(listing.total, Some(0));
    }
    for expected in [None, Some(Version::FIRST), Some(version(2))] {
        refused!(
            update(store, &patient, expected, &new_phone()).await,
            RepositoryError::Missing(Record::Patient)
        );
        let again = store.patients.delete(owner, id, expected, &stamped(at)).await;
        refused!(again, RepositoryError::Missing(Record::Patient));
    }
}

pub async fn delete_leaves_the_other_records(store: &PatientStore) {
    let gone = store.add(builders::patient()).await;
    let stays = store.add(builders::patient()).await;
    let hers =
        store.patients.insert(store.eve.0, &builders::patient().done(), &stamped(instant())).await.unwrap();
    store.patients.delete(store.ann.0, gone.id, None, &stamped(seconds_later(1))).await.unwrap();
    same(&store.all(store.ann.0).await, &vec![stays]);
    same(&store.all(store.eve.0).await, &vec![hers]);
}

pub async fn deleting_nothing_is_missing(store: &PatientStore) {
    let result = store.patients.delete(store.ann.0, patient_id(i64::MAX), None, &stamped(instant())).await;
    refused!(result, RepositoryError::Missing(Record::Patient));
}

pub async fn a_delete_by_a_stranger_is_missing_and_changes_nothing(store: &PatientStore) {
    let patient = store.add(builders::patient()).await;
    for expected in [None, Some(Version::FIRST), Some(version(9))] {
        let result =
            store.patients.delete(store.eve.0, patient.id, expected, &stamped(seconds_later(1))).await;
        refused!(result, RepositoryError::Missing(Record::Patient));
    }
    same(&store.stored(patient.id).await, &patient);
}

pub async fn a_delete_of_another_version_is_stale_and_changes_nothing(store: &PatientStore) {
    let patient = store.add(builders::patient()).await;
    let now = update(store, &patient, None, &new_phone()).await.unwrap();
    let later = stamped(seconds_later(2));
    let delete = |expected| store.patients.delete(store.ann.0, patient.id, Some(expected), &later);
    for expected in [1, 3] {
        refused!(delete(version(expected)).await, RepositoryError::Stale);
    }
    same(&store.stored(patient.id).await, &now);
    delete(version(2)).await.unwrap();
}

pub async fn of_parallel_deletes_one_is_made(store: &PatientStore) {
    let id = store.add(builders::patient()).await.id;
    let owner = store.ann.0;
    let results = at_once((0..20).map(|_| {
        let patients = Arc::clone(&store.patients);
        async move { patients.delete(owner, id, None, &stamped(seconds_later(1))).await }
    }))
    .await;
    let (made, rest): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 1);
    for result in rest {
        refused!(result, RepositoryError::Missing(Record::Patient));
    }
}

pub async fn an_update_and_a_delete_of_one_version_are_not_both_made(store: &PatientStore) {
    let owner = store.ann.0;
    for _ in 0..10 {
        let id = store.add(builders::patient()).await.id;
        let results = at_once([true, false].map(|deletes| {
            let patients = Arc::clone(&store.patients);
            async move {
                let (expected, at) = (Some(Version::FIRST), seconds_later(1));
                if deletes {
                    patients.delete(owner, id, expected, &stamped(at)).await
                } else {
                    patients.update(owner, id, expected, &new_phone(), &stamped(at)).await.map(drop)
                }
            }
        }))
        .await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        for error in results.into_iter().filter_map(Result::err) {
            assert!(
                matches!(error, RepositoryError::Stale | RepositoryError::Missing(Record::Patient)),
                "{error:?}"
            );
        }
    }
}
