//! What is put on record: exactly one event for each call of an operation, whatever came of it.

mod modes;
mod outcomes;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use actix_web::test::TestRequest;
use application::ReadAudit;
use domain::ports::RepositoryError;
use domain::{
    AuditEvent, Call, ChangedFields, Operation, Outcome, RecordId, RefreshCounter, RequestId, Rotation, Stamp,
};
use http_api::{HttpSettings, MappingDetail};
use serde_json::json;
use testkit::builders::{doctor_id, mapping_id, patient_id};
use testkit::fixed::instant;

use crate::caller::{ANN, ANN_HERE, ANN_ID, EVE, NOBODY};
use crate::clinic::{Clinic, Open, session_id};
use crate::documented::{Documented, operations};
use crate::owners::empty;
use crate::samples;

/// Who puts it on record that an operation was done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum By {
    /// The interface.
    Edge,
    /// The store, as part of the write.
    Store,
    /// Nobody: it says nothing of anybody.
    Nobody,
}

/// Which record a call is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum About {
    /// None, or none before the answer.
    Nothing,
    /// The patient in the path.
    Patient,
    /// The doctor in the path.
    Doctor,
    /// The mapping in the path.
    Mapping,
    /// The session in the path.
    Session,
    /// The caller's own account.
    Me,
    /// The caller's own session.
    Here,
}

/// All operations: who puts it on record that they were done, and which record they are about.
const OPERATIONS: [(&str, By, About); 52] = [
    ("audit_list", By::Edge, About::Nothing),
    ("auth_login", By::Store, About::Nothing),
    ("auth_logout", By::Store, About::Here),
    ("auth_logout_all", By::Store, About::Me),
    ("auth_me", By::Edge, About::Me),
    ("auth_me_update", By::Store, About::Me),
    ("auth_password", By::Store, About::Me),
    ("auth_refresh", By::Store, About::Nothing),
    ("auth_register", By::Store, About::Nothing),
    ("auth_sessions", By::Edge, About::Nothing),
    ("auth_sessions_delete", By::Store, About::Session),
    ("auth_token_refresh", By::Store, About::Nothing),
    ("doctors_create", By::Store, About::Nothing),
    ("doctors_delete", By::Store, About::Doctor),
    ("doctors_get", By::Edge, About::Doctor),
    ("doctors_history", By::Edge, About::Doctor),
    ("doctors_list", By::Edge, About::Nothing),
    ("doctors_partial_update", By::Store, About::Doctor),
    ("doctors_restore", By::Store, About::Doctor),
    ("doctors_update", By::Store, About::Doctor),
    ("doctors_version", By::Edge, About::Doctor),
    ("jwks", By::Nobody, About::Nothing),
    ("livez", By::Nobody, About::Nothing),
    ("mappings_create", By::Store, About::Nothing),
    ("mappings_delete", By::Store, About::Mapping),
    ("mappings_detail", By::Edge, About::Mapping),
    ("mappings_detail_history", By::Edge, About::Mapping),
    ("mappings_detail_version", By::Edge, About::Mapping),
    ("mappings_doctors", By::Edge, About::Patient),
    ("mappings_history", By::Edge, About::Mapping),
    ("mappings_list", By::Edge, About::Nothing),
    ("mappings_partial_update", By::Store, About::Mapping),
    ("mappings_patient", By::Edge, About::Patient),
    ("mappings_short_detail", By::Edge, About::Mapping),
    ("mappings_short_patient", By::Edge, About::Patient),
    ("mappings_version", By::Edge, About::Mapping),
    ("patients_audit", By::Edge, About::Patient),
    ("patients_create", By::Store, About::Nothing),
    ("patients_delete", By::Store, About::Patient),
    ("patients_doctors", By::Edge, About::Patient),
    ("patients_export", By::Edge, About::Nothing),
    ("patients_get", By::Edge, About::Patient),
    ("patients_history", By::Edge, About::Patient),
    ("patients_import", By::Edge, About::Nothing),
    ("patients_list", By::Edge, About::Nothing),
    ("patients_partial_update", By::Store, About::Patient),
    ("patients_restore", By::Store, About::Patient),
    ("patients_update", By::Store, About::Patient),
    ("patients_version", By::Edge, About::Patient),
    ("readyz", By::Nobody, About::Nothing),
    ("schema", By::Nobody, About::Nothing),
    ("schema_json", By::Nobody, About::Nothing),
];

