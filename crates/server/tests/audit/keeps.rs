//! What a server keeps while it runs and when it stops.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;

use rustix::process::Signal;
use serde_json::Value;

use crate::clinic::{Clinic, PATIENCE, Sql, done, exported, wait_until};
use crate::place::{Place, err, mode};

const READS: usize = 200;

#[test]
fn what_was_answered_before_the_stop_is_in_the_trail_once_and_sealed() {
    let place = Place::new();
    let clinic = Clinic::open(&place, "ann", &[]);
    clinic.read(READS);
    clinic.stop();
    let mut sql = Sql::open(&place);
    let reads = "SELECT count(*) AS number FROM audit_events WHERE operation = 'patients_list'";
    assert_eq!(sql.number(reads), i64::try_from(READS).unwrap());
    assert_eq!(sql.number("SELECT count(DISTINCT request_id) AS number FROM audit_events"), 201);
    let found = done(&place.run(&["audit", "verify"]));
    assert!(found.starts_with("events=201 ") && found.contains(" pruned=0 unsealed=0 head="), "{found}");
}

#[test]
fn a_second_signal_loses_no_event() {
    let place = Place::new();
    let mut clinic = Clinic::open(&place, "ann", &[]);
    let mut under_way = TcpStream::connect(clinic.serving.addr).unwrap();
    under_way
        .write_all(b"POST /api/auth/login/ HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\n{")
        .unwrap();
    clinic.read(50);
    clinic.serving.signal(Signal::TERM);
    clinic.serving.signal(Signal::INT);
    assert_eq!(clinic.serving.ended(PATIENCE).code(), Some(0));
    assert_eq!(exported(&place, &["--operation", "patients_list"]).len(), 50);
}

#[test]
fn a_server_seals_while_it_runs_and_notes_the_newest_seal() {
    let place = Place::new();
    let clinic = Clinic::open(&place, "ann", &[]);
    let mut sql = Sql::open(&place);
    let unsealed = "SELECT count(*) AS number FROM audit_events
                    WHERE id > (SELECT coalesce(max(last_id), 0) FROM audit_seals)";
    for round in 1..=2 {
        clinic.read(3);
        let whole = 1 + 3 * round;
        wait_until("every event is sealed", || {
            sql.number("SELECT count(*) AS number FROM audit_events") == whole && sql.number(unsealed) == 0
        });
    }
    let slowest =
        "SELECT CAST(max((julianday(s.sealed_at) - julianday(e.at)) * 86400000) AS INTEGER) AS number
                   FROM audit_events e JOIN audit_seals s ON e.id BETWEEN s.first_id AND s.last_id";
    let slowest = sql.number(slowest);
    assert!(slowest < 5000, "an event was sealed after {slowest} ms");

    let file = place.path("data/audit-heads.ndjson");
    wait_until("a head is noted", || fs::read_to_string(&file).is_ok_and(|text| text.ends_with('\n')));
    clinic.stop();
    assert_eq!(mode(&file), 0o600);
    let newest = fs::read_to_string(&file).unwrap().lines().last().unwrap().to_owned();
    assert_eq!(done(&place.run(&["audit", "head"])).trim_end(), newest);
    let found = place.run(&["audit", "verify"]);
    assert_eq!(err(&found), "");
    let head: Value = serde_json::from_str(&newest).unwrap();
    let head = format!("head={}:{}\n", head["seal"], head["hash"].as_str().unwrap());
    assert!(done(&found).ends_with(&head));
}

#[test]
fn reads_that_are_off_are_not_on_record_but_refusals_are() {
    let place = Place::new();
    let clinic = Clinic::open(&place, "ann", &[("HEALTHCORE__AUDIT__READS", "off")]);
    clinic.read(3);
    assert_eq!(clinic.ask("GET", "/api/patients/77/", &Value::Null).0, "404");
    clinic.stop();
    let outcomes: Vec<_> = exported(&place, &[]).iter().map(|event| event["outcome"].clone()).collect();
    assert_eq!(outcomes, ["done", "not_found"]);
}

#[test]
fn a_strict_read_is_on_record_before_it_is_answered() {
    let place = Place::new();
    let clinic = Clinic::open(&place, "ann", &[("HEALTHCORE__AUDIT__READS", "strict")]);
    clinic.read(5);
    // As a power cut would end it, as far as a program can tell.
    drop(clinic);
    assert_eq!(exported(&place, &["--operation", "patients_list"]).len(), 5);
}
