//! One's own account.

use std::time::Duration;

use domain::ports::Clock as _;
use testkit::builders;

use crate::clinic::{Clinic, PASSWORD};

const NEW: &str = "a better horse battery";

#[actix_web::test]
async fn the_password_is_changed_and_all_other_sessions_end() {
    let clinic = Clinic::open().await;
    let (mine, other) = (clinic.browser("sam").await, clinic.browser("sam").await);
    let page = clinic.get(&mine, "/admin/account/password").await.body;
    assert!(
        page.contains("autocomplete=\"current-password\"") && page.contains("autocomplete=\"new-password\"")
    );
    for (current, new, again, status, said) in [
        ("wrong", NEW, NEW, 422, "current_password-error"),
        (PASSWORD, NEW, "something else", 422, "again-error"),
        (PASSWORD, "password", "password", 422, "new_password-error"),
        (PASSWORD, "", "", 422, "new_password-error"),
    ] {
        let form = [("current_password", current), ("new_password", new), ("again", again)];
        let answer = clinic.post(&mine, "/admin/account/password", &form).await;
        assert_eq!(answer.status, status, "{said}");
        assert!(answer.body.contains(said), "{said}");
        assert!(!answer.body.contains(PASSWORD) && !answer.body.contains(NEW));
    }
    assert_eq!(clinic.get(&other, "/admin").await.status, 200);
    let form = [("current_password", PASSWORD), ("new_password", NEW), ("again", NEW)];
    assert_eq!(clinic.post(&mine, "/admin/account/password", &form).await.status, 303);
    assert_eq!(clinic.get(&other, "/admin").await.status, 303);
    assert_eq!(clinic.get(&mine, "/admin").await.status, 200);
    assert_eq!(clinic.sign_in("sam", PASSWORD).await.status, 401);
    assert_eq!(clinic.sign_in("sam", NEW).await.status, 303);
    let events = clinic.events("admin_password").await;
    assert_eq!((events.len(), events[0].fields.joined().as_str()), (5, "password"));
}

#[actix_web::test]
async fn times_are_shown_in_the_zone_that_was_chosen() {
    let clinic = Clinic::open().await;
    clinic.patient(&builders::patient().named("Ann Smith").done()).await;
    let mut browser = clinic.browser("sam").await;
    // The fixed clock stands at 2026-03-04T05:06:07Z.
    assert!(clinic.get(&browser, "/admin/patients").await.body.contains("2026-03-04 05:06"));
    let answer = clinic.post(&browser, "/admin/account/time-zone", &[("zone", "Mars/Phobos")]).await;
    assert_eq!((answer.status, answer.header("set-cookie").as_str()), (400, ""));
    let answer = clinic.post(&browser, "/admin/account/time-zone", &[("zone", "Asia/Kolkata")]).await;
    assert_eq!(answer.status, 303);
    let cookie = answer.header("set-cookie");
    assert!(cookie.contains("Path=/admin") && cookie.contains("SameSite=Strict"), "{cookie}");
    browser.cookie = format!("{}; {}", browser.cookie, cookie.split(';').next().unwrap());
    let list = clinic.get(&browser, "/admin/patients").await.body;
    assert!(list.contains("2026-03-04 10:36") && list.contains("Asia/Kolkata</a>"));
    // What is exported is the same for everybody.
    let csv = clinic.get(&browser, "/admin/patients.csv").await.body;
    assert!(csv.contains("2026-03-04 05:06") && csv.contains("Added (UTC)"));
    assert!(clinic.clock.now().since(clinic.clock.now()) == Duration::ZERO);
}
