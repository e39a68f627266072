//! `/api/doctors/`: what goes in, what comes out, and who may write.

use application::DoctorRules;
use domain::ports::{Constraint, RepositoryError};
use domain::{
    Change, DoctorChange, DoctorDetails, DoctorsWrite, EmailRule, ExperienceYears, Invalid, Money, Role, User,
};
use serde_json::{Value, json};
use testkit::builders::{self, doctor_id, person_name, phone};
use testkit::fixed::instant;

use crate::answer::Answer;
use crate::caller::{ANN, ANN_ID, BOB};
use crate::clinic::{Clinic, only};
use crate::samples;

/// What comes of adding a doctor, where the store expects exactly these details.
async fn added(body: &str, expected: DoctorDetails) -> Answer {
    let mut clinic = Clinic::default();
    let insert = clinic.doctors.expect_insert().withf(move |creator, details, rule, now| {
        (*creator, *rule, now.at) == (ANN_ID, EmailRule::Unique, instant()) && *details == expected
    });
    insert.once().returning(|_, _, _, _| Ok(samples::doctor()));
    clinic.open().answer(ANN.sends("POST", "/api/doctors/", body)).await
}

/// What is wrong with a body for a new doctor; the store is not asked.
async fn wrong(body: &Value) -> Value {
    let answer = Clinic::default().open().answer(ANN.post("/api/doctors/", body)).await;
    assert_eq!(answer.refusal(), "400 invalid_fields");
    answer.errors()
}

/// A clinic whose store expects exactly this change, of any version.
fn expecting(change: DoctorChange) -> Clinic {
    let mut clinic = Clinic::default();
    let update = clinic.doctors.expect_update().withf(move |id, expected, told, rule, now| {
        (*id, *expected, *rule, now.at) == (doctor_id(5), None, EmailRule::Unique, instant())
            && *told == change
    });
    update.once().returning(|_, _, _, _, _| Ok(samples::doctor()));
    clinic
}

/// A clinic in which only `write` may write doctors, and every user has `role`.
fn guarded(write: DoctorsWrite, role: Role) -> Clinic {
    let mut clinic = Clinic::working();
    clinic.rules = DoctorRules { write, ..DoctorRules::default() };
    clinic.users.checkpoint();
    clinic.users.expect_find().returning(move |_| Ok(Some(User { role, ..samples::user() })));
    clinic
}

#[actix_web::test]
async fn a_doctor_comes_out_whole() {
    let mut clinic = Clinic::default();
    let find = clinic.doctors.expect_find().withf(|id| *id == doctor_id(5));
    find.once().returning(|_| Ok(Some(samples::doctor())));
    let answer = clinic.open().answer(BOB.get("/api/doctors/5/")).await;
    assert_eq!((answer.status, answer.json()), (200, samples::doctor_json()));
}

#[actix_web::test]
async fn what_is_not_known_of_a_doctor_is_null() {
    let mut clinic = Clinic::default();
    let bare = || builders::doctor().stored(doctor_id(5), ANN_ID);
    clinic.doctors.expect_find().returning(move |_| Ok(Some(bare())));
    let expected = json!({
        "id": 5, "name": "Dr. Meera Iyer", "specialization": null, "email": null, "phone": null,
        "address": null, "availability": null, "license_number": null, "experience_years": null,
        "consultation_fee": null, "created_by": "user-7", "created_at": samples::NOW,
        "updated_at": samples::NOW, "version": 1,
    });
    assert_eq!(clinic.open().answer(ANN.get("/api/doctors/5/")).await.json(), expected);
}

