//! Registering.

use domain::ports::{Constraint, Record, RepositoryError};
use domain::{InvitationCode, NewUser, Registration, Role, User};
use http_api::TrustedProxies;
use serde_json::{Value, json};
use testkit::builders;
use testkit::fixed::{PlainHasher, instant, seconds_later};

use crate::answer::Answer;
use crate::caller::{ANN_ID, NOBODY};
use crate::clinic::Clinic;
use crate::samples::{self, PASSWORD};

const PATH: &str = "/api/auth/register/";

/// What comes of registering, where the store expects exactly this account and returns it.
async fn registered(body: &Value, mut expected: NewUser) -> Answer {
    expected.password_hash = Some(PlainHasher::hash_of(PASSWORD));
    let mut clinic = Clinic::default();
    let insert = clinic
        .users
        .expect_insert()
        .withf(move |user, session, now| *user == expected && session.is_some() && now.at == instant());
    insert.once().returning(|user, _, now| Ok(stored(user, now.at)));
    clinic.open().answer(NOBODY.post(PATH, body)).await
}

fn stored(user: &NewUser, now: domain::Timestamp) -> User {
    User {
        id: ANN_ID,
        username: user.username().clone(),
        email: user.email().cloned(),
        name: user.name.clone(),
        phone: user.phone.clone(),
        role: user.role,
        is_active: true,
        date_joined: now,
        last_login: Some(now),
        version: domain::Version::FIRST,
    }
}

/// What is wrong with a registration; the store is not asked.
async fn wrong(body: &Value) -> Value {
    let answer = Clinic::default().open().answer(NOBODY.post(PATH, body)).await;
    assert_eq!(answer.refusal(), "400 invalid_fields", "{body}");
    answer.errors()
}

/// What comes of registering when something is taken.
async fn taken(body: &Value, constraint: Constraint) -> Value {
    let mut clinic = Clinic::default();
    let duplicate = move || RepositoryError::Duplicate(constraint);
    clinic.users.expect_insert().returning(move |_, _, _| Err(duplicate()));
    let answer = clinic.open().answer(NOBODY.post(PATH, body)).await;
    assert_eq!(answer.refusal(), "409 duplicate", "{body}");
    answer.errors()
}

#[actix_web::test]
async fn an_account_comes_out_with_its_first_tokens() {
    let body = json!({
        "username": "asha", "email": "Asha@Example.org", "password": PASSWORD, "name": "Asha Rao",
        "phone": "022 1234", "role": "doctor",
    });
    let expected = builders::user().username("asha").email("Asha@Example.org").named("Asha Rao");
    let answer = registered(&body, expected.phone("022 1234").role(Role::Doctor).done()).await;
    let out = json!({
        "id": 7, "username": "asha", "email": "Asha@Example.org", "name": "Asha Rao", "first_name": "Asha",
        "last_name": "Rao", "phone": "022 1234", "role": "doctor", "is_staff": false,
        "date_joined": samples::NOW, "last_login": samples::NOW,
        "tokens": {"access": "access-7", "refresh": "refresh-0"},
    });
    assert_eq!((answer.status, answer.json()), (201, out));
}

#[actix_web::test]
async fn a_user_name_alone_makes_an_account() {
    let body = json!({"username": "asha", "password": PASSWORD});
    let answer = registered(&body, builders::user().username("asha").done()).await;
    let out = json!({
        "id": 7, "username": "asha", "email": null, "name": "", "first_name": "", "last_name": "",
        "phone": null, "role": "patient", "is_staff": false, "date_joined": samples::NOW,
        "last_login": samples::NOW, "tokens": {"access": "access-7", "refresh": "refresh-0"},
    });
    assert_eq!((answer.status, answer.json()), (201, out));
}

