//! Patients who get another owner.

use domain::Patient;
use testkit::builders;

use crate::clinic::Clinic;

const REASON: (&str, &str) = ("reason", "the practice was taken over");

async fn owner_of(clinic: &Clinic, patient: &Patient) -> String {
    let mut owner = "nobody".to_owned();
    for (id, name) in [(1, "ann"), (2, "sam"), (3, "root")] {
        let user = domain::UserId::new(id).unwrap();
        if clinic.stores.patients.find(user, patient.id).await.unwrap().is_some() {
            name.clone_into(&mut owner);
        }
    }
    owner
}

#[actix_web::test]
async fn chosen_patients_move_with_their_doctors_and_a_reason() {
    let clinic = Clinic::open().await;
    let moved = clinic.patient(&builders::patient().named("Cid Moved").done()).await;
    let stays = clinic.patient(&builders::patient().named("Dan Stays").done()).await;
    let doctor = clinic.doctor(&builders::doctor().named("Eve").done()).await;
    clinic.assign(&moved, &doctor).await;
    let root = clinic.browser("root").await;
    let key = format!("{}/{}", moved.owner, moved.id);
    let selected = ("selected", key.as_str());
    let question = clinic.post(&root, "/admin/patients/selected", &[("do", "move"), selected]).await;
    assert_eq!(question.status, 200);
    assert!(
        question.body.contains("Move 1 patient to") && question.body.contains(&format!("value=\"{key}\""))
    );
    for (form, said) in [
        (vec![selected, ("to", "sam")], "reason-error"),
        (vec![selected, ("to", "nobody"), REASON], "to-error"),
    ] {
        let answer = clinic.post(&root, "/admin/patients/move", &form).await;
        assert_eq!(answer.status, 422);
        assert!(answer.body.contains(said) && answer.body.contains(&key), "{said}");
    }
    assert_eq!(owner_of(&clinic, &moved).await, "ann");
    let answer = clinic.post(&root, "/admin/patients/move", &[selected, ("to", "sam"), REASON]).await;
    assert_eq!(answer.header("location"), "/admin/patients?done=moved", "{}", answer.body);
    assert_eq!(owner_of(&clinic, &moved).await, "sam");
    assert_eq!(owner_of(&clinic, &stays).await, "ann");
    assert_eq!(clinic.get(&root, &Clinic::page_of(&moved)).await.status, 404);
    let page = clinic.get(&root, &format!("/admin/patients/2/{}", moved.id)).await.body;
    assert!(page.contains("Cid Moved") && page.contains("Eve"));
    let events = clinic.events("admin_patients_move").await;
    let event = events.iter().find(|event| event.patient == Some(moved.id)).unwrap();
    assert_eq!(
        (event.fields.joined().as_str(), event.reason.as_ref().unwrap().as_str()),
        ("owner", REASON.1)
    );
    // What somebody else has moved meanwhile is not moved again.
    let again = clinic.post(&root, "/admin/patients/move", &[selected, ("to", "root"), REASON]).await;
    assert_eq!((again.status, owner_of(&clinic, &moved).await.as_str()), (404, "sam"));
}

#[actix_web::test]
async fn all_patients_of_a_user_move() {
    let clinic = Clinic::open().await;
    let mut patients = Vec::new();
    for name in ["Ann", "Bob", "Cid"] {
        patients.push(clinic.patient(&builders::patient().named(name).done()).await);
    }
    let root = clinic.browser("root").await;
    let page = clinic.get(&root, "/admin/users/1/move").await.body;
    assert!(page.contains("Move all patients of ann"));
    let answer = clinic.post(&root, "/admin/users/1/move", &[("to", "SAM"), REASON]).await;
    assert_eq!(answer.header("location"), "/admin/users/1?done=moved", "{}", answer.body);
    for patient in &patients {
        assert_eq!(owner_of(&clinic, patient).await, "sam");
    }
    assert_eq!(clinic.events("admin_users_move").await.len(), 3);
}

#[actix_web::test]
async fn only_administrators_move_patients() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient(&builders::patient().named("Ann").done()).await;
    let sam = clinic.browser("sam").await;
    let key = format!("{}/{}", patient.owner, patient.id);
    let selected = ("selected", key.as_str());
    assert!(!clinic.get(&sam, "/admin/patients").await.body.contains("Move selected"));
    for (path, form) in [
        ("/admin/patients/selected", vec![selected, ("do", "move")]),
        ("/admin/patients/move", vec![selected, ("to", "sam"), REASON]),
        ("/admin/users/1/move", vec![("to", "sam"), REASON]),
    ] {
        assert_eq!(clinic.post(&sam, path, &form).await.status, 403, "{path}");
    }
    assert_eq!(owner_of(&clinic, &patient).await, "ann");
}
