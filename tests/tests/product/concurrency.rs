//! Many at once: exactly one wins, nothing is left half done, and nobody sees a server error.

use std::collections::BTreeMap;
use std::pin::Pin;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::api::{Database, PASSWORD, TestApi};
use crate::client::{Answer, Client};

on_both_databases!(
    of_100_equal_mappings_one_is_made,
    of_20_equal_registrations_one_is_made,
    of_20_equal_doctors_one_is_made,
    of_100_writers_with_one_tag_one_wins,
    a_patient_deleted_while_being_assigned_leaves_no_mapping,
    a_doctor_retired_while_being_assigned_leaves_no_mapping,
);

/// Sends all of these at once and counts the answers by status. (Every answer is checked not to be a 5xx.)
async fn at_once<F>(calls: impl IntoIterator<Item = F>) -> (BTreeMap<u16, usize>, Vec<Answer>)
where
    F: Future<Output = Answer> + Send + 'static,
{
    let mut running: JoinSet<Answer> = calls.into_iter().collect();
    let (mut counts, mut answers) = (BTreeMap::new(), Vec::new());
    while let Some(answer) = running.join_next().await {
        let answer = answer.expect("an answer");
        *counts.entry(answer.status).or_default() += 1;
        answers.push(answer);
    }
    (counts, answers)
}

fn post(who: &Client, path: &'static str, body: Value) -> impl Future<Output = Answer> + Send + use<> {
    let who = who.clone();
    async move { who.post(path, body).await }
}

fn delete(who: &Client, path: String) -> impl Future<Output = Answer> + Send + use<> {
    let who = who.clone();
    async move { who.delete(&path).await }
}

async fn patient(who: &Client) -> i64 {
    who.post("/api/patients/", json!({"name": "Ravi Kumar"})).await.is(201).id()
}

async fn doctor(who: &Client) -> i64 {
    who.post("/api/doctors/", json!({"name": "Dr. Nair"})).await.is(201).id()
}

async fn of_100_equal_mappings_one_is_made(database: Database) {
    let api = TestApi::start(database).await;
    let ann = api.user("ann").await;
    let pair = json!({"patient": patient(&ann).await, "doctor": doctor(&ann).await});
    let (counts, answers) = at_once((0..100).map(|_| post(&ann, "/api/mappings/", pair.clone()))).await;
    assert_eq!(counts, BTreeMap::from([(201, 1), (409, 99)]));
    for refused in answers.iter().filter(|answer| answer.status == 409) {
        assert_eq!(
            (&refused.json()["code"], refused.wrong_fields()),
            (&json!("already_assigned"), vec!["doctor".to_owned()])
        );
    }
    assert_eq!(ann.get("/api/mappings/?include_inactive=true").await.array().len(), 1);
}

async fn of_20_equal_registrations_one_is_made(database: Database) {
    let api = TestApi::start(database).await;
    let names = ["Straße", "STRASSE", "strasse", "STRAẞE"];
    let account = |name: &str| json!({"username": name, "password": PASSWORD});
    let calls = names
        .iter()
        .cycle()
        .take(20)
        .map(|name| post(&api.anonymous(), "/api/auth/register/", account(name)));
    let (counts, answers) = at_once(calls).await;
    assert_eq!(counts, BTreeMap::from([(201, 1), (409, 19)]));
    for refused in answers.iter().filter(|answer| answer.status == 409) {
        assert_eq!(
            (&refused.json()["code"], refused.wrong_fields()),
            (&json!("duplicate"), vec!["username".to_owned()])
        );
    }
    let addresses = ["Ann@Example.com", "ann@example.COM", "ANN@EXAMPLE.com"];
    let account = |email: &str| json!({"email": email, "password": PASSWORD});
    let calls = addresses
        .iter()
        .cycle()
        .take(20)
        .map(|email| post(&api.anonymous(), "/api/auth/register/", account(email)));
    let (counts, answers) = at_once(calls).await;
    assert_eq!(counts, BTreeMap::from([(201, 1), (409, 19)]));
    for refused in answers.iter().filter(|answer| answer.status == 409) {
        assert_eq!(refused.wrong_fields(), ["email"]);
    }
}

