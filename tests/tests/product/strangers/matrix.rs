//! Every operation that takes an id in its path, in all variants, with an id of the other user's.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::{Case, NO_RECORD, NO_SESSION};
use crate::api::{Database, TestApi};
use crate::client::{Answer, Call, Client};
use crate::document::{self, Operation};

/// What the id in the path of an operation is the id of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Of {
    /// A patient: belongs to its creator.
    Patient,
    /// A mapping: belongs to the patient's owner.
    Mapping,
    /// A session: belongs to whoever signed in.
    Session,
    /// A doctor: the directory is shared, and who may write it is a setting (see `roles`).
    Directory,
}

/// All operations with an id in their path.
const MATRIX: [(&str, Of); 28] = [
    ("patients_get", Of::Patient),
    ("patients_update", Of::Patient),
    ("patients_partial_update", Of::Patient),
    ("patients_delete", Of::Patient),
    ("patients_doctors", Of::Patient),
    ("patients_audit", Of::Patient),
    ("patients_history", Of::Patient),
    ("patients_version", Of::Patient),
    ("patients_restore", Of::Patient),
    ("mappings_short_patient", Of::Patient),
    ("mappings_short_detail", Of::Mapping),
    ("mappings_patient", Of::Patient),
    ("mappings_doctors", Of::Patient),
    ("mappings_detail", Of::Mapping),
    ("mappings_partial_update", Of::Mapping),
    ("mappings_delete", Of::Mapping),
    ("mappings_history", Of::Mapping),
    ("mappings_version", Of::Mapping),
    ("mappings_detail_history", Of::Mapping),
    ("mappings_detail_version", Of::Mapping),
    ("auth_sessions_delete", Of::Session),
    ("doctors_get", Of::Directory),
    ("doctors_update", Of::Directory),
    ("doctors_partial_update", Of::Directory),
    ("doctors_delete", Of::Directory),
    ("doctors_history", Of::Directory),
    ("doctors_version", Of::Directory),
    ("doctors_restore", Of::Directory),
];

/// What the two settings of `GET /api/mappings/<n>/` call themselves.
const DETAILS: [&str; 2] = ["patient", "mapping"];

on_both_databases!(a_strangers_id_is_answered_like_one_that_does_not_exist);

async fn a_strangers_id_is_answered_like_one_that_does_not_exist(database: Database) {
    for detail in DETAILS {
        let case = Case::new(TestApi::with(database, &[("api.mapping_detail", detail)]).await).await;
        let before = case.owned().await;
        let mut compared = 0;
        for operation in document::operations(&case.api).await {
            let of = MATRIX.iter().find(|(name, _)| *name == operation.id).map(|(_, of)| *of);
            let Some(target) = of.and_then(|of| case.target(of, &before)) else { continue };
            for method in operation.methods() {
                compared += compare(&case, &operation, &method, &target).await;
            }
        }
        assert!(compared > 100, "only {compared} pairs of answers were compared");
        assert_eq!(case.owned().await, before, "a stranger has changed something");
    }
}

/// A record of the other user's, and one that nobody has.
struct Target {
    id: String,
    no_id: String,
    tag: String,
}

impl Case {
    fn target(&self, of: Of, before: &[(Option<String>, Value)]) -> Option<Target> {
        let (id, no_id, tag) = match of {
            Of::Patient => (self.patient.to_string(), NO_RECORD.to_string(), before[0].0.clone()),
            Of::Mapping => (self.mapping.to_string(), NO_RECORD.to_string(), before[2].0.clone()),
            Of::Session => (self.session.clone(), NO_SESSION.to_owned(), None),
            Of::Directory => return None,
        };
        Some(Target { id, no_id, tag: tag.unwrap_or_else(|| "\"1-0123456789abcdef\"".to_owned()) })
    }
}

