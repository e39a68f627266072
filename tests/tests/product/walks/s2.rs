//! S2: signs in with an e-mail address in any case; birth date, blood group and more; notes; mappings end softly.

use serde_json::{Value, json};

use super::assert_has;
use crate::api::{Database, TestApi};
use crate::client::Client;
use crate::redaction::shown;

on_both_databases!(gets_through);

async fn gets_through(database: Database) {
    let api = TestApi::start(database).await;
    let clerk = sign_in(&api).await;
    let patient = clerk.post("/api/patients/", patient()).await.is(201);
    let expected = json!({"date_of_birth": "1984-05-17", "blood_group": "AB-", "emergency_contact": "022 5550 99",
        "email": "anil@patients.example.com", "gender": "male"});
    assert_has(&patient, &expected);
    let doctor = clerk.post("/api/doctors/", doctor()).await.is(201);
    assert_eq!(shown(&doctor), shown_doctor());
    let (patient, doctor) = (patient.id(), doctor.id());
    assign_and_end(&clerk, patient, doctor).await;
    change(&clerk, patient, doctor).await;
    clerk.delete(&format!("/api/patients/{patient}/")).await.is(204);
    clerk.get(&format!("/api/mappings/{patient}/")).await.is(404);
    assert_eq!(clerk.get("/api/mappings/").await.is(200).json(), json!([]));
    clerk.delete(&format!("/api/doctors/{doctor}/")).await.is(204);
    clerk.get(&format!("/api/doctors/{doctor}/")).await.is(404);
}

async fn sign_in(api: &TestApi) -> Client {
    let account = json!({"email": "Lalita.Dsouza@S2.Example.com", "password": "monsoon-4711-Lagoon",
        "name": "Lalita D'Souza", "phone": "+91 98200 12345", "role": "doctor"});
    let registered = api.anonymous().post("/api/auth/register/", account).await.is(201);
    assert_eq!(
        shown(&registered),
        json!({
            "id": "user 1", "username": "Lalita.Dsouza@S2.Example.com", "email": "Lalita.Dsouza@S2.Example.com",
            "name": "Lalita D'Souza", "first_name": "Lalita", "last_name": "D'Souza",
            "phone": "+91 98200 12345", "role": "doctor", "is_staff": false,
            "date_joined": "time 1", "last_login": registered.json()["last_login"].as_str().map(|_| "time 1"),
            "tokens": {"access": "a token", "refresh": "a token"},
        })
    );
    let credentials = json!({"email": "LALITA.dsouza@s2.example.COM", "password": "monsoon-4711-Lagoon"});
    let tokens = api.anonymous().post("/api/auth/login/", credentials).await.is(200).json();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 900);
    assert_eq!(tokens["user"]["role"], "doctor");
    api.bearing(&tokens["access"])
}

fn patient() -> Value {
    json!({"name": "Anil Deshmukh", "email": "anil@patients.example.com", "phone": "022 5550 11",
        "date_of_birth": "1984-05-17", "address": "Dadar", "gender": "male", "blood_group": "AB-",
        "emergency_contact": "022 5550 99", "medical_history": "Penicillin allergy"})
}

fn doctor() -> Value {
    json!({"name": "Dr. Meera Iyer", "email": "iyer@s2.example.com", "phone": "022 5550 77",
        "specialization": "Neurology", "license_number": "MH-2011-00042", "experience_years": 15,
        "address": "Bandra", "consultation_fee": "1500.00", "availability": "Tue and Thu"})
}

fn shown_doctor() -> Value {
    json!({"id": "doctor 1", "name": "Dr. Meera Iyer", "specialization": "Neurology",
        "email": "iyer@s2.example.com", "phone": "022 5550 77", "address": "Bandra",
        "availability": "Tue and Thu", "license_number": "MH-2011-00042", "experience_years": 15,
        "consultation_fee": "1500.00", "created_by": "Lalita.Dsouza@S2.Example.com",
        "created_at": "time 1", "updated_at": "time 1", "version": 1})
}

async fn assign_and_end(clerk: &Client, patient: i64, doctor: i64) {
    let pair = json!({"patient": patient, "doctor": doctor, "notes": "Follow-up after surgery"});
    let mapping = clerk.post("/api/mappings/", pair.clone()).await.is(201);
    assert_eq!(
        shown(&mapping),
        json!({
            "id": "mapping 1", "patient": "patient 1", "doctor": "doctor 1",
            "patient_name": "Anil Deshmukh", "doctor_name": "Dr. Meera Iyer", "specialization": "Neurology",
            "notes": "Follow-up after surgery", "is_active": true,
            "assigned_by": "Lalita.Dsouza@S2.Example.com", "assigned_at": "time 1", "ended_at": null,
            "updated_at": "time 1", "version": 1,
        })
    );
    let of_patient = clerk.get(&format!("/api/mappings/{patient}/")).await.is(200).array();
    assert_eq!(of_patient.len(), 1);
    assert_eq!(of_patient[0]["notes"], "Follow-up after surgery");
    clerk.delete(&format!("/api/mappings/{}/", mapping.id())).await.is(204);
    assert_eq!(clerk.get(&format!("/api/mappings/{patient}/")).await.is(200).json(), json!([]));
    let history = clerk.get("/api/mappings/?include_inactive=true").await.is(200).array();
    assert_eq!(history.len(), 1);
    assert_eq!(history[0]["is_active"], false);
    assert!(history[0]["ended_at"].is_string());
    let again = clerk.post("/api/mappings/", pair).await.is(201);
    assert_ne!(again.id(), mapping.id());
    let noted =
        clerk.patch(&format!("/api/mappings/{}/", again.id()), json!({"notes": "Second time"})).await.is(200);
    assert_has(&noted, &json!({"notes": "Second time", "is_active": true, "version": 2}));
}

async fn change(clerk: &Client, patient: i64, doctor: i64) {
    let changed =
        clerk.patch(&format!("/api/patients/{patient}/"), json!({"blood_group": "O+"})).await.is(200);
    assert_has(&changed, &json!({"blood_group": "O+", "date_of_birth": "1984-05-17"}));
    let fee =
        clerk.patch(&format!("/api/doctors/{doctor}/"), json!({"consultation_fee": 1750.5})).await.is(200);
    assert_has(&fee, &json!({"consultation_fee": "1750.50", "license_number": "MH-2011-00042"}));
    let me = clerk.patch("/api/auth/me/", json!({"phone": "+91 98200 54321"})).await.is(200);
    assert_has(&me, &json!({"phone": "+91 98200 54321", "name": "Lalita D'Souza"}));
}
