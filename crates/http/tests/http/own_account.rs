//! `/api/auth/me/`: the own account.

use domain::ports::{Constraint, Record, RepositoryError};
use domain::{Change, Credentials, NameChange, User, UserChange};
use serde_json::{Value, json};
use testkit::builders::{email, person_name, phone};
use testkit::fixed::{PlainHasher, instant};

use crate::answer::Answer;
use crate::caller::{ANN, ANN_ID};
use crate::clinic::Clinic;
use crate::samples::{self, PASSWORD};

const PATH: &str = "/api/auth/me/";
const NEW: &str = "new@example.org";

/// A clinic with Ann's account, whose store expects exactly this change.
fn expecting(change: UserChange) -> Clinic {
    let mut clinic = with_account();
    let update = clinic
        .users
        .expect_update()
        .withf(move |user, _, told, now| (*user, now.at) == (ANN_ID, instant()) && *told == change);
    update.once().returning(|_, _, _, _| Ok(samples::user()));
    clinic
}

fn with_account() -> Clinic {
    let mut clinic = Clinic::default();
    clinic.users.expect_find().withf(|id| *id == ANN_ID).returning(|_| Ok(Some(samples::user())));
    let credentials =
        Credentials { user: samples::user(), password_hash: Some(PlainHasher::hash_of(PASSWORD)) };
    clinic.users.expect_find_credentials().returning(move |_| Ok(Some(credentials.clone())));
    clinic
}

async fn change(clinic: Clinic, body: &Value) -> Answer {
    clinic.open().answer(ANN.patch(PATH, body)).await
}

#[actix_web::test]
async fn the_own_account_comes_out_whole() {
    let answer = with_account().open().answer(ANN.get(PATH)).await;
    assert_eq!((answer.status, answer.json()), (200, samples::user_json()));
}

#[actix_web::test]
async fn the_token_of_an_account_that_is_gone_or_inactive_does_not_count() {
    for account in [None, Some(User { is_active: false, ..samples::user() })] {
        let mut clinic = Clinic::default();
        clinic.users.expect_find().returning(move |_| Ok(account.clone()));
        assert_eq!(clinic.open().answer(ANN.get(PATH)).await.refusal(), "401 invalid_token");
    }
    let mut clinic = Clinic::default();
    let missing = || RepositoryError::Missing(Record::User);
    clinic.users.expect_update().returning(move |_, _, _, _| Err(missing()));
    assert_eq!(change(clinic, &json!({"name": "Asha"})).await.refusal(), "401 invalid_token");
}

#[actix_web::test]
async fn what_is_named_changes_and_null_empties() {
    let expected = UserChange {
        name: NameChange { first: Change::Set(person_name("Ash")), last: Change::Clear, full: Change::Keep },
        email: Change::Keep,
        phone: Change::Set(phone("022 9999")),
    };
    let body = json!({"first_name": "Ash", "last_name": null, "phone": "022 9999"});
    let answer = change(expecting(expected), &body).await;
    assert_eq!((answer.status, answer.json()), (200, samples::user_json()));
    let expected = UserChange { phone: Change::Clear, ..UserChange::default() };
    assert_eq!(change(expecting(expected), &json!({"phone": " "})).await.status, 200);
}

#[actix_web::test]
async fn an_empty_change_changes_nothing() {
    assert_eq!(change(expecting(UserChange::default()), &json!({})).await.status, 200);
}

#[actix_web::test]
async fn a_new_address_needs_the_password() {
    let expected = UserChange { email: Change::Set(email(NEW)), ..UserChange::default() };
    let body = json!({"email": NEW, "current_password": PASSWORD});
    assert_eq!(change(expecting(expected), &body).await.status, 200);
    for (body, message) in [
        (json!({"email": NEW}), "is required to change the e-mail address"),
        (json!({"email": null}), "is required to change the e-mail address"),
        (json!({"email": NEW, "current_password": null}), "is required to change the e-mail address"),
        (json!({"email": NEW, "current_password": "wrong"}), "is not the password"),
        (json!({"email": NEW, "current_password": ""}), "is not the password"),
    ] {
        let answer = change(with_account(), &body).await;
        assert_eq!(answer.refusal(), "400 invalid_fields", "{body}");
        assert_eq!(answer.errors(), json!({"current_password": [message]}), "{body}");
    }
}

#[actix_web::test]
async fn an_address_that_stays_needs_no_password() {
    let expected = UserChange { phone: Change::Set(phone("022 9999")), ..UserChange::default() };
    let body = json!({"email": "Asha@Example.org", "phone": "022 9999"});
    assert_eq!(change(expecting(expected), &body).await.status, 200);
}

#[actix_web::test]
async fn all_that_is_wrong_is_told_at_once() {
    let body = json!({
        "name": "a\u{7}", "first_name": 1, "last_name": "x".repeat(151), "phone": "12", "email": "nobody",
        "current_password": ["x"],
    });
    let answer = change(Clinic::default(), &body).await;
    let expected = json!({
        "name": ["must not contain control characters"],
        "first_name": ["must be text"],
        "last_name": ["must have at most 150 characters"],
        "phone": ["must have at least 3 digits"],
        "email": ["is not a valid e-mail address"],
        "current_password": ["must be text"],
    });
    assert_eq!(answer.errors(), expected);
}

#[actix_web::test]
async fn an_address_that_is_taken_is_409_by_its_field() {
    for constraint in [Constraint::UserEmail, Constraint::UserName] {
        let mut clinic = with_account();
        let duplicate = move || RepositoryError::Duplicate(constraint);
        clinic.users.expect_update().returning(move |_, _, _, _| Err(duplicate()));
        let answer = change(clinic, &json!({"email": NEW, "current_password": PASSWORD})).await;
        assert_eq!(answer.refusal(), "409 duplicate");
        assert_eq!(answer.errors(), json!({"email": ["is already taken"]}));
    }
}
