//! Assignments: their pages, their notes, and how they came about.

use domain::ports::Clock as _;
use domain::{Change, Mapping, Notes, Outcome};
use testkit::builders;
use testkit::fixed::stamped;

use crate::clinic::Clinic;

fn page_of(mapping: &Mapping) -> String {
    format!("/admin/mappings/{}/{}", mapping.owner, mapping.id)
}

async fn assigned(clinic: &Clinic) -> Mapping {
    let patient = clinic.patient(&builders::patient().named("Asha Rao").done()).await;
    let doctor = clinic.doctor(&builders::doctor().named("Meera Iyer").done()).await;
    clinic.assign(&patient, &doctor).await
}

#[actix_web::test]
async fn notes_are_changed_and_the_history_tells_how() {
    let clinic = Clinic::open().await;
    let mapping = assigned(&clinic).await;
    let here = page_of(&mapping);
    let browser = clinic.browser("sam").await;
    let page = clinic.get(&browser, &here).await.body;
    assert!(page.contains("Meera Iyer for Asha Rao") && page.contains("Edit the notes"));
    let form = [("notes", "Looks after\r\nthe heart"), ("version", "1")];
    let answer = clinic.post(&browser, &format!("{here}/edit"), &form).await;
    assert_eq!(answer.header("location"), format!("{here}?done=saved"), "{}", answer.body);
    let page = clinic.get(&browser, &here).await.body;
    assert!(page.contains("Looks after\nthe heart"));
    let history = clinic.get(&browser, &format!("{here}/history")).await.body;
    for part in ["Version 2: changed", "by sam", "the heart", "Version 1: added"] {
        assert!(history.contains(part), "{part}: {history}");
    }
    for operation in ["admin_mappings_get", "admin_mappings_update", "admin_mappings_history"] {
        let event = &clinic.events(operation).await[0];
        assert_eq!((event.outcome, event.patient), (Outcome::Done, Some(mapping.patient)), "{operation}");
    }
}

#[actix_web::test]
async fn stale_notes_are_shown_beside_those_that_are_stored() {
    let clinic = Clinic::open().await;
    let mapping = assigned(&clinic).await;
    let here = page_of(&mapping);
    let browser = clinic.browser("sam").await;
    let (notes, stamp) = (Change::Set(Notes::parse("theirs").unwrap()), stamped(clinic.clock.now()));
    clinic.stores.mappings.update_notes(mapping.owner, mapping.id, None, &notes, &stamp).await.unwrap();
    let edit = format!("{here}/edit");
    let answer = clinic.post(&browser, &edit, &[("notes", "mine"), ("version", "1")]).await;
    assert_eq!(answer.status, 412);
    for part in ["mine</textarea>", "theirs</div>", "name=\"version\" value=\"2\""] {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    let long = "x".repeat(100_000);
    let answer = clinic.post(&browser, &edit, &[("notes", long.as_str()), ("version", "2")]).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("id=\"notes-error\"") && answer.body.contains(&long));
    let answer = clinic.post(&browser, &edit, &[("notes", ""), ("version", "2")]).await;
    assert_eq!(answer.status, 303);
    let stored = clinic.stores.mappings.find(mapping.owner, mapping.id, false).await.unwrap().unwrap();
    assert_eq!(stored.mapping.notes, None);
}

#[actix_web::test]
async fn an_assignment_ends_after_a_question_and_is_then_only_looked_at() {
    let clinic = Clinic::open().await;
    let mapping = assigned(&clinic).await;
    let here = page_of(&mapping);
    let browser = clinic.browser("sam").await;
    let question = clinic.get(&browser, &format!("{here}/end")).await;
    assert!(question.body.contains("End Meera Iyer for Asha Rao?"));
    let answer = clinic.post(&browser, &format!("{here}/end"), &[]).await;
    let patient = format!("/admin/patients/{}/{}?done=ended", mapping.owner, mapping.patient);
    assert_eq!(answer.header("location"), patient);
    let page = clinic.get(&browser, &here).await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("Edit the notes") && !page.body.contains("/end\""));
    for path in ["edit", "end"] {
        assert_eq!(clinic.get(&browser, &format!("{here}/{path}")).await.status, 404, "{path}");
    }
    assert_eq!(clinic.get(&browser, &format!("{here}/history")).await.status, 200);
    assert_eq!(clinic.get(&browser, "/admin/mappings/1/99").await.status, 404);
}

#[actix_web::test]
async fn notes_that_come_too_late_are_shown_beside_the_news_that_the_assignment_has_ended() {
    let clinic = Clinic::open().await;
    let mapping = assigned(&clinic).await;
    let here = page_of(&mapping);
    let browser = clinic.browser("sam").await;
    let stamp = stamped(clinic.clock.now());
    // It ends with its patient, too.
    clinic.stores.patients.delete(mapping.owner, mapping.patient, None, &stamp).await.unwrap();
    let edit = format!("{here}/edit");
    for version in ["1", "2"] {
        let answer = clinic.post(&browser, &edit, &[("notes", "late"), ("version", version)]).await;
        assert_eq!(answer.status, 409);
        for part in ["Nothing was saved", "The assignment has ended meanwhile.", "late</textarea>"] {
            assert!(answer.body.contains(part), "{part}: {}", answer.body);
        }
        let event = &clinic.events("admin_mappings_update").await[0];
        assert_eq!((event.outcome, event.patient), (Outcome::Conflict, Some(mapping.patient)));
    }
    let unknown =
        clinic.post(&browser, "/admin/mappings/1/99/edit", &[("notes", "x"), ("version", "1")]).await;
    assert_eq!(unknown.status, 404);
}
