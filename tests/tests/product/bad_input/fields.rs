//! Fields of the wrong type, out of their range or with characters that they may not have.

use serde_json::{Value, json};

use super::{CANARY, Case, assert_no_echo};
use crate::api::{Database, TestApi};
use crate::client::Answer;
use crate::document::Operation;

on_both_databases!(
    a_field_of_the_wrong_type_is_named,
    a_text_that_is_too_long_or_has_nul_is_named,
    a_value_outside_its_range_is_named,
    all_wrong_fields_come_at_once,
    fields_that_the_server_makes_are_ignored,
);

async fn send(case: &Case, operation: &Operation, path: &str, body: &Value) -> Answer {
    let answer = case.ann.call(operation.method.clone(), path).json(body).send().await;
    assert!(
        answer.status < 400 || !answer.text().contains(CANARY),
        "{} {body}: {}",
        operation.id,
        answer.text()
    );
    answer
}

/// Whether the schema of a field allows this type.
fn takes(schema: &Value, kind: &str) -> bool {
    let types = &schema["type"];
    types == kind
        || types.as_array().is_some_and(|types| types.contains(&json!(kind)))
        || schema["anyOf"].as_array().is_some_and(|forms| forms.iter().any(|form| takes(form, kind)))
}

/// How many characters a text of a field may have, if that is told.
fn longest(schema: &Value) -> Option<usize> {
    let forms = schema["anyOf"].as_array().into_iter().flatten();
    let lengths = forms.chain([schema]).filter_map(|form| form["maxLength"].as_u64());
    lengths.max().and_then(|length| usize::try_from(length).ok())
}

async fn a_field_of_the_wrong_type_is_named(database: Database) {
    let case = Case::new(TestApi::start(database).await).await;
    let before = case.stored().await;
    let mut tried = 0;
    for (operation, path, right) in case.with_body() {
        for (field, schema) in operation.fields.iter().flatten() {
            for (kind, wrong) in [
                ("string", json!(CANARY)),
                ("number", json!(12.5)),
                ("number", json!(1e300)),
                ("integer", json!(7)),
                ("boolean", json!(true)),
                ("array", json!([CANARY])),
                ("array", json!([])),
                ("object", json!({CANARY: CANARY})),
            ] {
                if takes(schema, kind) || (kind == "integer" && takes(schema, "number")) {
                    continue;
                }
                let mut body = right.clone();
                body[field] = wrong.clone();
                let answer = send(&case, operation, &path, &body).await;
                assert_eq!(answer.status, 400, "{} {body}: {}", operation.id, answer.text());
                assert!(answer.wrong_fields().contains(field), "{} {body}: {}", operation.id, answer.text());
                assert_no_echo(&answer);
                tried += 1;
            }
        }
    }
    assert!(tried > 400, "only {tried} wrong values were tried");
    assert_eq!(case.stored().await, before);
}

/// Fields that take any text: what is wrong with it is that it opens nothing.
const CREDENTIALS: [&str; 7] = [
    "auth_login",
    "auth_refresh",
    "auth_token_refresh",
    "current_password",
    "password",
    "new_password",
    "invitation",
];

async fn a_text_that_is_too_long_or_has_nul_is_named(database: Database) {
    let case = Case::new(TestApi::start(database).await).await;
    let before = case.stored().await;
    for (operation, path, right) in case.with_body() {
        for (field, schema) in operation.fields.iter().flatten().filter(|(_, schema)| takes(schema, "string"))
        {
            let is_credential = [operation.id.as_str(), field].iter().any(|name| CREDENTIALS.contains(name));
            let mut wrong = vec![format!("{CANARY}\0")];
            wrong.extend(longest(schema).map(|length| CANARY.repeat(length / CANARY.len() + 1)));
            for text in wrong {
                let mut body = right.clone();
                body[field] = json!(text);
                let answer = send(&case, operation, &path, &body).await;
                if is_credential {
                    assert!(answer.status < 500);
                    continue;
                }
                assert_eq!(answer.status, 400, "{} {field}: {}", operation.id, answer.text());
                assert!(answer.wrong_fields().contains(field), "{} {field}: {}", operation.id, answer.text());
            }
        }
    }
    let after = case.stored().await;
    assert_eq!(after, before);
}

/// Resource, field, and values that the field cannot have.
fn out_of_range() -> Vec<(&'static str, &'static str, Vec<Value>)> {
    vec![
        (
            "patients",
            "date_of_birth",
            vec![
                json!("1899-12-31"),
                json!("2999-01-01"),
                json!("2023-02-29"),
                json!("17.5.1984"),
                json!("1984-5-17"),
            ],
        ),
        ("patients", "age", vec![json!(-1), json!(151), json!(9_223_372_036_854_775_807_i64), json!(1e18)]),
        ("patients", "gender", vec![json!("x"), json!("mal"), json!("männlich")]),
        ("patients", "blood_group", vec![json!("C+"), json!("A"), json!("AB")]),
        ("patients", "email", vec![json!("ann"), json!("a@b"), json!("a b@c.de"), json!("a@b..de")]),
        (
            "patients",
            "phone",
            vec![json!("12"), json!("n/a"), json!("٩٩٩"), json!("1+23"), json!("1".repeat(21))],
        ),
        (
            "patients",
            "first_name",
            vec![json!("x".repeat(151)), json!("a\tb"), json!("a\u{7f}b"), json!("a\u{85}b")],
        ),
        ("doctors", "name", vec![json!("x".repeat(151)), json!("a\nb")]),
        ("doctors", "experience_years", vec![json!(-1), json!(81), json!(i64::MIN)]),
        (
            "doctors",
            "consultation_fee",
            vec![
                json!("-0.01"),
                json!("100000000.00"),
                json!("1.005"),
                json!("ten"),
                json!("1e99"),
                json!("NaN"),
                json!(-1),
            ],
        ),
        ("doctors", "license_number", vec![json!("x".repeat(51)), json!("a\u{1}")]),
        ("doctors", "availability", vec![json!("x".repeat(201))]),
    ]
}

