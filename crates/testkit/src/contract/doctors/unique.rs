//! What no two doctors may share.

use std::sync::Arc;

use domain::ports::{Constraint, RepositoryError};
use domain::{Change, Doctor, DoctorChange, DoctorFilter, EmailRule, LicenseNumber, Page, SearchTerms};

use crate::builders::{self, DoctorBuilder, email};
use crate::contract::Repositories;
use crate::contract::check::{at_once, refused, same};
use crate::fixed::{instant, seconds_later, stamped};

fn with_email(address: &str) -> DoctorChange {
    DoctorChange { email: Change::Set(email(address)), ..DoctorChange::default() }
}

fn with_license(number: &str) -> DoctorChange {
    DoctorChange { license_number: LicenseNumber::parse(number).ok().into(), ..DoctorChange::default() }
}

async fn insert(
    store: &Repositories,
    doctor: DoctorBuilder,
    rule: EmailRule,
) -> Result<Doctor, RepositoryError> {
    let creator = store.user().await.id;
    store.doctors.insert(creator, &doctor.done(), rule, &stamped(instant())).await
}

pub async fn an_email_address_is_taken_whatever_its_case(store: &Repositories) {
    store.add_doctor(builders::doctor().email("Ann@bücher.example")).await;
    for same in ["Ann@bücher.example", "ANN@BÜCHER.EXAMPLE", "ann@xn--bcher-kva.example"] {
        let result = insert(store, builders::doctor().email(same), EmailRule::Unique).await;
        refused!(result, RepositoryError::Duplicate(Constraint::DoctorEmail));
    }
    store.add_doctor(builders::doctor().email("anne@bücher.example")).await;
}

pub async fn an_email_address_may_be_shared_where_the_rule_says_so(store: &Repositories) {
    let shared = || builders::doctor().email("ward@example.org");
    let first = insert(store, shared(), EmailRule::Shared).await.unwrap();
    let second = insert(store, shared(), EmailRule::Shared).await.unwrap();
    let third = insert(store, builders::doctor(), EmailRule::Shared).await.unwrap();
    let change = with_email("WARD@example.org");
    store
        .doctors
        .update(third.id, None, &change, EmailRule::Shared, &stamped(seconds_later(1)))
        .await
        .unwrap();
    for (id, shown) in [(first.id, "ward@"), (second.id, "ward@"), (third.id, "WARD@")] {
        let address = store.stored_doctor(id).await.details.email.unwrap();
        assert_eq!(address.as_str(), format!("{shown}example.org"));
    }
}

pub async fn a_licence_is_taken_under_either_rule(store: &Repositories) {
    store.add_doctor(builders::doctor().license("MH/1")).await;
    for rule in [EmailRule::Unique, EmailRule::Shared] {
        let result = insert(store, builders::doctor().license("MH/1"), rule).await;
        refused!(result, RepositoryError::Duplicate(Constraint::DoctorLicense));
    }
}

pub async fn licences_differ_by_case(store: &Repositories) {
    for number in ["mh/é", "MH/É", "MH/E", "mh/e\u{301}", "mh/e"] {
        store.add_doctor(builders::doctor().license(number)).await;
    }
    assert_eq!(store.all_doctors().await.len(), 5);
}

pub async fn many_doctors_have_neither_address_nor_licence(store: &Repositories) {
    for _ in 0..3 {
        store.add_doctor(builders::doctor()).await;
    }
    assert_eq!(store.all_doctors().await.len(), 3);
}

pub async fn a_duplicate_leaves_nothing_behind(store: &Repositories) {
    let first = store.add_doctor(builders::doctor().email("a@example.org").license("1")).await;
    let by_email = builders::doctor().named("Copy").email("A@example.org").license("2");
    refused!(
        insert(store, by_email, EmailRule::Unique).await,
        RepositoryError::Duplicate(Constraint::DoctorEmail)
    );
    let by_license = builders::doctor().named("Copy").email("b@example.org").license("1");
    let result = insert(store, by_license, EmailRule::Unique).await;
    refused!(result, RepositoryError::Duplicate(Constraint::DoctorLicense));
    let search = DoctorFilter { search: SearchTerms::parse("copy"), ..DoctorFilter::default() };
    assert!(store.list_doctors(&search, Page::default()).await.items.is_empty());
    same(&store.all_doctors().await, &vec![first]);
    // What only the refused ones had is free.
    store.add_doctor(builders::doctor().email("b@example.org").license("2")).await;
}