fn line(operation: &Documented) -> (&'static str, By, About) {
    let line = OPERATIONS.into_iter().find(|(name, ..)| *name == operation.id);
    line.unwrap_or_else(|| panic!("say what {} leaves on record", operation.id))
}

/// What is on record.
#[derive(Clone, Default)]
struct Book(Arc<Mutex<Vec<AuditEvent>>>);

impl Book {
    fn add(&self, events: impl IntoIterator<Item = AuditEvent>) {
        self.0.lock().unwrap().extend(events);
    }

    /// A closure that puts a write on record as a store does.
    fn writing<T: 'static>(&self, result: fn() -> T) -> impl Fn(&Stamp) -> T + Send + 'static {
        let book = self.clone();
        move |stamp| {
            book.add([AuditEvent::of(stamp, Outcome::Done)]);
            result()
        }
    }

    fn is_empty(&self) -> bool {
        self.0.lock().unwrap().is_empty()
    }

    /// What has come since the last look.
    fn take(&self) -> Vec<AuditEvent> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// The only event since the last look.
    #[track_caller]
    fn only(&self) -> AuditEvent {
        let events = self.take();
        assert_eq!(events.len(), 1, "{events:?}");
        events.into_iter().next().unwrap()
    }
}

/// The server, and what it puts on record: all of a call is there when the call is answered.
fn recorded(mut clinic: Clinic) -> (Open, Book) {
    let book = Book::default();
    let kept = book.clone();
    clinic.trail.expect_append().returning(move |events, _| {
        kept.add(events.iter().cloned());
        Ok(())
    });
    clinic.reads = ReadAudit::Strict;
    (clinic.open(), book)
}

/// A server whose stores put every write on record.
fn storing(settings: HttpSettings) -> (Open, Book) {
    let book = Book::default();
    let mut clinic = Clinic { settings, ..Clinic::default() };
    write_records(&mut clinic, &book);
    write_accounts(&mut clinic, &book);
    let kept = book.clone();
    clinic.trail.expect_append().returning(move |events, _| {
        kept.add(events.iter().cloned());
        Ok(())
    });
    clinic.reads = ReadAudit::Strict;
    (clinic.answering().open(), book)
}

fn write_accounts(clinic: &mut Clinic, book: &Book) {
    let write = book.writing(|| Ok(samples::user()));
    clinic.users.expect_insert().returning(move |_, _, stamp| write(stamp));
    let write = book.writing(|| Ok(samples::user()));
    clinic.users.expect_insert_invited().returning(move |_, _, _, stamp| write(stamp));
    let write = book.writing(|| Ok(samples::user()));
    clinic.users.expect_update().returning(move |_, _, stamp| write(stamp));
    let write = book.writing(|| Ok(samples::user()));
    clinic.sessions.expect_open().returning(move |_, _, _, _, stamp| write(stamp));
    let write = book.writing(|| Ok(()));
    clinic.sessions.expect_end().returning(move |_, _, stamp| write(stamp));
    let write = book.writing(|| Ok(vec![]));
    clinic.sessions.expect_end_all().returning(move |_, stamp| write(stamp));
    let write = book.writing(|| Ok((RefreshCounter::FIRST.next(), vec![])));
    clinic.sessions.expect_change_password().returning(move |_, _, _, _, stamp| write(stamp));
    let write = book.writing(|| Ok(Rotation::Granted { user: ANN_ID, counter: RefreshCounter::FIRST }));
    clinic.sessions.expect_rotate().returning(move |_, _, _, stamp| write(stamp));
}

