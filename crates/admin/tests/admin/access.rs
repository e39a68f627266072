//! Who gets in, and how they are out again.

use std::sync::Arc;
use std::time::Duration;

use actix_web::test::TestRequest;
use admin::PanelLimits;
use domain::ports::{Clock as _, MockRateLimiter};
use domain::{AuditFilter, Outcome, Page, PageLimit, Quota, StandingChange};
use testkit::builders;
use testkit::fixed::stamped;

use crate::clinic::{Clinic, PASSWORD};

/// A page of each section.
const PAGES: [&str; 17] = [
    "/admin",
    "/admin/patients",
    "/admin/patients.csv",
    "/admin/patients/add",
    "/admin/patients/1/1",
    "/admin/patients/1/1/doctors?doctor=a",
    "/admin/doctors.csv",
    "/admin/mappings.csv",
    "/admin/users.csv",
    "/admin/users/1/move",
    "/admin/account",
    "/admin/account/password",
    "/admin/doctors/1/history",
    "/admin/doctors",
    "/admin/mappings",
    "/admin/users",
    "/admin/audit",
];

/// Every form of somebody who has signed in.
const FORMS: [&str; 33] = [
    "/admin/account/password",
    "/admin/account/time-zone",
    "/admin/audit/verify",
    "/admin/doctors/1/edit",
    "/admin/doctors/1/restore",
    "/admin/doctors/1/retire",
    "/admin/doctors/add",
    "/admin/doctors/restore",
    "/admin/doctors/retire",
    "/admin/doctors/selected",
    "/admin/mappings/1/1/edit",
    "/admin/mappings/1/1/end",
    "/admin/mappings/end",
    "/admin/mappings/selected",
    "/admin/patients/1/1/assign",
    "/admin/patients/1/1/delete",
    "/admin/patients/1/1/edit",
    "/admin/patients/1/1/restore",
    "/admin/patients/add",
    "/admin/patients/delete",
    "/admin/patients/move",
    "/admin/patients/restore",
    "/admin/patients/selected",
    "/admin/sign-out",
    "/admin/users/1/edit",
    "/admin/users/1/end-session",
    "/admin/users/1/end-sessions",
    "/admin/users/1/move",
    "/admin/users/1/reset",
    "/admin/users/1/standing",
    "/admin/users/add",
    "/admin/users/deactivate",
    "/admin/users/selected",
];

#[actix_web::test]
async fn who_has_not_signed_in_is_led_to_the_sign_in_and_back() {
    let clinic = Clinic::open().await;
    for path in PAGES {
        let answer = clinic.answer(TestRequest::get().uri(path)).await;
        assert_eq!(answer.status, 303, "{path}");
        assert!(answer.header("location").starts_with("/admin/sign-in?next=%2Fadmin"), "{path}");
        assert!(!answer.body.contains("<table"), "{path}");
    }
    assert_eq!(clinic.events("admin_patients_list").await[0].outcome, Outcome::Unauthenticated);
    let page = clinic.answer(TestRequest::get().uri("/admin/sign-in?next=%2Fadmin%2Fdoctors")).await;
    assert!(page.body.contains("value=\"/admin/doctors\""));
}

#[actix_web::test]
async fn staff_sign_in_and_get_a_strict_cookie() {
    let clinic = Clinic::open().await;
    let answer = clinic.sign_in("sam", PASSWORD).await;
    assert_eq!((answer.status, answer.header("location").as_str()), (303, "/admin"));
    let cookie = answer.header("set-cookie");
    for part in ["__Host-healthcore-admin=", "HttpOnly", "SameSite=Strict", "Secure", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert_eq!(clinic.events("admin_sign_in").await.len(), 1);
}

#[actix_web::test]
async fn nobody_else_gets_a_session() {
    let clinic = Clinic::open().await;
    for (name, password, status) in
        [("ann", PASSWORD, 403), ("sam", "wrong", 401), ("nobody", PASSWORD, 401), ("", "", 401)]
    {
        let answer = clinic.sign_in(name, password).await;
        assert_eq!(answer.status, status, "{name}");
        assert_eq!(answer.header("set-cookie"), "", "{name}");
    }
    let now = clinic.clock.now();
    let sessions = clinic.stores.sessions.list(clinic.ann.id, Duration::from_hours(1), now).await.unwrap();
    assert!(sessions.is_empty());
    let outcomes: Vec<_> = clinic.events("admin_sign_in").await.iter().map(|event| event.outcome).collect();
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Outcome::Forbidden).count(), 1);
}

