//! Adding and finding entries.

use std::collections::BTreeSet;

use domain::ports::{Record, RepositoryError};
use domain::{Address, Availability, EmailRule, ExperienceYears, Money, PersonName, Version};

use crate::builders::{self, doctor_id, user_id};
use crate::contract::Repositories;
use crate::contract::check::{refused, same};
use crate::contract::sample::{self, LINES, PARAGRAPHS};
use crate::fixed::{instant, micros_later, stamped};

pub async fn a_new_entry_is_returned_as_it_is_stored(store: &Repositories) {
    let creator = store.user().await;
    let details = builders::doctor().done();
    let doctor = store.insert_doctor(creator.id, &details).await.unwrap();
    assert_eq!(doctor.creator, creator.id);
    assert_eq!(doctor.created_by.as_str(), creator.username.as_str());
    assert_eq!(doctor.version, Version::FIRST);
    assert_eq!((doctor.created_at, doctor.updated_at), (instant(), instant()));
    same(&doctor.details, &details);
    same(&store.stored_doctor(doctor.id).await, &doctor);
}

pub async fn every_field_survives(store: &Repositories) {
    let inserted = store.add_doctor(builders::doctor().complete()).await;
    same(&inserted.details, &builders::doctor().complete().done());
    same(&store.stored_doctor(inserted.id).await, &inserted);
    same(&store.all_doctors().await, &vec![inserted]);
}

pub async fn lines_survive_unchanged(store: &Repositories) {
    for line in LINES {
        let doctor = builders::doctor().named(line).specialization(line).availability(line).license(line);
        let id = store.add_doctor(doctor.clone()).await.id;
        same(&store.stored_doctor(id).await.details, &doctor.done());
    }
}

pub async fn addresses_survive_unchanged(store: &Repositories) {
    for text in PARAGRAPHS {
        let id = store.add_doctor(builders::doctor().address(text)).await.id;
        assert_eq!(store.stored_doctor(id).await.details.address.unwrap().as_str(), *text);
    }
}

pub async fn the_longest_texts_survive(store: &Repositories) {
    let doctor = builders::doctor()
        .named(&"𠮷".repeat(PersonName::MAX_CHARS))
        .specialization(&"𝒜".repeat(PersonName::MAX_CHARS))
        .address(&"😀".repeat(Address::MAX_CHARS))
        .availability(&"🩺".repeat(Availability::MAX_CHARS))
        .license(&"𠮷".repeat(50))
        .phone("+1234567890123456789");
    let id = store.add_doctor(doctor.clone()).await.id;
    same(&store.stored_doctor(id).await.details, &doctor.done());
    let [name, specialization] = sample::names_that_grow();
    let doctor = builders::doctor().named(&name).specialization(&specialization);
    let id = store.add_doctor(doctor.clone()).await.id;
    same(&store.stored_doctor(id).await.details, &doctor.done());
}

pub async fn money_is_exact(store: &Repositories) {
    for minor in [0, 1, 10, 99, 100, 150_050, 100_000_007, Money::MAX_MINOR - 1, Money::MAX_MINOR] {
        let amount = Money::from_minor(minor).unwrap();
        let id = store.add_doctor(builders::doctor().fee(&amount.to_string())).await.id;
        assert_eq!(store.stored_doctor(id).await.details.consultation_fee, Some(amount));
    }
}

pub async fn years_of_practice_survive(store: &Repositories) {
    for years in [0, 1, ExperienceYears::MAX] {
        let id = store.add_doctor(builders::doctor().experience(years)).await.id;
        assert_eq!(store.stored_doctor(id).await.details.experience_years.unwrap().get(), years);
    }
}

pub async fn microseconds_survive(store: &Repositories) {
    let creator = store.user().await.id;
    for micros in [1, 77, 109_877, 109_878] {
        let (details, at) = (builders::doctor().done(), micros_later(micros));
        let id = store.doctors.insert(creator, &details, EmailRule::Unique, &stamped(at)).await.unwrap().id;
        let doctor = store.stored_doctor(id).await;
        assert_eq!((doctor.created_at, doctor.updated_at), (at, at));
    }
}

pub async fn an_unknown_creator_is_missing_and_leaves_nothing(store: &Repositories) {
    let doctor = builders::doctor().email("a@example.org").license("1");
    let result = store.insert_doctor(user_id(i64::MAX), &doctor.clone().done()).await;
    refused!(result, RepositoryError::Missing(Record::User));
    assert!(store.all_doctors().await.is_empty());
    store.add_doctor(doctor).await;
}

pub async fn an_unknown_entry_is_not_found(store: &Repositories) {
    for id in [1, i64::MAX] {
        assert!(store.doctors.find(doctor_id(id)).await.unwrap().is_none());
    }
}

pub async fn ids_of_retired_doctors_are_not_used_again(store: &Repositories) {
    let mut seen = BTreeSet::new();
    for _ in 0..3 {
        let id = store.add_doctor(builders::doctor()).await.id;
        assert!(seen.insert(id), "the id was used before");
        store.retire(id).await;
    }
}
