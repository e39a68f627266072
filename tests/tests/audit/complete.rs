//! Every call leaves exactly one right event, in the default mode.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::asks::get;
use crate::clinic::{Clinic, Database, on_both_databases};
use crate::crowd;
use crate::ledger::Ledger;
use crate::person::{Outside, Person, now};

on_both_databases!(every_call_leaves_exactly_one_right_event);

/// At least so many calls.
const CALLS: usize = 1000;
/// By then everything that was answered is on record, on a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_secs(10);

async fn every_call_leaves_exactly_one_right_event(database: Database) {
    let mut clinic = Clinic::open(database, &crowd::LIMITS);
    let outside = Outside::of(clinic.program.address()).await;
    let mut ledger = crowd::calls(&clinic, &outside).await;
    is_everywhere(&outside, &ledger);
    let mixed = ledger.calls.len();
    assert!(mixed >= CALLS, "only {mixed} calls");

    let pages = read_by_pages(&outside, &mut ledger).await;
    clinic.close();
    let mut trail = clinic.export();
    // What commands have done is on record, too, without a request.
    let (commands, calls): (Vec<_>, Vec<_>) = trail.drain(..).partition(|event| event["request_id"] == "-");
    assert_eq!(commands.iter().map(|event| &event["operation"]).collect::<Vec<_>>(), ["create_admin"]);
    let wrong = ledger.differences(&calls);
    assert!(wrong.is_empty(), "{} calls are not on record as they should: {wrong:#?}", wrong.len());
    // Were any one of them lost, it would be noticed.
    for lost in [0, calls.len() / 2, calls.len() - 1] {
        let mut calls = calls.clone();
        calls.remove(lost);
        assert_eq!(ledger.differences(&calls).len(), 1);
    }
    let ids: BTreeSet<_> = calls.iter().map(|event| event["id"].as_i64().unwrap()).collect();
    let shown = pages.iter().filter(|event| event["request_id"] != "-");
    for event in shown {
        assert!(calls.contains(event), "the pages show what the export does not: {event}");
    }
    // The export has left an event as well.
    assert_eq!(clinic.verify(), ids.len() + commands.len() + 1);
    println!("{database:?}: {mixed} of {mixed} mixed calls left exactly one right event each");
}

/// Every operation that is on record was done at least once.
fn is_everywhere(outside: &Outside, ledger: &Ledger) {
    let done: BTreeSet<&str> = ledger
        .calls
        .values()
        .filter(|called| called.entry.outcome == "done")
        .map(|called| called.entry.operation.as_str())
        .collect();
    let missing: Vec<_> = outside.audited().filter(|operation| !done.contains(operation)).collect();
    assert!(missing.is_empty(), "never done: {missing:?}");
    assert!(done.len() >= 46, "{} operations", done.len());
    let outcomes: BTreeSet<_> = ledger.calls.values().map(|called| called.entry.outcome.as_str()).collect();
    for outcome in [
        "conflict",
        "done",
        "forbidden",
        "invalid",
        "not_found",
        "repeated",
        "stale",
        "throttled",
        "unauthenticated",
    ] {
        assert!(outcomes.contains(outcome), "nothing was {outcome}");
    }
}

/// The trail as an administrator reads it, page after page, once all of it is there; it must be what it should.
async fn read_by_pages(outside: &std::sync::Arc<Outside>, ledger: &mut Ledger) -> Vec<Value> {
    let mut auditor = Person::stranger(outside, "admin", 24);
    auditor.number_from(500);
    let session = auditor.sign_in().await;
    auditor.go_on(session);
    let until = now();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let path = format!("/api/audit/?ordering=created_at&limit=300&before={until}");
        let (mut events, mut next) = (Vec::new(), Some(path));
        while let Some(path) = next {
            let page = auditor.ask(get(path)).await;
            events.extend(page.array());
            next = page.next();
        }
        let called: Vec<_> = events.iter().filter(|event| event["request_id"] != "-").cloned().collect();
        let mut due = ledger.clone();
        // The sign-in of who reads is there by then.
        due.calls.extend(auditor.ledger.calls.clone().into_iter().take(1));
        let wrong = due.differences(&called);
        if wrong.is_empty() {
            ledger.add(auditor.ledger);
            return events;
        }
        assert!(Instant::now() < deadline, "{wrong:#?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