#[actix_web::test]
async fn an_address_alone_serves_as_the_user_name() {
    let expected = || builders::user().only_email("Asha@Example.org").done();
    for nothing in [json!({}), json!({"username": null}), json!({"username": " "})] {
        let mut body = nothing;
        body["email"] = json!("Asha@Example.org");
        body["password"] = json!(PASSWORD);
        let out = registered(&body, expected()).await.json();
        assert_eq!(
            (&out["username"], &out["email"]),
            (&json!("Asha@Example.org"), &json!("Asha@Example.org"))
        );
    }
}

#[actix_web::test]
async fn a_name_is_taken_whole_or_in_two_parts() {
    let parts =
        json!({"username": "asha", "password": PASSWORD, "first_name": "Mary Ann", "last_name": "O'Neil"});
    let mut expected = builders::user().username("asha").done();
    expected.name = Some(builders::patient().first_last("Mary Ann", "O'Neil").done().name);
    let out = registered(&parts, expected).await.json();
    assert_eq!(out["name"], "Mary Ann O'Neil");
    let whole = json!({"username": "asha", "password": PASSWORD, "name": "Asha Rao"});
    let out = registered(&whole, builders::user().username("asha").named("Asha Rao").done()).await.json();
    assert_eq!((&out["first_name"], &out["last_name"]), (&json!("Asha"), &json!("Rao")));
}

#[actix_web::test]
async fn null_and_blank_text_are_nothing() {
    for nothing in [Value::Null, json!(""), json!("  ")] {
        let body = json!({
            "username": "asha", "password": PASSWORD, "email": nothing, "name": nothing, "first_name": nothing,
            "last_name": nothing, "phone": nothing, "role": nothing,
        });
        assert_eq!(
            registered(&body, builders::user().username("asha").done()).await.status,
            201,
            "{nothing}"
        );
    }
}

#[actix_web::test]
async fn the_first_session_notes_where_it_comes_from() {
    let mut clinic = Clinic::default();
    let insert = clinic.users.expect_insert().withf(|_, session, _| {
        let session = session.as_ref().unwrap();
        session.address.as_deref() == Some("192.0.2.7")
            && session.user_agent.as_deref() == Some("a".repeat(200).as_str())
            && session.expires_at == seconds_later(720 * 60 * 60)
    });
    insert.once().returning(|user, _, now| Ok(stored(user, now.at)));
    let request = NOBODY
        .post(PATH, &json!({"username": "asha", "password": PASSWORD}))
        .peer_addr("192.0.2.7:4711".parse().unwrap())
        .insert_header(("User-Agent", "a".repeat(300)))
        .insert_header(("X-Forwarded-For", "198.51.100.1"))
        .insert_header(("Forwarded", "for=198.51.100.1"));
    assert_eq!(clinic.open().answer(request).await.status, 201);
}

#[actix_web::test]
async fn the_first_session_notes_the_address_that_a_trusted_proxy_tells() {
    let trusted_proxies = TrustedProxies::new(vec!["192.0.2.0/24".parse().unwrap()]);
    let mut clinic = Clinic { trusted_proxies, ..Clinic::default() };
    let insert = clinic
        .users
        .expect_insert()
        .withf(|_, session, _| session.as_ref().unwrap().address.as_deref() == Some("2001:db8:1:2:3:4:5:6"));
    insert.once().returning(|user, _, now| Ok(stored(user, now.at)));
    let request = NOBODY
        .post(PATH, &json!({"username": "asha", "password": PASSWORD}))
        .peer_addr("192.0.2.7:4711".parse().unwrap())
        .insert_header(("X-Forwarded-For", "198.51.100.1, 2001:db8:1:2:3:4:5:6"));
    assert_eq!(clinic.open().answer(request).await.status, 201);
}

#[actix_web::test]
async fn an_account_needs_a_name_or_an_address_and_a_password() {
    let required = json!(["is required"]);
    let either = json!(["or email is required"]);
    for (body, errors) in [
        (json!({}), json!({"username": either, "password": required})),
        (json!({"username": null, "password": ""}), json!({"username": either, "password": required})),
        (json!({"username": "", "email": "", "password": PASSWORD}), json!({"username": either})),
        (json!({"email": " ", "password": PASSWORD}), json!({"email": required})),
        (json!({"username": "asha", "password": null}), json!({"password": required})),
    ] {
        assert_eq!(wrong(&body).await, errors, "{body}");
    }
}

