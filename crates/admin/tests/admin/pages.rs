//! What every page has in common, and what it never shows.

use actix_web::test::TestRequest;
use domain::ports::Clock as _;
use domain::{
    Address, Availability, Change, LicenseNumber, MedicalHistory, NewMapping, Notes, Outcome, PersonName,
    Specialization, UserChange,
};
use testkit::builders;
use testkit::fixed::stamped;

use crate::clinic::Clinic;

const EVIL: &str = "<script>alert(1)</script>";

#[actix_web::test]
async fn no_page_has_script_or_style_of_its_own() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient(&builders::patient().named("Ann Smith").done()).await;
    let doctor = clinic.doctor(&builders::doctor().named("Eve").done()).await;
    let mapping = clinic.assign(&patient, &doctor).await;
    let browser = clinic.browser("root").await;
    let page = Clinic::page_of(&patient);
    let mut paths: Vec<String> = [
        "",
        "/patients",
        "/patients/add",
        "/doctors",
        "/doctors/add",
        "/mappings",
        "/users",
        "/users/1",
        "/audit",
        "/account",
        "/account/password",
        "/users/1/move",
        "/users/add",
        "/users/1/edit",
        "/doctors?state=retired",
        "/patients?state=deleted",
    ]
    .map(|path| format!("/admin{path}"))
    .to_vec();
    paths.extend(["", "/edit", "/delete", "/history"].map(|rest| format!("{page}{rest}")));
    let mapping = format!("/admin/mappings/{}/{}", mapping.owner, mapping.id);
    paths.extend(["", "/edit", "/end", "/history"].map(|rest| format!("{mapping}{rest}")));
    for path in paths {
        let answer = clinic.get(&browser, &path).await;
        assert_eq!(answer.status, 200, "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        for forbidden in ["<style", " style=", " onclick=", "javascript:", "http://", "https://"] {
            assert!(!answer.body.contains(forbidden), "{path}: {forbidden}");
        }
        let scripts = answer.body.matches("<script").count();
        assert_eq!(scripts, answer.body.matches("<script src=\"/admin/static/").count(), "{path}");
        for part in ["<html lang=\"en\">", "class=\"skip\"", "<main id=\"main\"", "aria-current=\"page\""] {
            assert!(answer.body.contains(part), "{path}: {part}");
        }
        assert_eq!(answer.body.matches("<h1").count(), 1, "{path}");
    }
}