fn write_records(clinic: &mut Clinic, book: &Book) {
    let write = book.writing(|| Ok(samples::patient()));
    clinic.patients.expect_insert().returning(move |_, _, stamp| write(stamp));
    let write = book.writing(|| Ok(samples::patient()));
    clinic.patients.expect_update().returning(move |_, _, _, _, stamp| write(stamp));
    let write = book.writing(|| Ok(()));
    clinic.patients.expect_delete().returning(move |_, _, _, stamp| write(stamp));
    let write = book.writing(|| Ok(samples::doctor()));
    clinic.doctors.expect_insert().returning(move |_, _, _, stamp| write(stamp));
    let write = book.writing(|| Ok(samples::doctor()));
    clinic.doctors.expect_update().returning(move |_, _, _, _, stamp| write(stamp));
    let write = book.writing(|| Ok(()));
    clinic.doctors.expect_retire().returning(move |_, _, stamp| write(stamp));
    let write = book.writing(|| Ok(samples::mapping()));
    clinic.mappings.expect_assign().returning(move |_, _, stamp| write(stamp));
    let write = book.writing(|| Ok(samples::mapping()));
    clinic.mappings.expect_update_notes().returning(move |_, _, _, _, stamp| write(stamp));
    let write = book.writing(|| Ok(()));
    clinic.mappings.expect_end().returning(move |_, _, _, stamp| write(stamp));
    let write = book.writing(|| Ok(samples::patient()));
    clinic.history.expect_restore_patient().returning(move |_, _, stamp| write(stamp));
    let write = book.writing(|| Ok(samples::doctor()));
    clinic.history.expect_restore_doctor().returning(move |_, _, stamp| write(stamp));
}

/// Both meanings of `GET /api/mappings/<n>/`.
const DETAILS: [MappingDetail; 2] = [MappingDetail::Patient, MappingDetail::Mapping];

fn with_detail(mapping_detail: MappingDetail) -> HttpSettings {
    HttpSettings { mapping_detail, ..HttpSettings::default() }
}

/// A request with an id, from a known address.
fn from_afar(request: TestRequest) -> TestRequest {
    request.peer_addr("192.0.2.7:4711".parse().unwrap()).insert_header(("X-Request-Id", "r-1"))
}

/// The call that [`from_afar`] is.
fn call(operation: &'static str) -> Arc<Call> {
    let (address, id) = ("192.0.2.7".parse().ok(), RequestId::parse("r-1").unwrap());
    Arc::new(Call::new(Operation::named(operation), address, id))
}

/// The event of that call by Ann, in the session of the token `ann-here`.
fn of_ann(operation: &'static str, outcome: Outcome, about: About) -> AuditEvent {
    let stamp = Stamp {
        user: Some(ANN_ID),
        session: Some(session_id()),
        ..Stamp::anonymous(instant(), call(operation))
    };
    with_record(AuditEvent::of(&stamp, outcome), about)
}

/// The event of that call by somebody unknown.
fn of_nobody(operation: &'static str, outcome: Outcome, about: About) -> AuditEvent {
    with_record(AuditEvent::of(&Stamp::anonymous(instant(), call(operation)), outcome), about)
}

fn with_record(event: AuditEvent, about: About) -> AuditEvent {
    let own = event.user.map(|user| (RecordId::User(user), RecordId::Session(session_id())));
    let record = match about {
        About::Nothing => None,
        About::Patient => Some(RecordId::Patient(patient_id(3))),
        About::Doctor => Some(RecordId::Doctor(doctor_id(3))),
        About::Mapping => Some(RecordId::Mapping(mapping_id(3))),
        About::Session => Some(RecordId::Session(session_id())),
        About::Me => own.map(|(me, _)| me),
        About::Here => own.map(|(_, here)| here),
    };
    record.map_or(event.clone(), |record| event.about(record))
}

/// The operations that end the caller's session.
const ENDING: [&str; 4] = ["auth_logout", "auth_logout_all", "auth_password", "auth_sessions_delete"];

