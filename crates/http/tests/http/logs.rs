//! What the log tells of a request: what was done, never with what.

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::Once;

use actix_web::http::header::{AUTHORIZATION, IF_MATCH, USER_AGENT};
use actix_web::test::TestRequest;
use serde_json::json;

use crate::caller::{ANN, NOBODY};
use crate::clinic::{Clinic, Open};
use crate::documented::operations;

thread_local! {
    /// What this thread has logged since its test began to listen. A test runs on a thread of its own.
    static HEARD: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

struct Ear;

impl Write for Ear {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        HEARD.with_borrow_mut(|heard| heard.iter_mut().for_each(|heard| heard.extend_from_slice(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Has everything logged that any server of this program does, at every level.
///
/// One subscriber for all tests, and before the first request: which events nobody wants to hear is remembered for
/// the whole program, by whichever thread comes first.
pub(crate) fn switch_on() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let format = tracing_subscriber::fmt().json().with_max_level(tracing::Level::TRACE);
        tracing::subscriber::set_global_default(format.with_writer(|| Ear).finish()).unwrap();
    });
}

async fn log_of(open: &Open, requests: Vec<TestRequest>) -> String {
    HEARD.set(Some(Vec::new()));
    open.answers(requests).await;
    String::from_utf8(HEARD.take().unwrap()).unwrap()
}

#[actix_web::test]
async fn a_request_is_logged_by_its_route_its_id_and_its_user() {
    let request = ANN.get("/api/patients/3/").insert_header(("X-Request-Id", "r-1"));
    let log = log_of(&Clinic::working().open(), vec![request]).await;
    let line = log.lines().find(|line| line.contains("answered")).unwrap();
    let span = serde_json::from_str::<serde_json::Value>(line).unwrap()["span"].clone();
    let expected = json!({
        "name": "request", "request.id": "r-1", "http.method": "GET", "http.route": "/api/patients/{id}",
        "http.status": 200, "user.id": 7,
    });
    assert_eq!(span, expected);
}

#[actix_web::test]
async fn what_comes_to_no_handler_is_logged_by_its_route_too() {
    for (path, route) in [
        ("/api/patients/3/", json!("/api/patients/{id}")),
        ("/api/docs", json!("/api/docs")),
        ("/api/none", json!(null)),
    ] {
        let log = log_of(&Clinic::working().open(), vec![ANN.asks("LOCK", path)]).await;
        let line = log.lines().find(|line| line.contains("answered")).unwrap();
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["span"]["http.route"], route, "{path}");
    }
}

#[actix_web::test]
async fn a_trace_is_logged_and_told_back_and_what_is_none_is_not() {
    const ID: &str = "0af7651916cd43dd8448eb211c80319c";
    let open = Clinic::working().open();
    let parent = format!("00-{ID}-b7ad6b7169203331-01");
    let named = ANN.get("/api/patients/3/").insert_header(("traceparent", parent.as_str()));
    let log = log_of(&open, vec![named]).await;
    let line = log.lines().find(|line| line.contains("answered")).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(line).unwrap()["span"]["trace.id"], ID);

    let answer =
        open.answer(ANN.get("/api/patients/3/").insert_header(("traceparent", parent.as_str()))).await;
    let told = answer.header("traceresponse");
    assert!(told.starts_with(&format!("00-{ID}-")) && told.ends_with("-01"), "{told}");
    assert!(!told.contains("b7ad6b7169203331"), "{told}");
    let answer = open.answer(ANN.get("/api/patients/3/").insert_header(("traceparent", "00-x-y-01"))).await;
    assert_eq!(answer.header("traceresponse"), "");
}

#[actix_web::test]
async fn nothing_that_was_sent_is_logged() {
    const CANARY: &str = "Zx9Canary";
    let open = Clinic::working().open();
    let mut requests = vec![NOBODY.get("/Zx9Canary"), ANN.asks(CANARY, "/api/patients/3/")];
    for operation in operations(&open.document) {
        let (method, path) = (operation.method.as_str(), operation.address());
        requests.push(ANN.asks(method, &operation.address_of(CANARY)));
        requests.push(ANN.asks(method, &format!("{path}?search={CANARY}&limit={CANARY}&cursor={CANARY}")));
        requests.push(ANN.sends(method, &path, format!("{{\"{CANARY}")));
        requests.push(NOBODY.asks(method, &path).insert_header((AUTHORIZATION, format!("Bearer {CANARY}"))));
        let odd =
            operation.request(ANN).insert_header((USER_AGENT, CANARY)).insert_header((IF_MATCH, CANARY));
        let odd = odd.insert_header(("traceparent", format!("00-{CANARY}-{CANARY}-01")));
        requests.push(odd.insert_header(("X-Request-Id", "<Zx9Canary>")).insert_header(("Host", CANARY)));
        for (field, _) in operation.fields() {
            requests.push(operation.request_with(ANN, "3", &json!({field: CANARY})));
        }
    }
    let log = log_of(&open, requests).await;
    assert!(log.lines().count() > 100);
    let line = log.lines().find(|line| line.contains(CANARY));
    assert_eq!(line, None);
}
