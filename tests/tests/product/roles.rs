//! Who may write the directory of doctors, as the operator has decided; and that nobody decides it alone.

use serde_json::json;

use crate::api::{Database, PASSWORD, TestApi};

on_both_databases!(
    any_user_writes_doctors_by_default,
    the_creator_and_staff_may_write,
    only_staff_may_write,
    only_an_administrator_reads_the_whole_trail,
    nobody_makes_themselves_staff,
    doctors_may_share_an_address_where_the_operator_says_so,
);

async fn any_user_writes_doctors_by_default(database: Database) {
    let api = TestApi::start(database).await;
    let (ann, eve) = (api.user("ann").await, api.user("eve").await);
    let doctor = ann.post("/api/doctors/", json!({"name": "Dr. Shared"})).await.is(201);
    let path = doctor.header("location").unwrap().to_owned();
    assert_eq!(eve.patch(&path, json!({"phone": "999"})).await.is(200).json()["created_by"], "ann");
    eve.delete(&path).await.is(204);
    ann.get(&path).await.is(404);
    ann.post(&format!("{path}restore/"), json!({})).await.is(200);
    ann.get(&path).await.is(200);
}

async fn the_creator_and_staff_may_write(database: Database) {
    let api = TestApi::with(database, &[("access.doctors_write", "creator")]).await;
    let (ann, eve, admin) = (api.user("ann").await, api.user("eve").await, api.admin().await);
    let doctor = ann.post("/api/doctors/", json!({"name": "Dr. Ann's"})).await.is(201);
    let path = doctor.header("location").unwrap().to_owned();
    eve.get(&path).await.is(200);
    for refused in [
        eve.put(&path, json!({"name": "Dr. Eve's"})).await,
        eve.patch(&path, json!({"name": "Dr. Eve's"})).await,
        eve.delete(&path).await,
    ] {
        assert_eq!(refused.is(403).json()["code"], "forbidden");
    }
    assert_eq!(eve.get(&path).await.etag(), doctor.etag());
    ann.patch(&path, json!({"phone": "999"})).await.is(200);
    admin.patch(&path, json!({"phone": "998"})).await.is(200);
    admin.delete(&path).await.is(204);
    let restore = format!("{path}restore/");
    assert_eq!(eve.post(&restore, json!({})).await.is(403).json()["code"], "forbidden");
    ann.get(&path).await.is(404);
    ann.post(&restore, json!({})).await.is(200);
    ann.get(&path).await.is(200);
}

async fn only_staff_may_write(database: Database) {
    let api = TestApi::with(database, &[("access.doctors_write", "staff")]).await;
    let (ann, admin) = (api.user("ann").await, api.admin().await);
    ann.post("/api/doctors/", json!({"name": "Dr. Ann's"})).await.is(403);
    let doctor = admin.post("/api/doctors/", json!({"name": "Dr. House"})).await.is(201);
    let path = doctor.header("location").unwrap();
    ann.get(path).await.is(200);
    ann.patch(path, json!({"phone": "999"})).await.is(403);
    ann.delete(path).await.is(403);
    admin.delete(path).await.is(204);
    ann.post(&format!("{path}restore/"), json!({})).await.is(403);
    admin.post(&format!("{path}restore/"), json!({})).await.is(200);
}

async fn only_an_administrator_reads_the_whole_trail(database: Database) {
    let api = TestApi::start(database).await;
    let (ann, admin) = (api.user("ann").await, api.admin().await);
    let patient = ann.post("/api/patients/", json!({"name": "Asha Rao"})).await.is(201).id();
    assert_eq!(ann.get("/api/audit/").await.is(403).json()["code"], "forbidden");
    // A write is on record when it is answered.
    let events = admin.get(&format!("/api/audit/?record=patient:{patient}")).await.is(200).array();
    assert_eq!(events.len(), 1);
    assert_eq!((&events[0]["operation"], &events[0]["username"]), (&json!("patients_create"), &json!("ann")));
}

async fn nobody_makes_themselves_staff(database: Database) {
    let api = TestApi::with(database, &[("access.doctors_write", "staff")]).await;
    for role in ["staff", "admin", "ADMIN", "superuser"] {
        let account = json!({"username": "eve", "password": PASSWORD, "role": role});
        let refused = api.anonymous().post("/api/auth/register/", account).await.is(400);
        assert_eq!(refused.wrong_fields(), ["role"]);
    }
    let account = json!({"username": "eve", "password": PASSWORD, "is_staff": true, "is_superuser": true,
        "is_active": false, "id": 1, "version": 7, "date_joined": "2000-01-01T00:00:00Z"});
    let registered = api.anonymous().post("/api/auth/register/", account).await.is(201).json();
    assert_eq!((&registered["role"], &registered["is_staff"]), (&json!("patient"), &json!(false)));
    assert_ne!(registered["date_joined"], "2000-01-01T00:00:00Z");
    let eve = api.bearing(&registered["tokens"]["access"]);
    let promoted =
        eve.patch("/api/auth/me/", json!({"role": "admin", "is_staff": true, "id": 99})).await.is(200);
    assert_eq!(
        (&promoted.json()["role"], promoted.id()),
        (&json!("patient"), registered["id"].as_i64().unwrap())
    );
    eve.post("/api/doctors/", json!({"name": "Dr. Eve's"})).await.is(403);
}

async fn doctors_may_share_an_address_where_the_operator_says_so(database: Database) {
    let api = TestApi::with(database, &[("doctors.unique_email", "false")]).await;
    let ann = api.user("ann").await;
    for name in ["Dr. One", "Dr. Two"] {
        ann.post("/api/doctors/", json!({"name": name, "email": "ward@example.com"})).await.is(201);
    }
    ann.post("/api/doctors/", json!({"name": "Dr. A", "license_number": "L1"})).await.is(201);
    let refused = ann.post("/api/doctors/", json!({"name": "Dr. B", "license_number": "L1"})).await.is(409);
    assert_eq!(refused.wrong_fields(), ["license_number"]);
}