/// The event that an operation leaves when it is done, as far as the stamp of a write tells.
fn done(operation: &Documented) -> Option<AuditEvent> {
    let (name, by, about) = line(operation);
    match by {
        By::Nobody => None,
        // What the store adds is the store's matter.
        By::Store if operation.is_public() => Some(of_nobody(name, Outcome::Done, About::Nothing)),
        By::Store => Some(of_ann(name, Outcome::Done, About::Nothing)),
        By::Edge => {
            let event = of_ann(name, Outcome::Done, about);
            // A mapping that was found tells its patient.
            Some(if about == About::Mapping { event.concerning(patient_id(3)) } else { event })
        }
    }
}

#[actix_web::test]
async fn every_operation_that_is_done_leaves_exactly_its_event() {
    let mut seen = BTreeSet::new();
    for detail in DETAILS {
        let (mut open, mut book) = storing(with_detail(detail));
        for operation in operations(&open.document) {
            let head = Documented { method: "HEAD".to_owned(), ..operation.clone() };
            let is_read = operation.method == "GET";
            for asked in [Some(operation), is_read.then_some(head)].into_iter().flatten() {
                let (name, by, _) = line(&asked);
                seen.insert(name);
                let answer = open.answer(from_afar(asked.request(ANN_HERE))).await;
                assert!(answer.status < 300, "{name}: {}", answer.status);
                let mut left = book.take();
                if let (By::Store, Some(event)) = (by, left.first_mut()) {
                    (event.record, event.patient) = (None, None);
                }
                assert_eq!(left, Vec::from_iter(done(&asked)), "{} {name}", asked.method);
                if ENDING.contains(&name) {
                    (open, book) = storing(with_detail(detail));
                }
            }
        }
    }
    let known: BTreeSet<_> = OPERATIONS.iter().map(|(name, ..)| *name).collect();
    assert_eq!(seen, known, "the table knows operations that are gone");
}

#[actix_web::test]
async fn every_operation_that_needs_a_token_leaves_one_event_without() {
    for detail in DETAILS {
        let (open, book) = storing(with_detail(detail));
        for operation in operations(&open.document).iter().filter(|operation| !operation.is_public()) {
            let (name, _, about) = line(operation);
            for caller in [NOBODY, EVE] {
                let answer = open.answer(from_afar(operation.request(caller))).await;
                assert_eq!(answer.status, 401, "{name}");
                assert_eq!(book.only(), of_nobody(name, Outcome::Unauthenticated, about), "{name}");
            }
        }
    }
}

#[actix_web::test]
async fn every_operation_on_a_record_leaves_one_event_where_there_is_none() {
    let mut count = 0;
    for detail in DETAILS {
        let (open, book) = recorded(Clinic { settings: with_detail(detail), ..empty() });
        for operation in operations(&open.document).iter().filter(|operation| operation.path.contains("{id}"))
        {
            let (name, _, about) = line(operation);
            let answer = open.answer(from_afar(operation.request(ANN_HERE))).await;
            assert_eq!(answer.status, 404, "{name}");
            assert_eq!(book.only(), of_ann(name, Outcome::NotFound, about), "{name}");
            // What is no id names no record.
            for id in ["x", "+3", "0"] {
                open.answer(from_afar(operation.request_of(ANN_HERE, id))).await;
                assert_eq!(book.only(), of_ann(name, Outcome::NotFound, About::Nothing), "{name} {id}");
            }
            count += 1;
        }
    }
    assert!(count > 40, "{count}");
}

/// What comes of one call: the status, and the event that it has left.
async fn left(clinic: Clinic, request: TestRequest) -> (u16, AuditEvent) {
    let (open, book) = recorded(clinic);
    let status = open.answer(from_afar(request)).await.status;
    // That something was away is not waited for.
    let deadline = Instant::now() + Duration::from_secs(5);
    while status == 503 && book.is_empty() && Instant::now() < deadline {
        actix_web::rt::time::sleep(Duration::from_millis(5)).await;
    }
    (status, book.only())
}

const PATIENT: &str = "/api/patients/3/";

#[actix_web::test]
async fn a_wrong_password_is_on_record_as_one_for_that_account() {
    let login = json!({"username": "asha", "password": "not the password"});
    let (status, event) = left(Clinic::working(), NOBODY.post("/api/auth/login/", &login)).await;
    let expected = of_nobody("auth_login", Outcome::Unauthenticated, About::Nothing);
    assert_eq!((status, event), (401, expected.about(RecordId::User(ANN_ID))));
}

