//! What must be unique is, whatever the case, and what has ended frees what it held.

use serde_json::json;

use crate::api::{Database, PASSWORD, TestApi};

on_both_databases!(
    a_taken_name_or_address_is_named,
    of_two_broken_rules_both_databases_name_the_same,
    a_retired_doctor_frees_address_and_license,
    an_ended_mapping_frees_the_pair,
);

async fn a_taken_name_or_address_is_named(database: Database) {
    let api = TestApi::start(database).await;
    let anyone = api.anonymous();
    let account = |name: &str, email: &str| json!({"username": name, "email": email, "password": PASSWORD});
    anyone.post("/api/auth/register/", account("Ann", "Ann@Example.com")).await.is(201);
    let refused = anyone.post("/api/auth/register/", account("ANN", "other@example.com")).await.is(409);
    assert_eq!(refused.wrong_fields(), ["username"]);
    let refused = anyone.post("/api/auth/register/", account("other", "aNN@eXAMPLE.COM")).await.is(409);
    assert_eq!(refused.wrong_fields(), ["email"]);
    let by_address = json!({"email": "ANN@example.com", "password": PASSWORD});
    assert_eq!(anyone.post("/api/auth/register/", by_address).await.is(409).wrong_fields(), ["email"]);
    anyone.post("/api/auth/register/", account("Änn", "ann@example.org")).await.is(201);
}

async fn of_two_broken_rules_both_databases_name_the_same(database: Database) {
    let api = TestApi::start(database).await;
    let account = json!({"username": "ann", "email": "ann@example.com", "password": PASSWORD});
    let registered = api.anonymous().post("/api/auth/register/", account.clone()).await.is(201);
    let refused = api.anonymous().post("/api/auth/register/", account).await.is(409);
    assert_eq!(refused.wrong_fields(), ["username"]);
    let ann = api.bearing(&registered.json()["tokens"]["access"]);
    let doctor = json!({"name": "Dr. One", "email": "one@example.com", "license_number": "L1"});
    ann.post("/api/doctors/", doctor.clone()).await.is(201);
    assert_eq!(ann.post("/api/doctors/", doctor.clone()).await.is(409).wrong_fields(), ["email"]);
    let other = ann.post("/api/doctors/", json!({"name": "Dr. Two"})).await.is(201).id();
    let refused = ann.put(&format!("/api/doctors/{other}/"), doctor).await.is(409);
    assert_eq!(refused.wrong_fields(), ["email"]);
}

async fn a_retired_doctor_frees_address_and_license(database: Database) {
    let api = TestApi::start(database).await;
    let ann = api.user("ann").await;
    let doctor = json!({"name": "Dr. One", "email": "one@example.com", "license_number": "L1"});
    for _ in 0..3 {
        let id = ann.post("/api/doctors/", doctor.clone()).await.is(201).id();
        ann.delete(&format!("/api/doctors/{id}/")).await.is(204);
    }
}

async fn an_ended_mapping_frees_the_pair(database: Database) {
    let api = TestApi::start(database).await;
    let ann = api.user("ann").await;
    let patient = ann.post("/api/patients/", json!({"name": "Ravi Kumar"})).await.is(201).id();
    let doctor = ann.post("/api/doctors/", json!({"name": "Dr. Nair"})).await.is(201).id();
    for _ in 0..3 {
        let mapping =
            ann.post("/api/mappings/", json!({"patient": patient, "doctor": doctor})).await.is(201).id();
        ann.delete(&format!("/api/mappings/{mapping}/")).await.is(204);
    }
    assert_eq!(ann.get("/api/mappings/?include_inactive=true").await.array().len(), 3);
}
