//! Fields of every request: of the wrong type, with NUL, and those that only the server sets.

use domain::{DoctorDetails, NewMapping, PatientDetails, Role, UserChange};
use serde_json::{Value, json};
use testkit::builders::{self, doctor_id, human_name, patient_id, person_name};

use crate::caller::ANN;
use crate::clinic::Clinic;
use crate::documented::operations;
use crate::samples;

/// Texts that are compared, never kept: anything may be one.
const SECRETS: [&str; 5] = ["password", "current_password", "new_password", "refresh", "invitation"];

/// What a client may try to set beside the fields of a request.
fn with_server_fields(mut body: Value) -> Value {
    let server_fields = json!({
        "id": 99, "owner": 99, "owner_id": 99, "user": 99, "created_by": "bob", "created_by_id": 99,
        "assigned_by": "bob", "version": 99, "is_staff": true, "is_superuser": true, "is_admin": true,
        "is_active": false, "deleted_at": "2020-01-01T00:00:00Z", "ended_at": "2020-01-01T00:00:00Z",
        "created_at": "2020-01-01T00:00:00Z", "updated_at": "2020-01-01T00:00:00Z",
        "date_joined": "2020-01-01T00:00:00Z", "last_login": "2020-01-01T00:00:00Z",
        "password_hash": "x", "told_age": 3, "name_key": "zzz",
    });
    body.as_object_mut().unwrap().extend(server_fields.as_object().unwrap().clone());
    body
}

fn is_text(schema: &Value) -> bool {
    // Some have alternatives, each with its own type.
    let types = schema.to_string();
    types.contains("string") && !types.contains("number")
}

#[actix_web::test]
async fn a_value_of_the_wrong_type_is_told_by_its_field() {
    let open = Clinic::working().open();
    for operation in operations(&open.document) {
        for (field, schema) in operation.fields() {
            let wrong_number = if is_text(&schema) { json!(5) } else { json!("5x") };
            for wrong in [json!({}), json!([]), json!(["Asha"]), json!(true), json!({"a": 1}), wrong_number] {
                let body = samples::with(operation.body().unwrap(), &field, wrong.clone());
                let answer = open.answer(operation.request_with(ANN, "3", &body)).await;
                let what = format!("{} {field} = {wrong}", operation.id);
                assert_eq!(answer.refusal(), "400 invalid_fields", "{what}");
                assert!(answer.errors()[&field][0].is_string(), "{what}: {}", answer.errors());
            }
        }
    }
}

#[actix_web::test]
async fn nul_in_a_text_is_told_by_its_field() {
    let open = Clinic::working().open();
    for operation in operations(&open.document).iter().filter(|operation| operation.id != "auth_login") {
        let fields = operation.fields().into_iter();
        for (field, _) in fields.filter(|(name, schema)| is_text(schema) && !SECRETS.contains(&name.as_str()))
        {
            for text in ["A\u{0}B", "\u{0}", "AB\u{0}"] {
                let body = samples::with(operation.body().unwrap(), &field, json!(text));
                let answer = open.answer(operation.request_with(ANN, "3", &body)).await;
                assert_eq!(answer.refusal(), "400 invalid_fields", "{} {field}", operation.id);
                assert!(answer.errors()[&field][0].is_string(), "{} {field}", operation.id);
            }
        }
    }
}

#[actix_web::test]
async fn all_wrong_fields_are_told_at_once() {
    let open = Clinic::working().open();
    for operation in operations(&open.document).iter().filter(|operation| operation.body().is_some()) {
        let fields: Vec<String> = operation.fields().into_iter().map(|(name, _)| name).collect();
        let body: Value = fields.iter().map(|name| (name.clone(), json!([]))).collect();
        let answer = open.answer(operation.request_with(ANN, "3", &body)).await;
        assert_eq!(answer.refusal(), "400 invalid_fields", "{}", operation.id);
        let mut told: Vec<_> = answer.errors().as_object().unwrap().keys().cloned().collect();
        let mut sent = fields;
        told.sort();
        sent.sort();
        assert_eq!(told, sent, "{}", operation.id);
    }
}

#[actix_web::test]
async fn a_patient_is_what_the_fields_say_and_nothing_else() {
    let mut clinic = Clinic::default();
    let expected = PatientDetails::named(human_name("Asha Rao"));
    let insert = clinic.patients.expect_insert().withf(move |_, details, _| *details == expected);
    insert.once().returning(|_, _, _| Ok(samples::patient()));
    let body = with_server_fields(json!({"name": "Asha Rao"}));
    assert_eq!(clinic.open().answer(ANN.post("/api/patients/", &body)).await.status, 201);
}

#[actix_web::test]
async fn a_doctor_is_what_the_fields_say_and_nothing_else() {
    let mut clinic = Clinic::default();
    let expected = DoctorDetails::named(person_name("Dr. Iyer"));
    let insert = clinic.doctors.expect_insert().withf(move |_, details, _, _| *details == expected);
    insert.once().returning(|_, _, _, _| Ok(samples::doctor()));
    let body = with_server_fields(json!({"name": "Dr. Iyer"}));
    assert_eq!(clinic.open().answer(ANN.post("/api/doctors/", &body)).await.status, 201);
}

#[actix_web::test]
async fn a_mapping_is_what_the_fields_say_and_nothing_else() {
    let mut clinic = Clinic::default();
    let expected = NewMapping { patient: patient_id(3), doctor: doctor_id(5), notes: None };
    let assign = clinic.mappings.expect_assign().withf(move |_, mapping, _| *mapping == expected);
    assign.once().returning(|_, _, _| Ok(samples::mapping()));
    let body = with_server_fields(json!({"patient": 3, "doctor": 5}));
    assert_eq!(clinic.open().answer(ANN.post("/api/mappings/", &body)).await.status, 201);
}

#[actix_web::test]
async fn an_account_is_what_the_fields_say_and_nothing_else() {
    let mut clinic = Clinic::default();
    let expected = builders::user().username("asha").done();
    let insert = clinic.users.expect_insert().withf(move |user, _, _| {
        user.role == Role::Patient && user.username() == expected.username() && user.name.is_none()
    });
    insert.once().returning(|_, _, _| Ok(samples::user()));
    let body = with_server_fields(json!({"username": "asha", "password": samples::PASSWORD}));
    assert_eq!(clinic.open().answer(ANN.post("/api/auth/register/", &body)).await.status, 201);
}

#[actix_web::test]
async fn an_account_changes_neither_its_role_nor_its_user_name() {
    let mut clinic = Clinic::default();
    let update = clinic.users.expect_update().withf(|_, _, change, _| *change == UserChange::default());
    update.once().returning(|_, _, _, _| Ok(samples::user()));
    let body = with_server_fields(json!({"role": "admin", "username": "root", "password": "new password"}));
    assert_eq!(clinic.open().answer(ANN.patch("/api/auth/me/", &body)).await.status, 200);
}
