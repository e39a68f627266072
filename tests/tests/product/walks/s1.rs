//! S1: signs in with a user name and refreshes its token; one name; `/api/mappings/<patient_id>/doctors/`.

use serde_json::json;

use super::assert_has;
use crate::api::{Database, TestApi};
use crate::client::Client;
use crate::redaction::shown;

on_both_databases!(gets_through);

async fn gets_through(database: Database) {
    let api = TestApi::start(database).await;
    let clerk = sign_in(&api).await;
    let patient = json!({"name": "Meera Joshi", "age": 30, "gender": "Female", "address": "Kochi",
        "medical_history": "Asthma since 2010"});
    let patient = clerk.post("/api/patients/", patient).await.is(201);
    let expected =
        json!({"name": "Meera Joshi", "age": 30, "gender": "female", "medical_history": "Asthma since 2010"});
    assert_has(&patient, &expected);
    let doctor = json!({"name": "Dr. Farah Khan", "specialization": "Pulmonology", "email": "farah@s1.example.com",
        "availability": "Mon to Fri, 9 to 12"});
    let doctor = clerk.post("/api/doctors/", doctor).await.is(201).id();
    let mapping =
        clerk.post("/api/mappings/", json!({"patient": patient.id(), "doctor": doctor})).await.is(201);
    let again =
        clerk.post("/api/mappings/", json!({"patient": patient.id(), "doctor": doctor})).await.is(409);
    assert_eq!(again.wrong_fields(), ["doctor"]);
    doctors_of(&clerk, patient.id()).await;
    let path = format!("/api/patients/{}/", patient.id());
    let changed = json!({"name": "Meera Joshi-Rao", "age": 31, "gender": "Female", "address": "Kochi",
        "medical_history": "Asthma"});
    assert_has(&clerk.put(&path, changed).await.is(200), &json!({"name": "Meera Joshi-Rao", "age": 31}));
    clerk.delete(&format!("/api/mappings/{}/", mapping.id())).await.is(204);
    assert_eq!(
        clerk.get(&format!("/api/mappings/{}/doctors/", patient.id())).await.is(200).json(),
        json!([])
    );
    clerk.delete(&path).await.is(204);
    clerk.get(&path).await.is(404);
    clerk.delete(&format!("/api/doctors/{doctor}/")).await.is(204);
    for page in ["/swagger/", "/redoc/"] {
        api.anonymous().get(page).await.is(200);
    }
}

async fn sign_in(api: &TestApi) -> Client {
    let anyone = api.anonymous();
    let account =
        json!({"username": "Front.Desk", "email": "desk@s1.example.com", "password": "Password@123"});
    anyone.post("/api/auth/register/", account).await.is(201);
    let credentials = json!({"username": "Front.Desk", "password": "Password@123"});
    let tokens = anyone.post("/api/auth/login/", credentials).await.is(200).json();
    let refreshed =
        anyone.post("/api/auth/token/refresh/", json!({"refresh": tokens["refresh"]})).await.is(200);
    api.bearing(&refreshed.json()["access"])
}

async fn doctors_of(clerk: &Client, patient: i64) {
    let doctors = clerk.get(&format!("/api/mappings/{patient}/doctors/")).await.is(200);
    assert_eq!(
        shown(&doctors),
        json!([{
            "id": "doctor 1", "name": "Dr. Farah Khan", "specialization": "Pulmonology",
            "email": "farah@s1.example.com", "phone": null, "address": null,
            "availability": "Mon to Fri, 9 to 12", "license_number": null, "experience_years": null,
            "consultation_fee": null, "created_by": "Front.Desk", "created_at": "time 2",
            "updated_at": "time 2", "version": 1,
            "mapping_id": "mapping 1", "notes": null, "assigned_at": "time 1",
        }])
    );
}
