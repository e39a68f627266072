//! Putting events on record.

use std::sync::Arc;

use domain::{
    AuditEvent, AuditFilter, ChangedFields, DoctorId, MappingId, Operation, Outcome, PatientId, Reason,
    RecordId, RequestId, SessionId, StoredEvent, UserId, Version,
};

use super::{event, names};
use crate::contract::Trails;
use crate::contract::check::at_once;
use crate::fixed::{instant, micros_later};

/// What is stored of `event`, but for its id.
fn as_stored(event: &AuditEvent, stored: &StoredEvent) -> StoredEvent {
    let AuditEvent { at, operation, outcome, user, session, address, request_id, .. } = event.clone();
    let AuditEvent { record, version, patient, fields, reason, .. } = event.clone();
    let (id, username, operation) = (stored.id, None, operation.as_str().to_owned());
    StoredEvent {
        id,
        at,
        operation,
        outcome,
        user,
        username,
        session,
        address,
        request_id,
        record,
        version,
        patient,
        fields,
        reason,
    }
}

pub async fn an_event_comes_back_as_it_was_appended(store: &Trails) {
    let session = SessionId::generate(instant(), [7; 10]);
    let records = [
        RecordId::User(UserId::new(3).unwrap()),
        RecordId::Patient(PatientId::new(i64::MAX).unwrap()),
        RecordId::Doctor(DoctorId::new(4).unwrap()),
        RecordId::Mapping(MappingId::new(5).unwrap()),
        RecordId::Session(session),
    ];
    let addresses = ["192.0.2.1", "2001:db8::1"].map(|address| address.parse().ok());
    let mut events = Vec::new();
    for (number, outcome) in (0..).zip(Outcome::ALL) {
        events.push(AuditEvent {
            at: micros_later(number),
            operation: Operation::named("patients_update"),
            outcome,
            user: UserId::new(i64::MAX),
            session: Some(session),
            address: addresses[events.len() % 2],
            request_id: RequestId::parse(&"r".repeat(128)).unwrap(),
            record: Some(records[events.len() % 5]),
            version: Version::new(i32::MAX),
            patient: PatientId::new(1),
            fields: ChangedFields::of([("name", true), ("phone", true)]),
            reason: Reason::parse("at the patient's request, “ß”").ok(),
        });
    }
    store.append(events.clone()).await;
    let stored = store.all(&AuditFilter::default()).await;
    let expected: Vec<_> =
        events.iter().zip(&stored).map(|(event, stored)| as_stored(event, stored)).collect();
    assert_eq!(stored, expected);
    assert_eq!(stored.len(), events.len());
}

pub async fn an_event_of_nobody_about_nothing_comes_back_as_it_was(store: &Trails) {
    let event = AuditEvent { request_id: RequestId::none(), ..event(instant(), 0) };
    store.append([event.clone()]).await;
    let stored = store.all(&AuditFilter::default()).await;
    assert_eq!(stored, [as_stored(&event, &stored[0])]);
}

pub async fn events_of_one_call_keep_their_order(store: &Trails) {
    let events: Vec<_> = (0..2500).map(|number| event(instant(), number)).collect();
    let expected: Vec<_> = events.iter().map(|event| event.request_id.as_str()).collect();
    store.append(events.clone()).await;
    assert_eq!(names(&store.all(&AuditFilter::default()).await), expected);
}

pub async fn appending_nothing_does_nothing(store: &Trails) {
    store.append([]).await;
    assert!(store.all(&AuditFilter::default()).await.is_empty());
}

pub async fn parallel_appends_lose_nothing(store: &Trails) {
    let appends = (0..32_u32).map(|call| {
        let trail = Arc::clone(store.replica(call));
        let events =
            (0..10).map(move |number| event(instant(), usize::try_from(call).unwrap() * 10 + number));
        async move { trail.append(events.collect(), instant()).await.unwrap() }
    });
    at_once(appends).await;
    let stored = store.all(&AuditFilter::default()).await;
    let mut names = names(&stored);
    names.sort_unstable();
    names.dedup();
    assert_eq!((names.len(), stored.len()), (320, 320));
}
