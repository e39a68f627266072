//! Conditions on a record's version: `If-None-Match` on reads, `If-Match` on changes.

use actix_web::http::header::{IF_MATCH, IF_NONE_MATCH};
use actix_web::test::TestRequest;
use domain::Version;
use domain::ports::RepositoryError;
use http_api::HttpSettings;
use serde_json::json;
use testkit::builders::{self, patient_id, version};

use crate::answer::Answer;
use crate::caller::{ANN, ANN_ID};
use crate::clinic::Clinic;
use crate::samples;

const RECORDS: [&str; 3] = ["/api/patients/3/", "/api/doctors/5/", "/api/mappings/detail/9/"];

/// Every change of a record.
fn changes() -> Vec<TestRequest> {
    let name = json!({"name": "Asha Rao"});
    vec![
        ANN.put("/api/patients/3/", &name),
        ANN.patch("/api/patients/3/", &name),
        ANN.delete("/api/patients/3/"),
        ANN.put("/api/doctors/5/", &name),
        ANN.patch("/api/doctors/5/", &name),
        ANN.delete("/api/doctors/5/"),
        ANN.patch("/api/mappings/9/", &json!({"notes": null})),
        ANN.delete("/api/mappings/9/"),
    ]
}

/// A clinic whose stores want `wanted` as the expected version, and find it stale.
fn wanting(wanted: Option<Version>) -> Clinic {
    const fn stale() -> RepositoryError {
        RepositoryError::Stale
    }
    let mut clinic = Clinic::default();
    let update = clinic.patients.expect_update().withf(move |_, _, expected, _, _| *expected == wanted);
    update.returning(|_, _, _, _, _| Err(stale()));
    let delete = clinic.patients.expect_delete().withf(move |_, _, expected, _| *expected == wanted);
    delete.returning(|_, _, _, _| Err(stale()));
    let update = clinic.doctors.expect_update().withf(move |_, expected, _, _, _| *expected == wanted);
    update.returning(|_, _, _, _, _| Err(stale()));
    let retire = clinic.doctors.expect_retire().withf(move |_, expected, _| *expected == wanted);
    retire.returning(|_, _, _| Err(stale()));
    let update = clinic.mappings.expect_update_notes().withf(move |_, _, expected, _, _| *expected == wanted);
    update.returning(|_, _, _, _, _| Err(stale()));
    let end = clinic.mappings.expect_end().withf(move |_, _, expected, _| *expected == wanted);
    end.returning(|_, _, _, _| Err(stale()));
    clinic
}

async fn read(path: &str, known: &str) -> Answer {
    let request = ANN.get(path);
    let request = if known.is_empty() { request } else { request.insert_header((IF_NONE_MATCH, known)) };
    Clinic::working().open().answer(request).await
}

#[actix_web::test]
async fn a_record_has_a_strong_tag_that_stays_while_the_record_does() {
    for path in RECORDS {
        let (first, second) = (read(path, "").await, read(path, "").await);
        let tag = first.header("etag");
        assert!(tag.starts_with("\"1-") && tag.ends_with('"') && tag.len() > 8, "{path}: {tag}");
        assert_eq!(tag, second.header("etag"), "{path}");
    }
}

#[actix_web::test]
async fn the_tag_changes_with_the_version_and_with_what_is_shown() {
    let tag_of = async |patient: domain::Patient| {
        let mut clinic = Clinic::default();
        clinic.patients.expect_find().returning(move |_, _| Ok(Some(patient.clone())));
        clinic.open().answer(ANN.get("/api/patients/3/")).await.header("etag").to_owned()
    };
    let first = builders::patient().stored(patient_id(3), ANN_ID);
    let written = domain::Patient { version: version(2), ..first.clone() };
    let shown = builders::patient().named("Asha").stored(patient_id(3), ANN_ID);
    let tags = [tag_of(first).await, tag_of(written).await, tag_of(shown).await];
    assert!(tags[1].starts_with("\"2-"));
    assert_ne!(tags[0], tags[2]);
}

