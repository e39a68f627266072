//! What every answer has in common, and what none of them tells.

use actix_web::http::header::{IF_MATCH, IF_NONE_MATCH};
use actix_web::test::TestRequest;
use domain::ports::{Constraint, RepositoryError};
use domain::{PatientId, Version};
use serde_json::json;

use crate::answer::Answer;
use crate::caller::{ANN, NOBODY};
use crate::clinic::Clinic;
use crate::samples;

const CAUSE: &str = "password=hunter2 of host db-7";

/// A clinic where the number of a patient says what comes of asking for it.
fn moody() -> Clinic {
    let mut clinic = Clinic::working();
    clinic.patients.checkpoint();
    let outcome = |id: PatientId| match id.get() {
        500 => Err(RepositoryError::Failed(CAUSE.into())),
        503 => Err(RepositoryError::Unavailable(CAUSE.into())),
        404 => Ok(None),
        600 => panic!("{CAUSE}"),
        _ => Ok(Some(samples::patient())),
    };
    clinic.patients.expect_find().withf(|_, id| id.get() == 600).returning(move |_, id| outcome(id));
    clinic.patients.expect_find().returning(move |_, id| outcome(id));
    clinic.patients.expect_insert().returning(|_, _, _| Ok(samples::patient()));
    clinic.patients.expect_delete().returning(|_, _, expected, _| match expected {
        Some(Version::FIRST) | None => Ok(()),
        Some(_) => Err(RepositoryError::Stale),
    });
    clinic.mappings.checkpoint();
    let taken = || RepositoryError::Duplicate(Constraint::ActiveMapping);
    clinic.mappings.expect_assign().returning(move |_, _, _| Err(taken()));
    clinic
}

/// One request for each status, and the status.
fn of_every_status() -> Vec<(u16, TestRequest)> {
    let patient = "/api/patients/3/";
    vec![
        (200, ANN.get(patient)),
        (200, ANN.asks("HEAD", patient)),
        (200, NOBODY.get("/swagger")),
        (201, ANN.post("/api/patients/", &json!({"name": "Asha"}))),
        (204, ANN.delete(patient)),
        (304, ANN.get(patient).insert_header((IF_NONE_MATCH, "*"))),
        (400, ANN.post("/api/patients/", &json!({}))),
        (401, NOBODY.get(patient)),
        (404, ANN.get("/api/patients/404/")),
        (404, NOBODY.get("/nowhere")),
        (405, ANN.asks("TRACE", patient)),
        (405, NOBODY.asks("PUT", "/swagger")),
        (409, ANN.post("/api/mappings/", &json!({"patient": 3, "doctor": 5}))),
        (412, ANN.delete(patient).insert_header((IF_MATCH, "\"2-0\""))),
        (413, ANN.sends("POST", "/api/patients/", vec![b' '; 64 * 1024 + 1])),
        (415, ANN.asks("POST", "/api/patients/").set_payload("{}")),
        (500, ANN.get("/api/patients/500/")),
        (500, ANN.get("/api/patients/600/")),
        (503, ANN.get("/api/patients/503/")),
    ]
}

async fn one_of_every_status() -> Vec<Answer> {
    let (statuses, requests): (Vec<u16>, Vec<TestRequest>) = of_every_status().into_iter().unzip();
    let answers = moody().open().answers(requests).await;
    let got: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(got, statuses);
    answers
}

#[actix_web::test]
async fn every_answer_is_sealed() {
    for answer in one_of_every_status().await {
        let status = answer.status;
        assert_eq!(answer.header("cache-control"), "no-store", "{status}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{status}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{status}");
        assert!(answer.header("content-security-policy").starts_with("default-src 'none'; "), "{status}");
        assert_eq!(answer.header("x-request-id").len(), 36, "{status}");
    }
}

#[actix_web::test]
async fn no_answer_tells_what_serves_it() {
    for answer in one_of_every_status().await {
        for name in ["server", "x-powered-by", "via"] {
            assert!(!answer.headers.contains_key(name), "{}: {name}", answer.status);
        }
    }
}