async fn a_value_outside_its_range_is_named(database: Database) {
    let case = Case::new(TestApi::start(database).await).await;
    for (resource, field, values) in out_of_range() {
        for value in values {
            let created =
                case.ann.post(&format!("/api/{resource}/"), json!({"name": "A", field: value})).await;
            assert_eq!(
                (created.status, created.wrong_fields()),
                (400, vec![field.to_owned()]),
                "{field} {value}"
            );
            let id = if resource == "patients" { case.patient } else { case.doctor };
            let path = format!("/api/{resource}/{id}/");
            let patched = case.ann.patch(&path, json!({field: value})).await;
            assert_eq!(
                (patched.status, patched.wrong_fields()),
                (400, vec![field.to_owned()]),
                "{field} {value}"
            );
        }
    }
    for id in [json!(0), json!(-5), json!(9_223_372_036_854_775_807_i64), json!(1e30)] {
        let answer =
            case.ann.post("/api/mappings/", json!({"patient_id": id, "doctor_id": case.doctor})).await;
        assert!([400, 404].contains(&answer.status), "{id}: {}", answer.text());
        assert_eq!(answer.wrong_fields(), ["patient_id"], "{id}");
    }
    let both = json!({"patient": case.patient, "patient_id": case.patient + 1, "doctor": case.doctor});
    assert_eq!(case.ann.post("/api/mappings/", both).await.is(400).wrong_fields(), ["patient"]);
}

async fn all_wrong_fields_come_at_once(database: Database) {
    let case = Case::new(TestApi::start(database).await).await;
    let patient = json!({"name": 5, "date_of_birth": "tomorrow", "age": 151, "gender": "x", "email": "x", "phone": "x",
        "emergency_contact": [], "address": "\u{1}", "medical_history": {}, "blood_group": "x"});
    let wrong = case.ann.post("/api/patients/", patient).await.is(400).wrong_fields();
    assert_eq!(wrong.len(), 10, "{wrong:?}");
    let doctor = json!({"specialization": "x".repeat(151), "email": 1, "phone": "1", "license_number": false,
        "experience_years": "many", "consultation_fee": "much"});
    let wrong = case.ann.post("/api/doctors/", doctor).await.is(400).wrong_fields();
    assert_eq!(wrong.len(), 7, "with the missing name: {wrong:?}");
    let account = json!({"email": "x", "password": "short", "phone": "x", "role": "admin", "name": "\u{1}"});
    let wrong = case.api.anonymous().post("/api/auth/register/", account).await.is(400).wrong_fields();
    assert_eq!(wrong.len(), 5, "{wrong:?}");
    let wrong = case.ann.post("/api/mappings/", json!({"notes": 5})).await.is(400).wrong_fields();
    assert_eq!(wrong, ["doctor", "notes", "patient"]);
}

async fn fields_that_the_server_makes_are_ignored(database: Database) {
    let case = Case::new(TestApi::start(database).await).await;
    let made = json!({"name": "Somebody", "id": 77, "owner": 78, "owner_id": 78, "created_by": "eve", "version": 9,
        "created_at": "2000-01-01T00:00:00Z", "updated_at": "2000-01-01T00:00:00Z", "deleted_at": "2000-01-01T00:00:00Z",
        "retired_at": "2000-01-01T00:00:00Z", "is_active": false, "ended_at": "2000-01-01T00:00:00Z", "assigned_by": "eve",
        "patient": case.patient, "doctor": case.doctor, "mapping_id": 5});
    for (list, id) in [("/api/patients/", case.patient), ("/api/doctors/", case.doctor)] {
        let new = case.ann.post(list, made.clone()).await.is(201);
        let own = format!("{list}{id}/");
        for answer in [
            new,
            case.ann.put(&own, made.clone()).await.is(200),
            case.ann.patch(&own, made.clone()).await.is(200),
        ] {
            let record = answer.json();
            assert_eq!(
                (&record["name"], &record["created_by"]),
                (&json!("Somebody"), &json!("ann")),
                "{record}"
            );
            assert!(record["id"] != 77 && record["owner"] != 78 && record["version"] != 9, "{record}");
            assert!(
                record["created_at"].as_str().unwrap() > "2026"
                    && record["updated_at"].as_str().unwrap() > "2026"
            );
        }
    }
    let path = format!("/api/mappings/{}/", case.mapping);
    let record = case.ann.patch(&path, made).await.is(200).json();
    assert_eq!(
        (&record["is_active"], &record["ended_at"], &record["assigned_by"]),
        (&json!(true), &json!(null), &json!("ann"))
    );
}
