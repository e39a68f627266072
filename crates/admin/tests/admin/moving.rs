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
    // What somebody else has moved meanwhile is not moved again, and what was typed is not lost.
    let again = clinic.post(&root, "/admin/patients/move", &[selected, ("to", "root"), REASON]).await;
    assert_eq!((again.status, owner_of(&clinic, &moved).await.as_str()), (409, "sam"), "{}", again.body);
    for part in ["Nothing was saved", "Select them again", "value=\"root\"", REASON.1] {
        assert!(again.body.contains(part), "{part}: {}", again.body);
    }
}

/// Gives a patient of Ann's to Sam, as somebody else does meanwhile.
async fn give_to_sam(clinic: &Clinic, patient: &Patient) {
    let root = clinic.browser("root").await;
    let key = format!("{}/{}", patient.owner, patient.id);
    let form = [("selected", key.as_str()), ("to", "sam"), REASON];
    assert_eq!(clinic.post(&root, "/admin/patients/move", &form).await.status, 303);
}

#[actix_web::test]
async fn what_was_typed_of_a_patient_who_has_another_owner_meanwhile_is_not_lost() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient(&builders::patient().named("Ann Smith").done()).await;
    let browser = clinic.browser("sam").await;
    give_to_sam(&clinic, &patient).await;
    let (old, new) = (Clinic::page_of(&patient), format!("/admin/patients/2/{}", patient.id));
    let form = [("name", "Ann Jones"), ("address", "12 Long Street"), ("version", "1")];
    let answer = clinic.post(&browser, &format!("{old}/edit"), &form).await;
    assert_eq!(answer.status, 412, "{}", answer.body);
    let action = format!("action=\"{new}/edit\"");
    for part in [
        "This record has another owner now: sam",
        "value=\"Ann Jones\"",
        "12 Long Street</textarea>",
        "<div class=\"now\">Ann Smith</div>",
        &action,
    ] {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    assert_eq!(clinic.post(&browser, &format!("{new}/edit"), &form).await.status, 303);
    // Who was deleted by the new owner is told as such.
    let change = [("name", "Ann Brown"), ("version", "2")];
    assert_eq!(clinic.post(&browser, &format!("{new}/delete"), &[("version", "2")]).await.status, 303);
    let answer = clinic.post(&browser, &format!("{old}/edit"), &change).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    for part in ["The record was deleted meanwhile.", "value=\"Ann Brown\"", &action] {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    // A version that never was is no record.
    let never = [("name", "Ann Brown"), ("version", "9")];
    assert_eq!(clinic.post(&browser, &format!("{old}/edit"), &never).await.status, 404);
}

#[actix_web::test]
async fn notes_of_a_patient_who_has_another_owner_meanwhile_are_not_lost() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient(&builders::patient().named("Ann Smith").done()).await;
    let doctor = clinic.doctor(&builders::doctor().named("Meera Iyer").done()).await;
    let mapping = clinic.assign(&patient, &doctor).await;
    let browser = clinic.browser("sam").await;
    give_to_sam(&clinic, &patient).await;
    let page = |owner: i64| format!("/admin/mappings/{owner}/{}", mapping.id);
    let (old, new) = (page(mapping.owner.get()), page(2));
    let form = [("notes", "Typed for long"), ("version", "1")];
    let answer = clinic.post(&browser, &format!("{old}/edit"), &form).await;
    assert_eq!(answer.status, 412, "{}", answer.body);
    let action = format!("action=\"{new}/edit\"");
    for part in ["This record has another owner now", "Typed for long</textarea>", &action] {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    let long = "x".repeat(20_000);
    let wrong = clinic.post(&browser, &format!("{old}/edit"), &[("notes", &long), ("version", "1")]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains(&long));
    assert_eq!(clinic.post(&browser, &format!("{new}/edit"), &form).await.status, 303);
    assert_eq!(clinic.post(&browser, &format!("{new}/end"), &[]).await.status, 303);
    let answer = clinic.post(&browser, &format!("{old}/edit"), &form).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert!(
        answer.body.contains("The assignment has ended meanwhile.") && answer.body.contains("Typed for long")
    );
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