async fn of_20_equal_doctors_one_is_made(database: Database) {
    let api = TestApi::start(database).await;
    let ann = api.user("ann").await;
    let by_address = |n: usize| json!({"name": format!("Dr. {n}"), "email": if n.is_multiple_of(2) { "d@Example.com" } else { "D@example.com" }});
    let (counts, _) = at_once((0..20).map(|n| post(&ann, "/api/doctors/", by_address(n)))).await;
    assert_eq!(counts, BTreeMap::from([(201, 1), (409, 19)]));
    let by_license = |n: usize| json!({"name": format!("Dr. {n}"), "license_number": "MH-1"});
    let (counts, answers) = at_once((0..20).map(|n| post(&ann, "/api/doctors/", by_license(n)))).await;
    assert_eq!(counts, BTreeMap::from([(201, 1), (409, 19)]));
    let refused = answers.iter().find(|answer| answer.status == 409).unwrap();
    assert_eq!(refused.wrong_fields(), ["license_number"]);
}

async fn of_100_writers_with_one_tag_one_wins(database: Database) {
    let api = TestApi::start(database).await;
    let ann = api.user("ann").await;
    let path = format!("/api/patients/{}/", patient(&ann).await);
    let tag = ann.get(&path).await.etag();
    let calls = (0..100).map(|n| {
        let call = ann.call(Method::PUT, &path).header("if-match", &tag);
        call.json(&json!({"name": format!("Writer {n}")})).send()
    });
    let (counts, answers) = at_once(calls).await;
    assert_eq!(counts, BTreeMap::from([(200, 1), (412, 99)]));
    let winner = answers.iter().find(|answer| answer.status == 200).unwrap();
    let stored = ann.get(&path).await.is(200);
    assert_eq!((stored.json(), stored.etag()), (winner.json(), winner.etag()));
    assert_eq!(stored.json()["version"], 2);
}

async fn a_patient_deleted_while_being_assigned_leaves_no_mapping(database: Database) {
    let api = TestApi::start(database).await;
    let ann = api.user("ann").await;
    let doctors = [doctor(&ann).await, doctor(&ann).await, doctor(&ann).await, doctor(&ann).await];
    for _ in 0..12 {
        let patient = patient(&ann).await;
        let pairs = doctors.map(|doctor| json!({"patient": patient, "doctor": doctor}));
        race(&ann, pairs, format!("/api/patients/{patient}/")).await;
    }
}

async fn a_doctor_retired_while_being_assigned_leaves_no_mapping(database: Database) {
    let api = TestApi::start(database).await;
    let ann = api.user("ann").await;
    let patients = [patient(&ann).await, patient(&ann).await, patient(&ann).await, patient(&ann).await];
    for _ in 0..12 {
        let doctor = doctor(&ann).await;
        let pairs = patients.map(|patient| json!({"patient": patient, "doctor": doctor}));
        race(&ann, pairs, format!("/api/doctors/{doctor}/")).await;
    }
}

/// Assigns each pair three times and deletes one side, all at once: no active mapping is left.
async fn race(who: &Client, pairs: [Value; 4], side: String) {
    let mut calls: Vec<Pin<Box<dyn Future<Output = Answer> + Send>>> = Vec::new();
    for pair in pairs.iter().cycle().take(12) {
        calls.push(Box::pin(post(who, "/api/mappings/", pair.clone())));
    }
    calls.insert(4, Box::pin(delete(who, side.clone())));
    let (counts, _) = at_once(calls).await;
    assert_eq!(counts.get(&204), Some(&1), "{counts:?}");
    assert!(counts.keys().all(|status| [201, 204, 404, 409].contains(status)), "{counts:?}");
    who.get(&side).await.is(404);
    assert_eq!(who.get("/api/mappings/").await.is(200).json(), json!([]), "a mapping with a missing side");
    let history = who.all("/api/mappings/?include_inactive=true&limit=1000").await;
    assert!(history.iter().all(|mapping| mapping["is_active"] == false && mapping["ended_at"].is_string()));
}
