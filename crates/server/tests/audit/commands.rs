//! What all commands about the trail have in common.

use std::fs;

use crate::clinic::{Clinic, done};
use crate::place::{Place, err, out};

#[test]
fn help_shows_examples() {
    let place = Place::new();
    for arguments in [
        &["audit"][..],
        &["audit", "verify"],
        &["audit", "export"],
        &["audit", "prune"],
        &["audit", "head"],
        &["purge"],
    ] {
        let help = done(&place.run(&[arguments, &["--help"]].concat()));
        assert!(help.contains("Examples:"), "{arguments:?}");
    }
}

#[test]
fn they_make_no_database() {
    let place = Place::new();
    for arguments in [
        &["audit", "verify"][..],
        &["audit", "export"],
        &["audit", "prune"],
        &["audit", "head"],
        &["purge", "1", "--reason", "request", "--yes"],
    ] {
        let output = place.run(arguments);
        assert_eq!((output.status.code(), out(&output).as_str()), (Some(1), ""), "{arguments:?}");
        assert!(err(&output).contains("there is no database data/healthcore.db"), "{}", err(&output));
    }
    assert!(!place.path("data").exists());
}

#[test]
fn an_older_schema_is_left_as_it_is() {
    let place = Place::new();
    fs::write(place.path("empty.db"), "").unwrap();
    let output = place.run(&["audit", "verify", "--database-url", "sqlite://empty.db"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("healthcore migrate"), "{}", err(&output));
}

#[test]
fn a_file_of_heads_that_is_named_must_be_there() {
    let place = Place::new();
    Clinic::open(&place, "ann", &[]).stop();
    let output = place.run(&["audit", "verify", "--anchors", "missing"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("the noted heads in missing cannot be read"), "{}", err(&output));
    // As `head` prints them, so `verify` reads them.
    fs::write(place.path("heads"), done(&place.run(&["audit", "head"])) + "{\"seal\":").unwrap();
    let found = place.run(&["audit", "verify", "--anchors", "heads"]);
    assert!(done(&found).starts_with("events=1 seals=1 pruned=0 unsealed=0 head=1:"));
    assert_eq!(err(&found), "1 lines of the file of noted heads are none\n");
}

#[test]
fn a_bad_key_of_seals_is_told_and_never_shown() {
    let place = Place::new();
    fs::write(place.path("key"), "hunter2\n").unwrap();
    for (name, value) in
        [("HEALTHCORE__AUDIT__SEAL_KEY", "hunter2"), ("HEALTHCORE__AUDIT__SEAL_KEY_FILE", "key")]
    {
        for arguments in [&["check-config"][..], &["serve"], &["audit", "verify"]] {
            let output = place.command(arguments).env(name, value).output().unwrap();
            assert_eq!(output.status.code(), Some(2), "{arguments:?}");
            assert!(err(&output).contains("must have at least 32 bytes"), "{}", err(&output));
            assert!(err(&output).contains(name) && !err(&output).contains("hunter2"), "{}", err(&output));
        }
    }
    assert!(!place.path("data").exists());
}

#[test]
fn production_without_a_key_of_seals_is_warned() {
    let place = Place::new();
    let mut command = place.command(&["check-config"]);
    command
        .env("HEALTHCORE__SERVER__ENVIRONMENT", "production")
        .env_remove("HEALTHCORE__AUTH__PASSWORD_COST");
    let output = command.env("SECRET_KEY", "N8v2xQ7mZr4Lk1TtWc9BfYh6Jp3Ds5Ga").output().unwrap();
    assert!(done(&output).contains("good for production"));
    assert!(err(&output).starts_with("warning: setting `audit.seal_key` is not set"), "{}", err(&output));
}
