//! PostgreSQL goes away in every way a database can, and comes back: no call hangs, and none needs a restart.

#![cfg(feature = "postgres")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]
#![expect(clippy::print_stdout, reason = "the measured times are worth reading")]

#[path = "outage/proxy.rs"]
mod proxy;

use std::num::{NonZeroU32, NonZeroUsize};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::ports::RepositoryError;
use domain::{HumanName, PatientDetails, PersonName, UserId};
use persistence::{DatabaseSettings, Stores};
use testkit::postgres::{Options, PostgresServer};
use testkit::{builders, fixed};
use tokio::task::JoinSet;

use self::proxy::Proxy;

/// A stopped server is noticed so soon, and used again so soon after its return.
const STOPPED: Duration = Duration::from_secs(2);
/// A server that swallows everything is noticed so soon, and used again so soon afterwards.
const SWALLOWED: Duration = Duration::from_secs(5);

fn server() -> PostgresServer {
    let server = PostgresServer::start(&Options::fast()).unwrap();
    persistence::migrate(&server.url("postgres")).unwrap();
    server
}

fn settings(url: &str) -> DatabaseSettings {
    DatabaseSettings { connections: NonZeroU32::new(4).unwrap(), ..DatabaseSettings::new(url) }
}

/// The address of `server` through `proxy`.
fn through(proxy: &Proxy) -> String {
    format!("postgres://postgres@127.0.0.1:{}/postgres", proxy.port())
}

/// A read or a write, as a caller sees it.
async fn call(stores: &Stores, number: usize) -> Result<(), RepositoryError> {
    if number.is_multiple_of(2) {
        stores.probe.check().await
    } else {
        // The first user of a new database.
        let owner = UserId::new(1).unwrap();
        let name = HumanName::from_full(PersonName::parse("Anna Blume").unwrap());
        stores
            .patients
            .insert(owner, &PatientDetails::named(name), &fixed::stamped(fixed::instant()))
            .await
            .map(drop)
    }
}

/// What many calls came to.
struct Burst {
    answered: usize,
    slowest: Duration,
}

/// Calls at once; each must succeed or say that the database is unavailable.
async fn burst(stores: &Stores, calls: usize) -> Burst {
    let mut running = JoinSet::new();
    for number in 0..calls {
        let stores = stores.clone();
        running.spawn(async move {
            let start = Instant::now();
            (call(&stores, number).await, start.elapsed())
        });
    }
    let mut burst = Burst { answered: 0, slowest: Duration::ZERO };
    while let Some(ended) = running.join_next().await {
        let (result, took) = ended.unwrap();
        match result {
            Ok(()) => burst.answered += 1,
            Err(RepositoryError::Unavailable(_)) => {}
            Err(other) => panic!("{other:?}"),
        }
        burst.slowest = burst.slowest.max(took);
    }
    burst
}

