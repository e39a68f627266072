//! Bodies that are no JSON objects, or too large, or ambiguous.

use actix_web::http::header::CONTENT_TYPE;
use serde_json::json;

use crate::answer::Answer;
use crate::caller::ANN;
use crate::clinic::Clinic;
use crate::documented::{Documented, operations};

const LIMIT: usize = 64 * 1024;

fn with_body(document: &serde_json::Value) -> Vec<Documented> {
    let with_body: Vec<_> = operations(document).into_iter().filter(|o| o.body().is_some()).collect();
    assert_eq!(with_body.len(), 14);
    with_body
}

/// What each operation that takes a body answers to this one.
async fn everywhere(body: &[u8]) -> Vec<Answer> {
    let open = Clinic::working().open();
    let requests = with_body(&open.document)
        .into_iter()
        .map(|operation| ANN.sends(&operation.method, &operation.address(), body))
        .collect::<Vec<_>>();
    open.answers(requests).await
}

async fn is_malformed_everywhere(body: &[u8]) {
    for answer in everywhere(body).await {
        assert_eq!(answer.refusal(), "400 malformed_body", "{}", String::from_utf8_lossy(body));
    }
}

#[actix_web::test]
async fn a_body_that_is_not_declared_as_json_is_415() {
    let open = Clinic::working().open();
    for operation in with_body(&open.document) {
        let body = operation.body().unwrap().to_string();
        for kind in
            ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json", "a/b/c"]
        {
            let request = ANN.asks(&operation.method, &operation.address()).set_payload(body.clone());
            let request = if kind.is_empty() { request } else { request.insert_header((CONTENT_TYPE, kind)) };
            let answer = open.answer(request).await;
            assert_eq!(answer.refusal(), "415 unsupported_media_type", "{} {kind}", operation.id);
        }
    }
}

#[actix_web::test]
async fn json_is_read_under_every_name_it_has() {
    let open = Clinic::working().open();
    for kind in [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "application/vnd.api+json",
    ] {
        let request = ANN.asks("POST", "/api/doctors/").insert_header((CONTENT_TYPE, kind));
        let answer = open.answer(request.set_payload(r#"{"name": "Dr. Rao"}"#)).await;
        assert_eq!(answer.status, 201, "{kind}");
    }
}

#[actix_web::test]
async fn an_empty_body_is_400() {
    is_malformed_everywhere(b"").await;
    is_malformed_everywhere(b" \r\n").await;
}

#[actix_web::test]
async fn a_truncated_body_is_400() {
    for body in ["{", "{\"name\"", "{\"name\":", "{\"name\": \"A", "{\"name\": \"A\"", "{\"name\": \"A\",}"] {
        is_malformed_everywhere(body.as_bytes()).await;
    }
}

#[actix_web::test]
async fn json_that_is_no_object_is_400() {
    for body in ["[]", "[{\"name\": \"A\"}]", "null", "true", "1", "\"name\"", "[\"A\", null, null]"] {
        is_malformed_everywhere(body.as_bytes()).await;
    }
}

#[actix_web::test]
async fn what_only_looks_like_json_is_400() {
    for body in [
        "{\"age\": NaN}",
        "{\"age\": Infinity}",
        "{\"age\": 1e999}",
        "{\"age\": 01}",
        "{'name': 'A'}",
        "{name: \"A\"}",
        "{\"name\": \"A\"} {}",
        "\u{feff}{\"name\": \"A\"}",
        "{\"name\": \"A\nB\"}",
        "name=A",
        "<name>A</name>",
    ] {
        is_malformed_everywhere(body.as_bytes()).await;
    }
}

#[actix_web::test]
async fn a_body_that_is_not_utf_8_is_400() {
    is_malformed_everywhere(b"{\"name\": \"\xff\xfe\"}").await;
    is_malformed_everywhere(b"\xff\xfe{\0}\0").await;
    is_malformed_everywhere(b"{\"name\": \"\xed\xa0\x80\"}").await;
}

#[actix_web::test]
async fn half_a_character_is_400() {
    is_malformed_everywhere(br#"{"name": "\ud800"}"#).await;
    is_malformed_everywhere(br#"{"notes": "\udc00x"}"#).await;
}

#[actix_web::test]
async fn a_deep_body_is_400() {
    let arrays = format!("{{\"name\": {}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let objects = format!("{}1{}", "{\"name\":".repeat(5_000), "}".repeat(5_000));
    for body in [arrays, objects, "[".repeat(LIMIT)] {
        is_malformed_everywhere(body.as_bytes()).await;
    }
}

#[actix_web::test]
async fn a_field_given_twice_is_400() {
    for body in [
        r#"{"name": "A", "name": "A"}"#,
        r#"{"unknown": 1, "name": "A", "unknown": 2}"#,
        r#"{"name": "A", "n\u0061me": "B"}"#,
        r#"{"x": {"a": 1, "a": 2}}"#,
        r#"{"x": [{"a": null, "a": null}]}"#,
    ] {
        is_malformed_everywhere(body.as_bytes()).await;
    }
}

#[actix_web::test]
async fn a_body_of_64_kib_is_read_and_one_of_a_byte_more_is_413() {
    let open = Clinic::working().open();
    for operation in with_body(&open.document) {
        let mut body = operation.body().unwrap().to_string();
        body.push_str(&" ".repeat(LIMIT - body.len()));
        let ask = |body: &str| ANN.sends(&operation.method, &operation.address(), body);
        let answers = open.answers([ask(&body), ask(&format!("{body} "))]).await;
        assert!(answers[0].status < 300, "{}: {}", operation.id, answers[0].status);
        assert_eq!(answers[1].refusal(), "413 payload_too_large", "{}", operation.id);
    }
}

#[actix_web::test]
async fn unknown_fields_are_ignored_whatever_they_are() {
    let open = Clinic::working().open();
    for operation in with_body(&open.document) {
        let mut body = operation.body().unwrap();
        body["nick"] = json!("A\u{0}");
        body["tags"] = json!([1, [null, {"deep": {"er": 1.5e300}}]]);
        body[""] = json!(18_446_744_073_709_551_615_u64);
        let answer = open.answer(operation.request_with(ANN, "3", &body)).await;
        assert!(answer.status < 300, "{}: {}", operation.id, answer.status);
    }
}
