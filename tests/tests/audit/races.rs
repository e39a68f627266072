//! Calls that meet each other, and clients that hang up: still one event each, and only of what was done.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::clinic::{Clinic, Database, PASSWORD, on_both_databases};
use crate::person::Session;
use crate::wire::{Answer, Connection, Request};

on_both_databases!(calls_that_meet_leave_one_event_each, clients_that_hang_up_leave_events_of_what_was_done);

/// How many meet.
const AT_ONCE: usize = 20;
const HANGING_UP: usize = 200;

async fn opened(database: Database) -> (Clinic, SocketAddr, Session) {
    let clinic = Clinic::open(database, &[]);
    let address = clinic.program.address();
    let account = json!({"username": "ann", "password": PASSWORD});
    let registered = Request::post("/api/auth/register/", &account).send(address).await.is(201);
    (clinic, address, Session::of(&registered.json()["tokens"]))
}

/// The request with another method: those of the tests have bodies with POST only.
fn as_put(request: &Request) -> Vec<u8> {
    let bytes = request.bytes();
    [b"PUT", bytes.strip_prefix(b"POST").unwrap()].concat()
}

/// Sends the same so many times at once, each time under a request id of its own, and gives the answers by these.
async fn meet(
    address: SocketAddr,
    name: &str,
    request: impl Fn(&str) -> Vec<u8>,
) -> BTreeMap<String, Answer> {
    let barrier = Arc::new(Barrier::new(AT_ONCE));
    let mut tasks = JoinSet::new();
    for number in 0..AT_ONCE {
        let id = format!("{name}-{number}");
        let (bytes, barrier) = (request(&id), Arc::clone(&barrier));
        tasks.spawn(async move {
            let mut connection = Connection::open(address).await.unwrap();
            barrier.wait().await;
            (id, connection.ask(&bytes).await.unwrap())
        });
    }
    tasks.join_all().await.into_iter().collect()
}

/// Checks that each call has one event, and returns how many have each outcome.
fn outcomes(trail: &[Value], operation: &str, answers: &BTreeMap<String, Answer>) -> BTreeMap<String, usize> {
    let mut outcomes = BTreeMap::new();
    for (id, answer) in answers {
        let events: Vec<_> = trail.iter().filter(|event| event["request_id"] == id.as_str()).collect();
        assert_eq!(events.len(), 1, "{id} was answered by {}: {events:?}", answer.status);
        assert_eq!(events[0]["operation"], operation);
        let outcome = events[0]["outcome"].as_str().unwrap();
        let fits = match answer.status {
            200 | 201 | 204 => ["done", "repeated"].contains(&outcome),
            404 => outcome == "not_found",
            409 => outcome == "conflict",
            412 => outcome == "stale",
            other => panic!("{id}: {other} {}", answer.text()),
        };
        assert!(fits, "{id} was answered by {}: {outcome}", answer.status);
        *outcomes.entry(outcome.to_owned()).or_default() += 1;
    }
    outcomes
}

async fn calls_that_meet_leave_one_event_each(database: Database) {
    let (mut clinic, address, session) = opened(database).await;
    let own = |request: Request, id: &str| request.bearing(&session.access).header("x-request-id", id);
    let somebody = json!({"name": "Ravi Kumar"});
    let once = meet(address, "once", |id| {
        own(Request::post("/api/patients/", &somebody), id).header("idempotency-key", "key").bytes()
    });
    let once = once.await;
    let email = json!({"name": "Dr. Iyer", "email": "iyer@example.org"});
    let unique = meet(address, "unique", |id| own(Request::post("/api/doctors/", &email), id).bytes()).await;
    let made = once.values().find(|answer| answer.status == 201).unwrap();
    let (path, tag) =
        (format!("/api/patients/{}/", made.json()["id"]), made.header("etag").unwrap().to_owned());
    let another = json!({"name": "Ravi Rao"});
    let changed = meet(address, "changed", |id| {
        as_put(&own(Request::post(&path, &another), id).header("if-match", &tag))
    });
    let changed = changed.await;
    let deleted = meet(address, "deleted", |id| own(Request::new("DELETE", &path), id).bytes()).await;
    let restore = format!("{path}restore/");
    let restored = meet(address, "restored", |id| own(Request::new("POST", &restore), id).bytes()).await;
    let refresh = json!({"refresh": session.refresh});
    let refreshed = meet(address, "refreshed", |id| {
        Request::post("/api/auth/refresh/", &refresh).header("x-request-id", id).bytes()
    });
    let refreshed = refreshed.await;
    clinic.close();

    let trail = clinic.export();
    let one_done = |others: &str| BTreeMap::from([("done".to_owned(), 1), (others.to_owned(), AT_ONCE - 1)]);
    let all = BTreeMap::from([("done".to_owned(), AT_ONCE)]);
    assert_eq!(outcomes(&trail, "patients_create", &once), one_done("repeated"));
    assert_eq!(outcomes(&trail, "doctors_create", &unique), one_done("conflict"));
    assert_eq!(outcomes(&trail, "patients_update", &changed), one_done("stale"));
    assert_eq!(outcomes(&trail, "patients_delete", &deleted), one_done("not_found"));
    assert_eq!(outcomes(&trail, "patients_restore", &restored), all);
    assert_eq!(outcomes(&trail, "auth_refresh", &refreshed), all);
    // Of all who restored one has made a version.
    let versions = trail.iter().filter(|event| event["operation"] == "patients_restore");
    assert_eq!(versions.filter(|event| !event["version"].is_null()).count(), 1);
}

async fn clients_that_hang_up_leave_events_of_what_was_done(database: Database) {
    let (mut clinic, address, session) = opened(database).await;
    let mut tasks = JoinSet::new();
    for number in 0..HANGING_UP {
        let request = match number % 4 {
            0 => Request::get("/api/patients/"),
            1 => Request::get("/api/patients/999999999/"),
            _ => Request::post("/api/patients/", &json!({"name": "Ravi Kumar"})),
        };
        let request = request.bearing(&session.access).header("x-request-id", &format!("gone-{number}"));
        tasks.spawn(async move {
            let mut connection = Connection::open(address).await.unwrap();
            connection.write(&request.bytes()).await.unwrap();
        });
    }
    tasks.join_all().await;
    clinic.close();
    clinic.program.start_again();
    let count = Request::get("/api/patients/?count=true&limit=1").bearing(&session.access);
    let patients = count.send(clinic.program.address()).await.is(200);
    let patients: usize = patients.header("x-total-count").unwrap().parse().unwrap();
    clinic.close();
    let mut events: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for event in clinic.export() {
        events.entry(event["request_id"].as_str().unwrap().to_owned()).or_default().push(event);
    }
    events.retain(|id, _| id.starts_with("gone-"));
    assert!(events.values().all(|events| events.len() == 1), "{events:?}");
    let made = events.values().flatten().filter(|event| event["operation"] == "patients_create");
    assert!(made.clone().all(|event| event["outcome"] == "done"));
    assert_eq!(made.count(), patients);
    println!("{database:?}: {} of {HANGING_UP} calls that nobody waited for were done", events.len());
}
