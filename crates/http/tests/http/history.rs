//! The past of records: versions, records as they were, and bringing back what was removed.

use domain::ports::{Constraint, Record, RepositoryError};
use domain::{DoctorsWrite, VersionEntry};
use serde_json::{Value, json};
use testkit::builders::{self, doctor_id, mapping_id, patient_id, version};
use testkit::fixed::instant;

use crate::caller::{ANN, ANN_ID};
use crate::clinic::{Clinic, as_it_was};
use crate::samples;

/// The version of a sample, as it is shown.
fn version_of(record: Value) -> Value {
    samples::with(samples::version_json(), "record", record)
}

#[actix_web::test]
async fn the_versions_of_a_record_are_a_bare_array_newest_first() {
    let newest = samples::version_entry();
    let first = VersionEntry { version: version(1), by: None, by_name: None, ..newest.clone() };
    let entries = vec![newest, first];
    let first_json = json!({
        "version": 1, "at": samples::NOW, "by": null, "by_name": null, "act": "updated",
        "fields": ["name", "phone"],
    });
    let mut clinic = Clinic::default();
    let told = entries.clone();
    let of = clinic.history.expect_of_patient().withf(|o, id| (*o, *id) == (ANN_ID, patient_id(3)));
    of.returning(move |_, _| Ok(Some(told.clone())));
    let told = entries.clone();
    let of = clinic.history.expect_of_doctor().withf(|id| *id == doctor_id(5));
    of.returning(move |_| Ok(Some(told.clone())));
    let of = clinic.history.expect_of_mapping().withf(|o, id| (*o, *id) == (ANN_ID, mapping_id(9)));
    of.returning(move |_, _| Ok(Some(entries.clone())));
    clinic.history.expect_mapping_at().returning(|_, _, _| Ok(Some(as_it_was(samples::mapping()))));
    let open = clinic.open();
    for path in [
        "/api/patients/3/history/",
        "/api/doctors/5/history/",
        "/api/mappings/9/history/",
        "/api/mappings/detail/9/history/",
    ] {
        let answer = open.answer(ANN.get(path)).await;
        assert_eq!(
            (answer.status, answer.json()),
            (200, json!([samples::version_json(), first_json])),
            "{path}"
        );
    }
}

#[actix_web::test]
async fn a_version_shows_the_whole_record_as_it_was() {
    let mut clinic = Clinic::default();
    let history = &mut clinic.history;
    let at = history.expect_patient_at().withf(|o, id, v| (*o, *id, v.get()) == (ANN_ID, patient_id(3), 4));
    at.returning(|_, _, _| Ok(Some(as_it_was(samples::patient()))));
    let at = history.expect_doctor_at().withf(|id, v| (*id, v.get()) == (doctor_id(5), 4));
    at.returning(|_, _| Ok(Some(as_it_was(samples::doctor()))));
    let at = history.expect_mapping_at().withf(|o, id, v| (*o, *id, v.get()) == (ANN_ID, mapping_id(9), 4));
    at.returning(|_, _, _| Ok(Some(as_it_was(samples::mapping()))));
    let open = clinic.open();
    for (path, record) in [
        ("/api/patients/3/history/4/", samples::patient_json()),
        ("/api/doctors/5/history/4/", samples::doctor_json()),
        ("/api/mappings/9/history/4/", samples::mapping_json()),
        ("/api/mappings/detail/9/history/4/", samples::mapping_json()),
    ] {
        let answer = open.answer(ANN.get(path)).await;
        assert_eq!((answer.status, answer.json()), (200, version_of(record)), "{path}");
    }
}

#[actix_web::test]
async fn the_age_in_a_version_is_that_of_its_time() {
    let born = || builders::patient().named("Asha").born("1984-05-17").stored(patient_id(3), ANN_ID);
    let mut snapshot = as_it_was(born());
    snapshot.entry.at = domain::Timestamp::parse("2000-05-16T23:00:00Z").unwrap();
    let mut clinic = Clinic::default();
    clinic.history.expect_patient_at().returning(move |_, _, _| Ok(Some(snapshot.clone())));
    let answer = clinic.open().answer(ANN.get("/api/patients/3/history/1/")).await;
    assert_eq!(answer.json()["record"]["age"], 15);
}