/// The server is away: bursts one after the other for `time`, of which none succeeds or is slow.
async fn is_away(what: &str, stores: &Stores, time: Duration, limit: Duration) {
    let start = Instant::now();
    let mut slowest = Duration::ZERO;
    while start.elapsed() < time {
        let burst = burst(stores, 40).await;
        assert_eq!(burst.answered, 0, "{what}: somebody was answered");
        slowest = slowest.max(burst.slowest);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!("{what}: the slowest refusal took {slowest:?}");
    assert!(slowest < limit, "{what}: {slowest:?}");
}

/// The server is back: every call succeeds again soon, and from then on.
async fn comes_back(what: &str, stores: &Stores, limit: Duration) {
    let start = Instant::now();
    loop {
        let burst = burst(stores, 8).await;
        if burst.answered == 8 {
            break;
        }
        assert!(start.elapsed() < limit, "{what}: still away");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!("{what}: back after {:?}", start.elapsed());
    assert!(start.elapsed() < limit, "{what}: {:?}", start.elapsed());
    assert_eq!(burst(stores, 40).await.answered, 40, "{what}: not for good");
}

async fn with_user(stores: &Stores) {
    stores.users.insert(&builders::user().done(), None, &fixed::stamped(fixed::instant())).await.unwrap();
    assert_eq!(burst(stores, 8).await.answered, 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_server_is_unavailable_soon_and_used_again_soon() {
    let mut server = server();
    let stores = Stores::connect(&settings(&server.url("postgres"))).unwrap();
    with_user(&stores).await;
    for _ in 0..2 {
        server.stop().unwrap();
        is_away("stopped", &stores, Duration::from_secs(2), STOPPED).await;
        server.start_again().unwrap();
        comes_back("stopped", &stores, STOPPED).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_under_load_fails_no_call_for_any_other_reason() {
    let mut server = server();
    let stores = Stores::connect(&settings(&server.url("postgres"))).unwrap();
    with_user(&stores).await;
    let busy = stores.clone();
    let load = tokio::spawn(async move {
        let mut slowest = Duration::ZERO;
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(3) {
            slowest = slowest.max(burst(&busy, 40).await.slowest);
        }
        slowest
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.crash().unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    server.start_again().unwrap();
    comes_back("crashed", &stores, STOPPED).await;
    let slowest = load.await.unwrap();
    println!("crashed: the slowest answer took {slowest:?}");
    assert!(slowest < STOPPED, "{slowest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_server_lets_no_call_hang() {
    let server = server();
    let stores = Stores::connect(&settings(&server.url("postgres"))).unwrap();
    with_user(&stores).await;
    let frozen = Frozen::freeze(&server);
    is_away("frozen", &stores, Duration::from_secs(8), SWALLOWED).await;
    drop(frozen);
    comes_back("frozen", &stores, SWALLOWED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_swallows_everything_lets_no_call_hang() {
    let server = server();
    let proxy = Proxy::start(server.port());
    let stores = Stores::connect(&settings(&through(&proxy))).unwrap();
    with_user(&stores).await;
    for _ in 0..2 {
        proxy.swallow(true);
        is_away("swallowed", &stores, Duration::from_secs(8), SWALLOWED).await;
        // What was swallowed is lost: the connections of that time stay dead for ever.
        proxy.swallow(false);
        comes_back("swallowed", &stores, SWALLOWED).await;
    }
    let open = proxy.open();
    println!("swallowed: {open} connections are open in the end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_resets_every_connection_is_unavailable_soon_and_used_again_soon() {
    let server = server();
    let proxy = Proxy::start(server.port());
    let stores = Stores::connect(&settings(&through(&proxy))).unwrap();
    with_user(&stores).await;
    proxy.reset(true);
    is_away("reset", &stores, Duration::from_secs(2), STOPPED).await;
    proxy.reset(false);
    comes_back("reset", &stores, STOPPED).await;
}

/// Two connections, both held up by a lock, and room for 50 calls.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_on_an_exhausted_pool_is_refused_or_served() {
    use diesel::connection::SimpleConnection as _;
    use diesel::{Connection as _, PgConnection};
    let server = server();
    let url = server.url("postgres");
    let stores = Stores::connect(&DatabaseSettings {
        connections: NonZeroU32::new(2).unwrap(),
        queue: NonZeroUsize::new(50).unwrap(),
        ..DatabaseSettings::new(&url)
    })
    .unwrap();
    with_user(&stores).await;
    let mut lock = PgConnection::establish(&url).unwrap();
    lock.batch_execute("BEGIN; LOCK TABLE patients, __diesel_schema_migrations").unwrap();
    let stores = Arc::new(stores);
    let start = Instant::now();
    let flood = burst(&stores, 1000).await;
    println!("exhausted: the slowest of 1000 refusals took {:?}", flood.slowest);
    assert_eq!(flood.answered, 0);
    assert!(start.elapsed() < SWALLOWED, "{:?}", start.elapsed());
    lock.batch_execute("ROLLBACK").unwrap();
    comes_back("exhausted", &stores, STOPPED).await;
}

/// All processes of a server, stopped where they are: the system still accepts what is sent to them.
struct Frozen(Vec<String>);

impl Frozen {
    fn freeze(server: &PostgresServer) -> Self {
        let main = server.pid().unwrap().to_string();
        // The main process first, so that it starts no other ones.
        signal("STOP", std::slice::from_ref(&main));
        let children = Command::new("ps").args(["-o", "pid=", "--ppid", &main]).output().unwrap();
        let children = String::from_utf8(children.stdout).unwrap();
        let mut all = vec![main];
        all.extend(children.split_whitespace().map(str::to_owned));
        assert!(all.len() > 2, "{all:?}");
        let frozen = Self(all);
        signal("STOP", &frozen.0);
        frozen
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        signal("CONT", &self.0);
    }
}

fn signal(name: &str, pids: &[String]) {
    assert!(Command::new("kill").args(["-s", name]).args(pids).status().unwrap().success());
}
