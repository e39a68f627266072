//! S4: the plain assignment, without trailing slashes; signs in with either name.

use serde_json::json;

use super::{assert_has, ids};
use crate::api::{Database, TestApi};

on_both_databases!(gets_through);

async fn gets_through(database: Database) {
    let api = TestApi::start(database).await;
    let anyone = api.anonymous();
    let account =
        json!({"username": "nurse", "email": "nurse@s4.example.com", "password": "gravel-Kettle-81"});
    anyone.post("/api/auth/register", account).await.is(201);
    for login in [
        json!({"username": "nurse", "password": "gravel-Kettle-81"}),
        json!({"email": "nurse@s4.example.com", "password": "gravel-Kettle-81"}),
        json!({"username": "NURSE@s4.example.com", "password": "gravel-Kettle-81"}),
        json!({"email": "Nurse", "password": "gravel-Kettle-81"}),
    ] {
        anyone.post("/api/auth/login", login).await.is(200);
    }
    let tokens =
        anyone.post("/api/auth/login", json!({"username": "nurse", "password": "gravel-Kettle-81"})).await;
    let nurse = api.bearing(&tokens.json()["access"]);

    let doctor =
        nurse.post("/api/doctors", json!({"name": "Dr. Rao", "specialization": "ENT"})).await.is(201).id();
    let patient =
        nurse.post("/api/patients", json!({"name": "Joe", "age": 7, "gender": "other"})).await.is(201).id();
    let pair = json!({"patient": patient, "doctor": doctor});
    let mapping = nurse.post("/api/mappings", pair).await.is(201).id();
    assert_eq!(ids(&nurse.get(&format!("/api/mappings/{patient}")).await.is(200)), [doctor]);
    assert_eq!(ids(&nurse.get("/api/mappings").await.is(200)), [mapping]);

    let patient = format!("/api/patients/{patient}");
    let doctor = format!("/api/doctors/{doctor}");
    let changed =
        nurse.put(&patient, json!({"name": "Joe Fernandes", "age": 8, "gender": "other"})).await.is(200);
    assert_has(
        &changed,
        &json!({"name": "Joe Fernandes", "first_name": "Joe", "last_name": "Fernandes", "age": 8}),
    );
    let changed = nurse.put(&doctor, json!({"name": "Dr. A. Rao", "specialization": "ENT"})).await.is(200);
    assert_has(&changed, &json!({"name": "Dr. A. Rao", "version": 2}));

    for path in [format!("/api/mappings/{mapping}"), patient, doctor] {
        nurse.delete(&path).await.is(204);
        nurse.delete(&path).await.is(404);
    }
}
