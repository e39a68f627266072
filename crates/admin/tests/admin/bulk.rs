//! What is done with the rows that were selected, and CSV of each list.

use domain::ports::Clock as _;
use domain::{HumanName, Outcome, PersonName, Specialization, UserChange};
use testkit::builders;
use testkit::fixed::stamped;

use crate::clinic::Clinic;

#[actix_web::test]
async fn selected_doctors_are_retired_and_restored() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient(&builders::patient().named("Ann Smith").done()).await;
    let mut doctors = Vec::new();
    for name in ["Eve", "Max", "Zoe"] {
        doctors.push(clinic.doctor(&builders::doctor().named(name).done()).await);
    }
    clinic.assign(&patient, &doctors[0]).await;
    let keys: Vec<String> = doctors.iter().map(|doctor| doctor.id.to_string()).collect();
    let browser = clinic.browser("sam").await;
    let form = [("do", "retire"), ("selected", keys[0].as_str()), ("selected", keys[1].as_str())];
    let question = clinic.post(&browser, "/admin/doctors/selected", &form).await;
    assert_eq!(question.status, 200);
    assert!(question.body.contains("Retire 2 doctors?") && question.body.contains("end with them: 1."));
    assert!(clinic.events("admin_doctors_retire").await.is_empty());
    assert_eq!(clinic.post(&browser, "/admin/doctors/retire", &form).await.status, 303);
    assert_eq!(clinic.events("admin_doctors_retire").await.len(), 2);
    assert_eq!(clinic.post(&browser, "/admin/doctors/retire", &form).await.status, 404);
    let list = clinic.get(&browser, "/admin/doctors").await.body;
    assert!(list.contains("1 record<") && list.contains("Zoe") && list.contains("Retired (2)"));
    let retired = clinic.get(&browser, "/admin/doctors?state=retired&q=ma").await.body;
    assert!(retired.contains("Max") && !retired.contains("Eve") && retired.contains("Restore selected"));
    assert_eq!(clinic.post(&browser, "/admin/doctors/restore", &form).await.status, 303);
    assert!(clinic.get(&browser, "/admin/doctors").await.body.contains("3 records"));
}

#[actix_web::test]
async fn deleted_patients_are_restored_from_their_list() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient(&builders::patient().named("Ann O'Neil").done()).await;
    let key = format!("{}/{}", patient.owner, patient.id);
    let browser = clinic.browser("sam").await;
    let form = [("selected", key.as_str())];
    assert_eq!(clinic.post(&browser, "/admin/patients/delete", &form).await.status, 303);
    let list = clinic.get(&browser, "/admin/patients").await.body;
    assert!(list.contains("There is no patient yet") && list.contains("Deleted (1)"));
    let deleted = clinic.get(&browser, "/admin/patients?state=deleted&q=neil").await.body;
    assert!(deleted.contains(&format!("value=\"{key}\"")) && deleted.contains("Restore selected"));
    assert_eq!(clinic.post(&browser, "/admin/patients/restore", &form).await.status, 303);
    assert!(clinic.get(&browser, "/admin/patients?q=neil").await.body.contains("1 record<"));
    assert_eq!(clinic.events("admin_patients_restore").await.len(), 1);
}

#[actix_web::test]
async fn selected_mappings_end() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient(&builders::patient().named("Ann Smith").done()).await;
    let mut keys = Vec::new();
    for name in ["Eve", "Max"] {
        let doctor = clinic.doctor(&builders::doctor().named(name).done()).await;
        let mapping = clinic.assign(&patient, &doctor).await;
        keys.push(format!("{}/{}", mapping.owner, mapping.id));
    }
    let browser = clinic.browser("sam").await;
    let form = [("do", "end"), ("selected", keys[0].as_str())];
    let question = clinic.post(&browser, "/admin/mappings/selected", &form).await;
    assert!(question.body.contains("End 1 assignment?") && question.body.contains("Eve to Ann Smith"));
    assert_eq!(clinic.post(&browser, "/admin/mappings/end", &form).await.status, 303);
    let list = clinic.get(&browser, "/admin/mappings").await.body;
    assert!(list.contains("1 record<") && list.contains("Max") && list.contains("Ended (1)"));
    let ended = clinic.get(&browser, "/admin/mappings?state=ended").await.body;
    assert!(ended.contains("Eve") && !ended.contains("End selected"));
}

