//! The database goes away under the whole server, and comes back.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::json;
use testkit::postgres::{Options, PostgresServer};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::accounts::{credentials, patient, register};
use crate::network::Network;
use crate::program::{Program, Setup};
use crate::turns;
use crate::wire::{Answer, Request};

/// A stopped database is answered for within this, and used again within this after its return.
const STOPPED: Duration = Duration::from_secs(2);
/// The same for one that swallows everything.
const SWALLOWED: Duration = Duration::from_secs(5);

/// A request of each kind that needs the database; the status when all is well.
fn requests(token: &str) -> Vec<(Request, u16)> {
    let somebody = json!({"name": "Asha Rao"});
    vec![
        (Request::get("/api/patients/").bearing(token), 200),
        (Request::post("/api/patients/", &patient()).bearing(token), 201),
        (Request::get("/api/patients/1/").bearing(token), 200),
        (Request::new("DELETE", "/api/patients/999999/").bearing(token), 404),
        (Request::get("/api/doctors/").bearing(token), 200),
        (Request::post("/api/doctors/", &somebody).bearing(token), 201),
        (Request::get("/api/auth/sessions/").bearing(token), 200),
        (Request::post("/api/auth/login/", &credentials("ann")), 200),
        (Request::post("/api/auth/refresh/", &json!({"refresh": "nonsense"})), 401),
        (Request::get("/readyz"), 200),
        (Request::get("/livez"), 200),
    ]
}

/// One request of each kind at once: the answers, each with what is due when all is well and the time it took.
async fn ask_each(server: SocketAddr, token: &str) -> Vec<(Answer, u16, Duration)> {
    let mut tasks = JoinSet::new();
    for (request, due) in requests(token) {
        tasks.spawn(async move {
            let begun = Instant::now();
            (request.send(server).await, due, begun.elapsed())
        });
    }
    tasks.join_all().await
}

/// The database is away: for some time every request that needs it is refused, in time.
async fn is_away(what: &str, server: SocketAddr, token: &str, time: Duration, limit: Duration) {
    let begun = Instant::now();
    let (mut slowest, mut refused) = (Duration::ZERO, 0);
    while begun.elapsed() < time {
        for (answer, due, took) in ask_each(server, token).await {
            slowest = slowest.max(took);
            if answer.is_unavailable() {
                refused += 1;
            } else {
                // What needs no database goes on: /livez, and a refresh token that is none.
                let goes_on = answer.status == due && (due == 401 || answer.text().contains("\"ok\""));
                assert!(goes_on, "{what}: {} {}", answer.status, answer.text());
            }
        }
        Request::get("/livez").send(server).await.is(200);
        assert_eq!(Request::get("/readyz").send(server).await.status, 503, "{what}");
    }
    println!("{what}: {refused} times 503, the slowest answer took {slowest:.0?}");
    assert!(refused >= 9 && slowest <= limit, "{what}: {slowest:?}");
}

/// The answers that are not what is due when all is well.
async fn unserved(server: SocketAddr, token: &str) -> Vec<String> {
    let mut unserved = Vec::new();
    for (answer, due, took) in ask_each(server, token).await {
        assert!(answer.is_unavailable() || answer.status < 500, "{} {}", answer.status, answer.text());
        if answer.status != due {
            unserved.push(format!("{} instead of {due} after {took:.0?}", answer.status));
        }
    }
    unserved
}

/// The database is back: soon every request is served again, and from then on.
async fn comes_back(what: &str, server: &Program, token: &str, limit: Duration) {
    let begun = Instant::now();
    loop {
        let asked = begun.elapsed();
        let unserved = unserved(server.address(), token).await;
        if unserved.is_empty() {
            println!("{what}: back after {asked:.0?}, answered after {:.0?}", begun.elapsed());
            assert!(begun.elapsed() < limit, "{what}: back, but late");
            break;
        }
        let log = || server.log().into_iter().rev().take(10).collect::<Vec<_>>();
        assert!(
            begun.elapsed() < limit,
            "{what}: still away, {unserved:?}; the log, backwards: {:#?}",
            log()
        );
        sleep(Duration::from_millis(20)).await;
    }
    for _ in 0..3 {
        assert_eq!(unserved(server.address(), token).await, [""; 0], "{what}: not for good");
    }
}

/// A server whose one user has a patient, with limits as an operator has them.
async fn serving(url: &str) -> (Program, String) {
    let settings = [
        ("database.url", url),
        ("database.connections", "4"),
        ("limits.enabled", "true"),
        ("limits.anonymous", "100000/minute"),
        ("limits.user", "100000/minute"),
        ("limits.sign_in", "100000/minute"),
    ];
    let server = Program::start(&Setup::new(&settings));
    let token = register(server.address(), "ann").await.access;
    Request::post("/api/patients/", &patient()).bearing(&token).send(server.address()).await.is(201);
    (server, token)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_database_is_told_soon_and_used_again_soon() {
    let _turn = turns::alone().await;
    let mut database = PostgresServer::start(&Options::fast()).unwrap();
    let (server, token) = serving(&database.url("postgres")).await;
    let address = server.address();
    comes_back("before", &server, &token, STOPPED).await;
    for _ in 0..2 {
        database.stop().unwrap();
        is_away("stopped", address, &token, Duration::from_secs(2), STOPPED).await;
        database.start_again().unwrap();
        comes_back("stopped", &server, &token, STOPPED).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_swallows_everything_lets_no_request_hang() {
    let _turn = turns::alone().await;
    let database = PostgresServer::start(&Options::fast()).unwrap();
    let network = Network::to(database.port()).await;
    let url = format!("postgres://postgres@127.0.0.1:{}/postgres", network.port());
    let (server, token) = serving(&url).await;
    let address = server.address();
    comes_back("before", &server, &token, STOPPED).await;
    network.swallow(true);
    is_away("swallowed", address, &token, Duration::from_secs(7), SWALLOWED).await;
    network.swallow(false);
    comes_back("swallowed", &server, &token, SWALLOWED).await;
}
