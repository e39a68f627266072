//! `healthcore users`, on the database of a server that runs.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::place::{PASSWORD, Place, Serving, err, out, status};

/// Within this time what another process has ended must be dead here, too.
const ONE_SECOND: Duration = Duration::from_secs(1);

fn body(answer: &str) -> Value {
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

/// A new user: access and refresh token.
fn register(serving: &Serving, name: &str) -> (String, String) {
    let credentials = json!({"username": name, "email": format!("{name}@example.org"), "password": PASSWORD});
    let made = serving.post("/api/auth/register/", &credentials.to_string());
    assert_eq!(status(&made), "201", "{made}");
    let token = |kind: &str| body(&made)["tokens"][kind].as_str().unwrap().to_owned();
    (token("access"), token("refresh"))
}

fn sign_in(serving: &Serving, name: &str) -> String {
    let credentials = json!({"username": name, "password": PASSWORD});
    serving.post("/api/auth/login/", &credentials.to_string())
}

fn refresh(serving: &Serving, token: &str) -> String {
    serving.post("/api/auth/refresh/", &json!({"refresh": token}).to_string())
}

fn users(place: &Place, arguments: &[&str]) {
    let output = place.run(&[&["users"], arguments].concat());
    assert_eq!((output.status.code(), out(&output)), (Some(0), String::new()), "{}", err(&output));
    assert!(!err(&output).is_empty());
}

fn create_admin(place: &Place, name: &str) {
    let made = place.run_with_input(&["create-admin", "--username", name, "--password-stdin"], PASSWORD);
    assert_eq!(made.status.code(), Some(0), "{}", err(&made));
}

/// Panics unless the token is dead within a second of now.
fn dies(serving: &Serving, access: &str) {
    let begun = Instant::now();
    loop {
        let answer = serving.patients(access);
        if status(&answer) == "401" {
            assert!(answer.contains("error=\"invalid_token\""), "{answer}");
            return;
        }
        assert!(begun.elapsed() < ONE_SECOND, "still taken: {answer}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_disabled_user_is_out_of_a_running_server_within_a_second_and_may_come_back() {
    let place = Place::new();
    let serving = place.serve(&[]);
    let (ann, ann_refresh) = register(&serving, "ann");
    let (bea, _) = register(&serving, "bea");
    assert_eq!(status(&serving.patients(&ann)), "200");

    users(&place, &["disable", "ANN@example.org"]);
    dies(&serving, &ann);
    assert_eq!(status(&refresh(&serving, &ann_refresh)), "401");
    assert_eq!(status(&sign_in(&serving, "ann")), "401");
    assert_eq!(status(&serving.patients(&bea)), "200");

    users(&place, &["enable", "ann"]);
    assert_eq!(status(&serving.patients(&ann)), "401");
    assert_eq!(status(&refresh(&serving, &ann_refresh)), "401");
    assert_eq!(status(&sign_in(&serving, "ann")), "200");
}

#[test]
fn a_user_with_a_new_role_has_to_sign_in_again() {
    let place = Place::new();
    let serving = place.serve(&[]);
    let (ann, ann_refresh) = register(&serving, "ann");
    users(&place, &["set-role", "ann", "staff"]);
    dies(&serving, &ann);
    assert_eq!(status(&refresh(&serving, &ann_refresh)), "401");
    let answer = sign_in(&serving, "ann");
    assert_eq!(body(&answer)["user"]["role"], "staff", "{answer}");
}

#[test]
fn the_last_active_administrator_stays() {
    let place = Place::new();
    create_admin(&place, "ann");
    for arguments in [&["disable", "ann"][..], &["set-role", "ann", "staff"]] {
        let output = place.run(&[&["users"], arguments].concat());
        assert_eq!((output.status.code(), out(&output)), (Some(1), String::new()));
        let expected = "healthcore: ann is the last active administrator; make somebody else one first\n";
        assert_eq!(err(&output), expected);
    }
    create_admin(&place, "bea");
    users(&place, &["disable", "ann"]);
    let output = place.run(&["users", "disable", "bea"]);
    assert_eq!(output.status.code(), Some(1));
    users(&place, &["enable", "ann"]);
    users(&place, &["set-role", "bea", "patient"]);
}

#[test]
fn users_are_listed_one_a_line() {
    let place = Place::new();
    assert_eq!(out(&place.run(&["users", "list"])), "");
    create_admin(&place, "ann");
    create_admin(&place, "bea");
    users(&place, &["disable", "bea"]);
    let list = place.run(&["users", "list"]);
    assert_eq!(list.status.code(), Some(0));
    assert_eq!(out(&list), "1\tann\t-\tadmin\tactive\t-\n2\tbea\t-\tadmin\tdisabled\t-\n");
}

#[test]
fn nobody_is_1_and_wrong_usage_is_2() {
    let place = Place::new();
    for arguments in
        [&["disable", "nobody"][..], &["enable", "no body"], &["set-role", "nobody@x.org", "staff"]]
    {
        let output = place.run(&[&["users"], arguments].concat());
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(err(&output).contains("there is no user no"), "{}", err(&output));
    }
    for arguments in
        [&[][..], &["disable"], &["set-role", "ann"], &["set-role", "ann", "nurse"], &["remove", "ann"]]
    {
        let output = place.run(&[&["users"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(out(&output).is_empty() && !err(&output).is_empty(), "{arguments:?}");
    }
    assert!(out(&place.run(&["users", "--help"])).contains("Examples:"));
}
