//! `/api/auth/password/`: changing the own password.

use domain::ports::{Record, RepositoryError};
use domain::{Credentials, RefreshCounter, User};
use serde_json::{Value, json};
use testkit::fixed::{PlainHasher, instant};

use crate::answer::Answer;
use crate::caller::{ANN, ANN_HERE, ANN_ID, NOBODY};
use crate::clinic::{Clinic, session_id};
use crate::samples::{self, NEW_PASSWORD, PASSWORD};

const PATH: &str = "/api/auth/password/";

/// A clinic with Ann's account. Its store changes no password.
fn with_account() -> Clinic {
    let mut clinic = Clinic::default();
    clinic.users.expect_find().withf(|id| *id == ANN_ID).returning(|_| Ok(Some(samples::user())));
    let credentials =
        Credentials { user: samples::user(), password_hash: Some(PlainHasher::hash_of(PASSWORD)) };
    clinic.users.expect_find_credentials().returning(move |_| Ok(Some(credentials.clone())));
    clinic
}

/// What comes of a good change where the store fails so.
async fn failing(error: fn() -> RepositoryError) -> Answer {
    let mut clinic = with_account();
    clinic.sessions.expect_change_password().returning(move |_, _, _, _, _| Err(error()));
    clinic.open().answer(ANN.post(PATH, &good())).await
}

fn good() -> Value {
    json!({"current_password": PASSWORD, "new_password": NEW_PASSWORD})
}

/// What is wrong with a change; the store is not asked for it.
async fn wrong(body: &Value) -> Value {
    let answer = with_account().open().answer(ANN.post(PATH, body)).await;
    assert_eq!(answer.refusal(), "400 invalid_fields", "{body}");
    answer.errors()
}

#[actix_web::test]
async fn the_session_goes_on_with_fresh_tokens() {
    let mut clinic = with_account();
    let change = clinic.sessions.expect_change_password().withf(|user, keep, verified, new, now| {
        let hashes =
            (verified, new) == (&PlainHasher::hash_of(PASSWORD), &PlainHasher::hash_of(NEW_PASSWORD));
        (*user, *keep, now.at) == (ANN_ID, session_id(), instant()) && hashes
    });
    let counter = RefreshCounter::new(4).unwrap();
    change.once().returning(move |_, _, _, _, _| Ok((counter, vec![])));
    let requests = [ANN_HERE.post(PATH, &good()), ANN_HERE.get("/api/auth/me/")];
    let answers = clinic.open().answers(requests).await;
    let expected =
        json!({"access": "access-7", "refresh": "refresh-4", "token_type": "Bearer", "expires_in": 900});
    assert_eq!((answers[0].status, answers[0].json()), (200, expected));
    assert_eq!(answers[1].status, 200);
}

#[actix_web::test]
async fn every_other_session_is_dead_at_once() {
    let mut clinic = with_account();
    let change = clinic.sessions.expect_change_password();
    change.once().returning(|_, _, _, _, _| Ok((RefreshCounter::FIRST, vec![session_id()])));
    let requests = [ANN.post(PATH, &good()), ANN_HERE.get("/api/auth/me/")];
    let answers = clinic.open().answers(requests).await;
    assert_eq!(answers[0].status, 200);
    assert_eq!(answers[1].refusal(), "401 invalid_token");
}

#[actix_web::test]
async fn both_passwords_are_required_at_once() {
    let required = json!(["is required"]);
    let both = json!({"current_password": required, "new_password": required});
    for (body, errors) in [
        (json!({}), both.clone()),
        (json!({"current_password": "", "new_password": null}), both),
        (json!({"current_password": PASSWORD}), json!({"new_password": required})),
        (json!({"new_password": NEW_PASSWORD}), json!({"current_password": required})),
        (json!({"password": NEW_PASSWORD, "current_password": PASSWORD}), json!({"new_password": required})),
    ] {
        assert_eq!(wrong(&body).await, errors, "{body}");
    }
}

#[actix_web::test]
async fn a_new_password_keeps_the_rules_of_the_first() {
    let long = "x".repeat(129);
    for (new, message) in [
        ("1234567", "must have at least 8 characters"),
        (long.as_str(), "must have at most 128 characters"),
        ("asha-asha", "is too easy to guess"),
        ("Asha@Example.org", "is too easy to guess"),
    ] {
        let errors = wrong(&json!({"current_password": PASSWORD, "new_password": new})).await;
        assert_eq!(errors, json!({"new_password": [message]}), "{new}");
    }
}

#[actix_web::test]
async fn the_present_password_has_to_be_right() {
    for current in ["wrong", "Correct horse battery", " correct horse battery", NEW_PASSWORD] {
        let errors = wrong(&json!({"current_password": current, "new_password": NEW_PASSWORD})).await;
        assert_eq!(errors, json!({"current_password": ["is not the password"]}), "{current}");
    }
}

#[actix_web::test]
async fn an_account_without_a_password_gets_none_this_way() {
    let mut clinic = Clinic::default();
    clinic.users.expect_find().returning(|_| Ok(Some(samples::user())));
    let credentials = Credentials { user: samples::user(), password_hash: None };
    clinic.users.expect_find_credentials().returning(move |_| Ok(Some(credentials.clone())));
    let answer = clinic.open().answer(ANN.post(PATH, &good())).await;
    assert_eq!(answer.errors(), json!({"current_password": ["is not the password"]}));
}

#[actix_web::test]
async fn a_new_password_is_taken_as_it_was_typed() {
    let new = "  p\u{0}\u{e9}\u{1F511} blank ";
    let mut clinic = with_account();
    let hash = PlainHasher::hash_of(new);
    let change = clinic.sessions.expect_change_password().withf(move |_, _, _, told, _| *told == hash);
    change.once().returning(|_, _, _, _, _| Ok((RefreshCounter::FIRST, vec![])));
    let body = json!({"current_password": PASSWORD, "new_password": new});
    assert_eq!(clinic.open().answer(ANN.post(PATH, &body)).await.status, 200);
}

#[actix_web::test]
async fn of_two_changes_at_once_the_second_has_the_wrong_password() {
    let answer = failing(|| RepositoryError::Stale).await;
    assert_eq!(answer.refusal(), "400 invalid_fields");
    assert_eq!(answer.errors(), json!({"current_password": ["is not the password"]}));
}

#[actix_web::test]
async fn a_session_or_an_account_that_is_gone_changes_nothing() {
    for error in [|| RepositoryError::Missing(Record::Session), || RepositoryError::Missing(Record::User)] {
        assert_eq!(failing(error).await.refusal(), "401 invalid_token");
    }
    for account in [None, Some(User { is_active: false, ..samples::user() })] {
        let mut clinic = Clinic::default();
        clinic.users.expect_find().returning(move |_| Ok(account.clone()));
        assert_eq!(clinic.open().answer(ANN.post(PATH, &good())).await.refusal(), "401 invalid_token");
    }
}

#[actix_web::test]
async fn the_present_password_is_no_token() {
    assert_eq!(
        with_account().open().answer(NOBODY.post(PATH, &good())).await.refusal(),
        "401 not_authenticated"
    );
}
