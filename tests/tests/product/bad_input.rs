//! Whatever is sent: never a server error, never an echo, always a problem document that names what is wrong.

mod bodies;
mod fields;
mod ids;
mod queries;

use serde_json::{Value, json};

use crate::api::{PASSWORD, TestApi};
use crate::client::{Answer, Client};
use crate::document::{self, Operation};

/// What is sent and must not come back.
const CANARY: &str = "canary-7f3a9c51";

/// A user, one record of each kind, and the operations of the server.
struct Case {
    api: TestApi,
    ann: Client,
    patient: i64,
    doctor: i64,
    mapping: i64,
    operations: Vec<Operation>,
}

impl Case {
    async fn new(api: TestApi) -> Self {
        let ann = api.user("ann").await;
        let patient = ann.post("/api/patients/", json!({"name": "Ravi Kumar"})).await.is(201).id();
        let doctor = ann.post("/api/doctors/", json!({"name": "Dr. Nair"})).await.is(201).id();
        let pair = json!({"patient": patient, "doctor": doctor});
        let mapping = ann.post("/api/mappings/", pair).await.is(201).id();
        let operations = document::operations(&api).await;
        Self { api, ann, patient, doctor, mapping, operations }
    }

    /// The operations with a body, each with its path and a body that is right.
    fn with_body(&self) -> Vec<(&Operation, String, Value)> {
        let with_body = self.operations.iter().filter(|operation| operation.fields.is_some());
        let all: Vec<_> =
            with_body.map(|it| (it, it.path_of(self.id_for(it)), self.right_body(it))).collect();
        assert!(all.len() >= 13, "only {} operations with a body", all.len());
        all
    }

    /// An id that the path of the operation can have.
    fn id_for(&self, operation: &Operation) -> i64 {
        match operation.id.split_once('_').map(|(resource, _)| resource) {
            Some("patients") => self.patient,
            Some("doctors") => self.doctor,
            _ => self.mapping,
        }
    }

    fn right_body(&self, operation: &Operation) -> Value {
        match operation.id.as_str() {
            "auth_register" => json!({"username": "somebody-new", "password": PASSWORD}),
            // Signing in would leave its time behind.
            "auth_login" => json!({"username": "ann", "password": "not the password"}),
            "auth_refresh" | "auth_token_refresh" => json!({"refresh": "none of ours"}),
            "auth_me_update" | "mappings_partial_update" => json!({}),
            "patients_partial_update" | "doctors_partial_update" => json!({"phone": "999"}),
            "patients_create" | "patients_update" | "doctors_create" | "doctors_update" => {
                json!({"name": "Somebody"})
            }
            "mappings_create" => json!({"patient": self.patient, "doctor": self.doctor}),
            "auth_password" => {
                json!({"current_password": "not the password", "new_password": "amber Falcon 33 tide"})
            }
            id => panic!("no right body is known for {id}: add one"),
        }
    }

    /// Everything that is stored, to see that nothing has changed.
    async fn stored(&self) -> Vec<Value> {
        let mut stored = Vec::new();
        for list in
            ["/api/patients/?limit=1000", "/api/doctors/?limit=1000", "/api/mappings/?include_inactive=true"]
        {
            stored.push(self.ann.get(list).await.is(200).json());
        }
        stored.push(self.ann.get("/api/auth/me/").await.is(200).json());
        stored
    }
}

/// Fails when an answer gives away what was sent.
#[track_caller]
fn assert_no_echo(answer: &Answer) {
    let headers = format!("{:?}", answer.headers);
    assert!(!answer.text().contains(CANARY), "{}: {}", answer.request, answer.text());
    assert!(!headers.contains(CANARY), "{}: {headers}", answer.request);
}
