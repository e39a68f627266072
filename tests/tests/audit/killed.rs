//! The program is killed under load, again and again: what it has acknowledged is on record.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::clinic::{Clinic, Database, PASSWORD, on_both_databases};
use crate::person::Session;
use crate::wire::{Answer, Connection, Request};

on_both_databases!(
    a_crash_separates_no_write_from_its_event,
    a_crash_separates_no_strict_read_from_its_event
);

const KILLS: usize = 20;
const CLIENTS: usize = 8;
/// Answers of each round before the program may be killed; how many more is left to chance.
const ENOUGH: usize = 200;
const CHANCE: u64 = 200;
/// Longest wait for anything, on a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_secs(30);
/// What was answered so long before a crash is on record in the default mode: twice what is promised, for a machine
/// that is busy with something else.
const BEHIND: Duration = Duration::from_millis(200);

async fn a_crash_separates_no_write_from_its_event(database: Database) {
    let crashed = crashes(database, "batched").await;
    let lost = crashed.lost_reads();
    let (reads, writes) = (crashed.acknowledged(false), crashed.acknowledged(true));
    println!(
        "{database:?}, batched: {writes} acknowledged writes, all on record; {} of {reads} answered reads are not, \
         at most {} of one crash, the oldest answered {:.0?} before it",
        lost.iter().map(|of_crash| of_crash.count).sum::<usize>(),
        lost.iter().map(|of_crash| of_crash.count).max().unwrap_or_default(),
        lost.iter().map(|of_crash| of_crash.oldest).max().unwrap_or_default(),
    );
    assert!(lost.iter().all(|of_crash| of_crash.oldest <= BEHIND), "the trail was further behind");
    // Or the crashes came when nothing was under way, and prove nothing.
    assert!(lost.iter().any(|of_crash| of_crash.count > 0));
}

async fn a_crash_separates_no_strict_read_from_its_event(database: Database) {
    let crashed = crashes(database, "strict").await;
    let lost: usize = crashed.lost_reads().iter().map(|of_crash| of_crash.count).sum();
    let (reads, writes) = (crashed.acknowledged(false), crashed.acknowledged(true));
    assert_eq!(lost, 0, "of {reads} answered reads");
    println!("{database:?}, strict: {writes} acknowledged writes and {reads} answered reads, all on record");
}

/// Something that was answered.
struct Acknowledged {
    id: String,
    what: What,
    answered: Instant,
}

/// What was asked, and what came of it.
#[derive(Clone, Copy, Debug)]
struct What {
    operation: &'static str,
    outcome: &'static str,
    is_write: bool,
}

const fn read(operation: &'static str) -> What {
    What { operation, outcome: "done", is_write: false }
}

const fn write(operation: &'static str) -> What {
    What { operation, outcome: "done", is_write: true }
}

/// What was acknowledged before one crash.
struct Round {
    acknowledged: Vec<Acknowledged>,
    killed: Instant,
}

/// What a crash has lost.
struct Lost {
    count: usize,
    /// How long before the crash the first of it was answered.
    oldest: Duration,
}

/// All crashes, and the trail after the last of them.
struct Crashed {
    rounds: Vec<Round>,
    events: HashMap<String, Vec<Value>>,
}

impl Crashed {
    fn acknowledged(&self, is_write: bool) -> usize {
        self.rounds
            .iter()
            .flat_map(|round| &round.acknowledged)
            .filter(|one| one.what.is_write == is_write)
            .count()
    }

    /// The reads of each crash that have no event.
    fn lost_reads(&self) -> Vec<Lost> {
        let lost = |round: &Round| {
            let reads = round.acknowledged.iter().filter(|one| !one.what.is_write);
            let lost: Vec<_> = reads.filter(|one| !self.events.contains_key(&one.id)).collect();
            let ages = lost.iter().map(|one| round.killed.saturating_duration_since(one.answered));
            Lost { count: lost.len(), oldest: ages.max().unwrap_or_default() }
        };
        self.rounds.iter().map(lost).collect()
    }

    /// Each event is the only one of its call, and right; no acknowledged write is without.
    fn check(&self, user: i64) {
        for (id, events) in &self.events {
            assert!(id == "-" || events.len() == 1, "{id}: {events:?}");
        }
        for one in self.rounds.iter().flat_map(|round| &round.acknowledged) {
            let Some(events) = self.events.get(&one.id) else {
                assert!(!one.what.is_write, "{:?} was acknowledged and has no event: {}", one.what, one.id);
                continue;
            };
            let event = &events[0];
            let found = [&event["operation"], &event["outcome"], &event["user"]];
            assert_eq!(
                found,
                [&json!(one.what.operation), &json!(one.what.outcome), &json!(user)],
                "{}",
                one.id
            );
        }
    }

    /// How many events of this operation say that it was done.
    fn done(&self, operation: &str) -> usize {
        let events = self.events.values().flatten();
        events.filter(|event| event["operation"] == operation && event["outcome"] == "done").count()
    }
}

