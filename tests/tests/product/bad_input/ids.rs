//! Ids in paths that are none: answered like an id that does not exist.

use super::{CANARY, Case, assert_no_echo};
use crate::api::{Database, TestApi};
use crate::raw;
use crate::seal;

on_both_databases!(what_is_no_id_is_answered_like_an_unknown_one, what_is_no_http_is_refused);

/// What stands in the path instead of an id, as it goes over the wire.
const NO_IDS: [&str; 36] = [
    "0",
    "00",
    "-1",
    "+1",
    "-0",
    "1.5",
    "1.0",
    "1e3",
    "0x1",
    "1_000",
    "1,000",
    "9223372036854775808",
    "18446744073709551616",
    "99999999999999999999999999999999",
    "%00",
    "1%00",
    "%0a1",
    "%201",
    "1%20",
    "%09",
    "..",
    "%2e%2e",
    "..%2f..%2f",
    "%252e",
    "%2F",
    "%5c",
    "null",
    "NaN",
    "true",
    "%D9%A3",
    "%EF%BC%91",
    "%ff",
    "%zz",
    "1;x=y",
    "%27%20OR%201=1--",
    "%7B%7D",
];

async fn what_is_no_id_is_answered_like_an_unknown_one(database: Database) {
    let case = Case::new(TestApi::start(database).await).await;
    let before = case.stored().await;
    let token = format!("Bearer {}", case.ann.token().unwrap());
    let long = format!("{CANARY}{}", "9".repeat(3_000));
    let mut tried = 0;
    for operation in case.operations.iter().filter(|operation| operation.has_id()) {
        let body =
            operation.fields.as_ref().map_or_else(String::new, |_| case.right_body(operation).to_string());
        for id in NO_IDS.into_iter().chain([CANARY, long.as_str()]) {
            let line = format!("{} {}", operation.method, operation.path_of(id));
            let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
            let answer =
                raw::exchange(case.api.address(), &raw::request(&line, &headers, body.as_bytes())).await;
            assert_eq!(answer.status, 404, "{line}: {}", answer.text());
            seal::check(&answer, &operation.method);
            assert_no_echo(&answer);
            tried += 1;
        }
    }
    assert!(tried > 500, "only {tried} requests");
    assert_eq!(case.stored().await, before);
}

async fn what_is_no_http_is_refused(database: Database) {
    let case = Case::new(TestApi::start(database).await).await;
    for garbage in [
        b"GET /api/patients/ /x HTTP/1.1\r\nhost: t\r\nconnection: close\r\n\r\n".as_slice(),
        b"GET /api/patients/\x00/ HTTP/1.1\r\nhost: t\r\nconnection: close\r\n\r\n",
        b"GET /api/patients/ HTTP/9.9\r\nhost: t\r\n\r\n",
        b"G@T /livez HTTP/1.1\r\nhost: t\r\nconnection: close\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nbad header: x\r\n\r\n",
        b"POST /api/auth/login/ HTTP/1.1\r\nhost: t\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        b"POST /api/auth/login/ HTTP/1.1\r\nhost: t\r\ncontent-length: -1\r\n\r\n",
        b"POST /api/auth/login/ HTTP/1.1\r\nhost: t\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n",
    ] {
        let answer = raw::exchange(case.api.address(), garbage).await;
        assert_eq!(answer.status, 400, "{}: {}", answer.request, answer.text());
    }
    // And the server is as well as before.
    case.ann.get("/api/patients/").await.is(200);
}
