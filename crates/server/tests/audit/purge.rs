//! `healthcore purge`.

use std::fs;

use serde_json::{Value, json};

use crate::clinic::{Clinic, done, exported};
use crate::place::{Place, err, out};

/// In every value of the one who is erased, in one form or another.
const CANARY: &str = "zxqcanary";

fn files_with_canary(place: &Place) -> Vec<String> {
    let files = fs::read_dir(place.path("data")).unwrap().map(|file| file.unwrap().path());
    let has_canary = |bytes: Vec<u8>| {
        bytes.to_ascii_lowercase().windows(CANARY.len()).any(|part| part == CANARY.as_bytes())
    };
    let found = files.filter(|file| has_canary(fs::read(file).unwrap()));
    found.map(|file| file.display().to_string()).collect()
}

fn canary(name: &str) -> Value {
    json!({
        "name": format!("{name} Zxqcanary"), "email": "zxqcanary@example.org", "address": "Zxqcanary Street",
        "medical_history": "zxqcanary ".repeat(500), "date_of_birth": "1980-02-03",
    })
}

/// Two patients of Ann's, each with a mapping; the first one was changed and deleted.
fn clinic(place: &Place) -> Clinic {
    let clinic = Clinic::open(place, "ann", &[]);
    let doctor = clinic.make("/api/doctors/", &json!({"name": "Eve Doctor"}));
    for (name, notes) in [(canary("Ann"), "Zxqcanary notes"), (json!({"name": "Bob Example"}), "notes")] {
        let patient = clinic.make("/api/patients/", &name);
        let mapping =
            clinic.make("/api/mappings/", &json!({"patient": patient, "doctor": doctor, "notes": notes}));
        let notes = json!({"notes": format!("{notes} again")});
        assert_eq!(clinic.ask("PATCH", &format!("/api/mappings/{mapping}/"), &notes).0, "200");
    }
    assert_eq!(clinic.ask("PATCH", "/api/patients/1/", &canary("Other")).0, "200");
    assert_eq!(clinic.ask("DELETE", "/api/patients/1/", &Value::Null).0, "204");
    clinic
}

#[test]
fn a_purged_patient_leaves_no_trace_while_the_server_goes_on() {
    let place = Place::new();
    let clinic = clinic(&place);
    assert!(!files_with_canary(&place).is_empty());
    let purged = place.run(&["purge", "1", "--reason", "request 114", "--yes"]);
    assert_eq!(done(&purged), "patient 1 was erased\n");
    assert!(err(&purged).contains("gone: ") && err(&purged).contains("left to you: "), "{}", err(&purged));
    assert_eq!(files_with_canary(&place), [""; 0]);

    assert_eq!(clinic.ask("GET", "/api/patients/1/", &Value::Null).0, "404");
    assert_eq!(clinic.ask("GET", "/api/patients/2/", &Value::Null).0, "200");
    clinic.stop();
    assert_eq!(files_with_canary(&place), [""; 0]);
    let events = exported(&place, &["--patient", "1"]);
    let last = events.iter().rev().find(|event| event["operation"] == "purge").unwrap();
    assert_eq!((&last["outcome"], &last["reason"]), (&json!("done"), &json!("request 114")));
    assert_eq!(events.iter().filter(|event| event["operation"] == "patients_create").count(), 1);
    assert!(done(&place.run(&["audit", "verify"])).contains(" pruned=0 "));
}

#[test]
fn a_patient_who_is_not_there_is_a_failure_on_record() {
    let place = Place::new();
    Clinic::open(&place, "ann", &[]).stop();
    let purged = place.run(&["purge", "77", "--reason", "request 114", "--yes"]);
    assert_eq!((purged.status.code(), out(&purged).as_str()), (Some(1), ""));
    assert!(err(&purged).contains("there is no patient 77"), "{}", err(&purged));
    let events = exported(&place, &["--operation", "purge"]);
    assert_eq!(events.iter().map(|event| &event["outcome"]).collect::<Vec<_>>(), ["not_found"]);
}

#[test]
fn it_asks_on_a_terminal_only_and_wants_a_reason() {
    let place = Place::new();
    let clinic = clinic(&place);
    for (arguments, expected) in [
        (&["1", "--reason", "request"][..], "--yes"),
        (&["1", "--yes"], "--reason"),
        (&["1", "--yes", "--reason", " "], "--reason"),
        (&["0", "--yes", "--reason", "request"], "positive whole number"),
        (&["ann", "--yes", "--reason", "request"], "positive whole number"),
    ] {
        let output = place.run(&[&["purge"], arguments].concat());
        assert_eq!((output.status.code(), out(&output).as_str()), (Some(2), ""), "{arguments:?}");
        assert!(err(&output).contains(expected), "{}", err(&output));
    }
    clinic.stop();
    assert!(!files_with_canary(&place).is_empty());
}
