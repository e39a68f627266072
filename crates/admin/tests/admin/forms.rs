//! Adding, changing, deleting and restoring.

use domain::ports::Clock as _;
use domain::{Change, Outcome, PatientChange, Phone};
use testkit::builders;
use testkit::fixed::stamped;

use crate::clinic::Clinic;

#[actix_web::test]
async fn a_patient_is_added_for_an_owner_and_changed() {
    let clinic = Clinic::open().await;
    let browser = clinic.browser("sam").await;
    let form =
        [("owner", "ann"), ("name", "Asha Rao"), ("date_of_birth", "1984-05-17"), ("gender", "female")];
    let answer = clinic.post(&browser, "/admin/patients/add", &form).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let page = answer.header("location");
    assert!(page.starts_with(&format!("/admin/patients/{}/", clinic.ann.id)), "{page}");
    let shown = clinic.get(&browser, &page).await.body;
    assert!(
        shown.contains("Asha Rao") && shown.contains("1984-05-17") && shown.contains("The record was added.")
    );
    let path = page.split('?').next().unwrap().to_owned();
    let form = [("name", "Asha Rao-Iyer"), ("phone", "+91 22 5550"), ("version", "1"), ("then", "edit")];
    let answer = clinic.post(&browser, &format!("{path}/edit"), &form).await;
    assert_eq!(answer.header("location"), format!("{path}/edit?done=saved"));
    let history = clinic.get(&browser, &format!("{path}/history")).await.body;
    for part in ["Version 2: changed", "Asha Rao-Iyer", "1984-05-17", "by sam"] {
        assert!(history.contains(part), "{part}: {history}");
    }
    let event = &clinic.events("admin_patients_update").await[0];
    assert_eq!((event.outcome, event.username.as_ref().unwrap().as_str()), (Outcome::Done, "sam"));
}

#[actix_web::test]
async fn everything_that_is_wrong_is_told_at_once_and_nothing_is_lost() {
    let clinic = Clinic::open().await;
    let browser = clinic.browser("sam").await;
    let form =
        [("owner", "nobody"), ("name", ""), ("email", "no"), ("age", "x"), ("address", "12 Long Street")];
    let answer = clinic.post(&browser, "/admin/patients/add", &form).await;
    assert_eq!(answer.status, 422);
    for field in ["owner", "name", "email", "age"] {
        assert!(answer.body.contains(&format!("<a href=\"#{field}\">")), "{field}");
        assert!(answer.body.contains(&format!("id=\"{field}-error\"")), "{field}");
    }
    assert!(answer.body.contains("12 Long Street"));
    assert_eq!(clinic.events("admin_patients_create").await[0].outcome, Outcome::Invalid);
}

#[actix_web::test]
async fn a_stale_edit_shows_both_and_loses_nothing() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient(&builders::patient().named("Ann Smith").done()).await;
    let browser = clinic.browser("sam").await;
    let change =
        PatientChange { phone: Change::Set(Phone::parse("030 1234").unwrap()), ..Default::default() };
    let stamp = stamped(clinic.clock.now());
    clinic.stores.patients.update(patient.owner, patient.id, None, &change, &stamp).await.unwrap();
    let path = format!("{}/edit", Clinic::page_of(&patient));
    let form = [("name", "Ann Jones"), ("phone", "040 9999"), ("version", "1")];
    let answer = clinic.post(&browser, &path, &form).await;
    assert_eq!(answer.status, 412);
    for part in
        ["value=\"Ann Jones\"", "value=\"040 9999\"", "030 1234", "Ann Smith", "name=\"version\" value=\"2\""]
    {
        assert!(answer.body.contains(part), "{part}");
    }
    // What only the other one has changed is taken over.
    let unchanged = [("name", "Ann Jones"), ("phone", ""), ("version", "1")];
    let merged = clinic.post(&browser, &path, &unchanged).await;
    assert_eq!(merged.status, 412);
    assert!(merged.body.contains("value=\"030 1234\"") && merged.body.contains("phone-note"));
    assert!(!merged.body.contains("phone-now") && merged.body.contains("name-now"));
    assert_eq!(clinic.events("admin_patients_update").await[0].outcome, Outcome::Stale);
    let form = [("name", "Ann Jones"), ("phone", "040 9999"), ("version", "2")];
    assert_eq!(clinic.post(&browser, &path, &form).await.status, 303);
}

#[actix_web::test]
async fn what_was_typed_of_a_record_that_is_gone_still_stands_in_the_form() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient(&builders::patient().named("Ann Smith").done()).await;
    let doctor = clinic.doctor(&builders::doctor().named("Meera Iyer").done()).await;
    let browser = clinic.browser("sam").await;
    let stamp = stamped(clinic.clock.now());
    clinic.stores.patients.delete(patient.owner, patient.id, None, &stamp).await.unwrap();
    clinic.stores.doctors.retire(doctor.id, None, &stamp).await.unwrap();
    let (here, there) = (Clinic::page_of(&patient), format!("/admin/doctors/{}", doctor.id));
    let form = [("name", "Ann Jones"), ("address", "12 Long Street"), ("version", "1")];
    for (page, said) in
        [(&here, "The record was deleted meanwhile."), (&there, "The doctor has retired meanwhile.")]
    {
        let answer = clinic.post(&browser, &format!("{page}/edit"), &form).await;
        assert_eq!(answer.status, 409);
        for part in ["Nothing was saved", said, "value=\"Ann Jones\"", "12 Long Street</textarea>"] {
            assert!(answer.body.contains(part), "{part}: {}", answer.body);
        }
        // What is restored is changed by the same form, and shown beside what it was meanwhile.
        assert_eq!(clinic.post(&browser, &format!("{page}/restore"), &[]).await.status, 303);
        assert_eq!(clinic.post(&browser, &format!("{page}/edit"), &form).await.status, 412);
    }
    for page in ["/admin/patients/1/99", "/admin/doctors/99"] {
        assert_eq!(clinic.post(&browser, &format!("{page}/edit"), &form).await.status, 404, "{page}");
    }
}

