//! A session that ends on one replica ends on all.

use std::future::Future;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::postgres::{self, Database, Template};
use tokio::task::JoinSet;

use crate::accounts::{PASSWORD, Tokens, register, sign_in};
use crate::program::{Program, Setup};
use crate::turns;
use crate::wire::Request;

const SESSIONS: usize = 100;
/// How long other replicas may go on taking the tokens of a session that has ended.
const ELSEWHERE: Duration = Duration::from_secs(1);

/// Two replicas on one database.
struct Pair {
    a: Program,
    b: Program,
    _database: Database,
}

impl Pair {
    fn start() -> Self {
        let database = postgres::database_blocking(&Template::empty()).unwrap();
        let setup = Setup::new(&[("database.url", database.url()), ("database.connections", "4")]);
        Self { a: Program::start(&setup), b: Program::start(&setup), _database: database }
    }
}

/// Does something with all of them at once, and gives the results in any order.
async fn all<T, F>(tokens: &[Tokens], what: impl Fn(Tokens) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    for one in tokens {
        tasks.spawn(what(one.clone()));
    }
    tasks.join_all().await
}

/// How many of the access tokens count at this replica.
async fn passing(tokens: &[Tokens], replica: SocketAddr) -> usize {
    let passed = all(tokens, move |one| async move { one.pass(replica).await }).await;
    passed.into_iter().filter(|passed| *passed).count()
}

/// How many of the refresh tokens still count at this replica.
async fn refreshing(tokens: &[Tokens], replica: SocketAddr) -> usize {
    let statuses = all(tokens, move |one| async move { one.refresh(replica).await.status }).await;
    statuses.into_iter().filter(|status| *status != 401).count()
}

/// Sessions of a new user, opened on both replicas, and one more that stays.
async fn sessions(pair: &Pair, name: &str) -> (Tokens, Vec<Tokens>) {
    let own = register(pair.a.address(), name).await;
    let mut tokens = Vec::with_capacity(SESSIONS);
    for number in 0..SESSIONS {
        let replica = if number % 2 == 0 { pair.a.address() } else { pair.b.address() };
        tokens.push(sign_in(replica, name).await);
    }
    (own, tokens)
}

/// All of these sessions have just been ended on A: none counts there at once, and none on B a second later.
async fn are_over(how: &str, pair: &Pair, tokens: &[Tokens], acknowledged: Instant) {
    assert_eq!(passing(tokens, pair.a.address()).await, 0, "{how}: on the same replica");
    loop {
        let asked = acknowledged.elapsed();
        let passed = passing(tokens, pair.b.address()).await;
        if passed == 0 {
            println!("{how}: 0 of {SESSIONS} pass at once, and elsewhere after {asked:.0?}");
            break;
        }
        assert!(asked <= ELSEWHERE, "{how}: {passed} of {SESSIONS} pass elsewhere after {asked:?}");
    }
    for replica in [&pair.a, &pair.b] {
        assert_eq!(refreshing(tokens, replica.address()).await, 0, "{how}: refresh tokens");
    }
}

/// Opens sessions, checks that they are good on both replicas, ends them on A, checks that they are over.
async fn end<F>(how: &str, pair: &Pair, ending: impl FnOnce(SocketAddr, Tokens, Vec<Tokens>) -> F)
where
    F: Future<Output = ()>,
{
    let (own, tokens) = sessions(pair, how).await;
    for replica in [&pair.a, &pair.b] {
        assert_eq!(passing(&tokens, replica.address()).await, SESSIONS, "{how}: before");
    }
    ending(pair.a.address(), own, tokens.clone()).await;
    are_over(how, pair, &tokens, Instant::now()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ended_sessions_are_dead_at_once_here_and_within_a_second_elsewhere() {
    let _turn = turns::alone().await;
    let pair = Pair::start();
    end("logout", &pair, |a, _, tokens| async move {
        let statuses = all(&tokens, move |one| async move {
            let ended = Request::new("POST", "/api/auth/logout/").bearing(&one.access).send(a).await.status;
            (ended, one.pass(a).await)
        });
        assert_eq!(statuses.await, [(204, false); SESSIONS]);
    })
    .await;
    end("logout-all", &pair, |a, own, _| async move {
        Request::new("POST", "/api/auth/logout-all/").bearing(&own.access).send(a).await.is(204);
    })
    .await;
    end("delete", &pair, |a, own, _| async move {
        let listed = Request::get("/api/auth/sessions/").bearing(&own.access).send(a).await.is(200).json();
        let others = listed.as_array().unwrap().iter().filter(|one| one["current"] != Value::Bool(true));
        for one in others {
            let path = format!("/api/auth/sessions/{}/", one["id"].as_str().unwrap());
            Request::new("DELETE", &path).bearing(&own.access).send(a).await.is(204);
        }
    })
    .await;
    end("password", &pair, |a, own, _| async move {
        let change = json!({"current_password": PASSWORD, "new_password": "amber walrus 2203 tunnel"});
        Request::post("/api/auth/password/", &change).bearing(&own.access).send(a).await.is(200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replayed_refresh_token_ends_its_session_everywhere() {
    let _turn = turns::alone().await;
    let pair = Pair::start();
    let (a, b) = (pair.a.address(), pair.b.address());
    let (_, first) = sessions(&pair, "ann").await;
    let latest = all(&first, move |one| async move {
        let second = Tokens::of(&one.refresh(a).await.is(200).json());
        let third = Tokens::of(&second.refresh(b).await.is(200).json());
        (one, third)
    });
    let (stolen, latest): (Vec<_>, Vec<_>) = latest.await.into_iter().unzip();
    assert_eq!(passing(&latest, a).await + passing(&latest, b).await, 2 * SESSIONS);
    assert_eq!(refreshing(&stolen, a).await, 0, "an old token was taken");
    are_over("replay", &pair, &latest, Instant::now()).await;
}
