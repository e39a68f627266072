//! Signing in and staying signed in.

use domain::ports::RepositoryError;
use domain::{Credentials, LoginName, RefreshCounter, Rotation, User};
use serde_json::{Value, json};
use testkit::fixed::{PlainHasher, instant};

use crate::answer::Answer;
use crate::caller::{ANN_ID, NOBODY};
use crate::clinic::{Clinic, ROTATION, session_id};
use crate::samples::{self, PASSWORD};

const LOGIN: &str = "/api/auth/login/";
const REFRESH: [&str; 2] = ["/api/auth/refresh/", "/api/auth/token/refresh/"];
const INVALID_TOKEN: &str = "Bearer realm=\"healthcore\", error=\"invalid_token\"";

/// A clinic that knows one account, by this name.
fn knowing(typed: &str, user: User) -> Clinic {
    let login = LoginName::parse(typed).unwrap();
    let mut clinic = Clinic::default();
    let credentials = Credentials { user, password_hash: Some(PlainHasher::hash_of(PASSWORD)) };
    clinic
        .users
        .expect_find_credentials()
        .returning(move |name| Ok(Some(credentials.clone()).filter(|_| *name == login)));
    let open = clinic.sessions.expect_open().withf(|user, session, verified, newer, now| {
        *user == ANN_ID
            && session.expires_at > now.at
            && newer.is_none()
            && now.at == instant()
            && *verified == PlainHasher::hash_of(PASSWORD)
    });
    open.returning(|_, _, _, _, _| Ok(samples::user()));
    clinic
}

async fn sign_in(clinic: Clinic, body: &Value) -> Answer {
    let request = NOBODY.post(LOGIN, body).insert_header(("X-Request-Id", "same"));
    clinic.open().answer(request).await
}

/// What comes of a refresh, where the store says `rotation` to the first counter.
async fn refresh(path: &str, rotation: Rotation) -> Answer {
    let mut clinic = Clinic::default();
    let rotate = clinic.sessions.expect_rotate().withf(|session, counter, rule, now| {
        (*session, *counter, *rule, now.at) == (session_id(), RefreshCounter::FIRST, ROTATION, instant())
    });
    rotate.once().returning(move |_, _, _, _| Ok(rotation));
    clinic.open().answer(NOBODY.post(path, &json!({"refresh": "refresh-0"}))).await
}

#[actix_web::test]
async fn signing_in_gives_tokens_and_the_user() {
    let answer =
        sign_in(knowing("asha", samples::user()), &json!({"username": "asha", "password": PASSWORD})).await;
    let expected = json!({
        "access": "access-7", "refresh": "refresh-0", "token_type": "Bearer", "expires_in": 900,
        "user": samples::user_json(),
    });
    assert_eq!((answer.status, answer.json()), (200, expected));
}

#[actix_web::test]
async fn either_key_holds_either_name_in_any_case() {
    for (known, body) in [
        ("asha", json!({"username": "ASHA", "password": PASSWORD})),
        ("asha", json!({"email": "asha", "password": PASSWORD})),
        ("asha@example.org", json!({"username": "Asha@EXAMPLE.org", "password": PASSWORD})),
        ("asha@example.org", json!({"email": " asha@example.org ", "password": PASSWORD})),
        ("asha@example.org", json!({"username": "", "email": "asha@example.org", "password": PASSWORD})),
        ("asha@example.org", json!({"username": null, "email": "asha@example.org", "password": PASSWORD})),
    ] {
        assert_eq!(sign_in(knowing(known, samples::user()), &body).await.status, 200, "{body}");
    }
}

#[actix_web::test]
async fn every_way_to_fail_is_the_same_401() {
    let inactive = User { is_active: false, ..samples::user() };
    let mut gone = knowing("asha", samples::user());
    gone.sessions.checkpoint();
    let missing = || RepositoryError::Missing(domain::ports::Record::User);
    gone.sessions.expect_open().returning(move |_, _, _, _, _| Err(missing()));
    let mut passwordless = Clinic::default();
    let credentials = Credentials { user: samples::user(), password_hash: None };
    passwordless.users.expect_find_credentials().returning(move |_| Ok(Some(credentials.clone())));
    let right = json!({"username": "asha", "password": PASSWORD});
    let answers = [
        sign_in(knowing("other", samples::user()), &right).await,
        sign_in(knowing("asha", samples::user()), &json!({"username": "asha", "password": "wrong"})).await,
        sign_in(knowing("asha", inactive), &right).await,
        sign_in(Clinic::default(), &json!({"username": "no such name!", "password": PASSWORD})).await,
        sign_in(gone, &right).await,
        sign_in(passwordless, &right).await,
    ];
    for answer in &answers {
        assert_eq!(answer.refusal(), "401 wrong_credentials");
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"healthcore\"");
        assert_eq!(answer.text(), answers[0].text());
        assert_eq!(answer.all_headers(), answers[0].all_headers());
    }
}

#[actix_web::test]
async fn what_a_sign_in_lacks_is_told_as_the_client_calls_it() {
    let required = json!(["is required"]);
    let either = json!(["or email is required"]);
    for (body, errors) in [
        (json!({}), json!({"username": either, "password": required})),
        (json!({"username": "", "password": PASSWORD}), json!({"username": either})),
        (json!({"email": "", "password": ""}), json!({"email": required, "password": required})),
        (json!({"email": null, "password": PASSWORD}), json!({"email": required})),
        (json!({"username": "asha"}), json!({"password": required})),
    ] {
        let answer = sign_in(Clinic::default(), &body).await;
        assert_eq!(answer.refusal(), "400 invalid_fields", "{body}");
        assert_eq!(answer.errors(), errors, "{body}");
    }
}

#[actix_web::test]
async fn a_refresh_gives_the_next_tokens_at_either_address() {
    let counter = RefreshCounter::FIRST.next();
    for path in REFRESH {
        let answer = refresh(path, Rotation::Granted { user: ANN_ID, counter }).await;
        let expected =
            json!({"access": "access-7", "refresh": "refresh-1", "token_type": "Bearer", "expires_in": 900});
        assert_eq!((answer.status, answer.json()), (200, expected), "{path}");
    }
}

#[actix_web::test]
async fn a_refresh_token_that_does_not_count_is_401() {
    for path in REFRESH {
        for rotation in [Rotation::Refused, Rotation::Replayed] {
            let answer = refresh(path, rotation).await;
            assert_eq!(answer.refusal(), "401 invalid_token", "{path}");
            assert_eq!(answer.header("www-authenticate"), INVALID_TOKEN, "{path}");
        }
        for forged in ["x", "ann", "refresh-", "refresh--1", "refresh-0\u{0}"] {
            let request = NOBODY.post(path, &json!({"refresh": forged}));
            let answer = Clinic::default().open().answer(request).await;
            assert_eq!(answer.refusal(), "401 invalid_token", "{forged}");
        }
    }
}

#[actix_web::test]
async fn a_refresh_needs_its_token() {
    for path in REFRESH {
        for body in
            [json!({}), json!({"refresh": null}), json!({"refresh": ""}), json!({"token": "refresh-0"})]
        {
            let answer = Clinic::default().open().answer(NOBODY.post(path, &body)).await;
            assert_eq!(answer.refusal(), "400 invalid_fields", "{body}");
            assert_eq!(answer.errors(), json!({"refresh": ["is required"]}), "{body}");
        }
    }
}