#[actix_web::test]
async fn a_save_that_changes_nothing_makes_no_version() {
    let clinic = Clinic::open().await;
    let patient =
        clinic.patient(&builders::patient().named("Ann Smith").told_age(40, "2020-01-01").done()).await;
    clinic.clock.advance(std::time::Duration::from_hours(25));
    let browser = clinic.browser("sam").await;
    let here = Clinic::page_of(&patient);
    let form = [("name", "Ann Smith"), ("age", "40"), ("version", "1")];
    for _ in 0..2 {
        let answer = clinic.post(&browser, &format!("{here}/edit"), &form).await;
        assert_eq!(answer.header("location"), format!("{here}?done=saved"), "{}", answer.body);
    }
    let history = clinic.get(&browser, &format!("{here}/history")).await.body;
    assert!(history.contains("Version 1: added") && !history.contains("Version 2"), "{history}");
}

#[actix_web::test]
async fn a_deleted_patient_is_restored_from_the_history() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient(&builders::patient().named("Ann Smith").done()).await;
    let browser = clinic.browser("sam").await;
    let page = Clinic::page_of(&patient);
    assert!(clinic.get(&browser, &format!("{page}/delete")).await.body.contains("nothing else ends"));
    assert_eq!(clinic.post(&browser, &format!("{page}/delete"), &[("version", "1")]).await.status, 303);
    assert_eq!(clinic.get(&browser, &page).await.status, 404);
    let deleted = clinic.get(&browser, "/admin/patients?state=deleted").await.body;
    assert!(deleted.contains(&format!("{page}/history")));
    assert!(clinic.get(&browser, &format!("{page}/history")).await.body.contains("Restore"));
    assert_eq!(clinic.post(&browser, &format!("{page}/restore"), &[]).await.status, 303);
    assert_eq!(clinic.get(&browser, &page).await.status, 200);
}

#[actix_web::test]
async fn a_doctor_is_added_assigned_ended_and_retired() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient(&builders::patient().named("Ann Smith").done()).await;
    let browser = clinic.browser("sam").await;
    let form = [("name", "Dr. Meera Iyer"), ("specialization", "Cardiology"), ("license_number", "L-1")];
    let answer = clinic.post(&browser, "/admin/doctors/add", &form).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let again = clinic.post(&browser, "/admin/doctors/add", &form).await;
    assert_eq!(again.status, 409);
    assert!(again.body.contains("license_number-error"));
    let doctor = answer.header("location").split('?').next().unwrap().to_owned();
    let id = doctor.rsplit('/').next().unwrap().to_owned();
    let page = Clinic::page_of(&patient);
    assert!(clinic.get(&browser, &format!("{page}?doctor=mee")).await.body.contains("Assign"));
    let assign = format!("{page}/assign");
    assert_eq!(clinic.post(&browser, &assign, &[("doctor", &id)]).await.status, 303);
    assert_eq!(clinic.post(&browser, &assign, &[("doctor", &id)]).await.status, 409);
    assert!(clinic.get(&browser, "/admin/mappings?q=smith").await.body.contains("Dr. Meera Iyer"));
    assert!(clinic.get(&browser, &format!("{page}/delete")).await.body.contains("Dr. Meera Iyer"));
    let ending = format!("/admin/mappings/{}/1/end", patient.owner);
    assert_eq!(clinic.post(&browser, &ending, &[]).await.header("location"), format!("{page}?done=ended"));
    assert_eq!(clinic.post(&browser, &assign, &[("doctor", &id)]).await.status, 303);
    assert!(clinic.get(&browser, &format!("{doctor}/retire")).await.body.contains("end with it: 1."));
    assert_eq!(clinic.post(&browser, &format!("{doctor}/retire"), &[("version", "1")]).await.status, 303);
    assert_eq!(clinic.get(&browser, &doctor).await.status, 404);
    assert_eq!(clinic.post(&browser, &format!("{doctor}/restore"), &[]).await.status, 303);
    assert_eq!(clinic.get(&browser, &doctor).await.status, 200);
}

#[actix_web::test]
async fn selected_patients_are_deleted_after_a_question() {
    let clinic = Clinic::open().await;
    let browser = clinic.browser("sam").await;
    let keys = clinic.patients(["Ann", "Bob", "Cid"]).await;
    let form = [("selected", keys[0].as_str()), ("selected", keys[1].as_str())];
    let question = clinic.post(&browser, "/admin/patients/selected", &form).await;
    assert_eq!(question.status, 200);
    assert!(question.body.contains("Delete 2 patients?"));
    assert!(clinic.events("admin_patients_delete").await.is_empty());
    assert_eq!(clinic.post(&browser, "/admin/patients/delete", &form).await.status, 303);
    assert_eq!(clinic.events("admin_patients_delete").await.len(), 2);
    let left = clinic.get(&browser, "/admin/patients").await.body;
    assert!(left.contains("1 record<") && left.contains("Cid"));
}
