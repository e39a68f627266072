//! Batches: whole or not at all, each record once.

use std::sync::Arc;

use domain::ports::{Constraint, Record, RepositoryError};
use domain::{
    AuditFilter, EmailRule, LicenseNumber, MappingId, Outcome, Page, PatientFilter, PatientId, RecordId,
    SearchTerms, User, Version,
};

use super::{batch, doctor, long_ago, mapping, patient, source, user};
use crate::builders;
use crate::contract::Repositories;
use crate::contract::check::{at_once, refused};
use crate::fixed::{instant, seconds_later, stamped};

pub async fn records_come_with_the_times_that_they_had(store: &Repositories) {
    let call = stamped(seconds_later(9));
    let account = builders::user().named("Asha Rao").done();
    let ids = store.intake.add_users(batch([user(account.clone())]), &call).await.unwrap();
    let made: User = store.users.find(ids[0]).await.unwrap().unwrap();
    assert_eq!((&made.username, &made.name), (account.username(), &account.name));
    assert_eq!((made.date_joined, made.last_login), (long_ago(), Some(instant())));

    let incoming = patient(made.id);
    let ids = store.intake.add_patients(batch([incoming.clone()]), &call).await.unwrap();
    let found = store.patients.find(made.id, ids[0]).await.unwrap().unwrap();
    assert!(found.details == incoming.details);
    assert_eq!((found.created_at, found.updated_at, found.version), (long_ago(), instant(), Version::FIRST));
    let patient = found.id;

    let incoming = doctor(made.id);
    let ids = store.intake.add_doctors(batch([incoming.clone()]), EmailRule::Unique, &call).await.unwrap();
    let found = store.doctors.find(ids[0]).await.unwrap().unwrap();
    assert!(found.details == incoming.details);
    assert_eq!((found.created_at, found.updated_at, found.creator), (long_ago(), instant(), made.id));

    let incoming = mapping(made.id, patient, found.id);
    let ids = store.intake.add_mappings(batch([incoming]), &call).await.unwrap();
    let found = store.mappings.find(made.id, ids[0], false).await.unwrap().unwrap().mapping;
    assert_eq!((found.patient, found.assigned_at, found.updated_at), (patient, long_ago(), instant()));
}

pub async fn an_end_and_a_standing_come_along(store: &Repositories) {
    let mut left = user(builders::user().done());
    left.is_active = false;
    let ids = store.intake.add_users(batch([left]), &stamped(instant())).await.unwrap();
    assert!(!store.users.find(ids[0]).await.unwrap().unwrap().is_active);

    let owner = store.user().await.id;
    let pair = store.pair(owner).await;
    let mut ended = mapping(owner, pair.patient, pair.doctor);
    ended.ended_at = Some(instant());
    let ids = store.intake.add_mappings(batch([ended]), &stamped(instant())).await.unwrap();
    assert!(store.mappings.find(owner, ids[0], false).await.unwrap().is_none());
    let found = store.mappings.find(owner, ids[0], true).await.unwrap().unwrap();
    assert_eq!(found.mapping.ended_at, Some(instant()));
}

pub async fn ids_that_are_asked_for_are_kept_and_others_are_new(store: &Repositories) {
    let owner = store.user().await.id;
    let wish = PatientId::new(4_000_000_017).unwrap();
    let mut kept = patient(owner);
    kept.id = Some(wish);
    let records = [patient(owner), kept, patient(owner)];
    let ids = store.intake.add_patients(batch(records), &stamped(instant())).await.unwrap();
    assert_eq!(ids[1], wish);
    assert!(ids[0] != ids[2] && ids[0] > wish && ids[2] > wish, "{ids:?}");
    assert!(store.patient(owner).await.id > wish);
    assert!(store.patients.find(owner, wish).await.unwrap().is_some());
}

pub async fn no_new_record_gets_an_id_up_to_a_reserved_one(store: &Repositories) {
    let (owner, far) = (store.user().await.id, PatientId::new(5_000).unwrap());
    store.intake.reserve(RecordId::Patient(far)).await.unwrap();
    assert!(store.patient(owner).await.id > far);
    // A lower one takes nothing back.
    store.intake.reserve(RecordId::Patient(PatientId::new(7).unwrap())).await.unwrap();
    assert!(store.patient(owner).await.id > far);
    let ids = store.intake.add_patients(batch([patient(owner)]), &stamped(instant())).await.unwrap();
    assert!(ids[0] > far);
}

