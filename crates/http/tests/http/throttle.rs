//! Guessing passwords is slow, wherever a password is asked for.

use std::time::Duration;

use actix_web::test::TestRequest;
use domain::Attempt;
use domain::ports::{MockSignInThrottle, RepositoryError};
use serde_json::json;
use testkit::fixed::instant;

use crate::caller::{ANN, NOBODY};
use crate::clinic::Clinic;
use crate::samples::{NEW_PASSWORD, PASSWORD};

const PEER: &str = "[2001:db8:1:2:3:4:5:6]:4711";

/// Each request that holds a password that has to be right.
fn with_password(password: &str) -> Vec<TestRequest> {
    let requests = [
        NOBODY.post("/api/auth/login/", &json!({"username": "asha", "password": password})),
        NOBODY.post("/api/auth/login/", &json!({"email": "asha@example.org", "password": password})),
        ANN.post("/api/auth/password/", &json!({"current_password": password, "new_password": NEW_PASSWORD})),
        ANN.patch("/api/auth/me/", &json!({"email": "new@example.org", "current_password": password})),
    ];
    requests.into_iter().map(|request| request.peer_addr(PEER.parse().unwrap())).collect()
}

fn throttled(prepare: impl FnOnce(&mut MockSignInThrottle)) -> Clinic {
    let mut throttle = MockSignInThrottle::new();
    prepare(&mut throttle);
    Clinic { throttle: Some(throttle), ..Clinic::working() }
}

#[actix_web::test]
async fn who_guesses_has_to_wait_even_with_the_right_password() {
    let clinic = throttled(|throttle| {
        throttle.expect_admit().returning(|_, _| Ok(Err(Duration::from_millis(2500))));
    });
    for answer in clinic.open().answers(with_password(PASSWORD)).await {
        assert_eq!(answer.refusal(), "429 too_many_requests");
        assert_eq!(answer.header("retry-after"), "3");
    }
}

#[actix_web::test]
async fn a_wait_of_no_time_is_told_as_a_second() {
    let clinic = throttled(|throttle| {
        throttle.expect_admit().returning(|_, _| Ok(Err(Duration::ZERO)));
    });
    for answer in clinic.open().answers(with_password(PASSWORD)).await {
        assert_eq!(answer.header("retry-after"), "1");
    }
}

#[actix_web::test]
async fn attempts_are_counted_by_the_account_and_the_customer_of_the_address() {
    let clinic = throttled(|throttle| {
        let expected = Attempt { account: "user 7".to_owned(), address: "2001:db8:1:2::".to_owned() };
        let admit = throttle.expect_admit();
        let admit = admit.withf(move |attempt, now| *attempt == expected && *now == instant());
        admit.times(4).returning(|_, _| Ok(Ok(())));
        throttle.expect_forgive().never();
    });
    let statuses: Vec<u16> =
        clinic.open().answers(with_password("wrong")).await.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [401, 401, 400, 400]);
}

#[actix_web::test]
async fn the_right_password_takes_its_attempt_back() {
    let clinic = throttled(|throttle| {
        throttle.expect_admit().times(4).returning(|_, _| Ok(Ok(())));
        throttle.expect_forgive().times(4).returning(|_, _| Ok(()));
    });
    for answer in clinic.open().answers(with_password(PASSWORD)).await {
        assert_eq!(answer.status, 200);
    }
}

#[actix_web::test]
async fn a_name_that_nobody_has_is_counted_too() {
    let mut clinic = throttled(|throttle| {
        let admit = throttle.expect_admit().withf(|attempt, _| attempt.account == "name nobody");
        admit.once().returning(|_, _| Ok(Err(Duration::from_secs(1))));
    });
    clinic.users.checkpoint();
    clinic.users.expect_find_credentials().returning(|_| Ok(None));
    let request = NOBODY.post("/api/auth/login/", &json!({"username": "Nobody", "password": PASSWORD}));
    assert_eq!(clinic.open().answer(request).await.refusal(), "429 too_many_requests");
}

#[actix_web::test]
async fn no_password_is_looked_at_while_nobody_counts() {
    let clinic = throttled(|throttle| {
        throttle.expect_admit().returning(|_, _| Err(RepositoryError::Unavailable("db-7 is away".into())));
    });
    for answer in clinic.open().answers(with_password(PASSWORD)).await {
        assert_eq!(answer.refusal(), "503 unavailable");
        assert_eq!(answer.header("retry-after"), "1");
    }
}

#[actix_web::test]
async fn after_too_many_bad_refresh_tokens_the_address_has_to_wait() {
    let clinic = throttled(|throttle| {
        let expected = Attempt { account: String::new(), address: "refresh 2001:db8:1:2::".to_owned() };
        let admit = throttle.expect_admit().withf(move |attempt, _| *attempt == expected);
        admit.times(2).returning(|_, _| Ok(Err(Duration::from_millis(2500))));
    });
    let refresh =
        |path, token| NOBODY.post(path, &json!({"refresh": token})).peer_addr(PEER.parse().unwrap());
    let open = clinic.open();
    for path in ["/api/auth/refresh/", "/api/auth/token/refresh/"] {
        let answer = open.answer(refresh(path, "forged")).await;
        assert_eq!((answer.refusal().as_str(), answer.header("retry-after")), ("429 too_many_requests", "3"));
        assert_eq!(open.answer(refresh(path, "refresh-0")).await.status, 200);
    }
}
