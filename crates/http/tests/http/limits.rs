//! Rates of requests: who is counted as whom, and what clients are told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::test::TestRequest;
use domain::ports::{MockRateLimiter, RepositoryError};
use domain::{Allowance, Quota};
use http_api::{Limits, TrustedProxies};
use serde_json::json;
use testkit::fixed::instant;

use crate::answer::Answer;
use crate::caller::{ANN, BOB, Caller, EVE, NOBODY};
use crate::clinic::{Clinic, Open};
use crate::documented::{Documented, operations};

const PEER: &str = "192.0.2.7:4711";
const ME: &str = "/api/auth/me/";
const HEADERS: [&str; 2] = ["ratelimit", "ratelimit-policy"];

/// Who was counted against which quota, such as `user 7: 1000/86400s`.
#[derive(Clone, Default)]
struct Counted(Arc<Mutex<Vec<String>>>);

impl Counted {
    /// Those since the last look.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// What comes of each count.
type Outcome = fn() -> Result<Allowance, RepositoryError>;

const GRANTED: Outcome =
    || Ok(Allowance { remaining: 3, reset: Duration::from_millis(250), is_granted: true });
const REFUSED: Outcome =
    || Ok(Allowance { remaining: 0, reset: Duration::from_millis(1500), is_granted: false });
const AWAY: Outcome = || Err(RepositoryError::Unavailable("db-7 is away".into()));

/// The same clinic with limits.
fn limited(clinic: Clinic, outcome: Outcome) -> (Clinic, Counted) {
    let counted = Counted::default();
    let mut limiter = MockRateLimiter::new();
    let book = counted.clone();
    limiter.expect_take().withf(|_, _, now| *now == instant()).returning(move |who, quota, _| {
        book.0.lock().unwrap().push(format!("{who}: {quota}"));
        outcome()
    });
    let quota = |text| Quota::parse(text).unwrap();
    let limits = Limits {
        limiter: Arc::new(limiter),
        anonymous: quota("20/minute"),
        user: quota("1000/day"),
        sign_in: quota("5/hour"),
    };
    (Clinic { limits: Some(limits), ..clinic }, counted)
}

fn opened(outcome: Outcome) -> (Open, Counted) {
    let (clinic, counted) = limited(Clinic::working(), outcome);
    (clinic.open(), counted)
}

/// The operations that are counted.
fn counted_ones(open: &Open) -> Vec<Documented> {
    operations(&open.document).into_iter().filter(Documented::is_limited).collect()
}

fn from(request: TestRequest, peer: &str) -> TestRequest {
    request.peer_addr(peer.parse().unwrap())
}

/// Whom a request without a token is counted as.
async fn address_of(peer: &str, trusted: &[&str], forwarded: &[&str]) -> String {
    let (mut clinic, counted) = limited(Clinic::default(), GRANTED);
    clinic.trusted_proxies =
        TrustedProxies::new(trusted.iter().map(|network| network.parse().unwrap()).collect());
    let mut request = from(NOBODY.get(ME), peer).insert_header(("Forwarded", "for=198.51.100.99"));
    for value in forwarded {
        request = request.append_header(("X-Forwarded-For", *value));
    }
    assert_eq!(clinic.open().answer(request).await.refusal(), "401 not_authenticated");
    let who = counted.take().remove(0);
    who.strip_prefix("anonymous ").unwrap().strip_suffix(": 20/60s").unwrap().to_owned()
}

#[actix_web::test]
async fn a_signed_in_user_is_counted_as_the_user_once_for_each_request() {
    let (open, counted) = opened(GRANTED);
    for operation in counted_ones(&open).iter().filter(|operation| !operation.is_public()) {
        for (caller, who) in [(ANN, "user 7: 1000/86400s"), (BOB, "user 8: 1000/86400s")] {
            let answer = open.answer(from(operation.request(caller), PEER)).await;
            assert!(answer.status < 300, "{}: {}", operation.id, answer.status);
            assert_eq!(counted.take(), [who], "{}", operation.id);
        }
    }
}

#[actix_web::test]
async fn a_missing_or_bad_token_is_counted_by_its_address() {
    let (open, counted) = opened(GRANTED);
    for operation in counted_ones(&open).iter().filter(|operation| !operation.is_public()) {
        for caller in [NOBODY, EVE] {
            let answer = open.answer(from(operation.request(caller), PEER)).await;
            assert_eq!(answer.status, 401, "{}", operation.id);
            assert_eq!(counted.take(), ["anonymous 192.0.2.7: 20/60s"], "{}", operation.id);
        }
    }
}

#[actix_web::test]
async fn the_token_of_an_ended_session_is_counted_by_its_address() {
    let (mut clinic, counted) = limited(Clinic::default(), GRANTED);
    clinic.sessions.expect_is_live().returning(|_| Ok(false));
    assert_eq!(clinic.open().answer(from(ANN.get(ME), PEER)).await.refusal(), "401 invalid_token");
    assert_eq!(counted.take(), ["anonymous 192.0.2.7: 20/60s"]);
}

#[actix_web::test]
async fn registering_signing_in_and_refreshing_are_counted_by_their_address_whatever_the_token() {
    let (open, counted) = opened(GRANTED);
    let operations: Vec<_> = counted_ones(&open).into_iter().filter(Documented::is_public).collect();
    assert_eq!(operations.len(), 4);
    for operation in operations {
        for caller in [NOBODY, ANN, EVE] {
            let answer = open.answer(from(operation.request(caller), PEER)).await;
            assert!(answer.status < 300, "{}: {}", operation.id, answer.status);
            assert_eq!(counted.take(), ["sign-in 192.0.2.7: 5/3600s"], "{}", operation.id);
        }
    }
}

#[actix_web::test]
async fn what_is_sent_is_counted_even_if_it_is_nonsense() {
    let (open, counted) = opened(GRANTED);
    for operation in counted_ones(&open).iter().filter(|operation| operation.body().is_some()) {
        let answer = open.answer(ANN.sends(&operation.method, &operation.address(), "{")).await;
        assert_eq!(answer.refusal(), "400 malformed_body", "{}", operation.id);
        assert_eq!(counted.take().len(), 1, "{}", operation.id);
    }
}

#[actix_web::test]
async fn the_other_slash_form_and_head_are_counted_alike() {
    let (open, counted) = opened(GRANTED);
    open.answers([ANN.get("/api/patients"), ANN.asks("HEAD", "/api/patients/")]).await;
    assert_eq!(counted.take(), ["user 7: 1000/86400s", "user 7: 1000/86400s"]);
}

#[actix_web::test]
async fn one_customer_has_64_bits_of_ipv6() {
    assert_eq!(address_of("[2001:db8:1:2:3:4:5:6]:1", &[], &[]).await, "2001:db8:1:2::");
    assert_eq!(address_of("[2001:db8:1:2:ffff::1]:1", &[], &[]).await, "2001:db8:1:2::");
    assert_eq!(address_of("[2001:db8:1:3:3:4:5:6]:1", &[], &[]).await, "2001:db8:1:3::");
}

#[actix_web::test]
async fn an_ipv4_address_is_one_in_ipv6_clothes_too() {
    assert_eq!(address_of("[::ffff:192.0.2.7]:1", &[], &[]).await, "192.0.2.7");
}

#[actix_web::test]
async fn nobody_is_believed_about_other_addresses_but_a_trusted_proxy() {
    let forwarded = ["203.0.113.9, 198.51.100.1"];
    assert_eq!(address_of(PEER, &[], &forwarded).await, "192.0.2.7");
    assert_eq!(address_of(PEER, &["10.0.0.0/8"], &forwarded).await, "192.0.2.7");
    assert_eq!(address_of(PEER, &["192.0.2.0/24"], &forwarded).await, "198.51.100.1");
    assert_eq!(address_of(PEER, &["192.0.2.7/32"], &["2001:db8:1:2:3:4:5:6"]).await, "2001:db8:1:2::");
}

#[actix_web::test]
async fn of_many_proxies_the_last_one_that_is_not_trusted_is_the_client() {
    let trusted = ["192.0.2.0/24", "10.0.0.0/8"];
    assert_eq!(address_of(PEER, &trusted, &["203.0.113.9, 198.51.100.1, 10.1.2.3"]).await, "198.51.100.1");
    assert_eq!(address_of(PEER, &trusted, &["203.0.113.9", "198.51.100.1"]).await, "198.51.100.1");
}

#[actix_web::test]
async fn a_trusted_proxy_that_tells_no_address_is_the_client() {
    for forwarded in ["unknown", "", "198.51.100.1, nonsense", "_hidden"] {
        assert_eq!(address_of(PEER, &["192.0.2.0/24"], &[forwarded]).await, "192.0.2.7", "{forwarded}");
    }
}

#[actix_web::test]
async fn too_many_requests_are_429_before_anything_is_looked_at() {
    let (clinic, _) = limited(Clinic::default(), REFUSED);
    let open = clinic.open();
    for operation in counted_ones(&open) {
        for caller in [ANN, NOBODY, EVE] {
            for request in
                [operation.request(caller), caller.sends(&operation.method, &operation.address_of("x"), "{")]
            {
                let answer = open.answer(request).await;
                assert_eq!(answer.refusal(), "429 too_many_requests", "{}", operation.id);
                assert_eq!(answer.header("retry-after"), "2", "{}", operation.id);
                assert!(HEADERS.iter().all(|name| !answer.header(name).is_empty()), "{}", operation.id);
            }
        }
    }
}

#[actix_web::test]
async fn a_refused_request_is_never_told_to_come_back_at_once() {
    let (clinic, _) = limited(Clinic::default(), || {
        Ok(Allowance { remaining: 0, reset: Duration::ZERO, is_granted: false })
    });
    assert_eq!(clinic.open().answer(ANN.get(ME)).await.header("retry-after"), "1");
}

/// What the headers say to this caller's request.
async fn told(outcome: Outcome, request: TestRequest) -> Answer {
    opened(outcome).0.answer(request).await
}

#[actix_web::test]
async fn every_counted_answer_tells_the_rate_and_where_the_client_stands() {
    let login = json!({"username": "asha", "password": "wrong"});
    for (request, status, policy, standing) in [
        (ANN.get(ME), 200, "\"user\";q=1000;w=86400", "\"user\";r=3;t=1"),
        (ANN.get("/api/patients/x/"), 404, "\"user\";q=1000;w=86400", "\"user\";r=3;t=1"),
        (ANN.delete("/api/patients/3/"), 204, "\"user\";q=1000;w=86400", "\"user\";r=3;t=1"),
        (ANN.post("/api/patients/", &json!({})), 400, "\"user\";q=1000;w=86400", "\"user\";r=3;t=1"),
        (NOBODY.get(ME), 401, "\"anonymous\";q=20;w=60", "\"anonymous\";r=3;t=1"),
        (EVE.get(ME), 401, "\"anonymous\";q=20;w=60", "\"anonymous\";r=3;t=1"),
        (NOBODY.post("/api/auth/login/", &login), 401, "\"sign-in\";q=5;w=3600", "\"sign-in\";r=3;t=1"),
    ] {
        let answer = told(GRANTED, request).await;
        let headers = (answer.header("ratelimit-policy"), answer.header("ratelimit"));
        assert_eq!((answer.status, headers), (status, (policy, standing)));
    }
    let answer = told(REFUSED, ANN.get(ME)).await;
    assert_eq!(answer.header("ratelimit-policy"), "\"user\";q=1000;w=86400");
    assert_eq!(answer.header("ratelimit"), "\"user\";r=0;t=2");
}

#[actix_web::test]
async fn without_limits_nothing_is_told() {
    let open = Clinic::working().open();
    for caller in [ANN, NOBODY] {
        let answer = open.answer(caller.get(ME)).await;
        assert!(HEADERS.iter().all(|name| answer.header(name).is_empty()), "{}", answer.status);
    }
}

/// Each operation, page and address that is free, asked for by this caller.
fn free(open: &Open, caller: Caller) -> Vec<TestRequest> {
    let operations = operations(&open.document).into_iter().filter(|operation| !operation.is_limited());
    let mut requests: Vec<_> = operations.map(|operation| operation.request(caller)).collect();
    assert_eq!(requests.len(), 5);
    for path in ["/", "/api/docs/", "/swagger/", "/redoc/", "/nowhere", "/static/docs/x"] {
        requests.push(caller.get(path));
    }
    requests.push(caller.asks("PUT", "/api/patients/"));
    requests
}

#[actix_web::test]
async fn documents_pages_and_probes_are_never_counted() {
    let (open, counted) = opened(REFUSED);
    for caller in [ANN, NOBODY, EVE] {
        for answer in open.answers(free(&open, caller)).await {
            assert!([200, 404, 405].contains(&answer.status), "{}", answer.status);
            assert!(HEADERS.iter().all(|name| answer.header(name).is_empty()), "{}", answer.status);
        }
    }
    assert_eq!(counted.take(), [""; 0]);
}

#[actix_web::test]
async fn what_a_browser_asks_before_a_request_is_never_counted() {
    let origin = "https://clinic.example.org";
    let (mut clinic, counted) = limited(Clinic::default(), REFUSED);
    clinic.cors_origins = vec![origin.to_owned()];
    let headers = [("Origin", origin), ("Access-Control-Request-Method", "GET")];
    let request = headers.into_iter().fold(NOBODY.asks("OPTIONS", ME), TestRequest::insert_header);
    assert_eq!(clinic.open().answer(request).await.status, 200);
    assert_eq!(counted.take(), [""; 0]);
}

#[actix_web::test]
async fn nothing_is_done_while_nobody_counts() {
    let (clinic, _) = limited(Clinic::default(), AWAY);
    let open = clinic.open();
    for operation in counted_ones(&open) {
        for caller in [ANN, NOBODY, EVE] {
            let answer = open.answer(operation.request(caller)).await;
            assert_eq!(answer.refusal(), "503 unavailable", "{}", operation.id);
            assert_eq!(answer.header("retry-after"), "1", "{}", operation.id);
            assert!(HEADERS.iter().all(|name| answer.header(name).is_empty()), "{}", operation.id);
        }
    }
}
