//! Links for a new password.

use std::time::Duration;

use actix_web::test::TestRequest;
use domain::Outcome;

use crate::clinic::{Answer, Clinic, PASSWORD};

const NEW: &str = "a better horse battery";

/// The address that the administrator is shown.
fn link(answer: &Answer) -> String {
    let (_, rest) = answer.body.split_once("value=\"http://clinic.example/admin/reset?key=").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

async fn redeem(clinic: &Clinic, key: &str, password: &str, again: &str) -> Answer {
    let form = [("key", key), ("password", password), ("again", again)];
    let request = TestRequest::post().uri("/admin/reset").insert_header(("sec-fetch-site", "same-origin"));
    clinic.answer(request.set_form(form)).await
}

#[actix_web::test]
async fn a_link_sets_a_new_password_once() {
    let clinic = Clinic::open().await;
    let (sam, root) = (clinic.browser("sam").await, clinic.browser("root").await);
    let shown = clinic.post(&root, "/admin/users/2/reset", &[]).await;
    assert_eq!(shown.status, 200);
    assert!(shown.body.contains("until 2026-03-05 05:06 (UTC)"), "{}", shown.body);
    let key = link(&shown);
    let page = clinic.answer(TestRequest::get().uri(&format!("/admin/reset?key={key}"))).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("For the account sam.") && !page.body.contains("aria-label=\"Sections\""));
    for (password, again) in [(NEW, "other"), ("", ""), ("password", "password")] {
        assert_eq!(redeem(&clinic, &key, password, again).await.status, 422);
    }
    assert_eq!(clinic.get(&sam, "/admin").await.status, 200);
    let done = redeem(&clinic, &key, NEW, NEW).await;
    assert_eq!((done.status, done.header("location").as_str()), (303, "/admin/sign-in?done=new-password"));
    assert_eq!(clinic.get(&sam, "/admin").await.status, 303);
    assert_eq!(clinic.sign_in("sam", PASSWORD).await.status, 401);
    assert_eq!(clinic.sign_in("sam", NEW).await.status, 303);
    assert_eq!(redeem(&clinic, &key, PASSWORD, PASSWORD).await.status, 404);
    let made = &clinic.events("admin_users_reset").await[0];
    assert_eq!((made.outcome, made.username.as_ref().unwrap().as_str()), (Outcome::Done, "root"));
    let used = clinic.events("admin_reset").await;
    let done: Vec<_> = used.iter().filter(|event| event.outcome == Outcome::Done).collect();
    assert_eq!((done.len(), done[0].fields.joined().as_str(), used.len()), (1, "password", 5));
}

#[actix_web::test]
async fn a_link_that_does_not_count_tells_nothing() {
    let clinic = Clinic::open().await;
    let root = clinic.browser("root").await;
    let old = link(&clinic.post(&root, "/admin/users/2/reset", &[]).await);
    let new = link(&clinic.post(&root, "/admin/users/2/reset", &[]).await);
    let unknown = "0".repeat(60);
    for key in [old.as_str(), unknown.as_str(), "", "nonsense"] {
        let page = clinic.answer(TestRequest::get().uri(&format!("/admin/reset?key={key}"))).await;
        assert_eq!(page.status, 404, "{key}");
        assert!(!page.body.contains("sam"), "{key}");
        assert_eq!(redeem(&clinic, key, NEW, NEW).await.status, 404, "{key}");
    }
    clinic.clock.advance(Duration::from_hours(24));
    assert_eq!(redeem(&clinic, &new, NEW, NEW).await.status, 404);
    assert_eq!(clinic.sign_in("sam", PASSWORD).await.status, 303);
}

#[actix_web::test]
async fn a_form_of_another_site_sets_no_password() {
    let clinic = Clinic::open().await;
    let root = clinic.browser("root").await;
    let key = link(&clinic.post(&root, "/admin/users/2/reset", &[]).await);
    let form = [("key", key.as_str()), ("password", NEW), ("again", NEW)];
    let request = TestRequest::post().uri("/admin/reset").insert_header(("sec-fetch-site", "cross-site"));
    assert_eq!(clinic.answer(request.set_form(form)).await.status, 403);
    assert_eq!(clinic.sign_in("sam", PASSWORD).await.status, 303);
}
