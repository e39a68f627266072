//! Reading the audit trail: whose it is, what is shown, filters and pages.

use domain::{
    AuditEventId, AuditFilter, Direction, Listing, Outcome, Page, Position, RecordId, StoredEvent, User,
};
use serde_json::{Value, json};
use testkit::builders::{doctor_id, patient_id, user_id};
use testkit::fixed::instant;

use crate::caller::{ANN, ANN_ID, BOB, BOB_ID};
use crate::clinic::{Clinic, only, session_id};
use crate::samples;

const OF_PATIENT: &str = "/api/patients/3/audit/";
const WHOLE: &str = "/api/audit/";

/// A clinic whose trail expects exactly this filter.
fn expecting(filter: AuditFilter) -> Clinic {
    let mut clinic = Clinic::default();
    clinic.users.expect_find().returning(|_| Ok(Some(samples::admin())));
    clinic.history.expect_of_patient().returning(|_, _| Ok(Some(vec![samples::version_entry()])));
    clinic
        .trail
        .expect_list()
        .withf(move |told, _| *told == filter)
        .once()
        .returning(|_, _| Ok(only(samples::event())));
    clinic
}

/// What is wrong with the parameters of a list; no store is asked.
async fn wrong(list: &str, query: &str) -> Value {
    let answer = Clinic::default().open().answer(ANN.get(&format!("{list}?{query}"))).await;
    assert_eq!(answer.refusal(), "400 invalid_query", "{list}?{query}");
    answer.errors()
}

#[actix_web::test]
async fn the_owner_of_a_patient_sees_all_events_that_concern_them() {
    let mut clinic = Clinic::default();
    let of = clinic.history.expect_of_patient().withf(|o, id| (*o, *id) == (ANN_ID, patient_id(3)));
    of.once().returning(|_, _| Ok(Some(vec![samples::version_entry()])));
    let filter = AuditFilter { patient: Some(patient_id(3)), ..AuditFilter::default() };
    let list =
        clinic.trail.expect_list().withf(move |told, page| *told == filter && *page == Page::default());
    list.once().returning(|_, _| Ok(only(samples::event())));
    let answer = clinic.open().answer(ANN.get(OF_PATIENT)).await;
    assert_eq!((answer.status, answer.json()), (200, json!([samples::event_json()])));
}

#[actix_web::test]
async fn an_owner_learns_who_it_was_and_not_where_they_were() {
    let mut clinic = Clinic::default();
    clinic.history.expect_of_patient().returning(|_, _| Ok(Some(vec![])));
    let by = |user| StoredEvent { user, outcome: Outcome::NotFound, ..samples::event() };
    let items = vec![by(Some(BOB_ID)), by(None)];
    let listing = Listing { items, next: None, total: None };
    clinic.trail.expect_list().returning(move |_, _| Ok(listing.clone()));
    let events = clinic.open().answer(ANN.get(OF_PATIENT)).await.json();
    assert_eq!((&events[0]["user"], &events[0]["outcome"]), (&json!(8), &json!("not_found")));
    for event in events.as_array().unwrap() {
        assert_eq!((&event["session"], &event["address"]), (&Value::Null, &Value::Null));
    }
}

#[actix_web::test]
async fn a_stranger_is_told_that_there_is_no_such_patient() {
    let mut clinic = Clinic::default();
    let of = clinic.history.expect_of_patient().withf(|owner, _| *owner == BOB_ID);
    of.returning(|_, _| Ok(None));
    assert_eq!(clinic.open().answer(BOB.get(OF_PATIENT)).await.refusal(), "404 not_found");
}

#[actix_web::test]
async fn an_administrator_sees_everything() {
    let event = StoredEvent { user: Some(BOB_ID), ..samples::event() };
    let mut clinic = Clinic::default();
    clinic.users.expect_find().returning(|_| Ok(Some(samples::admin())));
    let list = clinic.trail.expect_list().withf(|told, _| *told == AuditFilter::default());
    list.once().returning(move |_, _| Ok(only(event.clone())));
    let answer = clinic.open().answer(ANN.get(WHOLE)).await;
    let expected = samples::with(samples::event_json(), "user", json!(8));
    assert_eq!((answer.status, answer.json()), (200, json!([expected])));
}

#[actix_web::test]
async fn nobody_but_an_administrator_sees_the_whole_trail() {
    for role in [domain::Role::Patient, domain::Role::Doctor, domain::Role::Staff] {
        let mut clinic = Clinic::default();
        clinic.users.expect_find().returning(move |_| Ok(Some(User { role, ..samples::user() })));
        assert_eq!(clinic.open().answer(ANN.get(WHOLE)).await.refusal(), "403 forbidden", "{role}");
    }
}

#[actix_web::test]
async fn what_is_not_known_of_an_event_is_null() {
    let bare = StoredEvent {
        user: None,
        username: None,
        session: None,
        address: None,
        record: None,
        version: None,
        patient: None,
        fields: domain::ChangedFields::NONE,
        reason: None,
        ..samples::event()
    };
    let mut clinic = Clinic::default();
    clinic.users.expect_find().returning(|_| Ok(Some(samples::admin())));
    clinic.trail.expect_list().returning(move |_, _| Ok(only(bare.clone())));
    let expected = json!({
        "id": 41, "at": samples::NOW, "operation": "patients_update", "outcome": "done", "user": null,
        "username": null, "session": null, "address": null, "request_id": "r-1", "record_kind": null,
        "record_id": null, "version": null, "patient": null, "fields": [], "reason": null,
    });
    assert_eq!(clinic.open().answer(ANN.get(WHOLE)).await.json(), json!([expected]));
}

