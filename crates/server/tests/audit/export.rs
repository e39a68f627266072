//! `healthcore audit export`.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::clinic::{Clinic, Sql, done, exported};
use crate::place::{Place, err, out};

fn keys(of: &Value) -> BTreeSet<&str> {
    of.as_object().unwrap().keys().map(String::as_str).collect()
}

fn ids(events: &[Value]) -> Vec<i64> {
    events.iter().map(|event| event["id"].as_i64().unwrap()).collect()
}

#[test]
fn every_event_is_a_line_with_the_keys_of_the_interface() {
    let place = Place::new();
    let clinic = Clinic::open(&place, "ann", &[]);
    let patient = clinic.make("/api/patients/", &json!({"name": "Ann Example", "phone": "555 0100"}));
    clinic.read(3);
    clinic.stop();
    let events = exported(&place, &[]);
    assert_eq!(ids(&events), [1, 2, 3, 4, 5]);
    let document: Value = serde_json::from_str(&done(&place.run(&["openapi", "--format", "json"]))).unwrap();
    let documented = keys(&document["components"]["schemas"]["AuditEvent"]["properties"]);
    for event in &events {
        assert_eq!(keys(event), documented);
    }
    let mut made = events[1].clone();
    for key in ["at", "session", "request_id"] {
        assert!(made[key].take().is_string(), "{key}");
    }
    let expected = json!({
        "id": 2, "at": null, "operation": "patients_create", "outcome": "done", "user": 1, "username": "ann",
        "session": null, "address": "127.0.0.1", "request_id": null, "record_kind": "patient",
        "record_id": patient.to_string(), "version": 1, "patient": patient, "fields": ["name", "phone"],
        "reason": null,
    });
    assert_eq!(made, expected);
}

#[test]
fn filters_narrow_it_and_the_export_itself_is_on_record() {
    let place = Place::new();
    let ann = Clinic::open(&place, "ann", &[]);
    let patient = ann.make("/api/patients/", &json!({"name": "Ann Example"}));
    ann.ask("GET", &format!("/api/patients/{patient}/"), &Value::Null);
    ann.stop();
    let bob = Clinic::open(&place, "bob", &[]);
    bob.read(2);
    bob.stop();
    let all = exported(&place, &[]);
    assert_eq!(ids(&all), [1, 2, 3, 4, 5, 6]);
    let third = all[2]["at"].as_str().unwrap();
    let cases: [(&[&str], &[i64]); 10] = [
        (&["--user", "ANN"], &[1, 2, 3]),
        (&["--user", "2"], &[4, 5, 6]),
        (&["--patient", "1"], &[2, 3]),
        (&["--operation", "patients_list"], &[5, 6]),
        (&["--after", third, "--user", "bob"], &[4, 5, 6]),
        (&["--before", third], &[1, 2]),
        (&["--before", "2026-01-01"], &[]),
        (&["--user", "ann", "--operation", "patients_get"], &[3]),
        (&["--user", "77"], &[]),
        (&["--operation", "audit_export", "--patient", "1"], &[10]),
    ];
    for (arguments, expected) in cases {
        assert_eq!(ids(&exported(&place, arguments)), expected, "{arguments:?}");
    }
    assert_eq!(exported(&place, &["--operation", "audit_export"]).len(), 11);
    let unknown = place.run(&["audit", "export", "--user", "eve"]);
    assert_eq!((unknown.status.code(), out(&unknown).as_str()), (Some(1), ""));
    assert!(err(&unknown).contains("no user eve"), "{}", err(&unknown));
}

#[test]
fn a_reader_that_has_had_enough_is_no_failure() {
    let place = Place::new();
    Clinic::open(&place, "ann", &[]).stop();
    Sql::open(&place).run(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
         INSERT INTO audit_events (at, operation, outcome, request_id, fields)
         SELECT '2026-01-02T03:04:05.000006Z', 'patients_list', 'done', 'r' || i, '' FROM n",
    );
    assert_eq!(exported(&place, &["--operation", "patients_list"]).len(), 20_000);
    let mut command = place.command(&["audit", "export"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(serde_json::from_str::<Value>(&line).unwrap().is_object());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), err(&output).as_str()), (Some(0), ""));
}
