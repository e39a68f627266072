//! `/api/mappings/`: assigning doctors, and the ways to ask for them.

use domain::ports::{Constraint, Record, RepositoryError};
use domain::{Change, MappingFilter, NewMapping, Notes};
use http_api::{HttpSettings, MappingDetail};
use serde_json::{Value, json};
use testkit::builders::{self, doctor_id, mapping_id, notes, patient_id};
use testkit::fixed::{instant, seconds_later};

use crate::answer::Answer;
use crate::caller::{ANN, ANN_ID};
use crate::clinic::{Clinic, only};
use crate::samples;

/// The two ways to name both sides.
const SPELLINGS: [(&str, &str); 4] =
    [("patient", "doctor"), ("patient_id", "doctor_id"), ("patient", "doctor_id"), ("patient_id", "doctor")];

/// What comes of assigning, where the store says `error`.
async fn refused(body: &Value, error: fn() -> RepositoryError) -> Answer {
    let mut clinic = Clinic::default();
    clinic.mappings.expect_assign().returning(move |_, _, _| Err(error()));
    clinic.open().answer(ANN.post("/api/mappings/", body)).await
}

/// What is wrong with a body for a new mapping; the store is not asked.
async fn wrong(body: &Value) -> Value {
    let answer = Clinic::default().open().answer(ANN.post("/api/mappings/", body)).await;
    assert_eq!(answer.refusal(), "400 invalid_fields");
    answer.errors()
}

/// A clinic in which patient 3 has one doctor.
fn with_doctor() -> Clinic {
    let mut clinic = Clinic::default();
    let doctors_of = clinic.mappings.expect_doctors_of();
    doctors_of.withf(|owner, patient, _| (*owner, *patient) == (ANN_ID, patient_id(3)));
    doctors_of.returning(|_, _, _| Ok(only(samples::assigned_doctor())));
    clinic
}

/// A clinic in which mapping 9 is active.
fn with_mapping() -> Clinic {
    let mut clinic = Clinic::default();
    let find = clinic.mappings.expect_find();
    find.withf(|owner, id, ended| (*owner, *id, *ended) == (ANN_ID, mapping_id(9), false));
    find.returning(|_, _, _| Ok(Some(samples::mapping())));
    clinic
}

#[actix_web::test]
async fn a_doctor_is_assigned_under_either_spelling() {
    for (patient, doctor) in SPELLINGS {
        let mut clinic = Clinic::default();
        let expected =
            NewMapping { patient: patient_id(3), doctor: doctor_id(5), notes: Some(notes("Knee.\nLeft.")) };
        let assign = clinic.mappings.expect_assign();
        assign.withf(move |owner, mapping, now| {
            (*owner, now.at) == (ANN_ID, instant()) && *mapping == expected
        });
        assign.once().returning(|_, _, _| Ok(samples::mapping()));
        let body = json!({patient: 3, doctor: 5, "notes": "Knee.\nLeft."});
        let answer = clinic.open().answer(ANN.post("/api/mappings/", &body)).await;
        assert_eq!((answer.status, answer.json()), (201, samples::mapping_json()));
        assert_eq!(answer.header("location"), "/api/mappings/detail/9/");
        assert!(answer.header("etag").starts_with("\"1-"));
    }
}

#[actix_web::test]
async fn both_spellings_may_be_sent_when_they_agree() {
    let body = json!({"patient": 3, "patient_id": 3, "doctor": 5, "doctor_id": 5});
    let answer = Clinic::working().open().answer(ANN.post("/api/mappings/", &body)).await;
    assert_eq!(answer.status, 201);
}

#[actix_web::test]
async fn spellings_that_disagree_are_400() {
    let errors = wrong(&json!({"patient": 3, "patient_id": 4, "doctor": 5, "doctor_id": 6})).await;
    let expected = json!({
        "patient": ["does not agree with patient_id"],
        "doctor": ["does not agree with doctor_id"],
    });
    assert_eq!(errors, expected);
}