#[actix_web::test]
async fn a_new_doctor_is_201_with_its_address_and_its_tag() {
    let answer = added(r#"{"name": "Dr. Meera Iyer"}"#, builders::doctor().done()).await;
    assert_eq!((answer.status, answer.json()), (201, samples::doctor_json()));
    assert_eq!(answer.header("location"), "/api/doctors/5/");
    assert!(answer.header("etag").starts_with("\"1-"));
}

#[actix_web::test]
async fn every_field_reaches_the_store() {
    let body = json!({
        "name": " Dr. José Álvarez-O'Brien", "specialization": "Ear, Nose & Throat",
        "email": "Jose.Alvarez@Example.ORG", "phone": "+34 91 123 45 67",
        "address": "Calle Mayor 1\r\n28013 Madrid\n", "availability": "Mon–Fri, 9:00 to 12:30",
        "license_number": "MH/2001-0042", "experience_years": 25, "consultation_fee": "1500.50",
    });
    assert_eq!(added(&body.to_string(), builders::doctor().complete().done()).await.status, 201);
}

#[actix_web::test]
async fn money_is_taken_as_text_or_number_to_the_cent() {
    for (sent, kept) in [
        ("\"1500.00\"", "1500.00"),
        ("1500", "1500.00"),
        ("0.1", "0.10"),
        ("\"0.07\"", "0.07"),
        ("1.50e3", "1500.00"),
        ("99999999.99", "99999999.99"),
        ("8.20", "8.20"),
        ("0", "0.00"),
    ] {
        let body = format!("{{\"name\": \"Dr. Meera Iyer\", \"consultation_fee\": {sent}}}");
        assert_eq!(added(&body, builders::doctor().fee(kept).done()).await.status, 201, "{sent}");
    }
}

#[actix_web::test]
async fn money_that_is_no_amount_is_told() {
    for (fee, message) in [
        (json!("0.001"), "must have at most two decimals"),
        (json!(-1), "must be from 0.00 to 99999999.99"),
        (json!("100000000.00"), "must be from 0.00 to 99999999.99"),
        (json!("1,500"), "must be a decimal amount"),
        (json!(true), "must be a decimal amount as text or number"),
    ] {
        let errors = wrong(&json!({"name": "Dr. Rao", "consultation_fee": fee})).await;
        assert_eq!(errors, json!({"consultation_fee": [message]}), "{fee}");
    }
}

#[actix_web::test]
async fn null_and_blank_text_are_nothing() {
    for nothing in ["null", "\"\"", "\" \""] {
        let body = format!(
            "{{\"name\": \"Dr. Meera Iyer\", \"specialization\": {nothing}, \"email\": {nothing}, \
             \"phone\": {nothing}, \"address\": {nothing}, \"availability\": {nothing}, \
             \"license_number\": {nothing}, \"consultation_fee\": {nothing}, \"experience_years\": null}}"
        );
        assert_eq!(added(&body, builders::doctor().done()).await.status, 201, "{nothing}");
    }
}

#[actix_web::test]
async fn all_that_is_wrong_is_told_at_once() {
    let body = json!({
        "name": " ", "specialization": "x".repeat(151), "email": "no address", "phone": "+", "address": "\u{1}",
        "availability": "x".repeat(201), "license_number": "x".repeat(51), "experience_years": 81,
        "consultation_fee": "free",
    });
    let expected = json!({
        "name": ["is required"],
        "specialization": ["must have at most 150 characters"],
        "email": ["is not a valid e-mail address"],
        "phone": ["must have at least 3 digits"],
        "address": ["must not contain control characters"],
        "availability": ["must have at most 200 characters"],
        "license_number": ["must have at most 50 characters"],
        "experience_years": ["must be from 0 to 80"],
        "consultation_fee": ["must be a decimal amount"],
    });
    assert_eq!(wrong(&body).await, expected);
}

#[actix_web::test]
async fn put_keeps_what_is_left_out_and_needs_the_name() {
    let change = DoctorChange { name: Change::Set(person_name("Dr. Rao")), ..DoctorChange::default() };
    let answer =
        expecting(change).open().answer(ANN.put("/api/doctors/5/", &json!({"name": "Dr. Rao"}))).await;
    assert_eq!((answer.status, answer.json()), (200, samples::doctor_json()));
    for body in [json!({}), json!({"name": null}), json!({"name": ""}), json!({"phone": "123"})] {
        let answer = Clinic::default().open().answer(ANN.put("/api/doctors/5/", &body)).await;
        assert_eq!(answer.errors(), json!({"name": ["is required"]}), "{body}");
    }
}

#[actix_web::test]
async fn patch_changes_what_it_names_and_null_empties() {
    let change = DoctorChange {
        phone: Change::Set(phone("022 9999")),
        experience_years: Change::Set(ExperienceYears::new(0).unwrap()),
        consultation_fee: Change::Set(Money::from_minor(1).unwrap()),
        email: Change::Clear,
        availability: Change::Clear,
        ..DoctorChange::default()
    };
    let body = json!({
        "phone": "022 9999", "experience_years": 0, "consultation_fee": 0.01, "email": null, "availability": "",
    });
    let answer = expecting(change).open().answer(ANN.patch("/api/doctors/5/", &body)).await;
    assert_eq!((answer.status, answer.json()), (200, samples::doctor_json()));
}

#[actix_web::test]
async fn a_name_that_would_be_removed_is_told() {
    let mut clinic = Clinic::default();
    let refused = || RepositoryError::Invalid(Invalid::field("name", "is required"));
    clinic.doctors.expect_update().returning(move |_, _, _, _, _| Err(refused()));
    let answer = clinic.open().answer(ANN.patch("/api/doctors/5/", &json!({"name": null}))).await;
    assert_eq!(answer.refusal(), "400 invalid_fields");
    assert_eq!(answer.errors(), json!({"name": ["is required"]}));
}

#[actix_web::test]
async fn what_another_doctor_has_is_409_by_its_field() {
    for (constraint, field) in
        [(Constraint::DoctorEmail, "email"), (Constraint::DoctorLicense, "license_number")]
    {
        let taken = move || RepositoryError::Duplicate(constraint);
        let mut clinic = Clinic::default();
        clinic.doctors.expect_insert().returning(move |_, _, _, _| Err(taken()));
        clinic.doctors.expect_update().returning(move |_, _, _, _, _| Err(taken()));
        let body = json!({"name": "Dr. Rao", "email": "a@example.org", "license_number": "MH-1"});
        let requests = [
            ANN.post("/api/doctors/", &body),
            ANN.put("/api/doctors/5/", &body),
            ANN.patch("/api/doctors/5/", &body),
        ];
        for answer in clinic.open().answers(requests).await {
            assert_eq!(answer.refusal(), "409 duplicate");
            assert_eq!(answer.errors(), json!({field: ["is already used by another doctor"]}));
        }
    }
}

#[actix_web::test]
async fn shared_addresses_are_stored_under_that_rule() {
    let rules = DoctorRules { email: EmailRule::Shared, ..DoctorRules::default() };
    let mut clinic = Clinic { rules, ..Clinic::default() };
    let insert = clinic.doctors.expect_insert().withf(|_, _, rule, _| *rule == EmailRule::Shared);
    insert.once().returning(|_, _, _, _| Ok(samples::doctor()));
    assert_eq!(
        clinic.open().answer(ANN.post("/api/doctors/", &json!({"name": "Dr. Rao"}))).await.status,
        201
    );
}

#[actix_web::test]
async fn retiring_is_204_without_a_body() {
    let mut clinic = Clinic::default();
    let retire = clinic
        .doctors
        .expect_retire()
        .withf(|id, expected, now| *id == doctor_id(5) && expected.is_none() && now.at == instant());
    retire.once().returning(|_, _, _| Ok(()));
    let answer = clinic.open().answer(ANN.delete("/api/doctors/5/")).await;
    assert_eq!((answer.status, answer.text().as_str()), (204, ""));
}

#[actix_web::test]
async fn who_may_not_write_doctors_is_403_and_may_read_them() {
    let body = json!({"name": "Dr. Rao"});
    let open = guarded(DoctorsWrite::Staff, Role::Patient).open();
    for request in [
        ANN.post("/api/doctors/", &body),
        ANN.put("/api/doctors/5/", &body),
        ANN.patch("/api/doctors/5/", &body),
        ANN.delete("/api/doctors/5/"),
    ] {
        assert_eq!(open.answer(request).await.refusal(), "403 forbidden");
    }
    for request in [ANN.get("/api/doctors/"), ANN.get("/api/doctors/5/")] {
        assert_eq!(open.answer(request).await.status, 200);
    }
}

#[actix_web::test]
async fn only_the_creator_may_change_a_doctor_where_that_is_the_rule() {
    // Ann has added the doctor.
    let open = guarded(DoctorsWrite::Creator, Role::Patient).open();
    assert_eq!(open.answer(BOB.delete("/api/doctors/5/")).await.refusal(), "403 forbidden");
    assert_eq!(open.answer(ANN.delete("/api/doctors/5/")).await.status, 204);
    assert_eq!(open.answer(BOB.post("/api/doctors/", &json!({"name": "Dr. Rao"}))).await.status, 201);
}

#[actix_web::test]
async fn staff_may_write_doctors() {
    let open = guarded(DoctorsWrite::Staff, Role::Staff).open();
    assert_eq!(open.answer(BOB.delete("/api/doctors/5/")).await.status, 204);
}

#[actix_web::test]
async fn a_list_is_a_bare_array_of_whole_doctors() {
    let mut clinic = Clinic::default();
    clinic.doctors.expect_list().returning(|_, _| Ok(only(samples::doctor())));
    let answer = clinic.open().answer(ANN.get("/api/doctors/")).await;
    assert_eq!((answer.status, answer.json()), (200, json!([samples::doctor_json()])));
}
