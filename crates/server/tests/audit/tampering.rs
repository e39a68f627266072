//! Whoever changes the trail past the program is found out. The triggers are no hindrance to them here.

use std::fs;

use crate::clinic::{Clinic, Sql, done};
use crate::place::{Place, err, out};

const KEY: (&str, &str) = ("HEALTHCORE__AUDIT__SEAL_KEY", "N8v2xQ7mZr4Lk1TtWc9BfYh6Jp3Ds5Ga");

/// The trail of a server that has stopped: some seals, and between two runs of events a gap, as failed transactions
/// leave it on PostgreSQL.
fn made(variables: &[(&str, &str)]) -> Place {
    let place = Place::new();
    for user in ["ann", "bob", "eve"] {
        let clinic = Clinic::open(&place, user, variables);
        clinic.read(6);
        Sql::open(&place).run("UPDATE sqlite_sequence SET seq = seq + 5 WHERE name = 'audit_events'");
        clinic.read(6);
        clinic.stop();
    }
    let seals = Sql::open(&place).number("SELECT count(*) AS number FROM audit_seals");
    assert!(seals >= 3, "{seals} seals");
    place
}

/// An event in the middle, the seal over it, and an id in the gap after it.
fn middle(sql: &mut Sql) -> (i64, i64, i64) {
    let event = sql.number("SELECT id AS number FROM audit_events ORDER BY id LIMIT 1 OFFSET 20");
    let seal = format!("SELECT seq AS number FROM audit_seals WHERE {event} BETWEEN first_id AND last_id");
    let gap = format!(
        "SELECT min(e.id) + 1 AS number FROM audit_events e JOIN audit_seals s ON e.id BETWEEN s.first_id AND s.last_id
         WHERE e.id > {event} AND NOT EXISTS (SELECT 1 FROM audit_events WHERE id = e.id + 1)"
    );
    (event, sql.number(&seal), sql.number(&gap))
}

fn seal_of(sql: &mut Sql, event: i64) -> i64 {
    sql.number(&format!("SELECT min(seq) AS number FROM audit_seals WHERE last_id >= {event}"))
}

/// What the program says about a trail that is not what it was.
fn refused(place: &Place, variables: &[(&str, &str)], arguments: &[&str]) -> String {
    let mut command = place.command(&[&["audit", "verify"], arguments].concat());
    let output = command.envs(variables.iter().copied()).output().unwrap();
    assert_eq!((output.status.code(), out(&output).as_str()), (Some(1), ""), "{}", err(&output));
    err(&output)
}

#[track_caller]
fn assert_named(place: &Place, event: i64, seal: i64, fault: &str) {
    let said = refused(place, &[], &[]);
    assert!(said.contains(&format!("at event {event} under seal {seal}: {fault} (")), "{said}");
}

#[test]
fn the_tables_refuse_it_where_the_triggers_stand() {
    let place = made(&[]);
    let mut sql = Sql::open(&place);
    for statement in [
        "UPDATE audit_events SET outcome = 'failed'",
        "DELETE FROM audit_events",
        "INSERT OR REPLACE INTO audit_events SELECT * FROM audit_events",
        "UPDATE audit_seals SET count = 1",
        "DELETE FROM audit_leaves",
    ] {
        assert!(sql.refusal(statement).contains("only added to"), "{statement}");
    }
    assert!(done(&place.run(&["audit", "verify"])).starts_with("events=39 "));
}

#[test]
fn a_changed_event_is_named() {
    let place = made(&[]);
    let mut sql = Sql::forced(&place);
    let (event, seal, _) = middle(&mut sql);
    sql.run(&format!("UPDATE audit_events SET outcome = 'not_found' WHERE id = {event}"));
    assert_named(&place, event, seal, "changed");
}

#[test]
fn a_deleted_event_is_named() {
    let place = made(&[]);
    let mut sql = Sql::forced(&place);
    let (event, seal, _) = middle(&mut sql);
    sql.run(&format!("DELETE FROM audit_events WHERE id = {event}"));
    assert_named(&place, event, seal, "deleted");
}