/// Kills the program under load and starts it again, many times. Writes and their events are there together
/// afterwards, and the chain of seals is whole.
async fn crashes(database: Database, reads: &str) -> Crashed {
    let settings = [("audit.reads", reads), ("log.level", "warn")];
    let mut clinic = Clinic::open(database, &settings);
    let account = json!({"username": "ann", "password": PASSWORD});
    let registered = Request::post("/api/auth/register/", &account).send(clinic.program.address()).await;
    let registered = registered.is(201).json();
    let session = Session::of(&registered["tokens"]);
    let token: Arc<str> = session.access.as_str().into();
    let mut rounds = Vec::new();
    for number in 0..KILLS {
        rounds.push(round(&mut clinic, number, &token).await);
        clinic.program.start_again();
    }
    let count = Request::get("/api/patients/?count=true&limit=1").bearing(&token);
    let patients = count.send(clinic.program.address()).await.is(200);
    let patients: usize = patients.header("x-total-count").unwrap().parse().unwrap();
    clinic.close();
    let mut events: HashMap<String, Vec<Value>> = HashMap::new();
    let trail = clinic.export();
    for event in &trail {
        let id = event["request_id"].as_str().unwrap().to_owned();
        events.entry(id).or_default().push(event.clone());
    }
    // The export has left one more.
    assert_eq!(clinic.verify(), trail.len() + 1);
    let crashed = Crashed { rounds, events };
    crashed.check(session.user);
    // Nor is there an event of a write that was not made, or one made without.
    let present = crashed.done("patients_create") + crashed.done("patients_restore");
    assert_eq!(present - crashed.done("patients_delete"), patients);
    crashed
}

async fn round(clinic: &mut Clinic, number: usize, token: &Arc<str>) -> Round {
    let count = Arc::new(AtomicUsize::new(0));
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let (address, token, count) = (clinic.program.address(), Arc::clone(token), Arc::clone(&count));
        let mut client =
            Client { name: format!("k{number}-{client}"), count, sent: 0, acknowledged: Vec::new() };
        clients.spawn(async move {
            // The program ends in the middle of something, so any request may be the one without an answer.
            let _gone: io::Result<()> = client.go_on(address, &token).await;
            client.acknowledged
        });
    }
    let chance = RandomState::new().hash_one(number) % CHANCE;
    let target = ENOUGH + usize::try_from(chance).unwrap();
    let enough = async {
        while count.load(Ordering::Relaxed) < target {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, enough).await.expect("the clients are answered");
    let killed = Instant::now();
    Clinic::kill(clinic.program.pid());
    clinic.program.ended();
    let mut acknowledged = Vec::new();
    while let Some(of_client) = clients.join_next().await {
        acknowledged.extend(of_client.expect("a client is never refused"));
    }
    Round { acknowledged, killed }
}

/// One client with a connection of its own.
struct Client {
    name: String,
    count: Arc<AtomicUsize>,
    sent: usize,
    acknowledged: Vec<Acknowledged>,
}

impl Client {
    /// Makes, reads, deletes and restores patients until the program is gone.
    async fn go_on(&mut self, address: SocketAddr, token: &str) -> io::Result<()> {
        let mut connection = Connection::open(address).await?;
        let mut ask = async |request: Request, what: What| {
            self.ask(&mut connection, request.bearing(token), what).await
        };
        loop {
            let body = json!({"name": "Ravi Kumar", "address": "12 MG Road", "age": 42});
            let made = ask(Request::post("/api/patients/", &body), write("patients_create")).await?;
            let path = format!("/api/patients/{}/", made.json()["id"]);
            ask(Request::get(&path), read("patients_get")).await?;
            ask(Request::get("/api/patients/?limit=5"), read("patients_list")).await?;
            ask(Request::new("DELETE", &path), write("patients_delete")).await?;
            ask(Request::get(&format!("{path}history/")), read("patients_history")).await?;
            // Refusals are reads as well: they change nothing.
            ask(Request::get(&path), What { outcome: "not_found", ..read("patients_get") }).await?;
            let restore = Request::new("POST", &format!("{path}restore/"));
            ask(restore, write("patients_restore")).await?;
            ask(Request::get(&path), read("patients_get")).await?;
            ask(Request::new("DELETE", &path), write("patients_delete")).await?;
            ask(Request::post("/api/patients/", &body), write("patients_create")).await?;
        }
    }

    async fn ask(&mut self, connection: &mut Connection, request: Request, what: What) -> io::Result<Answer> {
        self.sent += 1;
        let id = format!("{}-{}", self.name, self.sent);
        let answer = connection.ask(&request.header("x-request-id", &id).bytes()).await?;
        let answered = Instant::now();
        let is_due = if what.outcome == "done" { answer.status < 300 } else { answer.status == 404 };
        assert!(is_due, "{id} {what:?}: {} {}", answer.status, answer.text());
        self.acknowledged.push(Acknowledged { id, what, answered });
        self.count.fetch_add(1, Ordering::Relaxed);
        Ok(answer)
    }
}
