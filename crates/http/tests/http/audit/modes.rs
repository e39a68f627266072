//! What is put on record when, by the setting.

use application::ReadAudit;
use domain::Outcome;
use domain::ports::RepositoryError;
use serde_json::json;

use crate::caller::{ANN, Caller, NOBODY};
use crate::clinic::Clinic;
use crate::owners::empty;
use crate::samples;

use super::{About, PATIENT, of_nobody};

/// More than fit into the queue.
const MANY: usize = 16_385;

#[actix_web::test]
async fn where_too_many_events_wait_nothing_but_a_write_is_answered() {
    // Nobody writes what is put on record.
    let open = Clinic { reads: ReadAudit::Batched, ..Clinic::working() }.open();
    let event = of_nobody("patients_get", Outcome::NotFound, About::Nothing);
    let mut refused = 0;
    for _ in 0..MANY {
        refused += usize::from(open.audit.put(event.clone()).await.is_err());
    }
    assert_eq!(refused, 1);
    for (caller, path) in [(ANN, PATIENT), (NOBODY, PATIENT), (ANN, "/api/patients/x/")] {
        let answer = open.answer(caller.get(path)).await;
        assert_eq!(answer.refusal(), "503 unavailable", "{path}");
        assert!(!answer.header("retry-after").is_empty());
    }
    let name = json!({"name": "Asha Rao"});
    assert_eq!(open.answer(ANN.put(PATIENT, &name)).await.status, 200);
    assert_eq!(open.answer(NOBODY.get("/livez")).await.status, 200);
}

#[actix_web::test]
async fn a_strict_read_is_not_answered_where_its_event_is_not_durable() {
    let mut clinic = Clinic::working();
    clinic.trail.expect_append().returning(|_, _| Err(RepositoryError::Unavailable("full".into())));
    clinic.reads = ReadAudit::Strict;
    let open = clinic.open();
    for caller in [ANN, NOBODY] {
        assert_eq!(open.answer(Caller::get(caller, PATIENT)).await.refusal(), "503 unavailable");
    }
    assert_eq!(open.answer(ANN.delete(PATIENT)).await.status, 204);
}

#[actix_web::test]
async fn where_reads_are_not_to_be_on_record_refusals_are() {
    let mut clinic = empty();
    clinic.doctors.checkpoint();
    clinic.doctors.expect_find().returning(|_| Ok(Some(samples::doctor())));
    clinic.reads = ReadAudit::Off;
    // The queue is full: what is put on record is refused, and what is not is answered.
    let open = clinic.open();
    let event = of_nobody("patients_get", Outcome::NotFound, About::Nothing);
    for _ in 1..MANY {
        open.audit.put(event.clone()).await.unwrap();
    }
    assert_eq!(open.answer(ANN.get("/api/doctors/5/")).await.status, 200);
    assert_eq!(open.answer(ANN.get(PATIENT)).await.status, 503);
    assert_eq!(open.answer(NOBODY.get(PATIENT)).await.status, 503);
}