#[test]
fn swapped_events_are_named() {
    let place = made(&[]);
    let mut sql = Sql::forced(&place);
    let (event, seal, _) = middle(&mut sql);
    let other = sql.number("SELECT max(id) AS number FROM audit_events");
    sql.run(&format!(
        "UPDATE audit_events SET id = -1 WHERE id = {event}; UPDATE audit_events SET id = {event} WHERE id = {other};
         UPDATE audit_events SET id = {other} WHERE id = -1"
    ));
    assert_named(&place, event, seal, "swapped");
}

#[test]
fn an_inserted_event_is_named() {
    let place = made(&[]);
    let mut sql = Sql::forced(&place);
    let (event, _, gap) = middle(&mut sql);
    sql.run(&format!(
        "INSERT INTO audit_events (id, at, operation, outcome, user_id, request_id, fields)
         SELECT {gap}, at, operation, outcome, user_id, request_id, fields FROM audit_events WHERE id = {event}"
    ));
    let seal = seal_of(&mut sql, gap);
    assert_named(&place, gap, seal, "inserted");
}

#[test]
fn a_trail_that_was_cut_off_is_found_by_the_heads_that_were_noted() {
    let place = made(&[]);
    let mut sql = Sql::forced(&place);
    let (_, seal, _) = middle(&mut sql);
    sql.run(&format!(
        "DELETE FROM audit_events WHERE id > (SELECT last_id FROM audit_seals WHERE seq = {seal});
         DELETE FROM audit_leaves WHERE seal > {seal}; DELETE FROM audit_seals WHERE seq > {seal}"
    ));
    assert!(refused(&place, &[], &[]).contains(": cut off ("));
    // By itself the rest is whole: it is the heads that tell.
    fs::write(place.path("none"), "").unwrap();
    let alone = place.run(&["audit", "verify", "--anchors", "none"]);
    assert!(done(&alone).contains(&format!(" seals={seal} ")));
    assert!(err(&alone).contains("no head was noted"), "{}", err(&alone));
    // Grown again it is another trail.
    for _ in 0..5 {
        done(&place.run(&["audit", "export", "--after", "2999-01-01"]));
        done(&place.run(&["audit", "head"]));
    }
    assert!(refused(&place, &[], &[]).contains(": cut off ("));
}

#[test]
fn a_seal_that_was_changed_is_named() {
    for change in [
        "UPDATE audit_seals SET sealed_at = '2026-01-01T00:00:00.000000Z' WHERE seq = 2",
        "UPDATE audit_leaves SET leaves = (SELECT leaves FROM audit_leaves WHERE seal = 1) WHERE seal = 2",
    ] {
        let place = made(&[]);
        let mut sql = Sql::forced(&place);
        sql.run(change);
        let first = sql.number("SELECT first_id AS number FROM audit_seals WHERE seq = 2");
        assert_named(&place, first, 2, "broken seal");
    }
}

const SEAL_ANEW: &str = "UPDATE audit_events SET outcome = 'not_found' WHERE id = 3;
    DELETE FROM audit_leaves; DELETE FROM audit_seals";

#[test]
fn a_trail_that_was_sealed_anew_is_found_by_the_heads_that_were_noted() {
    let place = made(&[]);
    Sql::forced(&place).run(SEAL_ANEW);
    done(&place.run(&["audit", "head"]));
    assert!(refused(&place, &[], &[]).contains("under seal 1: "));
}

#[test]
fn without_the_key_nobody_can_seal_anew() {
    let place = made(&[KEY]);
    let mut command = place.command(&["audit", "verify"]);
    assert!(done(&command.env(KEY.0, KEY.1).output().unwrap()).starts_with("events=39 "));
    assert!(refused(&place, &[], &[]).contains("sealed under a key, and none is set"));
    let other = (KEY.0, "T8v2xQ7mZr4Lk1TtWc9BfYh6Jp3Ds5Ga");
    assert!(refused(&place, &[other], &[]).contains("sealed under another key"));

    Sql::forced(&place).run(SEAL_ANEW);
    done(&place.run(&["audit", "head"]));
    fs::write(place.path("none"), "").unwrap();
    let said = refused(&place, &[KEY], &["--anchors", "none"]);
    assert!(said.contains("under seal 1: broken seal"), "{said}");
}