#[actix_web::test]
async fn all_that_is_wrong_is_told_at_once() {
    let body = json!({
        "username": "a b", "email": "nobody", "password": "short", "name": "a\u{7}", "first_name": "x".repeat(151),
        "last_name": "x".repeat(151), "phone": "x", "role": "nurse",
    });
    let expected = json!({
        "username": ["may only contain letters, digits and _ . @ + -"],
        "email": ["is not a valid e-mail address"],
        "password": ["must have at least 8 characters"],
        "name": ["must not contain control characters"],
        "first_name": ["must have at most 150 characters"],
        "last_name": ["must have at most 150 characters"],
        "phone": ["may only contain digits, blanks and ( ) - . with a + in front"],
        "role": ["must be patient or doctor"],
    });
    assert_eq!(wrong(&body).await, expected);
}

#[actix_web::test]
async fn nobody_makes_themselves_staff_or_administrator() {
    for role in ["staff", "admin", "Admin", " admin", "superuser", "0"] {
        let errors = wrong(&json!({"username": "asha", "password": PASSWORD, "role": role})).await;
        assert_eq!(errors, json!({"role": ["must be patient or doctor"]}), "{role}");
    }
}

#[actix_web::test]
async fn a_password_has_8_to_128_characters_and_is_not_one_of_the_own_words() {
    let long = "x".repeat(129);
    for (password, message) in [
        ("1234567", "must have at least 8 characters"),
        (long.as_str(), "must have at most 128 characters"),
        ("asha-asha", "is too easy to guess"),
    ] {
        let errors = wrong(&json!({"username": "asha", "password": password})).await;
        assert_eq!(errors, json!({"password": [message]}), "{password}");
    }
}

#[actix_web::test]
async fn a_password_is_taken_as_it_was_typed() {
    let password = "  p\u{0}\u{e9}\u{1F511} blank ";
    let mut clinic = Clinic::default();
    let hash = PlainHasher::hash_of(password);
    let insert =
        clinic.users.expect_insert().withf(move |user, _, _| user.password_hash.as_ref() == Some(&hash));
    insert.once().returning(|user, _, now| Ok(stored(user, now.at)));
    let body = json!({"username": "asha", "password": password});
    assert_eq!(clinic.open().answer(NOBODY.post(PATH, &body)).await.status, 201);
}

#[actix_web::test]
async fn a_user_name_with_at_sign_is_the_own_address() {
    let body = json!({"username": "asha@example.org", "email": "eve@example.org", "password": PASSWORD});
    let message = "may only contain @ when it equals the e-mail address";
    assert_eq!(wrong(&body).await, json!({"username": [message]}));
}

#[actix_web::test]
async fn what_is_taken_is_told_as_the_client_calls_it() {
    let message = json!(["is already taken"]);
    let name = json!({"username": "asha", "password": PASSWORD});
    assert_eq!(taken(&name, Constraint::UserName).await, json!({"username": message}));
    let both = json!({"username": "asha", "email": "asha@example.org", "password": PASSWORD});
    assert_eq!(taken(&both, Constraint::UserName).await, json!({"username": message}));
    assert_eq!(taken(&both, Constraint::UserEmail).await, json!({"email": message}));
    for address in [
        json!({"email": "asha@example.org", "password": PASSWORD}),
        json!({"username": null, "email": "asha@example.org", "password": PASSWORD}),
    ] {
        assert_eq!(taken(&address, Constraint::UserName).await, json!({"email": message}));
        assert_eq!(taken(&address, Constraint::UserEmail).await, json!({"email": message}));
    }
    let address_as_name = json!({"username": "asha@example.org", "password": PASSWORD});
    assert_eq!(taken(&address_as_name, Constraint::UserName).await, json!({"username": message}));
    assert_eq!(taken(&address_as_name, Constraint::UserEmail).await, json!({"username": message}));
}

