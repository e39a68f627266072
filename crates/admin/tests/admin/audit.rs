//! The audit page: what was done, and how far it is proven.

use std::sync::Arc;
use std::time::Duration;

use domain::ports::Clock as _;
use domain::{AuditCheck, AuditEvent, AuditEventId, Broken, Fault, Outcome};
use testkit::builders;
use testkit::fixed::stamped;

use crate::clinic::{Answer, Browser, Clinic};

async fn page(clinic: &Clinic, browser: &Browser, query: &str) -> Answer {
    let answer = clinic.get(browser, &format!("/admin/audit{query}")).await;
    assert_eq!(answer.status, 200, "{query}");
    answer
}

fn rows(answer: &Answer) -> usize {
    answer.body.split("<tbody>").nth(1).map_or(0, |rest| rest.matches("<tr>").count())
}

#[actix_web::test]
async fn the_trail_is_filtered_by_user_patient_operation_and_time() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient(&builders::patient().named("Ann Smith").done()).await;
    let (sam, root) = (clinic.browser("sam").await, clinic.browser("root").await);
    clinic.get(&sam, &Clinic::page_of(&patient)).await;
    clinic.clock.advance(Duration::from_mins(10));
    clinic.get(&sam, "/admin/doctors").await;
    for (query, expected) in [
        ("?user=sam&operation=admin_patients_get", 1),
        ("?user=2&operation=admin_patients_get", 1),
        ("?user=root&operation=admin_patients_get", 0),
        ("?user=nobody", 0),
        ("?patient=1&operation=admin_patients_get", 1),
        ("?patient=x", 0),
        ("?operation=admin_doctors_list", 1),
        ("?operation=admin_doctors_list&from=2026-03-04T05%3A16", 1),
        ("?operation=admin_doctors_list&from=2026-03-04T05%3A17", 0),
        ("?operation=admin_patients_get&to=2026-03-04T05%3A06", 1),
        ("?operation=admin_patients_get&to=2026-03-04T05%3A05", 0),
        ("?operation=admin_patients_get&from=nonsense", 0),
        ("?outcome=forbidden", 0),
    ] {
        let answer = page(&clinic, &root, query).await;
        assert_eq!(rows(&answer), expected, "{query}");
        assert_eq!(answer.body.contains("Nothing matches."), expected == 0, "{query}");
    }
    let about = clinic.events("admin_audit_list").await;
    assert_eq!(about.iter().filter(|event| event.patient == Some(patient.id)).count(), 1);
}

#[actix_web::test]
async fn the_trail_is_checked_and_the_result_stays() {
    let clinic = Clinic::open().await;
    let root = clinic.browser("root").await;
    let fresh = page(&clinic, &root, "").await.body;
    assert!(fresh.contains("none yet") && fresh.contains("<dd>never</dd>"));
    clinic.stores.audit.seal(clinic.clock.now()).await.unwrap().unwrap();
    clinic.clock.advance(Duration::from_mins(1));
    let answer = clinic.post(&root, "/admin/audit/verify", &[]).await;
    assert_eq!((answer.status, answer.header("location").as_str()), (303, "/admin/audit?done=checked"));
    assert_eq!(clinic.events("admin_audit_verify").await[0].outcome, Outcome::Done);
    let shown = page(&clinic, &root, "").await.body;
    assert!(shown.contains("number 1, made 2026-03-04 05:06"), "{shown}");
    assert!(shown.contains("2026-03-04 05:07: whole, "), "{shown}");
    let broken = Broken { seal: 1, event: AuditEventId::new(3), fault: Fault::Deleted };
    let check = AuditCheck { at: clinic.clock.now(), user: None, seals: 0, events: 0, broken: Some(broken) };
    clinic.stores.audit.note(&check).await.unwrap();
    let shown = page(&clinic, &root, "").await.body;
    assert!(shown.contains("BROKEN at event 3 under seal 1: deleted") && shown.contains("card summary"));
}

#[actix_web::test]
async fn operations_are_told_in_words_and_found_by_their_names() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient(&builders::patient().named("Ann Smith").done()).await;
    let (sam, root) = (clinic.browser("sam").await, clinic.browser("root").await);
    clinic.get(&sam, &Clinic::page_of(&patient)).await;
    for shown in [
        page(&clinic, &root, "?operation=admin_patients_get").await.body,
        clinic.get(&root, "/admin").await.body,
    ] {
        assert!(shown.contains("title=\"admin_patients_get\">Panel: viewed a patient</td>"), "{shown}");
    }
    let shown = page(&clinic, &root, "").await.body;
    assert!(shown.contains("<option value=\"admin_patients_get\">Panel: viewed a patient</option>"));
}

#[actix_web::test]
async fn every_outcome_is_told_in_words_and_found_by_them() {
    let clinic = Clinic::open().await;
    let root = clinic.browser("root").await;
    for outcome in Outcome::ALL {
        let now = clinic.clock.now();
        let event = AuditEvent::of(&stamped(now), outcome);
        clinic.stores.audit.append(Arc::new([event]), now).await.unwrap();
        let shown = page(&clinic, &root, &format!("?outcome={}&operation=test", outcome.as_str())).await;
        assert!(rows(&shown) > 0, "{outcome:?}");
        let (_, words) = shown.body.split_once(&format!(" title=\"{}\">", outcome.as_str())).unwrap();
        let words = words.split('<').next().unwrap();
        assert!(words.starts_with(char::is_uppercase) && !words.contains('_'), "{words}");
        let option = format!("<option value=\"{}\" selected>{words}</option>", outcome.as_str());
        assert!(shown.body.contains(&option), "{option}");
    }
    let overview = clinic.get(&root, "/admin").await.body;
    assert!(overview.contains("<td title=\"failed\">Fault of the server</td>"), "{overview}");
}

#[actix_web::test]
async fn a_user_and_a_patient_lead_to_all_that_is_on_record_of_them() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient(&builders::patient().named("Ann Smith").done()).await;
    let (sam, root) = (clinic.browser("sam").await, clinic.browser("root").await);
    clinic.get(&sam, &Clinic::page_of(&patient)).await;
    let narrow = "?user=2&operation=admin_patients_get&outcome=done&from=2026-03-04T05%3A06&patient=1";
    let shown = page(&clinic, &root, narrow).await;
    assert_eq!(rows(&shown), 1);
    for link in ["href=\"/admin/audit?user=2\"", "href=\"/admin/audit?patient=1\""] {
        assert!(shown.body.contains(link), "{link}: {}", shown.body);
    }
}