#[actix_web::test]
async fn what_is_stored_never_runs() {
    let clinic = Clinic::open().await;
    let mut details = builders::patient().named(EVIL).done();
    details.medical_history = MedicalHistory::parse(&format!("\"><img src=x onerror=alert(1)>{EVIL}")).ok();
    let patient = clinic.patient(&details).await;
    let browser = clinic.browser("root").await;
    let page = Clinic::page_of(&patient);
    let search = "/admin/patients?q=%3Cscript%3E%22onfocus%3D".to_owned();
    let pages = ["", "/edit", "/delete", "/history"].map(|rest| format!("{page}{rest}"));
    for path in pages.into_iter().chain(["/admin/patients".to_owned(), search]) {
        let answer = clinic.get(&browser, &path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(!answer.body.contains(EVIL) && !answer.body.contains("<img"), "{path}");
        assert!(answer.body.contains("script&#62;") || answer.body.contains("script&gt;"), "{path}");
    }
    let form = [("name", EVIL), ("email", EVIL), ("version", "1"), ("phone", "\"><script>")];
    let answer = clinic.post(&browser, &format!("{page}/edit"), &form).await;
    assert_eq!(answer.status, 422);
    assert!(!answer.body.contains(EVIL) && !answer.body.contains("\"><script>"));
}

#[actix_web::test]
async fn a_script_in_any_text_field_is_shown_as_text() {
    let clinic = Clinic::open().await;
    let stamp = stamped(clinic.clock.now());
    let mut details = builders::patient().named(EVIL).done();
    details.address = Address::parse(EVIL).ok();
    details.medical_history = MedicalHistory::parse(EVIL).ok();
    let patient = clinic.patient(&details).await;
    let mut details = builders::doctor().named(EVIL).done();
    details.specialization = Specialization::parse(EVIL).ok();
    details.address = Address::parse(EVIL).ok();
    details.availability = Availability::parse(EVIL).ok();
    details.license_number = LicenseNumber::parse(EVIL).ok();
    let doctor = clinic.doctor(&details).await;
    let new = NewMapping { patient: patient.id, doctor: doctor.id, notes: Notes::parse(EVIL).ok() };
    clinic.stores.mappings.assign(clinic.ann.id, &new, &stamp).await.unwrap();
    let mut change = UserChange::default();
    change.name.full = Change::Set(PersonName::parse(EVIL).unwrap());
    clinic.stores.users.update(clinic.ann.id, None, &change, &stamp).await.unwrap();
    let browser = clinic.browser("root").await;
    let page = Clinic::page_of(&patient);
    let key = format!("{}/{}", patient.owner, patient.id);
    let form = [("selected", key.as_str()), ("to", "sam"), ("reason", EVIL)];
    let paths = [
        page.clone(),
        format!("{page}/edit"),
        format!("{page}/delete"),
        format!("{page}/history"),
        format!("{page}/doctors?doctor=script"),
        format!("{page}?doctor=script"),
        "/admin/patients?col=name".to_owned(),
        "/admin/doctors/1".to_owned(),
        "/admin/doctors/1/edit".to_owned(),
        "/admin/doctors/1/retire".to_owned(),
        "/admin/doctors/1/history".to_owned(),
        "/admin/doctors?col=name&col=specialization&col=license_number&col=availability".to_owned(),
        "/admin/mappings?col=patient&col=doctor&col=specialization&col=notes".to_owned(),
        "/admin/users?col=username&col=name".to_owned(),
        "/admin/users/1".to_owned(),
        "/admin/users/1/edit".to_owned(),
        "/admin/mappings/1/1".to_owned(),
        "/admin/mappings/1/1/edit".to_owned(),
        "/admin/mappings/1/1/end".to_owned(),
        "/admin/mappings/1/1/history".to_owned(),
    ];
    for path in &paths {
        shown_as_text(path, &clinic.get(&browser, path).await.body);
    }
    for (path, deed) in [
        ("/admin/patients/selected", ("do", "delete")),
        ("/admin/patients/selected", ("do", "move")),
        ("/admin/doctors/selected", ("do", "retire")),
        ("/admin/mappings/selected", ("do", "end")),
    ] {
        let selected = if path.contains("doctors") { "1" } else { key.as_str() };
        let body = clinic.post(&browser, path, &[deed, ("selected", selected)]).await.body;
        if deed.1 != "move" {
            shown_as_text(path, &body);
        }
    }
    assert_eq!(clinic.post(&browser, "/admin/patients/move", &form).await.status, 303);
    shown_as_text("reason", &clinic.get(&browser, "/admin/audit?col=reason").await.body);
}

fn shown_as_text(path: &str, body: &str) {
    assert!(!body.contains(EVIL), "{path}");
    assert!(body.contains("script&#62;") || body.contains("script&gt;"), "{path}: {body}");
}

#[actix_web::test]
async fn each_view_is_on_record() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient(&builders::patient().named("Ann Smith").done()).await;
    let browser = clinic.browser("sam").await;
    let page = Clinic::page_of(&patient);
    for (path, operation) in [
        (page.clone(), "admin_patients_get"),
        (format!("{page}/edit"), "admin_patients_edit_page"),
        (format!("{page}/history"), "admin_patients_history"),
    ] {
        assert_eq!(clinic.get(&browser, &path).await.status, 200);
        let events = clinic.events(operation).await;
        assert_eq!(
            (events.len(), events[0].outcome, events[0].patient),
            (1, Outcome::Done, Some(patient.id))
        );
        assert_eq!(events[0].username.as_ref().unwrap().as_str(), "sam");
    }
    assert_eq!(clinic.get(&browser, "/admin/patients").await.status, 200);
    assert_eq!(clinic.events("admin_patients_list").await.len(), 1);
}

#[actix_web::test]
async fn what_is_not_there_is_told_as_a_page() {
    let clinic = Clinic::open().await;
    let browser = clinic.browser("sam").await;
    let unknown = [
        "/admin/patients/1/99",
        "/admin/patients/x/1",
        "/admin/doctors/7",
        "/admin/doctors/7/x",
        "/admin/nothing",
    ];
    for path in unknown {
        let answer = clinic.get(&browser, path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.header("content-type").starts_with("text/html"), "{path}");
    }
    for (path, allowed) in [
        ("/admin/patients", "GET, HEAD"),
        ("/admin/doctors/7", "GET, HEAD"),
        ("/admin/doctors/7/edit", "GET, HEAD, POST"),
    ] {
        let request = TestRequest::delete().uri(path).insert_header(("cookie", browser.cookie.as_str()));
        let answer = clinic.answer(request).await;
        assert_eq!((answer.status, answer.header("allow").as_str()), (405, allowed), "{path}");
    }
}

#[actix_web::test]
async fn what_pages_refer_to_is_there_and_may_be_kept() {
    let clinic = Clinic::open().await;
    let page = clinic.answer(TestRequest::get().uri("/admin/sign-in")).await;
    let mut found = 0;
    for part in page.body.split('"').filter(|part| part.starts_with("/admin/static/")) {
        found += 1;
        let answer = clinic.answer(TestRequest::get().uri(part)).await;
        assert_eq!(answer.status, 200, "{part}");
        assert!(answer.header("cache-control").contains("immutable"), "{part}");
        assert!(!answer.body.is_empty(), "{part}");
    }
    assert_eq!(found, 4);
}

#[actix_web::test]
async fn the_overview_tells_what_the_check_of_the_configuration_warns_of() {
    let clinic = Clinic::open().await;
    let browser = clinic.browser("root").await;
    let answer = clinic.get(&browser, "/admin").await;
    assert!(answer.body.contains("<li>the seals have no &#60;key&#62;</li>"), "{}", answer.body);
}
