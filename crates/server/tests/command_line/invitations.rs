//! `healthcore invite`, and registering with what it prints.

use std::fs;

use serde_json::{Value, json};

use crate::place::{PASSWORD, Place, Serving, err, out, status};

const INVITE: [(&str, &str); 1] = [("HEALTHCORE__ACCESS__REGISTRATION", "invite")];

/// The code that the program prints when it is asked like this.
fn code(place: &Place, arguments: &[&str]) -> String {
    let output = place.run(&[&["invite"], arguments].concat());
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let text = out(&output);
    let code = text.strip_suffix('\n').unwrap();
    assert!(code.len() == 40 && code.bytes().all(|byte| byte.is_ascii_hexdigit()), "{text}");
    assert!(!err(&output).contains(code) && err(&output).contains("counts once"), "{}", err(&output));
    code.to_owned()
}

fn register(serving: &Serving, name: &str, invitation: &Value) -> String {
    let body = json!({"username": name, "password": PASSWORD, "role": "doctor", "invitation": invitation});
    serving.post("/api/auth/register/", &body.to_string())
}

#[test]
fn only_invited_people_register_each_once_and_with_the_role_of_the_invitation() {
    let place = Place::new();
    let serving = place.serve(&INVITE);
    let uninvited = register(&serving, "eve", &Value::Null);
    assert_eq!(status(&uninvited), "400");
    assert!(uninvited.contains(r#""errors":{"invitation":["#), "{uninvited}");

    for (arguments, role) in [
        (&[][..], "patient"),
        (&["--role", "staff", "--valid-days", "1"], "staff"),
        (&["--role", "admin"], "admin"),
    ] {
        let code = json!(code(&place, arguments));
        let made = register(&serving, role, &code);
        assert_eq!(status(&made), "201", "{made}");
        assert!(made.contains(&format!(r#""role":"{role}""#)), "{made}");
        let again = register(&serving, "eve", &code);
        assert_eq!(status(&again), "400", "{again}");
    }
}

#[test]
fn of_20_registrations_with_one_code_one_is_made() {
    let place = Place::new();
    let serving = place.serve(&[INVITE[0], ("HEALTHCORE__LIMITS__ENABLED", "false")]);
    let code = json!(code(&place, &[]));
    let statuses: Vec<String> = std::thread::scope(|scope| {
        let register = |number| status(&register(&serving, &format!("user-{number}"), &code)).to_owned();
        let threads: Vec<_> = (0..20).map(|number| scope.spawn(move || register(number))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let made = |wanted: &str| statuses.iter().filter(|status| *status == wanted).count();
    assert_eq!((made("201"), made("400")), (1, 19), "{statuses:?}");
}

#[test]
fn invitations_are_listed_without_their_codes_and_can_be_taken_back() {
    let place = Place::new();
    let first = code(&place, &["--role", "doctor"]);
    code(&place, &[]);
    let list = out(&place.run(&["invite", "list"]));
    let columns: Vec<Vec<&str>> = list.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(
        columns.iter().map(|line| line[..2].to_vec()).collect::<Vec<_>>(),
        [["1", "doctor"], ["2", "patient"]]
    );
    assert!(!list.contains(&first), "{list}");

    let revoked = place.run(&["invite", "revoke", "1"]);
    assert_eq!((revoked.status.code(), out(&revoked)), (Some(0), String::new()), "{}", err(&revoked));
    for id in ["1", "77", "0"] {
        let again = place.run(&["invite", "revoke", id]);
        assert_eq!(again.status.code(), Some(1));
        assert!(err(&again).contains(&format!("no invitation {id}")), "{}", err(&again));
    }
    assert_eq!(out(&place.run(&["invite", "list"])).lines().count(), 1);
    let serving = place.serve(&INVITE);
    assert_eq!(status(&register(&serving, "eve", &json!(first))), "400");
}

#[test]
fn the_code_is_not_kept() {
    let place = Place::new();
    let code = code(&place, &[]);
    for file in fs::read_dir(place.path("data")).unwrap() {
        let path = file.unwrap().path();
        let kept = fs::read(&path).unwrap();
        assert!(!kept.windows(code.len()).any(|part| part == code.as_bytes()), "{}", path.display());
    }
}

#[test]
fn wrong_usage_is_2() {
    let place = Place::new();
    for arguments in [
        &["--role", "nurse"][..],
        &["--valid-days", "0"],
        &["--valid-days", "366"],
        &["revoke"],
        &["revoke", "x"],
        &["--role", "staff", "list"],
    ] {
        let output = place.run(&[&["invite"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(out(&output).is_empty() && !err(&output).is_empty(), "{arguments:?}");
    }
    assert!(!place.path("data").exists());
    assert!(out(&place.run(&["invite", "--help"])).contains("Examples:"));
}

#[test]
fn a_code_that_nobody_can_use_is_told_so() {
    let place = Place::new();
    let mut command = place.command(&["invite"]);
    let output = command.env("HEALTHCORE__ACCESS__REGISTRATION", "closed").output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(err(&output).contains("`access.registration` is `closed`"), "{}", err(&output));
}
