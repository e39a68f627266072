//! The token: who needs one, and what is answered to a bad one.

use actix_web::http::header::AUTHORIZATION;

use crate::answer::Answer;
use crate::caller::{ANN, NOBODY};
use crate::clinic::Clinic;
use crate::documented::{Documented, operations};

const PLAIN: &str = "Bearer realm=\"healthcore\"";
const WITH_ERROR: &str = "Bearer realm=\"healthcore\", error=\"invalid_token\"";

/// What comes of asking for the own account with these `Authorization` headers.
async fn with(headers: &[&str]) -> Answer {
    let mut request = NOBODY.get("/api/auth/me/");
    for header in headers {
        request = request.append_header((AUTHORIZATION, *header));
    }
    Clinic::working().open().answer(request).await
}

#[actix_web::test]
async fn every_operation_that_is_not_public_needs_a_token() {
    let open = Clinic::working().open();
    let mut count = 0;
    for operation in operations(&open.document).iter().filter(|operation| !operation.is_public()) {
        let answer = open.answer(operation.request(NOBODY)).await;
        assert_eq!(answer.refusal(), "401 not_authenticated", "{}", operation.id);
        assert_eq!(answer.header("www-authenticate"), PLAIN, "{}", operation.id);
        count += 1;
    }
    assert_eq!(count, 42);
}

#[actix_web::test]
async fn no_public_operation_needs_a_token() {
    let open = Clinic::working().open();
    let public: Vec<_> = operations(&open.document).into_iter().filter(Documented::is_public).collect();
    assert_eq!(public.len(), http_api::PUBLIC_OPERATIONS.len());
    for operation in public {
        let answer = open.answer(operation.request(NOBODY)).await;
        assert!(answer.status < 300, "{}: {}", operation.id, answer.status);
    }
}

#[actix_web::test]
async fn the_token_is_looked_at_before_anything_else() {
    let open = Clinic::default().open();
    for request in [
        NOBODY.asks("POST", "/api/patients/").set_payload("no JSON"),
        NOBODY.get("/api/patients/x/"),
        NOBODY.get("/api/patients/?limit=0"),
        NOBODY.sends("PUT", "/api/doctors/5/", vec![b' '; 100_000]),
    ] {
        assert_eq!(open.answer(request).await.refusal(), "401 not_authenticated");
    }
}

#[actix_web::test]
async fn the_scheme_is_taken_in_any_case() {
    for header in ["Bearer ann", "bearer ann", "BEARER ann", "bEaReR ann", "Bearer  ann"] {
        assert_eq!(with(&[header]).await.status, 200, "{header}");
    }
}

#[actix_web::test]
async fn a_bad_token_is_told_as_invalid() {
    for header in ["Bearer forged", "Bearer late", "bearer a b c", "Bearer ann,bob", "Bearer Ann"] {
        let answer = with(&[header]).await;
        assert_eq!(answer.refusal(), "401 invalid_token", "{header}");
        assert_eq!(answer.header("www-authenticate"), WITH_ERROR, "{header}");
    }
}

#[actix_web::test]
async fn another_scheme_or_an_empty_one_is_no_token() {
    for header in ["Basic ann", "Token ann", "JWT ann", "Bearer", "ann", "", "Bearerann", "Bearer\u{e9} ann"]
    {
        let answer = with(&[header]).await;
        assert_eq!(answer.refusal(), "401 not_authenticated", "{header}");
        assert_eq!(answer.header("www-authenticate"), PLAIN, "{header}");
    }
}

#[actix_web::test]
async fn of_two_tokens_none_counts() {
    for pair in [["Bearer ann", "Bearer ann"], ["Bearer ann", "Bearer bob"], ["Basic x", "Bearer ann"]] {
        let answer = with(&pair).await;
        assert_eq!(answer.refusal(), "401 invalid_token");
        assert_eq!(answer.header("www-authenticate"), WITH_ERROR);
    }
}

#[actix_web::test]
async fn a_token_in_the_query_or_a_cookie_does_not_count() {
    let open = Clinic::working().open();
    let query = NOBODY.get("/api/auth/me/?access_token=ann&token=ann");
    let cookie =
        NOBODY.get("/api/auth/me/").insert_header(("Cookie", "access=ann; Authorization=Bearer ann"));
    for request in [query, cookie] {
        assert_eq!(open.answer(request).await.refusal(), "401 not_authenticated");
    }
    assert_eq!(open.answer(ANN.get("/api/auth/me/")).await.status, 200);
}

#[actix_web::test]
async fn a_token_that_is_far_too_long_is_431() {
    for headers in [vec![format!("Bearer {}", "a".repeat(9000))], vec!["x".repeat(9000), "Bearer ann".into()]]
    {
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        assert_eq!(with(&headers).await.refusal(), "431 headers_too_large");
    }
    assert_eq!(with(&[&format!("Bearer {}", "a".repeat(8000))]).await.refusal(), "401 invalid_token");
}
