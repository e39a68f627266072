//! No answer repeats what was sent: each value here is one that no record holds.

use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH, USER_AGENT};
use serde_json::json;

use crate::answer::Answer;
use crate::caller::{ANN, NOBODY};
use crate::clinic::Clinic;
use crate::documented::operations;
use crate::samples;

const CANARY: &str = "Zx9Canary";
const NUMBER: i64 = 8_675_309_867_530_986;

fn assert_silent(answer: &Answer, what: &str) {
    assert!(answer.status < 500, "{what}: {}", answer.status);
    let mut all = answer.text().to_lowercase();
    for (name, value) in answer.all_headers() {
        all.push_str(&format!("\n{name}: {value}").to_lowercase());
    }
    for sent in [CANARY.to_lowercase(), NUMBER.to_string()] {
        assert!(!all.contains(&sent), "{what} is echoed: {all}");
    }
}

#[actix_web::test]
async fn no_value_of_a_field_is_echoed() {
    let open = Clinic::working().open();
    for operation in operations(&open.document) {
        for (field, _) in operation.fields() {
            for value in [
                json!(CANARY),
                json!(format!("{CANARY}\u{0}")),
                json!(CANARY.repeat(3_000)),
                json!(NUMBER),
                json!(-NUMBER),
                json!({CANARY: CANARY}),
                json!([CANARY, NUMBER]),
            ] {
                let body = samples::with(operation.body().unwrap(), &field, value);
                let answer = open.answer(operation.request_with(ANN, "3", &body)).await;
                assert_silent(&answer, &format!("{} {field}", operation.id));
            }
        }
    }
}

#[actix_web::test]
async fn no_part_of_a_malformed_body_is_echoed() {
    let open = Clinic::working().open();
    for body in [
        format!("{{\"{CANARY}"),
        format!("{{\"name\": {CANARY}}}"),
        format!("{{\"{CANARY}\": 1, \"{CANARY}\": 2}}"),
        format!("{{\"name\": \"\\u{CANARY}\"}}"),
        format!("[\"{CANARY}\"]"),
        format!("\"{CANARY}\""),
        format!("{NUMBER}"),
        CANARY.to_owned(),
    ] {
        for operation in operations(&open.document).iter().filter(|operation| operation.body().is_some()) {
            let request = ANN.sends(&operation.method, &operation.address(), body.as_str());
            let answer = open.answer(request).await;
            assert_eq!(answer.refusal(), "400 malformed_body", "{body}");
            assert_silent(&answer, &operation.id);
        }
    }
}

#[actix_web::test]
async fn no_unknown_field_is_echoed() {
    let open = Clinic::working().open();
    for operation in operations(&open.document).iter().filter(|operation| operation.body().is_some()) {
        let body = json!({CANARY: CANARY, "name": 5, "notes": 5});
        let answer = open.answer(operation.request_with(ANN, "3", &body)).await;
        assert_silent(&answer, &operation.id);
    }
}

#[actix_web::test]
async fn no_parameter_is_echoed() {
    let open = Clinic::working().open();
    let common = ["limit", "cursor", "count", "ordering", "unknown", "format", CANARY];
    for operation in operations(&open.document) {
        let parameters = operation.item["parameters"].as_array().into_iter().flatten();
        let named = parameters.filter(|p| p["in"] == "query").map(|p| p["name"].as_str().unwrap());
        for name in named.chain(common) {
            for value in [CANARY.to_owned(), format!("{CANARY}%00"), NUMBER.to_string()] {
                let path = format!("{}?{name}={value}&{name}={value}", operation.address());
                let request = match operation.body() {
                    Some(body) => ANN.sends(&operation.method, &path, body.to_string()),
                    None => ANN.asks(&operation.method, &path),
                };
                assert_silent(&open.answer(request).await, &path);
            }
        }
    }
}

#[actix_web::test]
async fn no_part_of_a_path_is_echoed() {
    let open = Clinic::working().open();
    let mut paths = vec![format!("/{CANARY}"), format!("/api/{CANARY}/{NUMBER}"), format!("//{CANARY}//")];
    for operation in operations(&open.document) {
        paths.push(operation.address_of(CANARY));
        paths.push(operation.address_of(&format!("-{NUMBER}")));
        paths.push(format!("{}{CANARY}/", operation.address()));
    }
    for path in paths {
        for method in ["GET", "PATCH", CANARY] {
            assert_silent(&open.answer(ANN.asks(method, &path)).await, &path);
        }
    }
}

#[actix_web::test]
async fn no_header_is_echoed() {
    let open = Clinic::working().open();
    for operation in operations(&open.document) {
        for (name, value) in [
            (IF_MATCH.as_str(), CANARY),
            (IF_NONE_MATCH.as_str(), CANARY),
            (CONTENT_TYPE.as_str(), CANARY),
            (USER_AGENT.as_str(), CANARY),
            ("Accept", CANARY),
            ("Cookie", CANARY),
            ("Forwarded", CANARY),
            ("Origin", CANARY),
            ("X-Request-Id", "<Zx9Canary>"),
        ] {
            let answer = open.answer(operation.request(ANN).insert_header((name, value))).await;
            assert_silent(&answer, &format!("{} {name}", operation.id));
        }
        let forged = operation.request(NOBODY).insert_header((AUTHORIZATION, format!("Bearer {CANARY}")));
        assert_silent(&open.answer(forged).await, &operation.id);
    }
}
