//! `/api/patients/`: what goes in, what comes out, and what the store is asked to do.

use domain::ports::RepositoryError;
use domain::{
    Age, BirthDate, BloodGroup, Change, Gender, Invalid, NameChange, PatientChange, PatientDetails, Version,
};
use serde_json::{Value, json};
use testkit::builders::{self, email, medical_history, patient_id, person_name, phone};
use testkit::fixed::instant;

use crate::answer::Answer;
use crate::caller::{ANN, ANN_ID};
use crate::clinic::{Clinic, only};
use crate::samples;

/// What comes of adding a patient, where the store expects exactly these details.
async fn added(body: &Value, expected: PatientDetails) -> Answer {
    let mut clinic = Clinic::default();
    let insert = clinic
        .patients
        .expect_insert()
        .withf(move |owner, details, now| (*owner, now.at) == (ANN_ID, instant()) && *details == expected);
    insert.once().returning(|_, _, _| Ok(samples::patient()));
    clinic.open().answer(ANN.post("/api/patients/", body)).await
}

/// What is wrong with a body for a new patient; the store is not asked.
async fn wrong(body: &Value) -> Value {
    let answer = Clinic::default().open().answer(ANN.post("/api/patients/", body)).await;
    assert_eq!(answer.refusal(), "400 invalid_fields");
    answer.errors()
}

/// A clinic whose store expects exactly this change, of any version.
fn expecting(change: PatientChange) -> Clinic {
    let mut clinic = Clinic::default();
    let update = clinic.patients.expect_update().withf(move |owner, id, expected, told, now| {
        (*owner, *id, *expected, now.at) == (ANN_ID, patient_id(3), None, instant()) && *told == change
    });
    update.once().returning(|_, _, _, _, _| Ok(samples::patient()));
    clinic
}

/// A clinic whose store finds this wrong with every change.
fn refusing(field: &'static str, message: &'static str) -> Clinic {
    let mut clinic = Clinic::default();
    let refused = move || RepositoryError::Invalid(Invalid::field(field, message));
    clinic.patients.expect_update().returning(move |_, _, _, _, _| Err(refused()));
    clinic
}

fn whole(name: &str) -> NameChange {
    NameChange { full: Change::Set(person_name(name)), ..NameChange::default() }
}

#[actix_web::test]
async fn a_patient_comes_out_whole() {
    let mut clinic = Clinic::default();
    let find = clinic.patients.expect_find().withf(|o, id| (*o, *id) == (ANN_ID, patient_id(3)));
    find.once().returning(|_, _| Ok(Some(samples::patient())));
    let answer = clinic.open().answer(ANN.get("/api/patients/3/")).await;
    assert_eq!((answer.status, answer.json()), (200, samples::patient_json()));
    assert_eq!(answer.header("content-type"), "application/json");
}

#[actix_web::test]
async fn what_is_not_known_of_a_patient_is_null() {
    let mut clinic = Clinic::default();
    let bare = || builders::patient().named("Asha").stored(patient_id(3), ANN_ID);
    clinic.patients.expect_find().returning(move |_, _| Ok(Some(bare())));
    let expected = json!({
        "id": 3, "owner": 7, "created_by": "user-7", "name": "Asha", "first_name": "Asha", "last_name": "",
        "date_of_birth": null, "age": null, "gender": null, "email": null, "phone": null,
        "emergency_contact": null, "address": null, "medical_history": null, "blood_group": null,
        "created_at": samples::NOW, "updated_at": samples::NOW, "version": 1,
    });
    assert_eq!(clinic.open().answer(ANN.get("/api/patients/3/")).await.json(), expected);
}

#[actix_web::test]
async fn an_age_that_was_told_comes_out_where_no_birth_date_is_known() {
    let mut clinic = Clinic::default();
    let told = || builders::patient().told_age(61, "2020-01-01").stored(patient_id(3), ANN_ID);
    clinic.patients.expect_find().returning(move |_, _| Ok(Some(told())));
    let answer = clinic.open().answer(ANN.get("/api/patients/3/")).await.json();
    assert_eq!((&answer["age"], &answer["date_of_birth"]), (&json!(61), &Value::Null));
}

#[actix_web::test]
async fn a_new_patient_is_201_with_its_address_and_its_tag() {
    let answer = added(&json!({"name": "Asha Rao"}), builders::patient().done()).await;
    assert_eq!((answer.status, answer.json()), (201, samples::patient_json()));
    assert_eq!(answer.header("location"), "/api/patients/3/");
    assert!(answer.header("etag").starts_with("\"1-"));
}

#[actix_web::test]
async fn every_field_reaches_the_store() {
    let body = json!({
        "name": "  Asha Rao ", "date_of_birth": "1984-05-17", "gender": "F", "email": "A.Rao@Example.org",
        "phone": "+91 (22) 55-50.1", "emergency_contact": "022 5678", "address": "1 Main Street\n400001",
        "medical_history": "None.\r\n\tReally.", "blood_group": "ab-",
    });
    let expected = builders::patient().named("Asha Rao").born("1984-05-17").gender("female");
    let expected =
        expected.email("A.Rao@Example.org").phone("+91 (22) 55-50.1").emergency_contact("022 5678");
    let expected = expected.address("1 Main Street\n400001").medical_history("None.\r\n\tReally.");
    assert_eq!(added(&body, expected.blood_group("AB-").done()).await.status, 201);
}