pub async fn a_batch_with_a_known_record_is_stale_and_leaves_nothing(store: &Repositories) {
    let owner = store.user().await.id;
    store.intake.add_patients(batch([patient(owner)]), &stamped(instant())).await.unwrap();
    let again = store.intake.add_patients(batch([patient(owner), patient(owner)]), &stamped(instant())).await;
    refused!(again, RepositoryError::Stale);
    assert_eq!(store.intake.count(Record::Patient).await.unwrap(), 1);
    assert_eq!(store.intake.known(&source(), Record::Patient).await.unwrap().len(), 1);
}

pub async fn of_equal_batches_at_once_one_is_taken_in(store: &Repositories) {
    let owner = store.user().await.id;
    let calls = (0..8).map(|_| {
        let intake = Arc::clone(&store.intake);
        let batch = batch((0..20).map(|_| patient(owner)));
        async move { intake.add_patients(batch, &stamped(instant())).await }
    });
    let (done, refused): (Vec<_>, Vec<_>) = at_once(calls).await.into_iter().partition(Result::is_ok);
    assert_eq!(done.len(), 1);
    for result in refused {
        refused!(result, RepositoryError::Stale);
    }
    assert_eq!(store.intake.count(Record::Patient).await.unwrap(), 20);
}

pub async fn a_duplicate_leaves_nothing_of_the_batch(store: &Repositories) {
    let (ann, before) = (store.user().await, store.intake.count(Record::User).await.unwrap());
    let twin = builders::user().username(ann.username.as_str()).done();
    let users = batch([user(builders::user().done()), user(twin)]);
    let result = store.intake.add_users(users, &stamped(instant())).await;
    refused!(result, RepositoryError::Duplicate(Constraint::UserName));
    assert_eq!(store.intake.count(Record::User).await.unwrap(), before);

    let mut twins = [doctor(ann.id), doctor(ann.id)];
    for twin in &mut twins {
        twin.details.license_number = LicenseNumber::parse("MH-1").ok();
    }
    let result = store.intake.add_doctors(batch(twins), EmailRule::Shared, &stamped(instant())).await;
    refused!(result, RepositoryError::Duplicate(Constraint::DoctorLicense));
    assert_eq!(store.intake.count(Record::Doctor).await.unwrap(), 0);
    assert_eq!(store.intake.known(&source(), Record::Doctor).await.unwrap(), []);
}

pub async fn one_pair_is_active_once(store: &Repositories) {
    let owner = store.user().await.id;
    let pair = store.pair(owner).await;
    let twins = [mapping(owner, pair.patient, pair.doctor), mapping(owner, pair.patient, pair.doctor)];
    let result = store.intake.add_mappings(batch(twins.clone()), &stamped(instant())).await;
    refused!(result, RepositoryError::Duplicate(Constraint::ActiveMapping));
    let [active, mut ended] = twins;
    ended.ended_at = Some(instant());
    let ids: Vec<MappingId> =
        store.intake.add_mappings(batch([active, ended]), &stamped(instant())).await.unwrap();
    assert_eq!(ids.len(), 2);
}

pub async fn a_batch_is_one_event_with_its_reason(store: &Repositories) {
    let owner = store.user().await.id;
    let before = events(store).await.len();
    let records = (0..5).map(|_| patient(owner));
    store.intake.add_patients(batch(records), &stamped(seconds_later(7))).await.unwrap();
    let events = events(store).await;
    assert_eq!(events.len(), before + 1);
    let event = events.iter().find(|event| event.at == seconds_later(7)).unwrap();
    assert_eq!((event.outcome, event.record), (Outcome::Done, None));
    assert_eq!(event.reason.as_ref().map(domain::Reason::as_str), Some("from elsewhere"));
    let failed = store.intake.add_patients(batch([patient(owner)]), &stamped(instant())).await;
    refused!(failed, RepositoryError::Stale);
    assert_eq!(self::events(store).await.len(), before + 1);
}

async fn events(store: &Repositories) -> Vec<domain::StoredEvent> {
    store.audit.list(&AuditFilter::default(), Page::default()).await.unwrap().items
}

pub async fn what_is_taken_in_is_found_by_its_words(store: &Repositories) {
    let owner = store.user().await.id;
    let mut named = patient(owner);
    named.details = builders::patient().named("Zoë Quispe").done();
    store.intake.add_patients(batch([named, patient(owner)]), &stamped(instant())).await.unwrap();
    let filter = PatientFilter { search: SearchTerms::parse("zoe"), ..PatientFilter::default() };
    assert_eq!(store.patients.list(owner, &filter, Page::default()).await.unwrap().items.len(), 1);
}
