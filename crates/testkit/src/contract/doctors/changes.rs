//! Changing entries and retiring doctors.

use std::sync::Arc;

use domain::ports::{Record, RepositoryError};
use domain::{
    Change, DoctorChange, DoctorDetails, DoctorFilter, EmailRule, LicenseNumber, Page, SearchTerms, Version,
};

use crate::builders::{self, address, doctor_id, person_name, phone, specialization, version};
use crate::contract::Repositories;
use crate::contract::check::{ORDERS, at_once, page, refused, same};
use crate::contract::sample::{LINES, PARAGRAPHS};
use crate::fixed::{instant, seconds_later, stamped};

/// A change that anybody can make.
fn new_phone() -> DoctorChange {
    DoctorChange { phone: Change::Set(phone("+1 555 0100")), ..DoctorChange::default() }
}

fn renamed(name: &str) -> DoctorChange {
    DoctorChange { name: Change::Set(person_name(name)), ..DoctorChange::default() }
}

pub async fn an_update_counts_the_version_up_and_notes_the_time(store: &Repositories) {
    let before = store.add_doctor(builders::doctor()).await;
    for (number, at) in [(2, seconds_later(60)), (3, seconds_later(90))] {
        let change = renamed(&format!("Dr. Eve {number}"));
        let after =
            store.doctors.update(before.id, None, &change, EmailRule::Unique, &stamped(at)).await.unwrap();
        assert_eq!(after.version, version(number));
        assert_eq!((after.created_at, after.updated_at), (before.created_at, at));
        assert_eq!((after.id, after.creator), (before.id, before.creator));
        assert_eq!(after.created_by.as_str(), before.created_by.as_str());
        same(&store.stored_doctor(before.id).await, &after);
    }
}

pub async fn an_update_keeps_what_it_does_not_name(store: &Repositories) {
    let before = store.add_doctor(builders::doctor().complete()).await;
    let after = store.update_doctor(before.id, None, &DoctorChange::default()).await.unwrap();
    same(&after.details, &before.details);
    let after = store.update_doctor(before.id, None, &new_phone()).await.unwrap();
    same(&after.details, &builders::doctor().complete().phone("+1 555 0100").done());
    same(&store.stored_doctor(before.id).await, &after);
}

pub async fn an_update_that_changes_nothing_leaves_the_entry_as_it_is(store: &Repositories) {
    let before = store.add_doctor(builders::doctor().named("Ann").phone("+1 555 0100")).await;
    for (change, expected) in
        [(DoctorChange::default(), None), (new_phone(), Some(version(1))), (renamed("Ann"), None)]
    {
        same(&store.update_doctor(before.id, expected, &change).await.unwrap(), &before);
        same(&store.stored_doctor(before.id).await, &before);
    }
}

pub async fn an_update_can_clear_every_optional_field(store: &Repositories) {
    let doctor = store.add_doctor(builders::doctor().complete()).await;
    let change = DoctorChange {
        name: Change::Keep,
        specialization: Change::Clear,
        email: Change::Clear,
        phone: Change::Clear,
        address: Change::Clear,
        availability: Change::Clear,
        license_number: Change::Clear,
        experience_years: Change::Clear,
        consultation_fee: Change::Clear,
    };
    store.update_doctor(doctor.id, None, &change).await.unwrap();
    let bare = DoctorDetails::named(doctor.details.name.clone());
    same(&store.stored_doctor(doctor.id).await.details, &bare);
}

pub async fn an_update_survives_unchanged(store: &Repositories) {
    let doctor = store.add_doctor(builders::doctor()).await;
    for (line, paragraph) in LINES.iter().zip(PARAGRAPHS.iter().cycle()) {
        let change = DoctorChange {
            specialization: Change::Set(specialization(line)),
            address: Change::Set(address(paragraph)),
            license_number: LicenseNumber::parse(line).ok().into(),
            ..renamed(line)
        };
        store.update_doctor(doctor.id, None, &change).await.unwrap();
        let want = builders::doctor().named(line).specialization(line).address(paragraph).license(line);
        same(&store.stored_doctor(doctor.id).await.details, &want.done());
    }
}

pub async fn an_update_of_nothing_is_missing(store: &Repositories) {
    for expected in [None, Some(Version::FIRST)] {
        let result = store.update_doctor(doctor_id(i64::MAX), expected, &new_phone()).await;
        refused!(result, RepositoryError::Missing(Record::Doctor));
    }
}

pub async fn an_update_of_another_version_is_stale_and_changes_nothing(store: &Repositories) {
    let doctor = store.add_doctor(builders::doctor()).await;
    let now = store.update_doctor(doctor.id, Some(Version::FIRST), &new_phone()).await.unwrap();
    for expected in [1, 3, i32::MAX] {
        let result = store.update_doctor(doctor.id, Some(version(expected)), &renamed("Eve")).await;
        refused!(result, RepositoryError::Stale);
    }
    same(&store.stored_doctor(doctor.id).await, &now);
}

pub async fn an_update_that_breaks_a_rule_is_invalid_and_changes_nothing(store: &Repositories) {
    let doctor = store.add_doctor(builders::doctor()).await;
    let nameless = DoctorChange { name: Change::Clear, ..new_phone() };
    let result = store.update_doctor(doctor.id, None, &nameless).await;
    refused!(result, RepositoryError::Invalid(_));
    same(&store.stored_doctor(doctor.id).await, &doctor);
}

