//! S3: signs in with an e-mail address; `name`; `patient_id` and `doctor_id`; `GET /api/mappings/<mapping_id>/`.

use serde_json::json;

use super::{assert_has, ids};
use crate::api::{Database, TestApi};
use crate::client::Client;

on_both_databases!(gets_through);

async fn gets_through(database: Database) {
    let api = TestApi::with(database, &[("api.mapping_detail", "mapping")]).await;
    let clerk = sign_in(&api).await;
    let patient = json!({"name": "Sunil Rao", "age": 55, "gender": "male", "phone": "9820012345"});
    let patient = clerk.post("/api/patients/", patient).await.is(201).id();
    let doctor =
        json!({"name": "Dr. Kavita Menon", "specialization": "Oncology", "email": "menon@s3.example.com"});
    let doctor = clerk.post("/api/doctors/", doctor).await.is(201).id();
    let pair = json!({"patient_id": patient, "doctor_id": doctor});
    let mapping = clerk.post("/api/mappings/", pair.clone()).await.is(201);
    let again = clerk.post("/api/mappings/", pair).await.is(409);
    assert_eq!(again.wrong_fields(), ["doctor_id"]);
    read_mapping(&clerk, mapping.id(), patient, doctor).await;
    let path = format!("/api/patients/{patient}/");
    let changed = json!({"name": "Sunil K. Rao", "age": 56, "gender": "male", "phone": "9820012345"});
    assert_has(&clerk.put(&path, changed).await.is(200), &json!({"name": "Sunil K. Rao", "age": 56}));
    let doctor_path = format!("/api/doctors/{doctor}/");
    assert_has(
        &clerk.patch(&doctor_path, json!({"specialization": "Hematology"})).await.is(200),
        &json!({"specialization": "Hematology"}),
    );
    let mapping_path = format!("/api/mappings/{}/", mapping.id());
    clerk.delete(&mapping_path).await.is(204);
    clerk.get(&mapping_path).await.is(404);
    assert_eq!(clerk.get(&format!("/api/mappings/patient/{patient}/")).await.is(200).json(), json!([]));
    clerk.delete(&path).await.is(204);
    clerk.get(&format!("/api/mappings/patient/{patient}/")).await.is(404);
    clerk.delete(&doctor_path).await.is(204);
}

async fn sign_in(api: &TestApi) -> Client {
    let anyone = api.anonymous();
    let account =
        json!({"name": "Kiran Shah", "email": "kiran@s3.example.com", "password": "teapot-Harbor-92"});
    assert_has(&anyone.post("/api/auth/register/", account).await.is(201), &json!({"name": "Kiran Shah"}));
    let credentials = json!({"email": "kiran@s3.example.com", "password": "teapot-Harbor-92"});
    let tokens = anyone.post("/api/auth/login/", credentials).await.is(200).json();
    let refreshed =
        anyone.post("/api/auth/refresh/", json!({"refresh": tokens["refresh"]})).await.is(200).json();
    assert_eq!(refreshed["token_type"], "Bearer");
    let clerk = api.bearing(&refreshed["access"]);
    assert_has(&clerk.get("/api/auth/me/").await.is(200), &json!({"email": "kiran@s3.example.com"}));
    clerk
}

async fn read_mapping(clerk: &Client, mapping: i64, patient: i64, doctor: i64) {
    let read = clerk.get(&format!("/api/mappings/{mapping}/")).await.is(200);
    let expected = json!({"id": mapping, "patient": patient, "doctor": doctor, "patient_name": "Sunil Rao",
        "doctor_name": "Dr. Kavita Menon", "is_active": true});
    assert_has(&read, &expected);
    assert_eq!(ids(&clerk.get("/api/mappings/").await.is(200)), [mapping]);
    assert_eq!(ids(&clerk.get(&format!("/api/mappings/patient/{patient}/")).await.is(200)), [doctor]);
}