#[actix_web::test]
async fn guesses_are_slowed_down_as_everywhere() {
    let clinic = Clinic::open().await;
    for _ in 0..5 {
        assert_eq!(clinic.sign_in("sam", "wrong").await.status, 401);
    }
    let answer = clinic.sign_in("sam", PASSWORD).await;
    assert_eq!(answer.status, 429);
    assert_ne!(answer.header("retry-after"), "");
}

#[actix_web::test]
async fn a_sign_in_from_another_site_is_refused() {
    let clinic = Clinic::open().await;
    for header in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example"), ("origin", "null")] {
        let form = [("username", "sam"), ("password", PASSWORD)];
        let request = TestRequest::post().uri("/admin/sign-in").insert_header(header).set_form(form);
        let answer = clinic.answer(request).await;
        assert_eq!((answer.status, answer.header("set-cookie").as_str()), (403, ""), "{header:?}");
    }
}

#[actix_web::test]
async fn a_cookie_does_not_count_after_signing_out() {
    let clinic = Clinic::open().await;
    let browser = clinic.browser("sam").await;
    assert_eq!(clinic.get(&browser, "/admin/patients").await.status, 200);
    let answer = clinic.post(&browser, "/admin/sign-out", &[]).await;
    assert_eq!(answer.status, 303);
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(clinic.get(&browser, "/admin/patients").await.status, 303);
}

#[actix_web::test]
async fn a_session_ends_when_it_is_not_used_and_at_its_end() {
    let clinic = Clinic::open().await;
    let browser = clinic.browser("sam").await;
    for _ in 0..3 {
        clinic.clock.advance(Duration::from_mins(29));
        assert_eq!(clinic.get(&browser, "/admin").await.status, 200);
    }
    clinic.clock.advance(Duration::from_mins(31));
    assert_eq!(clinic.get(&browser, "/admin").await.status, 303);
    let browser = clinic.browser("sam").await;
    for _ in 0..24 {
        clinic.clock.advance(Duration::from_mins(29));
        assert_eq!(clinic.get(&browser, "/admin").await.status, 200);
    }
    clinic.clock.advance(Duration::from_mins(25));
    assert_eq!(clinic.get(&browser, "/admin").await.status, 303);
}

#[actix_web::test]
async fn who_loses_the_role_is_out_at_once() {
    let clinic = Clinic::open().await;
    let browser = clinic.browser("sam").await;
    let filter = domain::UserFilter { search: Some("sam".to_owned()), ..Default::default() };
    let users = clinic.stores.admin_records.users(&filter, domain::Page::default()).await.unwrap().items;
    let change = StandingChange { role: Some(domain::Role::Patient), is_active: None };
    clinic.stores.users.set_standing(users[0].id, change, &stamped(clinic.clock.now())).await.unwrap();
    assert_eq!(clinic.get(&browser, "/admin/patients").await.status, 303);
}

#[actix_web::test]
async fn accounts_and_the_trail_are_for_administrators_only() {
    let clinic = Clinic::open().await;
    let (staff, admin) = (clinic.browser("sam").await, clinic.browser("root").await);
    for path in ["/admin/users", "/admin/users/1", "/admin/users/1/move", "/admin/users.csv", "/admin/audit"]
    {
        assert_eq!(clinic.get(&staff, path).await.status, 403, "{path}");
        assert_eq!(clinic.get(&admin, path).await.status, 200, "{path}");
    }
    for (path, form) in [
        ("/admin/users/1/standing", ("role", "admin")),
        ("/admin/users/1/reset", ("", "")),
        ("/admin/users/1/move", ("to", "sam")),
        ("/admin/users/1/end-sessions", ("", "")),
        ("/admin/users/deactivate", ("selected", "1")),
        ("/admin/users/selected", ("selected", "1")),
        ("/admin/audit/verify", ("", "")),
    ] {
        let answer = clinic.post(&staff, path, &[form, ("reason", "none")]).await;
        assert_eq!(answer.status, 403, "{path}");
    }
    assert_eq!(clinic.stores.users.find(clinic.ann.id).await.unwrap().unwrap().role, domain::Role::Patient);
}

