//! The events that writes leave in the audit trail.

use domain::ports::RepositoryError;
use domain::{
    AuditFilter, Call, Change, DoctorChange, EmailRule, Operation, Outcome, Page, RecordId, RequestId,
    SessionId, Stamp, StoredEvent, UserId,
};

use super::new_phone;
use crate::builders::{self, notes, phone, version};
use crate::contract::Repositories;
use crate::contract::check::refused;
use crate::fixed::{instant, seconds_later};

/// A call from somewhere, in a session.
pub(in crate::contract) fn called(user: UserId, request: &str) -> Stamp {
    let request_id = RequestId::parse(request).unwrap();
    let call = Call::new(Operation::named("test_call"), "192.0.2.7".parse().ok(), request_id);
    let session = SessionId::generate(instant(), [7; 10]);
    Stamp { user: Some(user), session: Some(session), ..Stamp::anonymous(seconds_later(1), call.into()) }
}

impl Repositories {
    /// The one event that the call with this id has left.
    pub(in crate::contract) async fn only_event(&self, request: &str) -> StoredEvent {
        let mut events = self.events(request).await;
        assert_eq!(events.len(), 1, "{request}: {events:?}");
        events.remove(0)
    }

    /// The events that calls with this id have left.
    pub(in crate::contract) async fn events(&self, request: &str) -> Vec<StoredEvent> {
        let page = Page { limit: domain::PageLimit::new(1000).unwrap(), ..Page::default() };
        let events = self.audit.list(&AuditFilter::default(), page).await.unwrap().items;
        events.into_iter().filter(|event| event.request_id.as_str() == request).collect()
    }
}

/// Compares what the store knows with what it must have put on record.
fn tells(event: &StoredEvent, user: UserId, record: RecordId, change: Option<(i32, &str)>) {
    assert_eq!(
        (event.operation.as_str(), event.outcome, event.user),
        ("test_call", Outcome::Done, Some(user))
    );
    assert_eq!((event.at, event.address), (seconds_later(1), "192.0.2.7".parse().ok()));
    assert_eq!(event.session, Some(SessionId::generate(instant(), [7; 10])));
    assert_eq!((event.record, event.reason.as_ref()), (Some(record), None));
    assert_eq!(event.version, change.map(|(number, _)| version(number)));
    assert_eq!(event.fields.joined(), change.map_or("", |(_, fields)| fields));
}

pub async fn each_write_of_a_patient_is_one_event(store: &Repositories) {
    let owner = store.user().await.id;
    let details = builders::patient().named("Asha Rao").gender("female").done();
    let id = store.patients.insert(owner, &details, &called(owner, "create")).await.unwrap().id;
    store.patients.update(owner, id, None, &new_phone("111"), &called(owner, "update")).await.unwrap();
    store.patients.update(owner, id, None, &new_phone("111"), &called(owner, "same")).await.unwrap();
    store.patients.delete(owner, id, None, &called(owner, "delete")).await.unwrap();
    store.history.restore_patient(owner, id, &called(owner, "restore")).await.unwrap();
    let told = [
        ("create", Some((1, "name,gender"))),
        ("update", Some((2, "phone"))),
        // What changes nothing makes no version.
        ("same", None),
        ("delete", Some((3, ""))),
        ("restore", Some((4, ""))),
    ];
    for (request, change) in told {
        let event = store.only_event(request).await;
        tells(&event, owner, RecordId::Patient(id), change);
        assert_eq!(event.patient, Some(id));
    }
}

pub async fn each_write_of_a_doctor_is_one_event(store: &Repositories) {
    let user = store.user().await.id;
    let details = builders::doctor().license("MH/1").done();
    let created = store.doctors.insert(user, &details, EmailRule::Unique, &called(user, "create")).await;
    let id = created.unwrap().id;
    let change = DoctorChange { phone: Change::Set(phone("111")), ..DoctorChange::default() };
    for request in ["update", "same"] {
        store.doctors.update(id, None, &change, EmailRule::Unique, &called(user, request)).await.unwrap();
    }
    store.doctors.retire(id, None, &called(user, "retire")).await.unwrap();
    store.history.restore_doctor(id, EmailRule::Unique, &called(user, "restore")).await.unwrap();
    let told =
        [("create", 1, "name,license_number"), ("update", 2, "phone"), ("retire", 3, ""), ("restore", 4, "")];
    for (request, number, fields) in told {
        let event = store.only_event(request).await;
        tells(&event, user, RecordId::Doctor(id), Some((number, fields)));
        assert_eq!(event.patient, None);
    }
    tells(&store.only_event("same").await, user, RecordId::Doctor(id), None);
}

pub async fn each_write_of_a_mapping_is_one_event_that_concerns_its_patient(store: &Repositories) {
    let owner = store.user().await.id;
    let pair = store.pair(owner).await;
    let id = store.mappings.assign(owner, &pair, &called(owner, "assign")).await.unwrap().mapping.id;
    let new = Change::Set(notes("Ward 7"));
    for request in ["update", "same"] {
        store.mappings.update_notes(owner, id, None, &new, &called(owner, request)).await.unwrap();
    }
    store.mappings.end(owner, id, None, &called(owner, "end")).await.unwrap();
    for (request, number, fields) in [("assign", 1, "patient,doctor"), ("update", 2, "notes"), ("end", 3, "")]
    {
        let event = store.only_event(request).await;
        tells(&event, owner, RecordId::Mapping(id), Some((number, fields)));
        assert_eq!(event.patient, Some(pair.patient));
    }
    tells(&store.only_event("same").await, owner, RecordId::Mapping(id), None);
}

pub async fn a_delete_that_ends_mappings_is_one_event(store: &Repositories) {
    let [deleted, retired] = [store.mapping().await.mapping, store.mapping().await.mapping];
    let owner = deleted.owner;
    store.patients.delete(owner, deleted.patient, None, &called(owner, "delete")).await.unwrap();
    tells(&store.only_event("delete").await, owner, RecordId::Patient(deleted.patient), Some((2, "")));
    store.doctors.retire(retired.doctor, None, &called(owner, "retire")).await.unwrap();
    tells(&store.only_event("retire").await, owner, RecordId::Doctor(retired.doctor), Some((2, "")));
}

pub async fn a_restoration_of_what_is_there_is_an_event_without_a_version(store: &Repositories) {
    let mapping = store.mapping().await.mapping;
    let owner = mapping.owner;
    store.history.restore_patient(owner, mapping.patient, &called(owner, "patient")).await.unwrap();
    tells(&store.only_event("patient").await, owner, RecordId::Patient(mapping.patient), None);
    let stamp = called(owner, "doctor");
    store.history.restore_doctor(mapping.doctor, EmailRule::Unique, &stamp).await.unwrap();
    tells(&store.only_event("doctor").await, owner, RecordId::Doctor(mapping.doctor), None);
}

pub async fn a_write_that_is_refused_is_no_event_of_the_store(store: &Repositories) {
    let mapping = store.mapping().await.mapping;
    let (owner, stale, stamp) = (mapping.owner, Some(version(9)), called(mapping.owner, "refused"));
    let result = store.patients.update(owner, mapping.patient, stale, &new_phone("111"), &stamp).await;
    refused!(result, RepositoryError::Stale);
    refused!(store.patients.delete(owner, mapping.patient, stale, &stamp).await, RepositoryError::Stale);
    let pair = builders::mapping(mapping.patient, mapping.doctor).done();
    refused!(store.mappings.assign(owner, &pair, &stamp).await, RepositoryError::Duplicate(_));
    assert!(store.events("refused").await.is_empty());
}