#[actix_web::test]
async fn a_name_in_two_parts_is_a_name() {
    let expected = builders::patient().first_last("Mary Ann", "O'Neil").done();
    assert_eq!(added(&json!({"first_name": "Mary Ann", "last_name": "O'Neil"}), expected).await.status, 201);
    let expected = builders::patient().first_last("José", "").done();
    assert_eq!(added(&json!({"first_name": "José"}), expected).await.status, 201);
}

#[actix_web::test]
async fn an_age_is_kept_with_the_day_it_was_told() {
    let expected = builders::patient().named("Asha").told_age(30, "2026-03-04").done();
    assert_eq!(added(&json!({"name": "Asha", "age": 30}), expected).await.status, 201);
}

#[actix_web::test]
async fn a_gender_is_read_as_word_and_as_letter_in_any_case() {
    for (sent, kept) in [("M", "male"), ("f", "female"), ("Other", "other"), ("UNKNOWN", "unknown")] {
        let expected = builders::patient().named("Asha").gender(kept).done();
        assert_eq!(added(&json!({"name": "Asha", "gender": sent}), expected).await.status, 201, "{sent}");
    }
}

#[actix_web::test]
async fn null_and_blank_text_are_nothing() {
    for nothing in [Value::Null, json!(""), json!(" \t")] {
        let mut body = json!({"name": "Asha Rao", "age": null});
        for field in ["date_of_birth", "gender", "email", "phone", "emergency_contact", "address"] {
            body[field] = nothing.clone();
        }
        for field in ["medical_history", "blood_group"] {
            body[field] = nothing.clone();
        }
        assert_eq!(added(&body, builders::patient().done()).await.status, 201, "{nothing}");
    }
}

#[actix_web::test]
async fn a_patient_needs_a_name_under_the_name_that_the_client_uses() {
    let required = json!(["is required"]);
    for (body, field) in [
        (json!({}), "name"),
        (json!({"name": null}), "name"),
        (json!({"name": " "}), "name"),
        (json!({"first_name": ""}), "first_name"),
        (json!({"first_name": null, "gender": "F"}), "first_name"),
        (json!({"last_name": "Rao"}), "name"),
    ] {
        assert_eq!(wrong(&body).await, json!({field: required}), "{body}");
    }
}

#[actix_web::test]
async fn a_name_that_is_wrong_is_told_as_the_client_calls_it() {
    let long = "a".repeat(151);
    let message = json!(["must have at most 150 characters"]);
    assert_eq!(wrong(&json!({"name": long})).await, json!({"name": message}));
    let parts = json!({"first_name": long, "last_name": long});
    assert_eq!(wrong(&parts).await, json!({"first_name": message, "last_name": message}));
}

#[actix_web::test]
async fn two_forms_of_a_name_must_agree() {
    let errors = wrong(&json!({"name": "Asha Rao", "first_name": "Asha", "last_name": "Iyer"})).await;
    assert_eq!(errors, json!({"name": ["does not agree with first_name and last_name"]}));
}

#[actix_web::test]
async fn all_that_is_wrong_is_told_at_once() {
    let body = json!({
        "name": "a\u{7}b", "date_of_birth": "2026-03-05", "age": 151, "gender": "x", "email": "a@b",
        "phone": "12", "emergency_contact": "123456789012345678901", "address": "x".repeat(2_001),
        "medical_history": "x".repeat(20_001), "blood_group": "C+",
    });
    let expected = json!({
        "name": ["must not contain control characters"],
        "date_of_birth": ["must not be in the future"],
        "age": ["must be from 0 to 150"],
        "gender": ["must be male, female, other or unknown"],
        "email": ["is not a valid e-mail address"],
        "phone": ["must have at least 3 digits"],
        "emergency_contact": ["must have at most 20 characters"],
        "address": ["must have at most 2000 characters"],
        "medical_history": ["must have at most 20000 characters"],
        "blood_group": ["must be one of A+, A-, B+, B-, AB+, AB-, O+, O-"],
    });
    assert_eq!(wrong(&body).await, expected);
}

#[actix_web::test]
async fn a_birth_date_is_a_day_from_1900_to_today() {
    for (date, message) in [
        ("1899-12-31", "must not be before 1900-01-01"),
        ("2026-02-30", "must be a date of the form YYYY-MM-DD"),
        ("17.05.1984", "must be a date of the form YYYY-MM-DD"),
        ("1984-05-17T00:00:00Z", "must be a date of the form YYYY-MM-DD"),
    ] {
        let errors = wrong(&json!({"name": "Asha", "date_of_birth": date})).await;
        assert_eq!(errors, json!({"date_of_birth": [message]}), "{date}");
    }
    for date in ["1900-01-01", "2026-03-04"] {
        let expected = builders::patient().named("Asha").born(date).done();
        assert_eq!(added(&json!({"name": "Asha", "date_of_birth": date}), expected).await.status, 201);
    }
}