#[actix_web::test]
async fn what_is_no_version_is_answered_like_one_that_does_not_exist() {
    let mut clinic = Clinic::default();
    clinic.history.expect_patient_at().returning(|_, _, _| Ok(None));
    clinic.history.expect_doctor_at().returning(|_, _| Ok(None));
    clinic.history.expect_mapping_at().returning(|_, _, _| Ok(None));
    let open = clinic.open();
    for path in ["/api/patients/3", "/api/doctors/5", "/api/mappings/9", "/api/mappings/detail/9"] {
        let mut bodies = Vec::new();
        for version in ["7", "0", "-1", "x", "1.0", "2147483648", "9223372036854775808", "%00"] {
            let request = ANN.get(&format!("{path}/history/{version}/"));
            let answer = open.answer(request.insert_header(("X-Request-Id", "same"))).await;
            assert_eq!(answer.refusal(), "404 not_found", "{path} {version}");
            bodies.push(answer.body);
        }
        bodies.dedup();
        assert_eq!(bodies.len(), 1, "{path}");
    }
}

#[actix_web::test]
async fn a_record_that_is_brought_back_is_200_with_its_tag() {
    let mut clinic = Clinic::default();
    let restore = clinic.history.expect_restore_patient();
    let restore = restore.withf(|o, id, stamp| {
        (*o, *id, stamp.at, stamp.user) == (ANN_ID, patient_id(3), instant(), Some(ANN_ID))
    });
    restore.once().returning(|_, _, _| Ok(samples::patient()));
    let restore = clinic.history.expect_restore_doctor();
    let restore = restore.withf(|id, _, stamp| (*id, stamp.user) == (doctor_id(5), Some(ANN_ID)));
    restore.once().returning(|_, _, _| Ok(samples::doctor()));
    let open = clinic.open();
    for (path, record) in [
        ("/api/patients/3/restore/", samples::patient_json()),
        ("/api/doctors/5/restore/", samples::doctor_json()),
    ] {
        let answer = open.answer(ANN.asks("POST", path)).await;
        assert_eq!((answer.status, answer.json()), (200, record), "{path}");
        assert!(answer.header("etag").starts_with("\"1-"), "{path}");
    }
}

#[actix_web::test]
async fn a_doctor_whose_licence_is_taken_by_now_is_409() {
    let mut clinic = Clinic::default();
    let taken = || RepositoryError::Duplicate(Constraint::DoctorLicense);
    clinic.history.expect_restore_doctor().returning(move |_, _, _| Err(taken()));
    let answer = clinic.open().answer(ANN.asks("POST", "/api/doctors/5/restore/")).await;
    assert_eq!(answer.refusal(), "409 duplicate");
    assert_eq!(answer.errors(), json!({"license_number": ["is already used by another doctor"]}));
}

#[actix_web::test]
async fn only_who_may_write_doctors_brings_one_back() {
    let mut clinic = Clinic::default();
    clinic.rules.write = DoctorsWrite::Staff;
    clinic.users.expect_find().returning(|_| Ok(Some(samples::user())));
    clinic.history.expect_of_doctor().returning(|_| Ok(Some(vec![samples::version_entry()])));
    let answer = clinic.open().answer(ANN.asks("POST", "/api/doctors/5/restore/")).await;
    assert_eq!(answer.refusal(), "403 forbidden");
}

#[actix_web::test]
async fn what_was_erased_does_not_come_back() {
    let mut clinic = Clinic::default();
    let gone = || RepositoryError::Missing(Record::Patient);
    clinic.history.expect_restore_patient().returning(move |_, _, _| Err(gone()));
    let answer = clinic.open().answer(ANN.asks("POST", "/api/patients/3/restore/")).await;
    assert_eq!(answer.refusal(), "404 not_found");
}