#[actix_web::test]
async fn credentials_that_do_not_count_leave_one_event() {
    let mut clinic = Clinic::default();
    clinic.users.expect_find_credentials().returning(|_| Ok(None));
    let (open, book) = recorded(clinic);
    let login = json!({"username": "asha", "password": samples::PASSWORD});
    let refresh = json!({"refresh": "none of ours"});
    for (name, path, body) in [
        ("auth_login", "/api/auth/login/", &login),
        ("auth_refresh", "/api/auth/refresh/", &refresh),
        ("auth_token_refresh", "/api/auth/token/refresh/", &refresh),
    ] {
        assert_eq!(open.answer(from_afar(NOBODY.post(path, body))).await.status, 401, "{name}");
        assert_eq!(book.only(), of_nobody(name, Outcome::Unauthenticated, About::Nothing), "{name}");
    }
    assert_eq!(open.answer(from_afar(NOBODY.post("/api/auth/register/", &json!({})))).await.status, 400);
    assert_eq!(book.only(), of_nobody("auth_register", Outcome::Invalid, About::Nothing));
}

#[actix_web::test]
async fn what_is_no_operation_leaves_nothing() {
    let (open, book) =
        recorded(Clinic { cors_origins: vec!["https://a.example".to_owned()], ..Clinic::default() });
    let preflight = NOBODY
        .asks("OPTIONS", PATIENT)
        .insert_header(("Origin", "https://a.example"))
        .insert_header(("Access-Control-Request-Method", "GET"));
    let requests = [
        ANN.asks("POST", PATIENT),
        NOBODY.asks("TRACE", "/api/audit/"),
        ANN.get("/api/nothing/"),
        ANN.get("/api/patients/3/history/1/2/"),
        NOBODY.get("/"),
        NOBODY.get("/api/docs/"),
        preflight,
    ];
    for (at, request) in requests.into_iter().enumerate() {
        open.answer(request).await;
        assert_eq!(book.take(), [], "{at}");
    }
}

#[actix_web::test]
async fn a_list_of_one_patients_mappings_concerns_the_patient() {
    let (open, book) = recorded(Clinic::working());
    open.answer(from_afar(ANN_HERE.get("/api/mappings/?patient=3"))).await;
    let expected = of_ann("mappings_list", Outcome::Done, About::Nothing).concerning(patient_id(3));
    assert_eq!(book.only(), expected);
    for query in ["patient=3", "record=patient:3"] {
        open.answer(from_afar(ANN_HERE.get(&format!("/api/audit/?{query}")))).await;
        assert_eq!(book.only().patient, Some(patient_id(3)), "{query}");
    }
}

#[actix_web::test]
async fn a_mapping_for_a_patient_of_somebody_else_concerns_that_patient() {
    let mut clinic = Clinic::default();
    let missing = || RepositoryError::Missing(domain::ports::Record::Patient);
    clinic.mappings.expect_assign().returning(move |_, _, _| Err(missing()));
    let (status, event) =
        left(clinic, ANN_HERE.post("/api/mappings/", &json!({"patient": 3, "doctor": 5}))).await;
    let expected = of_ann("mappings_create", Outcome::NotFound, About::Nothing).concerning(patient_id(3));
    assert_eq!((status, event), (404, expected));
}

#[actix_web::test]
async fn no_value_is_on_record() {
    let (open, book) = recorded(Clinic::working());
    for request in [
        ANN.get("/api/patients/?search=Padma"),
        ANN.sends("POST", "/api/patients/", "{\"name\": \"Padma\", \"gender\": \"x\"}"),
        NOBODY.get("/api/patients/?search=Padma").insert_header(("User-Agent", "Padma")),
    ] {
        open.answer(request).await;
        let event = book.only();
        assert_eq!((&event.fields, &event.reason), (&ChangedFields::NONE, &None));
        assert!(!format!("{event:?}").contains("Padma"));
    }
}
