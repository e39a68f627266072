//! What is shown or given out of the rows that were selected is on record, also when some of them are gone meanwhile.

use domain::{Mapping, MappingId, Outcome, Patient, PatientId, RecordId, UserId};
use testkit::builders;

use crate::clinic::{Browser, Clinic};

type Seen = Vec<(Option<RecordId>, Option<PatientId>)>;

/// Which records the calls of an operation were about, and whose they are.
async fn seen(clinic: &Clinic, operation: &str) -> Seen {
    let events = clinic.events(operation).await;
    assert!(events.iter().all(|event| event.outcome == Outcome::Done), "{events:?}");
    let mut seen: Seen = events.iter().map(|event| (event.record, event.patient)).collect();
    seen.sort_by_key(|seen| format!("{seen:?}"));
    seen
}

fn of_patient(patient: &Patient) -> (Option<RecordId>, Option<PatientId>) {
    (Some(RecordId::Patient(patient.id)), Some(patient.id))
}

fn of_mapping(mapping: &Mapping) -> (Option<RecordId>, Option<PatientId>) {
    (Some(RecordId::Mapping(mapping.id)), Some(mapping.patient))
}

async fn patients(clinic: &Clinic) -> [Patient; 3] {
    let mut made = Vec::new();
    for name in ["Ann", "Bob", "Cid"] {
        made.push(clinic.patient(&builders::patient().named(name).done()).await);
    }
    made.try_into().unwrap()
}

async fn mappings(clinic: &Clinic, patients: &[Patient; 3]) -> [Mapping; 3] {
    let doctor = clinic.doctor(&builders::doctor().named("Eve").done()).await;
    let mut made = Vec::new();
    for patient in patients {
        made.push(clinic.assign(patient, &doctor).await);
    }
    made.try_into().unwrap()
}

fn key(patient: &Patient) -> String {
    format!("{}/{}", patient.owner, patient.id)
}

/// Gives a patient of Ann's to Sam, as somebody else does meanwhile.
async fn give_to_sam(clinic: &Clinic, root: &Browser, patient: &Patient) {
    let key = key(patient);
    let form = [("selected", key.as_str()), ("to", "sam"), ("reason", "taken over")];
    assert_eq!(clinic.post(root, "/admin/patients/move", &form).await.status, 303);
}

/// Sends what is selected in a list.
async fn send(clinic: &Clinic, browser: &Browser, list: &str, deed: &str, keys: &[String]) -> String {
    let selected = keys.iter().map(|key| ("selected", key.as_str()));
    let form: Vec<_> = [("do", deed)].into_iter().chain(selected).collect();
    let answer = clinic.post(browser, &format!("/admin/{list}/selected"), &form).await;
    if answer.status == 303 { answer.header("location") } else { answer.body }
}

#[actix_web::test]
async fn a_patient_who_is_exported_is_on_record_when_the_first_of_the_selection_is_gone() {
    let clinic = Clinic::open().await;
    let [gone, left, last] = patients(&clinic).await;
    let root = clinic.browser("root").await;
    give_to_sam(&clinic, &root, &gone).await;
    let csv = send(&clinic, &root, "patients", "export", &[key(&gone), key(&left), key(&last)]).await;
    assert!(!csv.contains("Ann,") && csv.contains("Bob,") && csv.contains("Cid,"), "{csv}");
    let seen = seen(&clinic, "admin_patients_selected").await;
    assert_eq!(seen, [&gone, &left, &last].map(of_patient));
}

#[actix_web::test]
async fn a_mapping_that_is_exported_is_on_record_with_its_patient() {
    let clinic = Clinic::open().await;
    let patients = patients(&clinic).await;
    let [gone, left, last] = mappings(&clinic, &patients).await;
    let root = clinic.browser("root").await;
    give_to_sam(&clinic, &root, &patients[0]).await;
    let keys = [&gone, &left, &last].map(|mapping| format!("{}/{}", mapping.owner, mapping.id));
    let csv = send(&clinic, &root, "mappings", "export", &keys).await;
    assert!(!csv.contains("Ann,") && csv.contains("Bob,") && csv.contains("Cid,"), "{csv}");
    // Nobody has seen anything of the first one's patient, and the call is not about that of another mapping.
    let tried = (Some(RecordId::Mapping(gone.id)), None);
    let seen = seen(&clinic, "admin_mappings_selected").await;
    assert_eq!(seen, [tried, of_mapping(&left), of_mapping(&last)]);
}