#[actix_web::test]
async fn what_the_client_has_already_is_304_without_a_body() {
    for path in RECORDS {
        let tag = read(path, "").await.header("etag").to_owned();
        for known in [tag.clone(), format!("W/{tag}"), "*".to_owned(), format!("\"1-0\", {tag}")] {
            let answer = read(path, &known).await;
            assert_eq!((answer.status, answer.text().as_str()), (304, ""), "{path} {known}");
            assert_eq!(answer.header("etag"), tag, "{path} {known}");
        }
    }
}

#[actix_web::test]
async fn any_other_tag_gets_the_record() {
    for path in RECORDS {
        for known in ["\"1-0000000000000000\"", "\"1\"", "1", "garbage", ",", "\"\""] {
            assert_eq!(read(path, known).await.status, 200, "{path} {known}");
        }
    }
}

#[actix_web::test]
async fn a_missing_record_is_404_whatever_the_client_has() {
    let mut clinic = Clinic::default();
    clinic.patients.expect_find().returning(|_, _| Ok(None));
    let request = ANN.get("/api/patients/3/").insert_header((IF_NONE_MATCH, "*"));
    assert_eq!(clinic.open().answer(request).await.refusal(), "404 not_found");
}

#[actix_web::test]
async fn if_match_passes_its_version_to_the_store_and_a_stale_one_is_412() {
    let open = wanting(Some(version(4))).open();
    for request in changes() {
        let request = request.insert_header((IF_MATCH, "\"4-0123456789abcdef\""));
        assert_eq!(open.answer(request).await.refusal(), "412 stale");
    }
}

#[actix_web::test]
async fn the_tag_of_a_read_is_good_for_a_change() {
    let tag = read("/api/patients/3/", "").await.header("etag").to_owned();
    let mut clinic = Clinic::default();
    let update = clinic.patients.expect_update().withf(|_, _, e, _, _| *e == Some(Version::FIRST));
    update.once().returning(|_, _, _, _, _| Ok(samples::patient()));
    let request = ANN.patch("/api/patients/3/", &json!({"gender": "F"})).insert_header((IF_MATCH, tag));
    assert_eq!(clinic.open().answer(request).await.status, 200);
}

#[actix_web::test]
async fn no_condition_and_a_star_expect_no_version() {
    let open = wanting(None).open();
    for request in changes() {
        assert_eq!(open.answer(request).await.refusal(), "412 stale");
    }
    for request in changes() {
        assert_eq!(open.answer(request.insert_header((IF_MATCH, "*"))).await.refusal(), "412 stale");
    }
}

#[actix_web::test]
async fn a_tag_that_is_not_ours_or_weak_matches_nothing() {
    let open = wanting(Version::new(i32::MAX)).open();
    for tag in ["W/\"4-0123456789abcdef\"", "\"4\"", "4", "\"x-y\"", "\"99999999999-0\"", "\"0-0\"", ","] {
        for request in changes() {
            let answer = open.answer(request.insert_header((IF_MATCH, tag))).await;
            assert_eq!(answer.refusal(), "412 stale", "{tag}");
        }
    }
}

#[actix_web::test]
async fn a_change_without_condition_is_428_where_the_operator_wants_one() {
    let mut clinic = Clinic::working();
    clinic.settings = HttpSettings { require_if_match: true, ..HttpSettings::default() };
    let open = clinic.open();
    for request in changes() {
        assert_eq!(open.answer(request).await.refusal(), "428 precondition_required");
    }
    for request in changes() {
        assert!(open.answer(request.insert_header((IF_MATCH, "\"1-0\""))).await.status < 300);
    }
}

#[actix_web::test]
async fn nothing_but_a_change_of_a_record_needs_a_condition() {
    let mut clinic = Clinic::working();
    clinic.settings = HttpSettings { require_if_match: true, ..HttpSettings::default() };
    let name = json!({"name": "Asha Rao"});
    let requests =
        [ANN.post("/api/patients/", &name), ANN.get("/api/patients/3/"), ANN.patch("/api/auth/me/", &name)];
    for answer in clinic.open().answers(requests).await {
        assert!(answer.status < 300, "{}", answer.status);
    }
}