#[actix_web::test]
async fn a_forged_form_changes_nothing() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient(&builders::patient().named("Ann Smith").done()).await;
    let (mine, other) = (clinic.browser("sam").await, clinic.browser("root").await);
    let stolen = clinic.get(&other, "/admin").await.token();
    let own = clinic.get(&mine, "/admin").await.token();
    let path = format!("{}/delete", Clinic::page_of(&patient));
    let here = ("origin", "http://clinic.example");
    for (token, header) in [
        ("", here),
        ("nonsense", here),
        (stolen.as_str(), here),
        (own.as_str(), ("origin", "https://evil.example")),
        (own.as_str(), ("sec-fetch-site", "cross-site")),
        (own.as_str(), ("x-nothing", "at all")),
    ] {
        let answer = clinic.post_with(&mine, &path, &[("version", "1")], token, header).await;
        assert_eq!(answer.status, 403, "{header:?}");
    }
    assert!(clinic.stores.patients.find(patient.owner, patient.id).await.unwrap().is_some());
    let refused = clinic.events("admin_patients_delete").await;
    assert_eq!(refused.iter().filter(|event| event.outcome == Outcome::Forbidden).count(), 6);
    let answer = clinic.post_with(&mine, &path, &[("version", "1")], &own, here).await;
    assert_eq!(answer.status, 303);
    assert!(clinic.stores.patients.find(patient.owner, patient.id).await.unwrap().is_none());
}

#[actix_web::test]
async fn no_form_is_taken_with_the_token_of_somebody_else() {
    let clinic = Clinic::open().await;
    let patient = clinic.patient(&builders::patient().named("Ann Smith").done()).await;
    let doctor = clinic.doctor(&builders::doctor().named("Meera Iyer").done()).await;
    let mapping = clinic.assign(&patient, &doctor).await;
    let (mine, other) = (clinic.browser("root").await, clinic.browser("sam").await);
    let stolen = clinic.get(&other, "/admin").await.token();
    let here = ("sec-fetch-site", "same-origin");
    for path in FORMS {
        let form =
            [("version", "1"), ("selected", "1/1"), ("selected", "1"), ("doctor", "1"), ("reason", "x")];
        for token in ["", stolen.as_str()] {
            let answer = clinic.post_with(&mine, path, &form, token, here).await;
            assert_eq!(answer.status, 403, "{path}");
        }
    }
    let stores = &clinic.stores;
    assert!(stores.patients.find(patient.owner, patient.id).await.unwrap() == Some(patient));
    assert!(stores.doctors.find(doctor.id).await.unwrap() == Some(doctor));
    assert!(
        stores.mappings.find(mapping.owner, mapping.id, false).await.unwrap().unwrap().mapping == mapping
    );
    assert!(stores.users.find(clinic.ann.id).await.unwrap().as_ref() == Some(&clinic.ann));
    let users = stores.users.list(None, PageLimit::default()).await.unwrap();
    assert_eq!(users.len(), 3);
    let refused = AuditFilter { outcome: Some(Outcome::Forbidden), ..AuditFilter::default() };
    let page = Page { limit: PageLimit::new(100).unwrap(), ..Page::default() };
    assert_eq!(stores.audit.list(&refused, page).await.unwrap().items.len(), 2 * FORMS.len());
}

#[actix_web::test]
async fn who_asks_too_often_has_to_wait_and_is_counted_by_name() {
    let mut limiter = MockRateLimiter::new();
    limiter.expect_take().returning(|who, quota, _| {
        let is_granted = who != "user 2";
        Ok(quota.allowance(if is_granted { Duration::ZERO } else { quota.whole() }, is_granted))
    });
    let quota = Quota::parse("60/minute").unwrap();
    let limits = PanelLimits { limiter: Arc::new(limiter), anonymous: quota, user: quota, sign_in: quota };
    let clinic = Clinic::limited(Some(limits)).await;
    let (staff, admin) = (clinic.browser("sam").await, clinic.browser("root").await);
    let answer = clinic.get(&staff, "/admin/patients").await;
    assert_eq!(answer.status, 429);
    assert_ne!(answer.header("retry-after"), "");
    assert_eq!(clinic.get(&admin, "/admin/patients").await.status, 200);
}