/// Compares the answers for the id of the other and for no record at all, in every variant of the request.
async fn compare(case: &Case, operation: &Operation, method: &Method, target: &Target) -> usize {
    let variants = variants(&target.tag);
    for (query, headers, body) in &variants {
        let ask = async |id: &str| -> Answer {
            let call = case.eve.call(method.clone(), &format!("{}{query}", operation.path_of(id)));
            let call = headers.iter().fold(call, |call: Call, (name, value)| call.header(name, value));
            // Both answers carry the same id, so even that must be equal.
            let call = call.header("x-request-id", "the-same");
            if operation.fields.is_some() { call.body("application/json", *body) } else { call }.send().await
        };
        let (foreign, missing) = (ask(&target.id).await, ask(&target.no_id).await);
        assert_eq!(foreign.without_date(), missing.without_date(), "{} {headers:?} {body}", foreign.request);
        // A request that is wrong as such is 400 before anybody looks for the record.
        let is_wrong = query.contains("limit=0") || *body != BODY;
        let told = (foreign.status, foreign.text());
        assert!(told.0 == 404 || (is_wrong && told.0 == 400), "{}: {told:?}", foreign.request);
    }
    variants.len()
}

/// Query, headers and body.
type Variant<'a> = (&'static str, Vec<(&'static str, &'a str)>, &'static str);

/// A body that every operation with one takes.
const BODY: &str = r#"{"name": "Eve Was Here", "notes": "eve was here"}"#;

fn variants(tag: &str) -> Vec<Variant<'_>> {
    vec![
        ("", vec![], BODY),
        ("", vec![("if-match", tag)], BODY),
        ("", vec![("if-match", "\"7-0123456789abcdef\"")], BODY),
        ("", vec![("if-match", "*")], BODY),
        ("", vec![("if-none-match", tag)], BODY),
        ("", vec![("if-none-match", "*")], BODY),
        ("?include_inactive=true&limit=1&count=true&ordering=created_at", vec![], BODY),
        ("?limit=0", vec![], BODY),
        ("", vec![], r#"{"name": 5, "notes": []}"#),
        ("", vec![], "{"),
    ]
}

on_both_databases!(a_strangers_id_in_a_body_is_answered_like_one_that_does_not_exist);

async fn a_strangers_id_in_a_body_is_answered_like_one_that_does_not_exist(database: Database) {
    let case = Case::new(TestApi::start(database).await).await;
    let before = case.owned().await;
    for (patient, doctor) in [("patient", "doctor"), ("patient_id", "doctor_id"), ("patient", "doctor_id")] {
        for doctor_id in [case.doctor, NO_RECORD] {
            for notes in [json!(null), json!("hello"), json!("x\u{0}")] {
                let body = |id: i64| json!({patient: id, doctor: doctor_id, "notes": notes});
                let foreign = assign(&case.eve, body(case.patient)).await;
                let missing = assign(&case.eve, body(NO_RECORD)).await;
                assert_eq!(foreign.without_date(), missing.without_date(), "{}", body(case.patient));
                if notes != json!("x\u{0}") {
                    assert_eq!((foreign.status, foreign.wrong_fields()), (404, vec![patient.to_owned()]));
                }
            }
        }
    }
    assert_eq!(case.owned().await, before, "a stranger has changed something");
}

async fn assign(who: &Client, body: Value) -> Answer {
    who.call(Method::POST, "/api/mappings/").header("x-request-id", "the-same").json(&body).send().await
}

#[tokio::test]
async fn every_operation_with_an_id_is_in_the_matrix() {
    let mut documented = BTreeSet::new();
    for detail in DETAILS {
        let api = TestApi::with(Database::Sqlite, &[("api.mapping_detail", detail)]).await;
        let operations = document::operations(&api).await.into_iter();
        documented.extend(operations.filter(Operation::has_id).map(|operation| operation.id));
    }
    let known: BTreeSet<String> = MATRIX.iter().map(|(name, _)| (*name).to_owned()).collect();
    let unknown: Vec<_> = documented.difference(&known).collect();
    assert!(unknown.is_empty(), "add to the matrix: {unknown:?}");
    assert!(documented.len() >= 16, "{documented:?}");
}
