//! Headers, methods, both forms of each path, and conditions. What every answer must have is in `seal`.

mod conditions;
mod pages;

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::json;

use crate::api::{Database, TestApi};
use crate::client::{Answer, Client};
use crate::document;
use crate::raw;
use crate::seal;

on_both_databases!(
    every_path_refuses_other_methods_and_names_its_own,
    head_answers_like_get_without_the_body,
    both_forms_of_a_path_answer_alike,
);

/// Every way to ask, known and unknown. `CONNECT` has no path and is asked below.
const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"];

async fn every_path_refuses_other_methods_and_names_its_own(database: Database) {
    let api = TestApi::start(database).await;
    let ann = api.user("ann").await;
    let mut allowed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for operation in document::operations(&api).await {
        let methods = operation.methods().into_iter().map(|method| method.to_string());
        allowed.entry(operation.path_of(1)).or_default().extend(methods);
    }
    for page in ["/", "/api/docs/", "/swagger/", "/redoc/"] {
        allowed.insert(page.to_owned(), ["GET", "HEAD"].map(str::to_owned).into());
    }
    for (path, allowed) in &allowed {
        for method in METHODS.iter().filter(|method| !allowed.contains(**method)) {
            for who in [&ann, &api.anonymous()] {
                let refused = who.call(method.parse().unwrap(), path).send().await;
                let told: BTreeSet<String> =
                    refused.header("allow").unwrap_or_default().split(", ").map(str::to_owned).collect();
                assert_eq!((refused.status, &told), (405, allowed), "{method} {path}");
                let is_named = || refused.json()["code"] == "method_not_allowed";
                assert!(*method == "HEAD" || is_named());
            }
        }
    }
    let connect = raw::exchange(api.address(), &raw::request("CONNECT example.com:443", &[], b"")).await;
    assert!([400, 404, 405].contains(&connect.status), "{}", connect.status);
    seal::check(&connect, &Method::CONNECT);
}

/// A user with one record of each kind, and every path that can be read.
async fn readable(api: &TestApi) -> (Client, Vec<String>) {
    let ann = api.user("ann").await;
    let patient = ann.post("/api/patients/", json!({"name": "Ravi Kumar"})).await.is(201).id();
    let doctor = ann.post("/api/doctors/", json!({"name": "Dr. Nair"})).await.is(201).id();
    let mapping =
        ann.post("/api/mappings/", json!({"patient": patient, "doctor": doctor})).await.is(201).id();
    let id = |name: &str| match name {
        "doctors_get" => doctor,
        "mappings_detail" => mapping,
        history if history.starts_with("doctors_") => doctor,
        history if history.contains("history") || history.contains("version") => {
            if history.starts_with("mappings_") { mapping } else { patient }
        }
        _ => patient,
    };
    // Who asks what is on record of a patient adds to it.
    let is_steady = |it: &document::Operation| it.method == Method::GET && it.id != "patients_audit";
    let operations = document::operations(api).await.into_iter().filter(is_steady);
    let mut paths: Vec<String> = operations.map(|operation| operation.path_of(id(&operation.id))).collect();
    paths.extend(
        ["/api/docs/", "/swagger/", "/redoc/", "/api/nothing/", "/api/patients/4000000000000/"]
            .map(str::to_owned),
    );
    (ann, paths)
}

async fn head_answers_like_get_without_the_body(database: Database) {
    let api = TestApi::start(database).await;
    let (ann, paths) = readable(&api).await;
    for path in paths {
        let ask =
            async |method: Method| ann.call(method, &path).header("x-request-id", "the-same").send().await;
        let (get, head) = (ask(Method::GET).await, ask(Method::HEAD).await);
        assert!(head.body.is_empty(), "{path}");
        assert_eq!((head.status, head.without_date().1), (get.status, get.without_date().1), "{path}");
        // How long an export will be nobody knows before its end.
        let length = (!path.ends_with("/export/")).then(|| get.body.len().to_string());
        assert_eq!(head.header("content-length"), length.as_deref(), "{path}");
    }
}

async fn both_forms_of_a_path_answer_alike(database: Database) {
    let api = TestApi::start(database).await;
    let (ann, paths) = readable(&api).await;
    for path in paths {
        let ask = async |path: &str| -> Answer {
            ann.call(Method::GET, path).header("x-request-id", "the-same").send().await
        };
        let bare = path.trim_end_matches('/');
        let (with, without) = (ask(&format!("{bare}/")).await, ask(bare).await);
        assert_eq!(with.without_date(), without.without_date(), "{path}");
        // The whole trail is for administrators.
        let expected: &[u16] = if bare == "/api/audit" { &[403] } else { &[200, 404] };
        assert!(expected.contains(&with.status), "{path}: {}", with.status);
    }
    for (with, without) in [("/api/patients/", "/api/patients"), ("/api/doctors/", "/api/doctors")] {
        for path in [with, without] {
            let made = ann.post(path, json!({"name": "Both Forms"})).await.is(201);
            assert_eq!(made.header("location"), Some(format!("{with}{}/", made.id()).as_str()));
        }
    }
}

#[tokio::test]
async fn a_sane_request_id_is_kept_and_any_other_replaced() {
    let api = TestApi::start(Database::Sqlite).await;
    let ask = async |id: &str| {
        let answer =
            api.anonymous().call(Method::GET, "/api/patients/").header("x-request-id", id).send().await;
        answer.is(401).header("x-request-id").unwrap().to_owned()
    };
    let longest = "a".repeat(128);
    for sane in ["0190a5f2-7c1e-7000-8000-00000000abcd", "a", "A.b_c:d-9", longest.as_str()] {
        assert_eq!(ask(sane).await, sane);
    }
    let too_long = "a".repeat(129);
    for other in ["", " ", "a b", "<script>", "a;b", "\"a\"", "{}", "a,b", too_long.as_str()] {
        let made = ask(other).await;
        assert_eq!((made.len(), made.matches('-').count()), (36, 4), "{made}");
    }
    assert_ne!(ask("").await, ask("").await);
    let latin = reqwest::header::HeaderValue::from_bytes(b"caf\xe9").unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client
        .get(format!("http://{}/livez", api.address()))
        .header("x-request-id", latin)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["x-request-id"].len(), 36);
}

#[tokio::test]
async fn an_unknown_path_is_not_found_whoever_asks_however() {
    let api = TestApi::start(Database::Sqlite).await;
    let ann = api.user("ann").await;
    for path in [
        "/nothing",
        "/api",
        "/api/",
        "/api/patient/",
        "/api/patients/1/2/3/",
        "/api/mappings/detail/1/2/",
        "/openapi.yaml",
        "/static/docs/x",
        "/.env",
    ] {
        for method in ["GET", "HEAD", "POST", "DELETE"] {
            for who in [&ann, &api.anonymous()] {
                who.call(method.parse().unwrap(), path).send().await.is(404);
            }
        }
    }
}