#[actix_web::test]
async fn put_keeps_what_is_left_out() {
    let change = PatientChange { name: whole("Eve Smith"), ..PatientChange::default() };
    let answer =
        expecting(change).open().answer(ANN.put("/api/patients/3/", &json!({"name": "Eve Smith"}))).await;
    assert_eq!((answer.status, answer.json()), (200, samples::patient_json()));
    assert!(answer.header("etag").starts_with("\"1-"));
}

#[actix_web::test]
async fn put_needs_a_name_in_either_form() {
    let open = Clinic::default().open();
    for body in [json!({}), json!({"gender": "F"}), json!({"last_name": "Rao"})] {
        let answer = open.answer(ANN.put("/api/patients/3/", &body)).await;
        assert_eq!(answer.refusal(), "400 invalid_fields", "{body}");
        assert_eq!(answer.errors(), json!({"name": ["is required"]}), "{body}");
    }
    let first = NameChange { first: Change::Set(person_name("Eve")), ..NameChange::default() };
    let change = PatientChange { name: first, ..PatientChange::default() };
    let answer =
        expecting(change).open().answer(ANN.put("/api/patients/3/", &json!({"first_name": "Eve"}))).await;
    assert_eq!(answer.status, 200);
}

#[actix_web::test]
async fn patch_changes_what_it_names_and_null_empties() {
    let change = PatientChange {
        gender: Change::Set(Gender::Male),
        phone: Change::Set(phone("022 9999")),
        email: Change::Set(email("new@example.org")),
        blood_group: Change::Set(BloodGroup::parse("O-").unwrap()),
        age: Change::Set(Age::new(40).unwrap()),
        medical_history: Change::Set(medical_history("New.")),
        date_of_birth: Change::Clear,
        address: Change::Clear,
        emergency_contact: Change::Clear,
        ..PatientChange::default()
    };
    let body = json!({
        "gender": "M", "phone": "022 9999", "email": "new@example.org", "blood_group": "O-", "age": 40,
        "medical_history": "New.", "date_of_birth": null, "address": "", "emergency_contact": null,
    });
    let answer = expecting(change).open().answer(ANN.patch("/api/patients/3/", &body)).await;
    assert_eq!((answer.status, answer.json()), (200, samples::patient_json()));
}

#[actix_web::test]
async fn an_empty_patch_changes_nothing() {
    let answer =
        expecting(PatientChange::default()).open().answer(ANN.patch("/api/patients/3/", &json!({}))).await;
    assert_eq!(answer.status, 200);
}

#[actix_web::test]
async fn a_birth_date_reaches_the_store_as_a_date() {
    let born = BirthDate::new("1990-12-31".parse().unwrap()).unwrap();
    let change = PatientChange { date_of_birth: Change::Set(born), ..PatientChange::default() };
    let body = json!({"date_of_birth": "1990-12-31"});
    assert_eq!(expecting(change).open().answer(ANN.patch("/api/patients/3/", &body)).await.status, 200);
}

#[actix_web::test]
async fn what_the_stored_record_refuses_is_told_as_the_client_calls_it() {
    let required = json!(["is required"]);
    for (method, body, field) in [
        ("PUT", json!({"name": null}), "name"),
        ("PUT", json!({"first_name": null, "last_name": null}), "first_name"),
        ("PATCH", json!({"name": ""}), "name"),
        ("PATCH", json!({"first_name": "", "last_name": ""}), "first_name"),
    ] {
        let request = ANN.sends(method, "/api/patients/3/", body.to_string());
        let answer = refusing("name", "is required").open().answer(request).await;
        assert_eq!(answer.refusal(), "400 invalid_fields", "{method} {body}");
        assert_eq!(answer.errors(), json!({field: required}), "{method} {body}");
    }
    let answer =
        refusing("age", "follows").open().answer(ANN.patch("/api/patients/3/", &json!({"age": 9}))).await;
    assert_eq!(answer.errors(), json!({"age": ["follows"]}));
}

#[actix_web::test]
async fn delete_is_204_without_a_body() {
    let mut clinic = Clinic::default();
    let delete = clinic.patients.expect_delete().withf(|owner, id, expected: &Option<Version>, now| {
        (*owner, *id, *expected, now.at) == (ANN_ID, patient_id(3), None, instant())
    });
    delete.once().returning(|_, _, _, _| Ok(()));
    let answer = clinic.open().answer(ANN.delete("/api/patients/3/")).await;
    assert_eq!((answer.status, answer.text().as_str()), (204, ""));
}

#[actix_web::test]
async fn a_list_is_a_bare_array_of_whole_patients() {
    let mut clinic = Clinic::default();
    clinic.patients.expect_list().returning(|_, _, _| Ok(only(samples::patient())));
    let answer = clinic.open().answer(ANN.get("/api/patients/")).await;
    assert_eq!((answer.status, answer.json()), (200, json!([samples::patient_json()])));
}