#[actix_web::test]
async fn a_user_who_is_exported_is_on_record_when_the_first_of_the_selection_never_was() {
    let clinic = Clinic::open().await;
    let root = clinic.browser("root").await;
    let csv = send(&clinic, &root, "users", "export", &["99", "2"].map(str::to_owned)).await;
    assert!(csv.contains("sam,"), "{csv}");
    let mut expected = [2, 99].map(|id| (UserId::new(id).map(RecordId::User), None));
    expected.sort_by_key(|seen| format!("{seen:?}"));
    assert_eq!(seen(&clinic, "admin_users_selected").await, expected);
}

#[actix_web::test]
async fn a_question_that_names_patients_puts_each_on_record() {
    let clinic = Clinic::open().await;
    let [first, second, _] = patients(&clinic).await;
    let root = clinic.browser("root").await;
    let keys = [key(&first), key(&second)];
    for (deed, said, times) in [("delete", "Delete 2 patients?", 1), ("move", "Move 2 patients to", 2)] {
        let page = send(&clinic, &root, "patients", deed, &keys).await;
        assert!(page.contains(said), "{page}");
        let seen = seen(&clinic, "admin_patients_selected").await;
        let expected = [&first, &second].map(of_patient);
        assert_eq!(seen, expected.map(|one| vec![one; times]).concat(), "{deed}");
    }
}

#[actix_web::test]
async fn a_refused_question_tells_of_no_patient_that_was_seen() {
    let clinic = Clinic::open().await;
    let [first, second, _] = patients(&clinic).await;
    let sam = clinic.browser("sam").await;
    let page = send(&clinic, &sam, "patients", "move", &[key(&first), key(&second)]).await;
    assert!(page.contains("Your account may not do this."), "{page}");
    let events = clinic.events("admin_patients_selected").await;
    assert!(matches!(&events[..], [event] if event.outcome == Outcome::Forbidden), "{events:?}");
}

#[actix_web::test]
async fn other_questions_put_each_record_on_record() {
    let clinic = Clinic::open().await;
    let patients = patients(&clinic).await;
    let [first, second, _] = mappings(&clinic, &patients).await;
    let max = clinic.doctor(&builders::doctor().named("Max").done()).await;
    let root = clinic.browser("root").await;
    let keys = [&first, &second].map(|mapping| format!("{}/{}", mapping.owner, mapping.id));
    let page = send(&clinic, &root, "mappings", "end", &keys).await;
    assert!(page.contains("End 2 assignments?"), "{page}");
    assert_eq!(seen(&clinic, "admin_mappings_selected").await, [&first, &second].map(of_mapping));
    let page = send(&clinic, &root, "users", "deactivate", &["1", "2"].map(str::to_owned)).await;
    assert!(page.contains("Deactivate 2 users?"), "{page}");
    let users = [1, 2].map(|id| (UserId::new(id).map(RecordId::User), None));
    assert_eq!(seen(&clinic, "admin_users_selected").await, users);
    let page =
        send(&clinic, &root, "doctors", "retire", &[first.doctor, max.id].map(|id| id.to_string())).await;
    assert!(page.contains("Retire 2 doctors?"), "{page}");
    // The call itself is about the directory.
    let doctors = [None, Some(RecordId::Doctor(first.doctor)), Some(RecordId::Doctor(max.id))];
    assert_eq!(seen(&clinic, "admin_doctors_selected").await, doctors.map(|record| (record, None)));
}

#[actix_web::test]
async fn a_selection_that_is_gone_is_told_from_none() {
    let clinic = Clinic::open().await;
    let root = clinic.browser("root").await;
    for (list, key) in [("patients", "1/99"), ("mappings", "1/99"), ("doctors", "99"), ("users", "99")] {
        for (keys, done, said) in [
            (vec![], "none", "Nothing was selected."),
            (vec![key.to_owned()], "gone", "What was selected is not there any more."),
        ] {
            let there = send(&clinic, &root, list, "export", &keys).await;
            assert_eq!(there, format!("/admin/{list}?done={done}"));
            assert!(clinic.get(&root, &there).await.body.contains(said), "{there}");
        }
    }
    assert_eq!(
        MappingId::new(99).map(RecordId::Mapping),
        clinic.events("admin_mappings_selected").await[0].record
    );
}
