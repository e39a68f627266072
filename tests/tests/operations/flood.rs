//! A thousand requests at once on a database that cannot keep up.
#![cfg(target_os = "linux")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection};
use testkit::postgres::{Options, PostgresServer};
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};

use crate::accounts::{patient, register};
use crate::network::Network;
use crate::program::{Program, Setup};
use crate::turns;
use crate::wire::{Connection, Request};

const REQUESTS: usize = 1000;
/// No request takes longer, whatever the database does.
const LONGEST: Duration = Duration::from_secs(5);
/// What the sockets of so many connections may need, in KiB, besides doubling what was there before.
const SLACK: u64 = 16 * 1024;

/// What became of the requests.
struct Flood {
    served: usize,
    refused: usize,
    slowest: Duration,
    /// The most memory that the server held meanwhile, in KiB.
    memory: u64,
}

/// Sends everything at once, half of it reads.
async fn flood(server: &Program, token: &str) -> Flood {
    let barrier = Arc::new(Barrier::new(REQUESTS));
    let mut tasks = JoinSet::new();
    for number in 0..REQUESTS {
        let is_read = number % 2 == 0;
        let request = if is_read {
            Request::get("/api/patients/?limit=5")
        } else {
            Request::post("/api/patients/", &patient())
        };
        let (request, address, barrier) =
            (request.bearing(token).bytes(), server.address(), Arc::clone(&barrier));
        tasks.spawn(async move {
            let mut connection = Connection::open(address).await.unwrap();
            barrier.wait().await;
            let begun = Instant::now();
            let answer = connection.ask(&request).await.unwrap();
            let is_refused = answer.is_unavailable();
            assert!(is_refused || answer.status == if is_read { 200 } else { 201 }, "{}", answer.status);
            (is_refused, begun.elapsed())
        });
    }
    let mut flood = Flood { served: 0, refused: 0, slowest: Duration::ZERO, memory: 0 };
    let mut ticks = interval(Duration::from_millis(10));
    loop {
        tokio::select! {
            ended = tasks.join_next() => {
                let Some(ended) = ended else { break };
                let (is_refused, took) = ended.unwrap();
                flood.refused += usize::from(is_refused);
                flood.served += usize::from(!is_refused);
                flood.slowest = flood.slowest.max(took);
            }
            _ = ticks.tick() => flood.memory = flood.memory.max(server.memory()),
        }
    }
    flood
}

/// Floods, checks what came of it, and waits until the server is well again.
async fn survives(what: &str, server: &Program, token: &str, relieve: impl FnOnce()) -> Flood {
    let before = server.memory();
    let flood = flood(server, token).await;
    println!(
        "{what}: {} of {REQUESTS} served, {} times 503, the slowest after {:.1?}; memory {before} to {} KiB",
        flood.served, flood.refused, flood.slowest, flood.memory
    );
    assert!(flood.slowest <= LONGEST, "{:?}", flood.slowest);
    assert!(flood.memory <= 2 * before + SLACK, "{before} KiB became {}", flood.memory);
    relieve();
    let begun = Instant::now();
    let read = Request::get("/api/patients/?limit=5").bearing(token);
    while read.send(server.address()).await.status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(2), "{what}: it does not recover");
        sleep(Duration::from_millis(20)).await;
    }
    for _ in 0..20 {
        read.send(server.address()).await.is(200);
    }
    flood
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_requests_at_once_are_served_or_refused() {
    let _turn = turns::alone().await;
    let database = PostgresServer::start(&Options::fast()).unwrap();
    let network = Network::to(database.port()).await;
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", network.port());
    let server = Program::start(&Setup::new(&[("database.url", &url), ("database.connections", "8")]));
    let token = register(server.address(), "ann").await.access;
    for _ in 0..50 {
        Request::post("/api/patients/", &patient()).bearing(&token).send(server.address()).await.is(201);
    }

    network.delay(Duration::from_millis(100));
    let slow = survives("a slow database", &server, &token, || network.delay(Duration::ZERO)).await;
    assert!(slow.served > 0 && slow.refused > 0, "{} served", slow.served);

    let mut lock = PgConnection::establish(&database.url("postgres")).unwrap();
    lock.batch_execute("BEGIN; LOCK TABLE patients IN ACCESS EXCLUSIVE MODE").unwrap();
    let locked = survives("locked rows", &server, &token, || lock.batch_execute("ROLLBACK").unwrap()).await;
    assert_eq!(locked.served, 0);
}