pub async fn an_update_to_a_taken_address_or_licence_is_a_duplicate_and_changes_nothing(
    store: &Repositories,
) {
    store.add_doctor(builders::doctor().email("a@example.org").license("1")).await;
    let doctor = store.add_doctor(builders::doctor().email("b@example.org").license("2")).await;
    let result = store.update_doctor(doctor.id, None, &with_email("A@EXAMPLE.org")).await;
    refused!(result, RepositoryError::Duplicate(Constraint::DoctorEmail));
    let result = store.update_doctor(doctor.id, None, &with_license("1")).await;
    refused!(result, RepositoryError::Duplicate(Constraint::DoctorLicense));
    same(&store.stored_doctor(doctor.id).await, &doctor);
}

pub async fn an_update_may_name_the_own_address_and_licence_again(store: &Repositories) {
    let doctor = store.add_doctor(builders::doctor().email("a@example.org").license("1")).await;
    store.update_doctor(doctor.id, None, &with_email("A@Example.org")).await.unwrap();
    store.update_doctor(doctor.id, None, &with_license("1")).await.unwrap();
    let details = store.stored_doctor(doctor.id).await.details;
    assert_eq!(details.email.unwrap().as_str(), "A@Example.org");
}

pub async fn an_update_frees_the_address_and_the_licence_that_it_replaces(store: &Repositories) {
    let doctor = || builders::doctor().email("a@example.org").license("1");
    let first = store.add_doctor(doctor()).await;
    store.update_doctor(first.id, None, &with_email("b@example.org")).await.unwrap();
    let cleared = DoctorChange { license_number: Change::Clear, ..DoctorChange::default() };
    store.update_doctor(first.id, None, &cleared).await.unwrap();
    store.add_doctor(doctor()).await;
}

pub async fn a_retired_doctor_frees_address_and_licence(store: &Repositories) {
    let doctor = || builders::doctor().email("a@example.org").license("1");
    for _ in 0..3 {
        let id = store.add_doctor(doctor()).await.id;
        store.retire(id).await;
    }
    let other = store.add_doctor(builders::doctor()).await;
    let change = DoctorChange { email: Change::Set(email("A@example.org")), ..with_license("1") };
    store.update_doctor(other.id, None, &change).await.unwrap();
}

/// Makes twenty equal entries at once.
async fn twenty_equal(store: &Repositories, doctor: DoctorBuilder) -> Vec<Result<Doctor, RepositoryError>> {
    let (creator, details) = (store.user().await.id, doctor.done());
    at_once((0..20).map(|_| {
        let (doctors, details) = (Arc::clone(&store.doctors), details.clone());
        async move { doctors.insert(creator, &details, EmailRule::Unique, &stamped(instant())).await }
    }))
    .await
}

fn one_made(results: Vec<Result<Doctor, RepositoryError>>, constraint: Constraint) {
    let (made, rest): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 1);
    for error in rest.into_iter().filter_map(Result::err) {
        assert!(matches!(error, RepositoryError::Duplicate(broken) if broken == constraint), "{error:?}");
    }
}

pub async fn of_parallel_inserts_with_one_address_one_is_made(store: &Repositories) {
    let results = twenty_equal(store, builders::doctor().email("a@example.org")).await;
    one_made(results, Constraint::DoctorEmail);
    assert_eq!(store.all_doctors().await.len(), 1);
}

pub async fn of_parallel_inserts_with_one_licence_one_is_made(store: &Repositories) {
    one_made(twenty_equal(store, builders::doctor().license("1")).await, Constraint::DoctorLicense);
    assert_eq!(store.all_doctors().await.len(), 1);
}

pub async fn of_parallel_updates_to_one_address_one_is_made(store: &Repositories) {
    let mut ids = Vec::new();
    for _ in 0..10 {
        ids.push(store.add_doctor(builders::doctor()).await.id);
    }
    let results =
        at_once(
            ids.into_iter().map(|id| {
                let doctors = Arc::clone(&store.doctors);
                let change = with_email("a@example.org");
                async move {
                    doctors.update(id, None, &change, EmailRule::Unique, &stamped(seconds_later(1))).await
                }
            }),
        )
        .await;
    one_made(results, Constraint::DoctorEmail);
}
