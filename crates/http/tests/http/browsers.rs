//! What browsers are told: which pages of other origins may use the interface, and to come by TLS.

use std::collections::BTreeSet;

use actix_web::http::header::{ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use actix_web::test::TestRequest;
use http_api::{HttpSettings, Load};

use crate::answer::Answer;
use crate::caller::{ANN, EVE, NOBODY};
use crate::clinic::{Clinic, Open};
use crate::documented::operations;

const FRIEND: &str = "https://clinic.example.org";
const OTHER_FRIEND: &str = "http://localhost:3000";
const STRANGERS: [&str; 7] = [
    "https://evil.example.org",
    "http://clinic.example.org",
    "https://clinic.example.org:8443",
    "https://clinic.example.org.evil.example",
    "https://evil-clinic.example.org",
    "HTTPS://CLINIC.EXAMPLE.ORG",
    "null",
];

fn open_to(origins: &[&str]) -> Open {
    let cors_origins = origins.iter().map(ToString::to_string).collect();
    Clinic { cors_origins, ..Clinic::working() }.open()
}

fn from(request: TestRequest, origin: &str) -> TestRequest {
    request.insert_header((ORIGIN, origin))
}

/// What a browser asks before a page of `origin` may send such a request. It never holds a token.
fn preflight(path: &str, method: &str, origin: &str) -> TestRequest {
    from(NOBODY.asks("OPTIONS", path), origin)
        .insert_header((ACCESS_CONTROL_REQUEST_METHOD, method))
        .insert_header((ACCESS_CONTROL_REQUEST_HEADERS, "authorization,content-type,if-match"))
}

/// Requests with all kinds of answers.
fn requests(origin: &str) -> Vec<TestRequest> {
    let requests = [
        ANN.get("/api/patients/"),
        ANN.get("/api/patients/x/"),
        NOBODY.get("/api/patients/"),
        EVE.get("/api/patients/"),
        ANN.sends("POST", "/api/patients/", "{"),
        NOBODY.get("/openapi.json"),
        NOBODY.get("/nowhere"),
        NOBODY.asks("PUT", "/api/patients/"),
    ];
    requests.into_iter().map(|request| from(request, origin)).collect()
}

fn cors_headers(answer: &Answer) -> Vec<String> {
    let names = answer.headers.keys().map(|name| name.as_str().to_owned());
    names.filter(|name| name.starts_with("access-control-")).collect()
}

fn words(list: &str) -> BTreeSet<String> {
    list.split(',').map(|word| word.trim().to_lowercase()).collect()
}

#[actix_web::test]
async fn no_page_of_another_origin_may_use_the_interface_by_default() {
    let open = Clinic::working().open();
    for answer in open.answers(requests(FRIEND)).await {
        assert_eq!(cors_headers(&answer), [""; 0], "{}", answer.status);
    }
    let answer = open.answer(preflight("/api/patients/", "POST", FRIEND)).await;
    assert_eq!(answer.refusal(), "405 method_not_allowed");
    assert_eq!(cors_headers(&answer), [""; 0]);
}

#[actix_web::test]
async fn a_page_of_an_allowed_origin_sees_every_answer() {
    let open = open_to(&[FRIEND, OTHER_FRIEND]);
    for origin in [FRIEND, OTHER_FRIEND] {
        for answer in open.answers(requests(origin)).await {
            assert_eq!(answer.header("access-control-allow-origin"), origin, "{}", answer.status);
            assert!(words(answer.header("vary")).contains("origin"), "{}", answer.status);
        }
    }
}

#[actix_web::test]
async fn a_page_sees_the_headers_that_the_document_tells_of() {
    let open = open_to(&[FRIEND]);
    let answer = open.answer(from(ANN.get("/api/patients/"), FRIEND)).await;
    let exposed = words(answer.header("access-control-expose-headers"));
    for operation in operations(&open.document) {
        for response in operation.item["responses"].as_object().unwrap().values() {
            for name in response["headers"].as_object().unwrap().keys() {
                assert!(exposed.contains(&name.to_lowercase()), "{} {name}", operation.id);
            }
        }
    }
}

#[actix_web::test]
async fn a_page_of_an_allowed_origin_may_send_every_request() {
    let open = open_to(&[FRIEND]);
    for operation in operations(&open.document) {
        let answer = open.answer(preflight(&operation.address(), &operation.method, FRIEND)).await;
        assert!([200, 204].contains(&answer.status), "{}: {}", operation.id, answer.status);
        assert_eq!(answer.header("access-control-allow-origin"), FRIEND, "{}", operation.id);
        let methods = words(answer.header("access-control-allow-methods"));
        assert!(methods.contains(&operation.method.to_lowercase()), "{}", operation.id);
        let headers = words(answer.header("access-control-allow-headers"));
        for name in ["authorization", "content-type", "if-match", "if-none-match", "x-request-id"] {
            assert!(headers.contains(name), "{} {name}", operation.id);
        }
        assert_eq!(answer.body, b"", "{}", operation.id);
    }
}

#[actix_web::test]
async fn a_page_of_any_other_origin_sees_nothing() {
    let open = open_to(&[FRIEND]);
    for origin in STRANGERS {
        for answer in open.answers(requests(origin)).await {
            assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
        }
    }
}

#[actix_web::test]
async fn a_page_of_any_other_origin_may_send_nothing() {
    let open = open_to(&[FRIEND]);
    for origin in STRANGERS {
        let answer = open.answer(preflight("/api/patients/", "POST", origin)).await;
        assert!(answer.status >= 400, "{origin}: {}", answer.status);
        assert_eq!(cors_headers(&answer), [""; 0], "{origin}");
    }
}

#[actix_web::test]
async fn no_origin_is_allowed_the_credentials_of_the_browser_or_stands_for_all() {
    let open = open_to(&[FRIEND]);
    let mut requests = requests(FRIEND);
    requests.push(preflight("/api/patients/", "POST", FRIEND));
    for answer in open.answers(requests).await {
        assert_eq!(answer.header("access-control-allow-credentials"), "", "{}", answer.status);
        assert_ne!(answer.header("access-control-allow-origin"), "*", "{}", answer.status);
    }
}

#[actix_web::test]
async fn a_page_sees_that_the_server_has_too_much_to_do() {
    let cors_origins = vec![FRIEND.to_owned()];
    let open = Clinic { cors_origins, load: Load::new(0), ..Clinic::working() }.open();
    for answer in open.answers(requests(FRIEND)).await {
        assert_eq!(answer.refusal(), "503 unavailable");
        assert_eq!(answer.header("access-control-allow-origin"), FRIEND);
    }
}

#[actix_web::test]
async fn a_server_with_tls_says_on_every_answer_to_come_by_tls_only() {
    let settings = HttpSettings { is_tls: true, ..HttpSettings::default() };
    let open = Clinic { settings, ..Clinic::working() }.open();
    let mut requests = requests(FRIEND);
    requests.extend(["/livez", "/redoc/"].map(|path| NOBODY.get(path)));
    for answer in open.answers(requests).await {
        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000", "{}", answer.status);
    }
}

#[actix_web::test]
async fn a_server_without_tls_says_nothing_of_it() {
    let mut requests = requests(FRIEND);
    requests.extend(["/livez", "/redoc/"].map(|path| NOBODY.get(path)));
    for answer in Clinic::working().open().answers(requests).await {
        assert_eq!(answer.header("strict-transport-security"), "", "{}", answer.status);
    }
}