pub async fn of_parallel_updates_of_one_version_one_is_made(store: &Repositories) {
    let id = store.add_doctor(builders::doctor()).await.id;
    let results = at_once((0..50).map(|number| {
        let doctors = Arc::clone(&store.doctors);
        let change = renamed(&format!("Ann {number}"));
        let (expected, at) = (Some(Version::FIRST), seconds_later(1));
        async move { doctors.update(id, expected, &change, EmailRule::Unique, &stamped(at)).await }
    }))
    .await;
    let (made, rest): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 1);
    for result in rest {
        refused!(result, RepositoryError::Stale);
    }
    same(&store.stored_doctor(id).await, made[0].as_ref().unwrap());
}

/// Nine changes, each to another field; together they make [`builders::DoctorBuilder::complete`].
fn nine_changes() -> [DoctorChange; 9] {
    let keep = DoctorChange::default;
    let want = builders::doctor().complete().done();
    [
        DoctorChange { name: Change::Set(want.name), ..keep() },
        DoctorChange { specialization: want.specialization.into(), ..keep() },
        DoctorChange { email: want.email.into(), ..keep() },
        DoctorChange { phone: want.phone.into(), ..keep() },
        DoctorChange { address: want.address.into(), ..keep() },
        DoctorChange { availability: want.availability.into(), ..keep() },
        DoctorChange { license_number: want.license_number.into(), ..keep() },
        DoctorChange { experience_years: want.experience_years.into(), ..keep() },
        DoctorChange { consultation_fee: want.consultation_fee.into(), ..keep() },
    ]
}

pub async fn parallel_updates_without_expectation_are_all_kept(store: &Repositories) {
    let id = store.add_doctor(builders::doctor()).await.id;
    let mut versions = at_once(nine_changes().into_iter().cycle().take(45).map(|change| {
        let doctors = Arc::clone(&store.doctors);
        async move {
            let updated =
                doctors.update(id, None, &change, EmailRule::Unique, &stamped(seconds_later(1))).await;
            updated.unwrap().version.get()
        }
    }))
    .await;
    versions.sort_unstable();
    // What is told again changes nothing, and makes no version.
    versions.dedup();
    assert_eq!(versions, (2..=10).collect::<Vec<i32>>());
    same(&store.stored_doctor(id).await.details, &builders::doctor().complete().done());
}

pub async fn retire_hides_the_doctor_everywhere(store: &Repositories) {
    let doctor = store.add_doctor(builders::doctor().named("Ann").specialization("Eyes")).await;
    store.retire(doctor.id).await;
    assert!(store.doctors.find(doctor.id).await.unwrap().is_none());
    let search = DoctorFilter { search: SearchTerms::parse("ann"), ..DoctorFilter::default() };
    let eyes = DoctorFilter { specialization: Some(specialization("Eyes")), ..DoctorFilter::default() };
    for filter in [DoctorFilter::default(), search, eyes] {
        for order in ORDERS {
            let listing = store.list_doctors(&filter, Page { count: true, ..page(order, 10) }).await;
            assert_eq!((listing.items.len(), listing.total), (0, Some(0)));
        }
    }
    for expected in [None, Some(Version::FIRST), Some(version(2))] {
        let update = store.update_doctor(doctor.id, expected, &new_phone()).await;
        refused!(update, RepositoryError::Missing(Record::Doctor));
        let again = store.doctors.retire(doctor.id, expected, &stamped(seconds_later(3))).await;
        refused!(again, RepositoryError::Missing(Record::Doctor));
    }
}

pub async fn retire_leaves_the_other_doctors(store: &Repositories) {
    let gone = store.add_doctor(builders::doctor()).await;
    let stays = store.add_doctor(builders::doctor()).await;
    store.retire(gone.id).await;
    same(&store.all_doctors().await, &vec![stays]);
}

pub async fn retiring_nobody_is_missing(store: &Repositories) {
    let result = store.doctors.retire(doctor_id(i64::MAX), None, &stamped(instant())).await;
    refused!(result, RepositoryError::Missing(Record::Doctor));
}

pub async fn a_retirement_of_another_version_is_stale_and_changes_nothing(store: &Repositories) {
    let doctor = store.add_doctor(builders::doctor()).await;
    let now = store.update_doctor(doctor.id, None, &new_phone()).await.unwrap();
    let later = stamped(seconds_later(2));
    let retire = |expected| store.doctors.retire(doctor.id, Some(version(expected)), &later);
    for expected in [1, 3] {
        refused!(retire(expected).await, RepositoryError::Stale);
    }
    same(&store.stored_doctor(doctor.id).await, &now);
    retire(2).await.unwrap();
}

pub async fn of_parallel_retirements_one_is_made(store: &Repositories) {
    let id = store.add_doctor(builders::doctor()).await.id;
    let results = at_once((0..20).map(|_| {
        let doctors = Arc::clone(&store.doctors);
        async move { doctors.retire(id, None, &stamped(seconds_later(1))).await }
    }))
    .await;
    let (made, rest): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 1);
    for result in rest {
        refused!(result, RepositoryError::Missing(Record::Doctor));
    }
}
