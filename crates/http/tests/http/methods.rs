//! Methods: those that a path knows, `HEAD` beside `GET`, and 405 with `Allow` for all others.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::TcpStream;

use actix_web::{HttpServer, web};
use serde_json::Value;

use crate::caller::{ANN, NOBODY};
use crate::clinic::Clinic;
use crate::documented::operations;

const METHODS: [&str; 10] =
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"];

/// What each documented path and each page allows.
fn allowed(document: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut allowed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for operation in operations(document) {
        let methods = allowed.entry(operation.address()).or_default();
        if operation.method == "GET" {
            methods.insert("HEAD".to_owned());
        }
        methods.insert(operation.method);
    }
    for page in ["/", "/api/docs/", "/swagger/", "/redoc/"] {
        allowed.insert(page.to_owned(), BTreeSet::from(["GET".to_owned(), "HEAD".to_owned()]));
    }
    allowed
}

#[actix_web::test]
async fn a_wrong_method_is_405_with_allow_on_every_path() {
    let open = Clinic::default().open();
    for (path, allowed) in allowed(&open.document) {
        for method in METHODS.into_iter().filter(|method| !allowed.contains(*method)) {
            for path in [path.as_str(), path.trim_end_matches('/')] {
                // A request always has a path.
                let path = if path.is_empty() { "/" } else { path };
                let answer = open.answer(NOBODY.asks(method, path)).await;
                assert_eq!(answer.refusal(), "405 method_not_allowed", "{method} {path}");
                let told = answer.header("allow").split(", ").map(str::to_owned).collect::<BTreeSet<_>>();
                assert_eq!(told, allowed, "{method} {path}");
            }
        }
    }
}

#[actix_web::test]
async fn a_wrong_method_is_not_looked_at_any_further() {
    let open = Clinic::default().open();
    let answer = open.answer(ANN.sends("PUT", "/api/patients/", vec![b'{'; 100_000])).await;
    assert_eq!(answer.refusal(), "405 method_not_allowed");
}

#[actix_web::test]
async fn head_has_the_status_and_the_headers_of_get_everywhere() {
    let open = Clinic::working().open();
    for operation in operations(&open.document).iter().filter(|operation| operation.method == "GET") {
        let path = operation.address();
        let ask = |method| ANN.asks(method, &path).insert_header(("X-Request-Id", "same"));
        let answers = open.answers([ask("GET"), ask("HEAD")]).await;
        assert_eq!(answers[0].status, 200, "{path}");
        assert_eq!(answers[1].status, 200, "{path}");
        assert_eq!(answers[0].all_headers(), answers[1].all_headers(), "{path}");
    }
}

/// Head and body of one answer over a connection.
fn ask(address: std::net::SocketAddr, method: &str, path: &str) -> (String, String) {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ann\r\n\
         X-Request-Id: same\r\nConnection: close\r\n\r\n"
    );
    let mut connection = TcpStream::connect(address).unwrap();
    connection.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let head = head.lines().filter(|line| !line.starts_with("date: ")).collect::<Vec<_>>().join("\n");
    (head, body.to_owned())
}

/// Over a real connection, as it is the server that leaves the body out.
#[actix_web::test]
async fn head_has_the_length_of_get_and_no_body() {
    let open = Clinic::working().open();
    let gets = operations(&open.document).into_iter().filter(|operation| operation.method == "GET");
    let mut paths: Vec<String> = gets.map(|operation| operation.address()).collect();
    paths.extend(["/nowhere", "/redoc/", "/api/patients/x/"].map(str::to_owned));
    let shared = open.shared.clone();
    let server = HttpServer::new(move || http_api::app(&shared))
        .workers(1)
        .disable_signals()
        .bind(("127.0.0.1", 0))
        .unwrap();
    let address = *server.addrs().first().unwrap();
    let server = server.run();
    let handle = server.handle();
    let running = actix_web::rt::spawn(server);
    let answers = web::block(move || {
        let both = |path: String| (ask(address, "GET", &path), ask(address, "HEAD", &path), path);
        paths.into_iter().map(both).collect::<Vec<_>>()
    });
    let answers = answers.await.unwrap();
    handle.stop(false).await;
    running.await.unwrap().unwrap();

    for ((get, content), (head, body), path) in answers {
        assert!(!content.is_empty(), "{path}");
        let sorted = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
        assert_eq!(sorted(&get), sorted(&head), "{path}");
        assert_eq!(body, "", "{path}");
    }
}