#[actix_web::test]
async fn selected_users_are_deactivated_but_never_the_last_administrator() {
    let clinic = Clinic::open().await;
    let (admin, staff) = (clinic.browser("root").await, clinic.browser("sam").await);
    let form = [("do", "deactivate"), ("selected", "1"), ("selected", "2")];
    let question = clinic.post(&admin, "/admin/users/selected", &form).await;
    assert!(question.body.contains("Deactivate 2 users?") && question.body.contains("<li>sam</li>"));
    assert_eq!(clinic.post(&admin, "/admin/users/deactivate", &form).await.status, 303);
    assert_eq!(clinic.get(&staff, "/admin").await.status, 303);
    let list = clinic.get(&admin, "/admin/users").await.body;
    assert!(list.contains("Yes (1)") && list.contains("No (2)") && list.contains("Staff (1)"), "{list}");
    assert_eq!(clinic.post(&admin, "/admin/users/deactivate", &[("selected", "3")]).await.status, 422);
    assert_eq!(clinic.get(&admin, "/admin").await.status, 200);
}

#[actix_web::test]
async fn what_is_selected_is_exported_and_each_record_is_on_record() {
    let clinic = Clinic::open().await;
    let browser = clinic.browser("sam").await;
    let keys = clinic.patients(["Ann", "Bob", "Cid"]).await;
    let form = [("do", "export"), ("selected", keys[0].as_str()), ("selected", keys[2].as_str())];
    let answer = clinic.post(&browser, "/admin/patients/selected", &form).await;
    assert!(answer.header("content-disposition").contains("patients.csv"));
    let lines: Vec<&str> = answer.body.split("\r\n").collect();
    assert_eq!(lines.len(), 4);
    assert!(lines[0].contains("Added (UTC)") && lines[1].starts_with("Ann,") && lines[2].starts_with("Cid,"));
    let events = clinic.events("admin_patients_selected").await;
    let mut seen: Vec<_> =
        events.iter().filter_map(|event| event.patient.map(domain::PatientId::get)).collect();
    seen.sort_unstable();
    assert_eq!((seen, events[0].outcome), (vec![1, 3], Outcome::Done));
}

#[actix_web::test]
async fn no_cell_of_any_export_is_a_formula() {
    const FORMULA: &str = "=HYPERLINK(\"http://evil\")";
    let clinic = Clinic::open().await;
    let name = HumanName::from_full(PersonName::parse(FORMULA).unwrap());
    let mut patient = builders::patient().done();
    patient.name = name.clone();
    let patient = clinic.patient(&patient).await;
    let mut doctor = builders::doctor().named("+1").done();
    doctor.specialization = Specialization::parse("@SUM(1)").ok();
    let doctor = clinic.doctor(&doctor).await;
    clinic.assign(&patient, &doctor).await;
    let mut change = UserChange::default();
    change.name.full = domain::Change::Set(PersonName::parse(FORMULA).unwrap());
    clinic.stores.users.update(clinic.ann.id, None, &change, &stamped(clinic.clock.now())).await.unwrap();
    let browser = clinic.browser("root").await;
    for path in ["patients", "doctors", "mappings", "users"] {
        let answer = clinic.get(&browser, &format!("/admin/{path}.csv")).await;
        assert_eq!(answer.status, 200, "{path}");
        let cells = answer.body.split(['\n', ',']);
        for cell in cells {
            assert!(!cell.trim_start_matches('"').starts_with(['=', '+', '@', '-']), "{path}: {cell}");
        }
        assert!(answer.body.contains("\"'"), "{path}: {}", answer.body);
        assert_eq!(clinic.events(&format!("admin_{path}_export")).await.len(), 1);
    }
}

#[actix_web::test]
async fn a_stream_holds_more_than_a_page() {
    let clinic = Clinic::open().await;
    for number in 0..1003 {
        clinic.doctor(&builders::doctor().named(&format!("Doctor {number:04}")).done()).await;
    }
    let browser = clinic.browser("sam").await;
    let answer = clinic.get(&browser, "/admin/doctors.csv?sort=name").await;
    let lines: Vec<&str> = answer.body.trim_end().split("\r\n").collect();
    assert_eq!(lines.len(), 1004);
    assert!(lines[1].starts_with("Doctor 0000,") && lines[1003].starts_with("Doctor 1002,"));
}
