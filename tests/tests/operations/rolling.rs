//! Replicas are restarted one after the other, and nobody notices.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use testkit::postgres::{self, Template};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::accounts::{patient, register};
use crate::balancer::Balancer;
use crate::program::{PATIENCE, Program, Setup};
use crate::turns;
use crate::wire::{Connection, Request};

const REQUESTS: usize = 10_000;
const CLIENTS: usize = 16;

/// What clients got.
#[derive(Default)]
struct Tally {
    asked: AtomicUsize,
    made: AtomicUsize,
    failed: AtomicUsize,
}

/// One client: mostly reads, and a new patient now and then, until it is enough and everything has happened.
async fn client(balancer: SocketAddr, token: String, tally: Arc<Tally>, is_over: Arc<AtomicBool>) {
    let read = Request::get("/api/patients/?limit=5").bearing(&token).bytes();
    let make = Request::post("/api/patients/", &patient()).bearing(&token).bytes();
    let mut connection = Connection::open(balancer).await.unwrap();
    while !is_over.load(Ordering::SeqCst) || tally.asked.load(Ordering::SeqCst) < REQUESTS {
        let is_read = !tally.asked.fetch_add(1, Ordering::SeqCst).is_multiple_of(10);
        let answer = connection.ask(if is_read { &read } else { &make }).await;
        match answer.map(|answer| answer.status) {
            Ok(200) if is_read => {}
            Ok(201) if !is_read => {
                tally.made.fetch_add(1, Ordering::SeqCst);
            }
            other => {
                println!("failed: {other:?}");
                tally.failed.fetch_add(1, Ordering::SeqCst);
                connection = Connection::open(balancer).await.unwrap();
            }
        }
    }
}

/// Waits until the server is not ready while its port is open, then until its port is closed.
async fn drains(server: SocketAddr) -> Duration {
    let deadline = Instant::now() + PATIENCE;
    let mut refuses_since = None;
    while Instant::now() < deadline {
        match Request::get("/readyz").try_send(server).await {
            Ok(answer) if answer.status == 503 => {
                refuses_since.get_or_insert_with(Instant::now);
            }
            Ok(answer) => {
                assert_eq!(answer.status, 200);
                assert!(refuses_since.is_none(), "it is ready again");
            }
            Err(_) => return refuses_since.expect("the port closed before /readyz said so").elapsed(),
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("the server does not drain");
}

/// The number of the caller's patients.
async fn patients(server: SocketAddr, token: &str) -> usize {
    let answer = Request::get("/api/patients/?limit=1&count=true").bearing(token).send(server).await.is(200);
    match answer.header("x-total-count") {
        Some(total) => total.parse().unwrap(),
        None => panic!("no total"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_fails_no_request() {
    let _turn = turns::alone().await;
    let database = postgres::database_blocking(&Template::empty()).unwrap();
    let setup = Setup::new(&[
        ("database.url", database.url()),
        ("database.connections", "4"),
        ("server.drain_delay_seconds", "1"),
    ]);
    let mut replicas = [Program::start(&setup), Program::start(&setup)];
    let balancer = Balancer::before(&[replicas[0].address(), replicas[1].address()]).await;
    let token = register(replicas[0].address(), "ann").await.access;
    let (tally, is_over) = (Arc::new(Tally::default()), Arc::new(AtomicBool::new(false)));
    let mut clients = JoinSet::new();
    let begun = Instant::now();
    for _ in 0..CLIENTS {
        clients.spawn(client(balancer.address(), token.clone(), Arc::clone(&tally), Arc::clone(&is_over)));
    }
    for replica in &mut replicas {
        replica.terminate();
        let warned = drains(replica.address()).await;
        assert!(warned > Duration::from_millis(800), "the port closed {warned:?} after /readyz said so");
        assert!(replica.ended().success());
        replica.start_again();
        // Not the next one before the balancer uses this one again.
        Request::get("/readyz").send(replica.address()).await.is(200);
        sleep(Duration::from_millis(200)).await;
    }
    is_over.store(true, Ordering::SeqCst);
    clients.join_all().await;
    let [asked, made, failed] =
        [&tally.asked, &tally.made, &tally.failed].map(|it| it.load(Ordering::SeqCst));
    println!(
        "{failed} of {asked} requests failed in {:.1?} while both replicas were restarted; {} were repeated",
        begun.elapsed(),
        balancer.retries()
    );
    assert!(asked >= REQUESTS);
    assert_eq!(failed, 0);
    assert_eq!(patients(replicas[0].address(), &token).await, made, "made once each");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_tells_clients_to_go_and_finishes_what_is_under_way() {
    let _turn = turns::together().await;
    let mut server = Program::start(&Setup::new(&[("server.drain_delay_seconds", "1")]));
    let address = server.address();
    let token = register(address, "ann").await.access;
    let make = Request::post("/api/patients/", &json!({"name": "Ann"})).bearing(&token).bytes();
    let (first, second) = make.split_at(make.len() - 5);
    let mut slow = Connection::open(address).await.unwrap();
    slow.write(first).await.unwrap();
    let read = Request::get("/api/patients/").bearing(&token).bytes();
    let mut kept = Connection::open(address).await.unwrap();
    assert_eq!(kept.ask(&read).await.unwrap().is(200).header("connection"), None);
    server.terminate();
    let readyz = Request::get("/readyz");
    while readyz.send(address).await.status == 200 {
        sleep(Duration::from_millis(5)).await;
    }
    // The port is still open: clients that keep a connection are told to leave it in time.
    let told = kept.ask(&read).await.unwrap().is(200);
    assert!(told.header("connection").is_some_and(|it| it.eq_ignore_ascii_case("close")), "not told");
    drains(address).await;
    slow.write(second).await.unwrap();
    slow.answer().await.unwrap().is(201);
    assert!(server.ended().success());
}
