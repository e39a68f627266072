//! Limits that all replicas count together.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::json;
use testkit::postgres::{self, Database, Template};
use tokio::task::JoinSet;

use crate::accounts::{credentials, register};
use crate::program::{Program, Setup};
use crate::turns;
use crate::wire::{Connection, Request};

/// At the start so many requests are free, later so many come back each second.
const BURST: f64 = 600.0;
const PER_SECOND: f64 = 10.0;
/// How far the count may be off.
const ERROR: f64 = 0.05;
/// How long both replicas are asked as often as they answer.
const TIME: Duration = Duration::from_secs(4);

/// Replicas on one database, with limits.
fn replicas(count: usize, limits: &[(&str, &str)]) -> (Vec<Program>, Database) {
    let database = postgres::database_blocking(&Template::empty()).unwrap();
    let setup = Setup::new(&[
        ("database.url", database.url()),
        ("database.connections", "4"),
        ("limits.enabled", "true"),
        ("limits.sign_in", "100000/minute"),
        ("server.trusted_proxies", "127.0.0.1/32"),
    ]);
    let setup = setup.with(limits);
    ((0..count).map(|_| Program::start(&setup)).collect(), database)
}

/// How many requests passed the limit in which time, and how many did not.
struct Count {
    passed: u32,
    refused: u32,
    time: Duration,
}

/// Asks all replicas in bursts, from several connections each.
async fn ask_all(replicas: &[Program], request: &Request, status: u16) -> Count {
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for replica in replicas.iter().flat_map(|replica| [replica.address(); 4]) {
        let request = request.bytes();
        tasks.spawn(async move {
            let mut connection = Connection::open(replica).await.unwrap();
            let (mut passed, mut refused) = (0, 0);
            while begun.elapsed() < TIME {
                let answer = connection.ask(&request).await.unwrap();
                if answer.status == 429 {
                    assert!(answer.header("retry-after").is_some_and(|wait| wait.parse::<u32>().is_ok()));
                    refused += 1;
                } else {
                    passed += 1;
                    assert!(answer.header("ratelimit").is_some());
                    answer.is(status);
                }
            }
            (passed, refused)
        });
    }
    let counts = tasks.join_all().await;
    let time = begun.elapsed();
    let (passed, refused) = counts.iter().fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
    Count { passed, refused, time }
}

fn is_within(what: &str, count: &Count) {
    let due = PER_SECOND.mul_add(count.time.as_secs_f64(), BURST);
    let error = (f64::from(count.passed) - due) / due;
    println!(
        "{what}: {} passed over two replicas, {due:.0} were due ({:+.1} %), {} were refused",
        count.passed,
        error * 100.0,
        count.refused
    );
    assert!(count.refused > 100, "{what}: the limit was hardly reached");
    assert!(error.abs() <= ERROR, "{what}: {} passed, {due:.0} were due", count.passed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_count_general_limits_together() {
    let _turn = turns::alone().await;
    let limits = [("limits.user", "600/minute"), ("limits.anonymous", "600/minute")];
    let (replicas, _database) = replicas(2, &limits);
    let tokens = register(replicas[0].address(), "ann").await;
    let own = Request::get("/api/auth/sessions/").bearing(&tokens.access);
    is_within("a user", &ask_all(&replicas, &own, 200).await);
    let nobody = Request::get("/api/patients/").header("x-forwarded-for", "203.0.113.7");
    is_within("an address", &ask_all(&replicas, &nobody, 401).await);
}

/// The statuses of guesses that are sent at once.
async fn guess(replicas: &[Program], name: &str, count: usize) -> Vec<u16> {
    let mut tasks = JoinSet::new();
    for replica in replicas.iter().map(Program::address).cycle().take(count) {
        let guess = json!({"username": name, "password": "wrong otter 4711 bridge"});
        let guess = Request::post("/api/auth/login/", &guess);
        tasks.spawn(async move { guess.send(replica).await.status });
    }
    tasks.join_all().await
}

fn number_of(status: u16, statuses: &[u16]) -> usize {
    statuses.iter().filter(|found| **found == status).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_throttle_guesses_together() {
    let _turn = turns::alone().await;
    let (replicas, _database) = replicas(2, &[]);
    register(replicas[0].address(), "ann").await;
    for name in ["ann", "nobody"] {
        let statuses = guess(&replicas, name, 100).await;
        let (hashed, refused) = (number_of(401, &statuses), number_of(429, &statuses));
        println!("{name}: {hashed} of 100 parallel guesses over two replicas were looked at");
        assert_eq!(hashed + refused, 100, "{statuses:?}");
        assert!((5..=10).contains(&hashed), "{hashed} guesses were looked at");
    }
    // Blocked is blocked, also on the replica that has seen none of the guesses, and for the right password.
    guess(&replicas[..1], "ann", 6).await;
    let login = Request::post("/api/auth/login/", &credentials("ann"));
    login.send(replicas[1].address()).await.is(429);
}

/// How a request from behind the trusted proxy is answered.
async fn behind(server: SocketAddr, client: &str) -> u16 {
    Request::get("/api/patients/").header("x-forwarded-for", client).send(server).await.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_port_that_a_proxy_notes_makes_nobody_another_client() {
    let _turn = turns::together().await;
    let (replicas, _database) = replicas(1, &[("limits.anonymous", "5/hour")]);
    let server = replicas[0].address();
    for (client, other) in [("203.0.113.7", "203.0.113.8:1"), ("[2001:db8::1]", "[2001:db8:0:1::1]:1")] {
        for port in 1..=5 {
            assert_eq!(behind(server, &format!("{client}:{port}")).await, 401);
        }
        assert_eq!(behind(server, &format!("{client}:6")).await, 429);
        assert_eq!(behind(server, client.trim_matches(['[', ']'])).await, 429);
        assert_eq!(behind(server, other).await, 401);
    }
}
