//! Bodies that are no JSON object, too large, or not declared as JSON.

use super::{CANARY, Case, assert_no_echo};
use crate::api::{Database, TestApi};

on_both_databases!(
    what_is_no_json_object_is_refused,
    a_body_over_64_kib_is_refused,
    a_body_that_is_not_declared_as_json_is_refused,
);

/// Bodies that no operation takes.
fn malformed() -> Vec<Vec<u8>> {
    let mut bodies: Vec<Vec<u8>> = [
        "",
        " ",
        "\n\t",
        "{",
        "}",
        "[",
        "[]",
        "1",
        "-0",
        "null",
        "true",
        "\"text\"",
        "{}{}",
        "{}x",
        "{\"a\":}",
        "{\"a\"}",
        "{a:1}",
        "{'a':1}",
        "{\"a\":1,}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":1.}",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":-Infinity}",
        "{\"a\":0x10}",
        "{\"a\":\"\n\"}",
        "{\"name\":\"\0\"}",
        "\u{feff}{}",
        "/* c */ {}",
        "<xml/>",
        "name=ann",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12\"}",
        "{\"name\":\"a\",\"name\":\"b\"}",
        "{\"name\":\"a\",\"n\\u0061me\":\"b\"}",
        "{\"x\":{\"a\":1,\"a\":1}}",
        "{\"x\":[{\"a\":1,\"a\":1}]}",
        "{\"\":1,\"\":1}",
    ]
    .into_iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    let cut = format!("{{\"name\": \"{CANARY}\", \"age\": ");
    let twice = format!("{{\"name\": \"{CANARY}\", \"name\": \"{CANARY}\", \"username\": \"{CANARY}\"}}");
    bodies.extend([cut.into_bytes(), twice.into_bytes(), format!("{CANARY} {CANARY}").into_bytes()]);
    bodies.extend([
        b"\xff\xfe{\0}\0".to_vec(),
        b"{\"name\":\"\xff\"}".to_vec(),
        b"{\"name\":\"\xc0\x80\"}".to_vec(),
    ]);
    // Half a surrogate pair in UTF-8.
    bodies.push(b"{\"name\":\"\xed\xa0\x80\"}".to_vec());
    let deep = 10_000;
    bodies.push("[".repeat(deep).into_bytes());
    bodies.push(format!("{{\"name\": {}{}}}", "[".repeat(deep), "]".repeat(deep)).into_bytes());
    bodies.push(format!("{}1{}", "{\"a\":".repeat(deep), "}".repeat(deep)).into_bytes());
    bodies
}

async fn what_is_no_json_object_is_refused(database: Database) {
    let case = Case::new(TestApi::start(database).await).await;
    let before = case.stored().await;
    for (operation, path, _) in case.with_body() {
        for body in malformed() {
            let shown = String::from_utf8_lossy(&body).chars().take(80).collect::<String>();
            let call = case.ann.call(operation.method.clone(), &path).body("application/json", body);
            let answer = call.send().await;
            assert_eq!(answer.status, 400, "{} {shown:?}: {}", operation.id, answer.text());
            assert_eq!(answer.json()["code"], "malformed_body", "{} {shown:?}", operation.id);
            assert_no_echo(&answer);
        }
    }
    assert_eq!(case.stored().await, before);
}

/// The largest body, in bytes.
const LIMIT: usize = 64 * 1024;

async fn a_body_over_64_kib_is_refused(database: Database) {
    let case = Case::new(TestApi::start(database).await).await;
    // A field that nobody knows, so that only the size can be wrong.
    let body = |size: usize| format!("{{\"unknown\":\"{}\"}}", "x".repeat(size - 14));
    for (operation, path, right) in case.with_body() {
        let send = |body: String| {
            case.ann.call(operation.method.clone(), &path).body("application/json", body).send()
        };
        assert_eq!(send(body(LIMIT + 1)).await.is(413).json()["code"], "payload_too_large");
        let largest = send(body(LIMIT)).await;
        assert_ne!(largest.status, 413, "{}", operation.id);
        let padded = right.to_string().replacen('{', &format!("{{{}", " ".repeat(LIMIT)), 1);
        send(padded).await.is(413);
    }
}

async fn a_body_that_is_not_declared_as_json_is_refused(database: Database) {
    let case = Case::new(TestApi::start(database).await).await;
    let before = case.stored().await;
    for (operation, path, right) in case.with_body() {
        for wrong in [
            "text/plain",
            "text/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/jsonx",
            "application/xml",
            "json",
            "application",
            "",
            CANARY,
        ] {
            let call = case.ann.call(operation.method.clone(), &path).body(wrong, right.to_string());
            let answer = call.send().await.is(415);
            assert_eq!(answer.json()["code"], "unsupported_media_type");
            assert_no_echo(&answer);
        }
        case.ann.call(operation.method.clone(), &path).untyped(right.to_string()).send().await.is(415);
    }
    assert_eq!(case.stored().await, before);
    for declared in ["application/json; charset=utf-8", "Application/JSON", "application/merge-patch+json"] {
        let path = format!("/api/patients/{}/", case.patient);
        case.ann.call(reqwest::Method::PATCH, &path).body(declared, "{}").send().await.is(200);
    }
}