#[actix_web::test]
async fn a_side_that_is_missing_is_told_as_the_client_calls_it() {
    let required = json!(["is required"]);
    assert_eq!(wrong(&json!({})).await, json!({"patient": required, "doctor": required}));
    assert_eq!(wrong(&json!({"patient_id": 3})).await, json!({"doctor": required}));
    let nulls = json!({"patient_id": null, "doctor_id": null});
    assert_eq!(wrong(&nulls).await, json!({"patient_id": required, "doctor_id": required}));
}

#[actix_web::test]
async fn a_side_that_is_no_id_is_told_as_the_client_calls_it() {
    for (id, message) in [
        (json!(0), "must be a positive whole number"),
        (json!(-3), "must be a positive whole number"),
        (json!("3"), "must be a whole number"),
        (json!(3.5), "must be a whole number"),
    ] {
        for (patient, doctor) in SPELLINGS {
            let errors = wrong(&json!({patient: id, doctor: id})).await;
            assert_eq!(errors, json!({patient: [message], doctor: [message]}), "{id}");
        }
    }
}

#[actix_web::test]
async fn notes_are_bounded() {
    let errors = wrong(&json!({"patient": 3, "doctor": 5, "notes": "x".repeat(5_001)})).await;
    assert_eq!(errors, json!({"notes": ["must have at most 5000 characters"]}));
}

#[actix_web::test]
async fn a_side_that_does_not_exist_is_404_as_the_client_calls_it() {
    for (patient, doctor) in SPELLINGS {
        let body = json!({patient: 3, doctor: 5});
        let answer = refused(&body, || RepositoryError::Missing(Record::Patient)).await;
        assert_eq!(answer.refusal(), "404 not_found");
        assert_eq!(answer.errors(), json!({patient: ["does not exist"]}));
        let answer = refused(&body, || RepositoryError::Missing(Record::Doctor)).await;
        assert_eq!(answer.refusal(), "404 not_found");
        assert_eq!(answer.errors(), json!({doctor: ["does not exist"]}));
    }
}

#[actix_web::test]
async fn a_pair_that_is_active_is_409_as_the_client_calls_it() {
    for (patient, doctor) in SPELLINGS {
        let body = json!({patient: 3, doctor: 5});
        let answer = refused(&body, || RepositoryError::Duplicate(Constraint::ActiveMapping)).await;
        assert_eq!(answer.refusal(), "409 already_assigned");
        assert_eq!(answer.errors(), json!({doctor: ["is already assigned to this patient"]}));
    }
}

#[actix_web::test]
async fn every_address_of_a_patients_doctors_answers_alike() {
    let open = with_doctor().open();
    for path in [
        "/api/patients/3/doctors/",
        "/api/mappings/patient/3/",
        "/api/mappings/3/doctors/",
        "/api/mappings/3/",
    ] {
        let answer = open.answer(ANN.get(path)).await;
        assert_eq!((answer.status, answer.json()), (200, json!([samples::assigned_doctor_json()])), "{path}");
    }
}

#[actix_web::test]
async fn a_patient_without_doctors_has_an_empty_list() {
    let mut clinic = Clinic::default();
    clinic
        .mappings
        .expect_doctors_of()
        .returning(|_, _, _| Ok(domain::Listing { items: Vec::new(), next: None, total: None }));
    let answer = clinic.open().answer(ANN.get("/api/patients/3/doctors/")).await;
    assert_eq!((answer.status, answer.json()), (200, json!([])));
}

#[actix_web::test]
async fn a_mapping_comes_out_whole() {
    let answer = with_mapping().open().answer(ANN.get("/api/mappings/detail/9/")).await;
    assert_eq!((answer.status, answer.json()), (200, samples::mapping_json()));
}

#[actix_web::test]
async fn the_short_address_is_the_mapping_where_the_operator_says_so() {
    let mut clinic = with_mapping();
    clinic.settings = HttpSettings { mapping_detail: MappingDetail::Mapping, ..HttpSettings::default() };
    let answer = clinic.open().answer(ANN.get("/api/mappings/9/")).await;
    assert_eq!((answer.status, answer.json()), (200, samples::mapping_json()));
}

