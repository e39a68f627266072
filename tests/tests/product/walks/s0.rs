//! S0: signs in with a user name; first and last name, age and the letter of the gender; `patient` and `doctor`.

use serde_json::json;

use super::{assert_has, ids};
use crate::api::{Database, TestApi};
use crate::client::Client;
use crate::redaction::shown;

on_both_databases!(gets_through);

async fn gets_through(database: Database) {
    let api = TestApi::start(database).await;
    let clerk = sign_in(&api).await;
    let doctor = clerk
        .post(
            "/api/doctors/",
            json!({"name": "Dr. Vikram Nair", "specialization": "Cardiology", "phone": "+91 22 5550 1234",
                "email": "nair@s0.example.com"}),
        )
        .await
        .is(201)
        .id();
    let patient = add_patient(&clerk).await;
    let mapping = clerk.post("/api/mappings/", json!({"patient": patient, "doctor": doctor})).await.is(201);
    assert_has(&mapping, &json!({"patient": patient, "doctor": doctor, "assigned_by": "asha"}));
    assert_eq!(ids(&clerk.get("/api/mappings/").await.is(200)), [mapping.id()]);
    let doctors = clerk.get(&format!("/api/mappings/{patient}/")).await.is(200);
    assert_eq!(ids(&doctors), [doctor]);
    change(&clerk, patient, doctor).await;
    end(&clerk, patient, doctor, mapping.id()).await;
    assert!(api.anonymous().get("/api/docs/").await.is(200).text().contains("swagger"));
}

async fn sign_in(api: &TestApi) -> Client {
    let account = json!({"username": "asha", "email": "asha@s0.example.com", "password": "Str0ng-Pass-2026"});
    let registered = api.anonymous().post("/api/auth/register/", account).await.is(201);
    assert_has(&registered, &json!({"username": "asha", "email": "asha@s0.example.com"}));
    let credentials = json!({"username": "asha", "password": "Str0ng-Pass-2026"});
    let tokens = api.anonymous().post("/api/auth/login/", credentials).await.is(200);
    assert!(tokens.json()["refresh"].is_string());
    api.bearing(&tokens.json()["access"])
}

async fn add_patient(clerk: &Client) -> i64 {
    let patient = json!({"first_name": "Ravi", "last_name": "Kumar", "age": 42, "gender": "M",
        "address": "12 MG Road\nPune"});
    let patient = clerk.post("/api/patients/", patient).await.is(201);
    assert_eq!(
        shown(&patient),
        json!({
            "id": "patient 1", "owner": "user 1", "created_by": "asha",
            "name": "Ravi Kumar", "first_name": "Ravi", "last_name": "Kumar",
            "date_of_birth": null, "age": 42, "gender": "male",
            "email": null, "phone": null, "emergency_contact": null,
            "address": "12 MG Road\nPune", "medical_history": null, "blood_group": null,
            "created_at": "time 1", "updated_at": "time 1", "version": 1,
        })
    );
    patient.id()
}

async fn change(clerk: &Client, patient: i64, doctor: i64) {
    let path = format!("/api/patients/{patient}/");
    let all =
        json!({"first_name": "Ravi", "last_name": "Kumaran", "age": 43, "gender": "M", "address": "Nashik"});
    assert_has(
        &clerk.put(&path, all).await.is(200),
        &json!({"last_name": "Kumaran", "age": 43, "gender": "male"}),
    );
    assert_has(
        &clerk.patch(&path, json!({"age": 44})).await.is(200),
        &json!({"first_name": "Ravi", "age": 44}),
    );
    let changed =
        clerk.patch(&format!("/api/doctors/{doctor}/"), json!({"specialization": "Surgery"})).await.is(200);
    assert_has(&changed, &json!({"name": "Dr. Vikram Nair", "specialization": "Surgery"}));
}

async fn end(clerk: &Client, patient: i64, doctor: i64, mapping: i64) {
    for path in [
        format!("/api/mappings/{mapping}/"),
        format!("/api/patients/{patient}/"),
        format!("/api/doctors/{doctor}/"),
    ] {
        clerk.delete(&path).await.is(204);
        clerk.delete(&path).await.is(404);
    }
    for list in ["/api/mappings/", "/api/patients/", "/api/doctors/"] {
        assert_eq!(clerk.get(list).await.is(200).json(), json!([]));
    }
}
