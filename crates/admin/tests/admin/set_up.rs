//! The first administrator.

use std::net::SocketAddr;

use actix_web::test::TestRequest;
use domain::ports::Clock as _;
use domain::{Role, StandingChange};
use testkit::fixed::stamped;

use crate::clinic::{Answer, Clinic, PASSWORD};

const HERE: &str = "127.0.0.1:54321";

async fn page(clinic: &Clinic, path: &str, from: &str, host: &'static str, proxy: bool) -> Answer {
    let request = TestRequest::get().uri(path).peer_addr(from.parse::<SocketAddr>().unwrap());
    let request = if proxy { request.insert_header(("x-forwarded-for", "127.0.0.1")) } else { request };
    clinic.answer_at(request, host).await
}

async fn send(clinic: &Clinic, path: &str, from: &str, username: &str) -> Answer {
    let (path, key) = path.split_once("?key=").unwrap();
    let form = [("key", key), ("username", username), ("password", PASSWORD), ("again", PASSWORD)];
    let request = TestRequest::post().uri(path).peer_addr(from.parse::<SocketAddr>().unwrap());
    let request = request.insert_header(("sec-fetch-site", "same-origin")).set_form(form);
    clinic.answer_at(request, "localhost:8000").await
}

#[actix_web::test]
async fn there_is_no_link_where_there_is_an_administrator() {
    assert_eq!(Clinic::open().await.set_up().await, None);
}

#[actix_web::test]
async fn the_link_makes_one_administrator_from_this_machine_only() {
    let clinic = Clinic::without_admin(None).await;
    let path = clinic.set_up().await.unwrap();
    for (from, host, proxy) in [
        ("192.0.2.7:1", "localhost:8000", false),
        (HERE, "clinic.example", false),
        (HERE, "localhost:8000", true),
    ] {
        assert_eq!(page(&clinic, &path, from, host, proxy).await.status, 404, "{from} {host}");
    }
    let other = format!("/admin/set-up?key={}", "0".repeat(60));
    assert_eq!(page(&clinic, &other, HERE, "localhost:8000", false).await.status, 404);
    let shown = page(&clinic, &path, HERE, "localhost:8000", false).await;
    assert_eq!(shown.status, 200);
    assert!(shown.body.contains("name=\"username\""));
    assert_eq!(send(&clinic, &path, "192.0.2.7:1", "boss").await.status, 404);
    let taken = send(&clinic, &path, HERE, "sam").await;
    assert_eq!(taken.status, 409);
    assert!(taken.body.contains("username-error"));
    let done = send(&clinic, &path, HERE, "boss").await;
    assert_eq!(
        (done.status, done.header("location").as_str()),
        (303, "/admin/sign-in?done=added"),
        "{}",
        done.body
    );
    let browser = clinic.browser("boss").await;
    assert_eq!(clinic.get(&browser, "/admin/users").await.status, 200);
    assert_eq!(send(&clinic, &path, HERE, "second").await.status, 404);
    assert_eq!(page(&clinic, &path, HERE, "localhost:8000", false).await.status, 404);
    assert_eq!(clinic.set_up().await, None);
}

#[actix_web::test]
async fn the_link_is_dead_when_somebody_else_has_become_administrator() {
    let clinic = Clinic::without_admin(None).await;
    let path = clinic.set_up().await.unwrap();
    let change = StandingChange { role: Some(Role::Admin), is_active: None };
    clinic.stores.users.set_standing(clinic.ann.id, change, &stamped(clinic.clock.now())).await.unwrap();
    assert_eq!(send(&clinic, &path, HERE, "boss").await.status, 404);
    assert_eq!(clinic.sign_in("boss", PASSWORD).await.status, 401);
}
