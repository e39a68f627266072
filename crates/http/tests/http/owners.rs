//! Whose records: every question names the caller, and what is not the caller's does not exist.

use domain::ports::{Record, RepositoryError};
use domain::{MappingId, PatientId, UserId};

use crate::caller::{ANN, BOB, BOB_ID};
use crate::clinic::{Clinic, as_it_was, only};
use crate::documented::{Documented, operations};
use crate::samples;

/// A clinic that answers Bob only: what is asked in another name fails.
fn of_bob() -> Clinic {
    let is_bob = |owner: &UserId| *owner == BOB_ID;
    let mut clinic = Clinic::default();
    let patients = &mut clinic.patients;
    patients.expect_insert().withf(move |o, _, _| is_bob(o)).returning(|_, _, _| Ok(samples::patient()));
    patients.expect_find().withf(move |o, _| is_bob(o)).returning(|_, _| Ok(Some(samples::patient())));
    patients.expect_list().withf(move |o, _, _| is_bob(o)).returning(|_, _, _| Ok(only(samples::patient())));
    let update = patients.expect_update().withf(move |o, _, _, _, _| is_bob(o));
    update.returning(|_, _, _, _, _| Ok(samples::patient()));
    patients.expect_delete().withf(move |o, _, _, _| is_bob(o)).returning(|_, _, _, _| Ok(()));
    let mappings = &mut clinic.mappings;
    mappings.expect_assign().withf(move |o, _, _| is_bob(o)).returning(|_, _, _| Ok(samples::mapping()));
    mappings.expect_find().withf(move |o, _, _| is_bob(o)).returning(|_, _, _| Ok(Some(samples::mapping())));
    mappings.expect_list().withf(move |o, _, _| is_bob(o)).returning(|_, _, _| Ok(only(samples::mapping())));
    let doctors_of = mappings.expect_doctors_of().withf(move |o, _, _| is_bob(o));
    doctors_of.returning(|_, _, _| Ok(only(samples::assigned_doctor())));
    let update = mappings.expect_update_notes().withf(move |o, _, _, _, _| is_bob(o));
    update.returning(|_, _, _, _, _| Ok(samples::mapping()));
    mappings.expect_end().withf(move |o, _, _, _| is_bob(o)).returning(|_, _, _, _| Ok(()));
    let history = &mut clinic.history;
    let entries = || Ok(Some(vec![samples::version_entry()]));
    history.expect_of_patient().withf(move |o, _| is_bob(o)).returning(move |_, _| entries());
    history.expect_of_mapping().withf(move |o, _| is_bob(o)).returning(move |_, _| entries());
    let patient_at = history.expect_patient_at().withf(move |o, _, _| is_bob(o));
    patient_at.returning(|_, _, _| Ok(Some(as_it_was(samples::patient()))));
    let mapping_at = history.expect_mapping_at().withf(move |o, _, _| is_bob(o));
    mapping_at.returning(|_, _, _| Ok(Some(as_it_was(samples::mapping()))));
    let restore = history.expect_restore_patient().withf(move |o, _, _| is_bob(o));
    restore.returning(|_, _, _| Ok(samples::patient()));
    clinic.trail.expect_list().returning(|_, _| Ok(only(samples::event())));
    clinic.users.expect_find().withf(is_bob).returning(|_| Ok(Some(samples::user())));
    let sheets = &mut clinic.sheets;
    sheets.expect_count().returning(|_| Ok(2));
    let take_in = sheets.expect_take_in().withf(|_, _, stamp| stamp.user == Some(BOB_ID));
    take_in.returning(|_, _, _| Ok(samples::sheet_report()));
    sheets.expect_header().returning(|_| Ok(String::new()));
    sheets.expect_line().returning(|_, _| Ok("Asha Rao\n".to_owned()));
    clinic
}

/// A clinic in which nobody has anything.
pub(crate) fn empty() -> Clinic {
    const fn no_patient() -> RepositoryError {
        RepositoryError::Missing(Record::Patient)
    }
    const fn no_mapping() -> RepositoryError {
        RepositoryError::Missing(Record::Mapping)
    }
    const fn no_doctor() -> RepositoryError {
        RepositoryError::Missing(Record::Doctor)
    }
    let mut clinic = Clinic::default();
    clinic.sessions.expect_end().returning(|_, _, _| Err(RepositoryError::Missing(Record::Session)));
    clinic.patients.expect_find().returning(|_, _: PatientId| Ok(None));
    clinic.patients.expect_update().returning(|_, _, _, _, _| Err(no_patient()));
    clinic.patients.expect_delete().returning(|_, _, _, _| Err(no_patient()));
    clinic.doctors.expect_find().returning(|_| Ok(None));
    clinic.doctors.expect_update().returning(|_, _, _, _, _| Err(no_doctor()));
    clinic.doctors.expect_retire().returning(|_, _, _| Err(no_doctor()));
    clinic.mappings.expect_find().returning(|_, _: MappingId, _| Ok(None));
    clinic.mappings.expect_doctors_of().returning(|_, _, _| Err(no_patient()));
    clinic.mappings.expect_update_notes().returning(|_, _, _, _, _| Err(no_mapping()));
    clinic.mappings.expect_end().returning(|_, _, _, _| Err(no_mapping()));
    let history = &mut clinic.history;
    history.expect_of_patient().returning(|_, _| Ok(None));
    history.expect_of_doctor().returning(|_| Ok(None));
    history.expect_of_mapping().returning(|_, _| Ok(None));
    history.expect_patient_at().returning(|_, _, _| Ok(None));
    history.expect_doctor_at().returning(|_, _| Ok(None));
    history.expect_mapping_at().returning(|_, _, _| Ok(None));
    history.expect_restore_patient().returning(|_, _, _| Err(no_patient()));
    history.expect_restore_doctor().returning(|_, _, _| Err(no_doctor()));
    clinic
}

/// The operations on patients and mappings, which have owners.
fn owned(operations: Vec<Documented>) -> Vec<Documented> {
    let is_owned = |o: &Documented| o.id.starts_with("patients_") || o.id.starts_with("mappings_");
    let owned: Vec<_> = operations.into_iter().filter(is_owned).collect();
    assert_eq!(owned.len(), 25);
    owned
}

#[actix_web::test]
async fn every_question_about_an_owned_record_names_the_caller() {
    let open = of_bob().open();
    for operation in owned(operations(&open.document)) {
        let answer = open.answer(operation.request(BOB)).await;
        assert!(answer.status < 300, "{}: {}", operation.id, answer.status);
    }
}

#[actix_web::test]
async fn a_record_that_is_not_the_callers_is_404_for_every_verb() {
    let open = empty().open();
    for operation in operations(&open.document).iter().filter(|operation| operation.path.contains("{id}")) {
        let same = ("X-Request-Id", "same");
        let requests = [operation.request(ANN), operation.request_of(ANN, &operation.other_record())];
        let requests = requests.into_iter().chain([operation.request_of(ANN, "x")]);
        let answers = open.answers(requests.map(|request| request.insert_header(same))).await;
        for answer in &answers {
            assert_eq!(answer.refusal(), "404 not_found", "{}", operation.id);
            assert_eq!(answer.all_headers(), answers[0].all_headers(), "{}", operation.id);
            assert_eq!(answer.text(), answers[0].text(), "{}", operation.id);
        }
    }
}