#[actix_web::test]
async fn the_long_addresses_mean_the_same_by_either_setting() {
    for mapping_detail in [MappingDetail::Patient, MappingDetail::Mapping] {
        let mut clinic = with_doctor();
        clinic.settings = HttpSettings { mapping_detail, ..HttpSettings::default() };
        let open = clinic.open();
        for path in ["/api/patients/3/doctors/", "/api/mappings/patient/3/", "/api/mappings/3/doctors/"] {
            let answer = open.answer(ANN.get(path)).await;
            assert_eq!(answer.json(), json!([samples::assigned_doctor_json()]), "{path}");
        }
    }
}

#[actix_web::test]
async fn an_ended_mapping_is_shown_where_it_is_asked_for() {
    let ended = || {
        let mapping = builders::mapping(patient_id(3), doctor_id(5)).ended(seconds_later(60));
        mapping.stored(mapping_id(9), ANN_ID)
    };
    let mut clinic = Clinic::default();
    clinic.mappings.expect_find().returning(move |_, _, include| Ok(Some(ended()).filter(|_| include)));
    let open = clinic.open();
    assert_eq!(open.answer(ANN.get("/api/mappings/detail/9/")).await.refusal(), "404 not_found");
    let answer = open.answer(ANN.get("/api/mappings/detail/9/?include_inactive=true")).await;
    let expected = json!({
        "id": 9, "patient": 3, "doctor": 5, "patient_name": "Asha Rao", "doctor_name": "Dr. Meera Iyer",
        "specialization": null, "notes": null, "is_active": false, "assigned_by": "user-7",
        "assigned_at": samples::NOW, "ended_at": "2026-03-04T05:07:07.890123Z",
        "updated_at": "2026-03-04T05:07:07.890123Z", "version": 2,
    });
    assert_eq!((answer.status, answer.json()), (200, expected));
    let answer = open.answer(ANN.get("/api/mappings/detail/9/?include_inactive=maybe")).await;
    assert_eq!(answer.errors(), json!({"include_inactive": ["must be true or false"]}));
}

#[actix_web::test]
async fn a_list_is_a_bare_array_of_whole_mappings() {
    let mut clinic = Clinic::default();
    let list = clinic.mappings.expect_list();
    list.withf(|owner, filter, _| *owner == ANN_ID && *filter == MappingFilter::default());
    list.returning(|_, _, _| Ok(only(samples::mapping())));
    let answer = clinic.open().answer(ANN.get("/api/mappings/")).await;
    assert_eq!((answer.status, answer.json()), (200, json!([samples::mapping_json()])));
}

#[actix_web::test]
async fn only_the_notes_of_a_mapping_change() {
    let cases: [(Value, Change<Notes>); 4] = [
        (json!({"notes": "Other knee."}), Change::Set(notes("Other knee."))),
        (json!({"notes": null}), Change::Clear),
        (json!({"notes": " "}), Change::Clear),
        (json!({"patient": 4, "doctor": 6, "is_active": false}), Change::Keep),
    ];
    for (body, change) in cases {
        let mut clinic = Clinic::default();
        let update = clinic.mappings.expect_update_notes().withf(move |owner, id, expected, told, now| {
            (*owner, *id, *expected, now.at) == (ANN_ID, mapping_id(9), None, instant()) && *told == change
        });
        update.once().returning(|_, _, _, _, _| Ok(samples::mapping()));
        let answer = clinic.open().answer(ANN.patch("/api/mappings/9/", &body)).await;
        assert_eq!((answer.status, answer.json()), (200, samples::mapping_json()), "{body}");
    }
}

#[actix_web::test]
async fn ending_a_mapping_is_204_and_doing_it_twice_404() {
    let mut clinic = Clinic::default();
    let end = clinic.mappings.expect_end().withf(|owner, id, expected, now| {
        (*owner, *id, now.at) == (ANN_ID, mapping_id(9), instant()) && expected.is_none()
    });
    end.once().returning(|_, _, _, _| Ok(()));
    let missing = || RepositoryError::Missing(Record::Mapping);
    clinic.mappings.expect_end().once().returning(move |_, _, _, _| Err(missing()));
    let requests = [ANN.delete("/api/mappings/9/"), ANN.delete("/api/mappings/9/")];
    let answers = clinic.open().answers(requests).await;
    assert_eq!((answers[0].status, answers[0].text().as_str()), (204, ""));
    assert_eq!(answers[1].refusal(), "404 not_found");
}
