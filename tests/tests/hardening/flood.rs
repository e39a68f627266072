//! A flood of sign-ins leaves reads alone: passwords are hashed on threads that step back, behind a bounded queue.
//!
//! It measures time and wants the machine for itself, so it does not run among the other tests but by
//! `make test-load`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::api::{Database, PASSWORD};
use crate::own_database::OwnDatabase;
use crate::program::Program;
use crate::wire::{self, Wire};

const SIGN_INS: usize = 200;
const READERS: usize = 4;
/// Between two reads of one reader.
const PACE: Duration = Duration::from_millis(8);
/// How long each half of a round is measured.
const MEASURED: Duration = Duration::from_secs(6);
const ROUNDS: usize = 4;
/// How much longer the slowest hundredth of reads may take.
const WORSE: f64 = 2.0;

#[test]
#[ignore = "measures time: make test-load"]
fn reads_stay_quick_under_a_flood_of_sign_ins_sqlite() {
    reads_stay_quick(Database::Sqlite);
}

#[test]
#[ignore = "measures time: make test-load"]
fn reads_stay_quick_under_a_flood_of_sign_ins_postgres() {
    reads_stay_quick(Database::Postgres);
}

fn reads_stay_quick(database: Database) {
    let (folder, own) = (tempfile::tempdir().unwrap(), OwnDatabase::new_blocking(database));
    let variables = [
        ("DATABASE_URL", own.url.as_str()),
        ("HEALTHCORE__AUTH__PASSWORD_COST", "12"),
        // The flood comes from one address: what is measured lies behind the throttle.
        ("HEALTHCORE__LIMITS__ENABLED", "false"),
        ("HEALTHCORE__LOG__LEVEL", "warn"),
    ];
    let program = Program::start(folder.path(), &variables);
    let address = program.address();
    let path = prepare(address);
    read_for(address, &path, Duration::from_secs(1));

    let (mut quiet, mut flooded) = (Vec::new(), Vec::new());
    let mut answers = BTreeMap::new();
    for _ in 0..ROUNDS {
        quiet.extend(read_for(address, &path, MEASURED));
        let (times, counts) = flood(address, || read_for(address, &path, MEASURED));
        flooded.extend(times);
        for (status, count) in counts {
            *answers.entry(status).or_default() += count;
        }
    }
    let (before, under) = (Quantiles::of(quiet), Quantiles::of(flooded));
    let ratio = under.p99.as_secs_f64() / before.p99.as_secs_f64();
    println!("{database:?}: quiet {before:?}\n{database:?}: flood {under:?}");
    println!("{database:?}: p99 {ratio:.2} times as long; sign-ins by status {answers:?}");
    let hashed: usize = answers.get(&401).copied().unwrap_or_default();
    let refused: usize = answers.get(&503).copied().unwrap_or_default();
    assert_eq!(hashed + refused, answers.values().sum::<usize>(), "{answers:?}");
    // Of each wave so many find no place in the queue.
    assert!(hashed > 0 && refused >= SIGN_INS / 2, "it was no flood: {answers:?}");
    assert!(ratio <= WORSE, "the p99 of reads is {ratio:.2} times as long under a flood of sign-ins");
}

/// An account with a patient; the request that reads it.
fn prepare(address: SocketAddr) -> Vec<u8> {
    let json_type = ("content-type", "application/json");
    let account = json!({"username": "ann", "password": PASSWORD}).to_string();
    let registered = wire::request("POST /api/auth/register/", &[json_type], account.as_bytes());
    let registered = wire::exchange(address, &registered).unwrap().is(201).json();
    let token = format!("Bearer {}", registered["tokens"]["access"].as_str().unwrap());
    let authorization = ("authorization", token.as_str());
    let patient = json!({"name": "Ravi Kumar", "address": "12 MG Road"}).to_string();
    let patient = wire::request("POST /api/patients/", &[json_type, authorization], patient.as_bytes());
    let id = wire::exchange(address, &patient).unwrap().is(201).id();
    wire::request(&format!("GET /api/patients/{id}/"), &[authorization], b"")
}

/// How long each read takes, from several readers at a steady pace.
fn read_for(address: SocketAddr, request: &[u8], how_long: Duration) -> Vec<Duration> {
    thread::scope(|scope| {
        let readers: Vec<_> =
            (0..READERS).map(|_| scope.spawn(move || read(address, request, how_long))).collect();
        readers.into_iter().flat_map(|reader| reader.join().unwrap()).collect()
    })
}

fn read(address: SocketAddr, request: &[u8], how_long: Duration) -> Vec<Duration> {
    let mut wire = Wire::new(wire::connect(address).unwrap());
    let (begun, mut times) = (Instant::now(), Vec::new());
    while begun.elapsed() < how_long {
        let asked = Instant::now();
        let answer = wire.ask(request).unwrap();
        times.push(asked.elapsed());
        assert_eq!(answer.status, 200);
        thread::sleep(PACE.saturating_sub(asked.elapsed()));
    }
    times
}

/// Keeps so many clients signing in while `work` is done. Who is told to come back later comes back then. Returns
/// when the last one has its answer; with the number of answers by status.
fn flood<T>(address: SocketAddr, work: impl FnOnce() -> T) -> (T, BTreeMap<u16, usize>) {
    let (is_over, waiting) = (AtomicBool::new(false), AtomicUsize::new(0));
    let counts = Mutex::new(BTreeMap::new());
    let done = thread::scope(|scope| {
        for number in 0..SIGN_INS {
            let (is_over, waiting, counts) = (&is_over, &waiting, &counts);
            let sign_in = move || {
                let body = json!({"username": format!("nobody{number}"), "password": "wrong"}).to_string();
                let request = wire::request(
                    "POST /api/auth/login/",
                    &[("content-type", "application/json")],
                    body.as_bytes(),
                );
                let mut wire = Wire::new(wire::connect(address).unwrap());
                waiting.fetch_add(1, Ordering::Relaxed);
                while !is_over.load(Ordering::Relaxed) {
                    let answer = wire.ask(&request).unwrap();
                    *counts
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .entry(answer.status)
                        .or_default() += 1;
                    if answer.status == 503 {
                        let after = answer.header("retry-after").expect("503 says when to come back");
                        thread::sleep(Duration::from_secs(after.parse().unwrap()));
                    }
                }
            };
            thread::Builder::new().stack_size(256 * 1024).spawn_scoped(scope, sign_in).unwrap();
        }
        while waiting.load(Ordering::Relaxed) < SIGN_INS {
            thread::sleep(Duration::from_millis(1));
        }
        let done = work();
        is_over.store(true, Ordering::Relaxed);
        done
    });
    (done, counts.into_inner().unwrap_or_else(PoisonError::into_inner))
}

struct Quantiles {
    samples: usize,
    median: Duration,
    p99: Duration,
    longest: Duration,
}

impl Quantiles {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
        Self { samples: times.len(), median: at(50), p99: at(99), longest: at(100) }
    }
}

impl std::fmt::Debug for Quantiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { samples, median, p99, longest } = self;
        write!(f, "{samples} reads, median {median:.2?}, p99 {p99:.2?}, longest {longest:.2?}")
    }
}