#[actix_web::test]
async fn nobody_registers_where_registration_is_closed() {
    let clinic = Clinic { registration: Registration::Closed, ..Clinic::default() };
    let body = json!({"username": "asha", "password": PASSWORD});
    assert_eq!(clinic.open().answer(NOBODY.post(PATH, &body)).await.refusal(), "403 forbidden");
}

const CODE: &str = "0011223344556677889900112233445566778899";
const NO_INVITATION: &str = "is required and must be one that is neither used nor expired";

/// What comes of registering where only the invitation [`CODE`] counts, which is one for staff.
async fn invited(registration: Registration, body: &Value) -> Answer {
    let mut clinic = Clinic { registration, ..Clinic::default() };
    clinic.users.expect_insert_invited().returning(|user, _, code, now| {
        if *code != InvitationCode::typed(CODE) {
            return Err(RepositoryError::Missing(Record::Invitation));
        }
        Ok(User { role: Role::Staff, ..stored(user, now.at) })
    });
    clinic.users.expect_insert().returning(|user, _, now| Ok(stored(user, now.at)));
    clinic.open().answer(NOBODY.post(PATH, body)).await
}

#[actix_web::test]
async fn an_invitation_decides_the_role() {
    for registration in [Registration::Invite, Registration::Open] {
        for code in [CODE.to_owned(), format!(" {CODE}\n")] {
            let body =
                json!({"username": "asha", "password": PASSWORD, "role": "doctor", "invitation": code});
            let answer = invited(registration, &body).await;
            assert_eq!((answer.status, answer.json()["role"].clone()), (201, json!("staff")));
        }
    }
}

#[actix_web::test]
async fn an_invitation_that_is_missing_or_does_not_count_is_told_alike_where_one_is_needed() {
    let right = json!({"username": "asha", "password": PASSWORD});
    for invitation in [json!(null), json!(""), json!(" "), json!("x"), json!("0".repeat(40)), json!("\u{0}")]
    {
        let mut body = right.clone();
        body["invitation"] = invitation;
        let answer = invited(Registration::Invite, &body).await;
        assert_eq!(answer.refusal(), "400 invalid_fields", "{body}");
        assert_eq!(answer.errors(), json!({"invitation": [NO_INVITATION]}), "{body}");
    }
    let answer = invited(Registration::Invite, &right).await;
    assert_eq!(answer.errors(), json!({"invitation": [NO_INVITATION]}));
    let answer = invited(Registration::Invite, &json!({"username": "asha", "password": "short"})).await;
    let password = "must have at least 8 characters";
    assert_eq!(answer.errors(), json!({"invitation": [NO_INVITATION], "password": [password]}));
}

#[actix_web::test]
async fn an_invitation_that_does_not_count_is_ignored_where_everybody_may_register() {
    for invitation in [json!(null), json!(""), json!("x"), json!("0".repeat(40))] {
        let body =
            json!({"username": "asha", "password": PASSWORD, "role": "doctor", "invitation": invitation});
        let answer = invited(Registration::Open, &body).await;
        assert_eq!((answer.status, answer.json()["role"].clone()), (201, json!("doctor")), "{body}");
    }
}

#[actix_web::test]
async fn an_invitation_is_text() {
    for registration in [Registration::Invite, Registration::Open] {
        let body = json!({"username": "asha", "password": PASSWORD, "invitation": 7});
        let answer = invited(registration, &body).await;
        assert_eq!(answer.errors(), json!({"invitation": ["must be text"]}));
    }
}

#[actix_web::test]
async fn a_new_account_is_found_where_the_answer_says() {
    let answer = invited(Registration::Open, &json!({"username": "asha", "password": PASSWORD})).await;
    assert_eq!((answer.status, answer.header("location")), (201, "/api/auth/me/"));
}