#[actix_web::test]
async fn every_refusal_is_a_problem_document() {
    for answer in one_of_every_status().await.iter().filter(|answer| answer.status >= 400) {
        answer.refusal();
        let problem = answer.json();
        let code = problem["code"].as_str().unwrap();
        assert_eq!(problem["type"], format!("urn:healthcore:problem:{code}"));
        for member in ["title", "detail"] {
            assert!(!problem[member].as_str().unwrap().is_empty(), "{code}: {member}");
        }
    }
}

#[actix_web::test]
async fn a_problem_document_has_the_members_of_rfc_9457() {
    let request = ANN.post("/api/patients/", &json!({"gender": "?"})).insert_header(("X-Request-Id", "r-1"));
    let answer = Clinic::default().open().answer(request).await;
    let expected = json!({
        "type": "urn:healthcore:problem:invalid_fields",
        "title": "Some fields are not valid",
        "status": 400,
        "detail": "Some fields are not valid",
        "instance": "r-1",
        "code": "invalid_fields",
        "errors": {"name": ["is required"], "gender": ["must be male, female, other or unknown"]},
    });
    assert_eq!(answer.json(), expected);
}

#[actix_web::test]
async fn a_sane_request_id_is_echoed() {
    let open = Clinic::default().open();
    let longest = "a".repeat(128);
    for id in ["1", "0190a-b.c:d_E", longest.as_str()] {
        let answer = open.answer(NOBODY.get("/livez").insert_header(("X-Request-Id", id))).await;
        assert_eq!(answer.header("x-request-id"), id);
    }
}

#[actix_web::test]
async fn any_other_request_id_is_replaced() {
    let open = Clinic::default().open();
    let too_long = "a".repeat(129);
    for id in ["", "a b", "<script>", "a\"b", "a\tb", "a,b", "é", too_long.as_str()] {
        let answer = open.answer(NOBODY.get("/livez").insert_header(("X-Request-Id", id))).await;
        let new = answer.header("x-request-id");
        assert!(uuid::Uuid::parse_str(new).is_ok(), "{id}: {new}");
    }
}

#[actix_web::test]
async fn every_request_without_an_id_gets_its_own() {
    let answers = Clinic::default().open().answers([NOBODY.get("/livez"), NOBODY.get("/livez")]).await;
    assert_ne!(answers[0].header("x-request-id"), answers[1].header("x-request-id"));
}

#[actix_web::test]
async fn a_panic_is_500_and_the_next_request_is_served() {
    let requests = [ANN.get("/api/patients/600/"), ANN.get("/api/patients/3/")];
    let answers = moody().open().answers(requests).await;
    assert_eq!(answers[0].refusal(), "500 internal");
    assert_eq!(answers[1].status, 200);
}

#[actix_web::test]
async fn a_cause_is_never_told() {
    for id in [500, 503, 600] {
        let answer = moody().open().answer(ANN.get(&format!("/api/patients/{id}/"))).await;
        for word in ["hunter2", "db-7"] {
            assert!(!answer.text().contains(word), "{id}: {word}");
        }
    }
}

#[actix_web::test]
async fn an_unavailable_store_says_when_to_come_back() {
    let answer = moody().open().answer(ANN.get("/api/patients/503/")).await;
    assert_eq!(answer.refusal(), "503 unavailable");
    assert_eq!(answer.header("retry-after"), "1");
}

#[actix_web::test]
async fn pages_keep_their_own_policy_and_assets_may_be_kept() {
    let open = Clinic::default().open();
    let page = open.answer(NOBODY.get("/redoc/")).await;
    assert!(page.header("content-security-policy").contains("worker-src blob:"));
    let asset = page.text().split('"').find(|part| part.starts_with("/static/docs/")).unwrap().to_owned();
    let asset = open.answer(NOBODY.get(&asset)).await;
    assert_eq!(asset.status, 200);
    assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable");
}
