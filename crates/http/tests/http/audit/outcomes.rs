//! What is on record of calls that were not done.

use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use actix_web::dev::Service as _;
use actix_web::test::init_service;
use domain::ports::{Constraint, MockRateLimiter, RepositoryError};
use domain::{Allowance, DoctorsWrite, Invalid, Outcome, Quota};
use futures_util::FutureExt as _;
use http_api::Limits;
use serde_json::json;

use crate::caller::{ANN_HERE, Caller, NOBODY};
use crate::clinic::Clinic;
use crate::documented::operations;
use crate::samples;

use super::{About, PATIENT, from_afar, left, line, of_ann, of_nobody, recorded};

#[actix_web::test]
async fn what_a_store_refuses_leaves_one_event_with_its_outcome() {
    type Refusal = (fn() -> RepositoryError, u16, Outcome);
    let refusals: [Refusal; 6] = [
        (|| RepositoryError::Invalid(Invalid::field("name", "is required")), 400, Outcome::Invalid),
        (|| RepositoryError::Duplicate(Constraint::DoctorEmail), 409, Outcome::Conflict),
        (|| RepositoryError::Stale, 412, Outcome::Stale),
        (|| RepositoryError::KeyReused, 422, Outcome::Invalid),
        (|| RepositoryError::Failed("out of order".into()), 500, Outcome::Failed),
        (|| RepositoryError::Unavailable("away".into()), 503, Outcome::Unavailable),
    ];
    let name = json!({"name": "Dr. Iyer"});
    for (error, expected, outcome) in refusals {
        let mut clinic = Clinic::default();
        clinic.doctors.expect_insert().returning(move |_, _, _, _| Err(error()));
        clinic.doctors.expect_update().returning(move |_, _, _, _, _| Err(error()));
        let is_new = [409, 422].contains(&expected);
        let (request, event) = if is_new {
            (ANN_HERE.post("/api/doctors/", &name), of_ann("doctors_create", outcome, About::Nothing))
        } else {
            (
                ANN_HERE.patch("/api/doctors/3/", &name),
                of_ann("doctors_partial_update", outcome, About::Doctor),
            )
        };
        assert_eq!(left(clinic, request).await, (expected, event));
    }
}

#[actix_web::test]
async fn what_a_client_does_wrong_leaves_one_event() {
    for (request, operation, about) in [
        (ANN_HERE.get("/api/patients/?limit=0"), "patients_list", About::Nothing),
        (ANN_HERE.sends("PUT", PATIENT, "{"), "patients_update", About::Patient),
        (ANN_HERE.asks("PUT", PATIENT).set_payload("{}"), "patients_update", About::Patient),
        (ANN_HERE.sends("PUT", PATIENT, vec![b' '; 70_000]), "patients_update", About::Patient),
    ] {
        let (status, event) = left(Clinic::default(), request).await;
        assert!([400, 413, 415].contains(&status), "{status}");
        assert_eq!(event, of_ann(operation, Outcome::Invalid, about));
    }
}

#[actix_web::test]
async fn a_role_that_may_not_leaves_one_event() {
    let mut clinic = Clinic::default();
    clinic.users.expect_find().returning(|_| Ok(Some(samples::user())));
    let expected = of_ann("audit_list", Outcome::Forbidden, About::Nothing);
    assert_eq!(left(clinic, ANN_HERE.get("/api/audit/")).await, (403, expected));
    let mut clinic = Clinic::default();
    clinic.rules.write = DoctorsWrite::Staff;
    clinic.users.expect_find().returning(|_| Ok(Some(samples::user())));
    clinic.doctors.expect_find().returning(|_| Ok(Some(samples::doctor())));
    let expected = of_ann("doctors_delete", Outcome::Forbidden, About::Doctor);
    assert_eq!(left(clinic, ANN_HERE.delete("/api/doctors/3/")).await, (403, expected));
}

#[actix_web::test]
async fn a_panic_leaves_one_event() {
    // A store that was not prepared panics.
    let expected = of_ann("patients_get", Outcome::Failed, About::Patient);
    assert_eq!(left(Clinic::default(), ANN_HERE.get(PATIENT)).await, (500, expected));
}

#[actix_web::test]
async fn what_the_client_has_already_is_on_record_as_read() {
    let (open, book) = recorded(Clinic::working());
    let request = from_afar(ANN_HERE.get(PATIENT)).insert_header(("If-None-Match", "*"));
    assert_eq!(open.answer(request).await.status, 304);
    assert_eq!(book.only(), of_ann("patients_get", Outcome::Done, About::Patient));
}

#[actix_web::test]
async fn too_many_requests_leave_one_event_each() {
    let throttled = || {
        let mut limiter = MockRateLimiter::new();
        limiter.expect_take().returning(|_, _, _| {
            Ok(Allowance { remaining: 0, reset: Duration::from_secs(1), is_granted: false })
        });
        let quota = Quota::parse("1/day").unwrap();
        let limits = Limits { limiter: Arc::new(limiter), anonymous: quota, user: quota, sign_in: quota };
        Clinic { limits: Some(limits), ..Clinic::working() }
    };
    let (open, book) = recorded(throttled());
    for operation in operations(&open.document).iter().filter(|operation| operation.is_limited()) {
        let (name, _, about) = line(operation);
        let ask = async |caller: Caller| {
            assert_eq!(open.answer(from_afar(operation.request(caller))).await.status, 429, "{name}");
            book.only()
        };
        let by_nobody = of_nobody(name, Outcome::Throttled, about);
        assert_eq!(ask(NOBODY).await, by_nobody, "{name}");
        // With credentials it is not known yet who they belong to.
        let by_ann = of_ann(name, Outcome::Throttled, about);
        assert_eq!(ask(ANN_HERE).await, if operation.is_public() { by_nobody } else { by_ann }, "{name}");
    }
}

#[actix_web::test]
async fn an_import_leaves_its_event_although_its_client_is_gone() {
    let mut clinic = Clinic::default();
    let (begin, begun) = mpsc::channel();
    let (end, ended) = mpsc::channel();
    let ended = std::sync::Mutex::new(ended);
    clinic.sheets.expect_take_in().once().returning(move |_, _, _| {
        begin.send(()).unwrap();
        ended.lock().unwrap().recv().unwrap();
        Ok(samples::sheet_report())
    });
    let (open, book) = recorded(clinic.answering());
    let app = init_service(http_api::app(&open.shared)).await;
    let request = ANN_HERE.sends_sheet("/api/patients/import/", samples::SHEET);
    let mut call = Box::pin(app.call(from_afar(request).to_request()));
    let deadline = Instant::now() + Duration::from_secs(20);
    while begun.try_recv().is_err() {
        assert!(Instant::now() < deadline && (&mut call).now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    drop(call);
    end.send(()).unwrap();
    while book.is_empty() {
        assert!(Instant::now() < deadline, "there is no event");
        tokio::task::yield_now().await;
    }
    assert_eq!(book.only(), of_ann("patients_import", Outcome::Done, About::Nothing));
}
