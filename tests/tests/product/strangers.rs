//! Two users: what belongs to one is to the other as if it did not exist, byte for byte.

mod lists;
mod matrix;

use serde_json::{Value, json};

use crate::api::TestApi;
use crate::client::Client;

/// An id that no record has.
const NO_RECORD: i64 = 4_000_000_000_000;

/// An id that no session has.
const NO_SESSION: &str = "0190a5f2-7c1e-7000-8000-00000000abcd";

/// A user with a patient, a doctor and a mapping, and another user who wants to know.
struct Case {
    api: TestApi,
    ann: Client,
    eve: Client,
    patient: i64,
    doctor: i64,
    mapping: i64,
    session: String,
}

impl Case {
    async fn new(api: TestApi) -> Self {
        let (ann, eve) = (api.user("ann").await, api.user("eve").await);
        let patient = json!({"name": "Padma Secretive", "gender": "F", "blood_group": "O-", "phone": "999"});
        let patient = ann.post("/api/patients/", patient).await.is(201).id();
        let doctor = ann.post("/api/doctors/", json!({"name": "Dr. Shared"})).await.is(201).id();
        let pair = json!({"patient": patient, "doctor": doctor, "notes": "between us"});
        let mapping = ann.post("/api/mappings/", pair).await.is(201).id();
        let sessions = ann.get("/api/auth/sessions/").await.is(200).array();
        let session = sessions[0]["id"].as_str().unwrap().to_owned();
        // The stranger has records, too: nothing is hidden only because there is nothing.
        let own = eve.post("/api/patients/", json!({"name": "Padma Open"})).await.is(201).id();
        eve.post("/api/mappings/", json!({"patient": own, "doctor": doctor})).await.is(201);
        Self { api, ann, eve, patient, doctor, mapping, session }
    }

    /// Everything that the owner sees, with tags.
    async fn owned(&self) -> Vec<(Option<String>, Value)> {
        let mut seen = Vec::new();
        for path in [
            format!("/api/patients/{}/", self.patient),
            format!("/api/patients/{}/doctors/", self.patient),
            format!("/api/mappings/detail/{}/", self.mapping),
            format!("/api/doctors/{}/", self.doctor),
            "/api/patients/?count=true".to_owned(),
            "/api/mappings/?include_inactive=true".to_owned(),
            "/api/auth/me/".to_owned(),
        ] {
            let answer = self.ann.get(&path).await.is(200);
            seen.push((answer.header("etag").map(str::to_owned), answer.json()));
        }
        seen
    }
}