#[actix_web::test]
async fn every_filter_reaches_the_trail() {
    let query =
        "operation=patients_get&outcome=not_found&user=8&after=2026-03-04&before=2026-03-04T05:06:07.890123Z";
    let filter = AuditFilter {
        operation: Some("patients_get".to_owned()),
        outcome: Some(Outcome::NotFound),
        user: Some(user_id(8)),
        after: domain::Timestamp::parse("2026-03-04T00:00:00Z"),
        before: Some(instant()),
        ..AuditFilter::default()
    };
    let of_patient = AuditFilter { patient: Some(patient_id(3)), ..filter.clone() };
    let answer = expecting(of_patient).open().answer(ANN.get(&format!("{OF_PATIENT}?{query}"))).await;
    assert_eq!(answer.status, 200);
    let record = RecordId::Doctor(doctor_id(5));
    let whole = AuditFilter { patient: Some(patient_id(4)), record: Some(record), ..filter };
    let path = format!("{WHOLE}?{query}&patient=4&record=doctor:5");
    assert_eq!(expecting(whole).open().answer(ANN.get(&path)).await.status, 200);
}

#[actix_web::test]
async fn every_kind_of_record_can_be_asked_for() {
    let session = session_id();
    for (text, record) in [
        ("user:7".to_owned(), RecordId::User(ANN_ID)),
        ("patient:3".to_owned(), RecordId::Patient(patient_id(3))),
        ("mapping:9".to_owned(), RecordId::Mapping(testkit::builders::mapping_id(9))),
        (format!("session:{session}"), RecordId::Session(session)),
    ] {
        let filter = AuditFilter { record: Some(record), ..AuditFilter::default() };
        let path = format!("{WHOLE}?record={text}");
        assert_eq!(expecting(filter).open().answer(ANN.get(&path)).await.status, 200, "{text}");
    }
}

#[actix_web::test]
async fn the_patient_of_the_path_is_not_to_be_changed_by_the_query() {
    let filter = AuditFilter { patient: Some(patient_id(3)), ..AuditFilter::default() };
    let path = format!("{OF_PATIENT}?patient=4&record=patient:4");
    assert_eq!(expecting(filter).open().answer(ANN.get(&path)).await.status, 200);
}

#[actix_web::test]
async fn bad_filters_are_told_at_once() {
    let query =
        "operation=Patients&outcome=fine&user=0&after=x&before=y&ordering=name&limit=0&count=x&cursor=x";
    let time = json!(["must be an RFC 3339 time or a date"]);
    let mut expected = json!({
        "operation": ["must be the name of an operation"],
        "outcome": ["is not a known outcome"],
        "user": ["must be a positive whole number"],
        "after": time, "before": time,
        "ordering": ["must be created_at, with - in front for descending order"],
        "limit": ["must be a whole number from 1 to 1000"],
        "count": ["must be true or false"],
        "cursor": ["is not a cursor of this list"],
    });
    assert_eq!(wrong(OF_PATIENT, query).await, expected);
    expected["patient"] = json!(["must be a positive whole number"]);
    expected["record"] = json!(["must be kind:id, where kind is user, patient, doctor, mapping or session"]);
    assert_eq!(wrong(WHOLE, &format!("{query}&patient=x&record=x")).await, expected);
    let upper = session_id().to_string().to_uppercase();
    for record in [
        "",
        "patient",
        "patient:",
        "patient:0",
        "patient:-1",
        "Patient:3",
        "bed:3",
        &format!("session:{upper}"),
    ] {
        assert!(wrong(WHOLE, &format!("record={record}")).await["record"].is_array(), "{record}");
    }
    for operation in ["", "x".repeat(65).as_str(), "a%20b", "1a", "%C3%A9"] {
        assert!(wrong(WHOLE, &format!("operation={operation}")).await["operation"].is_array(), "{operation}");
    }
}

#[actix_web::test]
async fn pages_are_linked_and_their_cursors_belong_to_one_list() {
    let next = Position { created_at: instant(), id: AuditEventId::new(41).unwrap() };
    let with_more = || {
        let mut clinic = Clinic::default();
        clinic.users.expect_find().returning(|_| Ok(Some(samples::admin())));
        clinic.history.expect_of_patient().returning(|_, _| Ok(Some(vec![])));
        clinic.trail.expect_list().returning(move |_, page| match page.after {
            None => Ok(Listing { next: Some(next), total: Some(2), ..only(samples::event()) }),
            Some(after) => {
                assert_eq!((after, page.order.direction), (next, Direction::Ascending));
                Ok(only(samples::event()))
            }
        });
        clinic.open()
    };
    let lists = [OF_PATIENT, WHOLE, "/api/patients/4/audit/"];
    let open = with_more();
    for from in lists {
        let first = open.answer(ANN.get(&format!("{from}?ordering=created_at&count=true&limit=1"))).await;
        assert_eq!(first.header("x-total-count"), "2");
        let link = first.next_page().unwrap();
        let second = open.answer(ANN.get(&link)).await;
        assert_eq!((second.status, second.next_page()), (200, None), "{from}");
        assert_eq!(open.answer(BOB.get(&link)).await.refusal(), "400 invalid_query", "{from}");
        let cursor = link.split_once("cursor=").unwrap().1;
        for to in lists.into_iter().filter(|to| *to != from) {
            let answer = open.answer(ANN.get(&format!("{to}?cursor={cursor}"))).await;
            assert_eq!(answer.refusal(), "400 invalid_query", "{from} {to}");
        }
    }
}
