//! Paths: with and without trailing slash, unknown ones, and ids in them.

use crate::caller::{ANN, NOBODY};
use crate::clinic::Clinic;
use crate::documented::operations;
use crate::samples;

#[actix_web::test]
async fn an_unknown_address_is_a_404_problem() {
    let open = Clinic::default().open();
    for path in [
        "/api",
        "/api/",
        "/api/nothing/",
        "/api/patients/3/nothing/",
        "/api/patients/3/doctors/5/",
        "/API/patients/",
        "/api/patients;x=1/",
        "/api/%70atients/x/y",
        "/%ff%fe",
        "/api/patients/%2e%2e/doctors/nothing",
        "/static/docs/",
        "/openapi.yaml",
        "/.env",
    ] {
        for method in ["GET", "POST", "DELETE", "OPTIONS"] {
            assert_eq!(open.answer(NOBODY.asks(method, path)).await.refusal(), "404 not_found", "{path}");
        }
    }
}

#[actix_web::test]
async fn every_path_answers_alike_with_and_without_its_slash() {
    let open = Clinic::working().open();
    for operation in operations(&open.document) {
        let with = operation.address();
        let with = if with.ends_with('/') { with } else { format!("{with}/") };
        let ask = |path: &str| {
            let request = match operation.body() {
                Some(body) => ANN.sends(&operation.method, path, body.to_string()),
                None if operation.takes_a_sheet() => ANN.sends_sheet(path, samples::SHEET),
                None => ANN.asks(&operation.method, path),
            };
            request.insert_header(("X-Request-Id", "same"))
        };
        let answers = open.answers([ask(&with), ask(with.trim_end_matches('/'))]).await;
        assert!(answers[0].status < 300, "{with}: {}", answers[0].status);
        assert_eq!(answers[0].status, answers[1].status, "{with}");
        assert_eq!(answers[0].all_headers(), answers[1].all_headers(), "{with}");
        assert_eq!(answers[0].body, answers[1].body, "{with}");
    }
}

#[actix_web::test]
async fn what_is_no_id_is_answered_like_an_id_that_does_not_exist() {
    let open = Clinic::default().open();
    for operation in operations(&open.document).iter().filter(|operation| operation.path.contains("{id}")) {
        let mut answers = Vec::new();
        for id in [
            "0",
            "-1",
            "+1",
            "x",
            "1.0",
            "1e3",
            "9223372036854775808",
            "%00",
            "%201",
            "%D9%A3",
            "1%2F2",
            "null",
        ] {
            let request = operation.request_of(ANN, id).insert_header(("X-Request-Id", "same"));
            let answer = open.answer(request).await;
            assert_eq!(answer.refusal(), "404 not_found", "{} of {id}", operation.id);
            answers.push(answer.body);
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{}", operation.id);
    }
}
