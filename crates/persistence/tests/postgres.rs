//! The stores on PostgreSQL: the contract of every port, and what is particular to a server.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::num::NonZeroU32;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use domain::ports::RepositoryError;
use domain::{HumanName, PatientDetails, PersonName};
use persistence::{DatabaseSettings, Stores};
use testkit::contract::{Deactivate, Limiters, Repositories, Throttles};
use testkit::postgres::{self, Database, Template};
use testkit::{builders, fixed};

testkit::repository_contract!(fresh());
testkit::rate_limit_contract!(limiters());
testkit::sign_in_contract!(throttles());

async fn fresh() -> Repositories {
    let database = migrated().await;
    let stores = stores(&database);
    let url = database.url().to_owned();
    let deactivate = move |user: domain::UserId| {
        let mut c = PgConnection::establish(&url).unwrap();
        async move { c.batch_execute(&format!("UPDATE users SET is_active = false WHERE id = {user}")).unwrap() }
    };
    Repositories {
        users: stores.users,
        sessions: stores.sessions,
        invitations: stores.invitations,
        patients: stores.patients,
        doctors: stores.doctors,
        mappings: stores.mappings,
        history: stores.history,
        eraser: stores.eraser,
        intake: stores.intake,
        audit: stores.audit,
        deactivate: Deactivate::by(deactivate),
        guard: Box::new(database),
    }
}

async fn limiters() -> Limiters {
    let database = migrated().await;
    let [one, other] = [(), ()].map(|()| stores(&database).limiter.unwrap());
    Limiters { one, other, guard: Box::new(database) }
}

async fn throttles() -> Throttles {
    let database = migrated().await;
    let [one, other] = [(), ()].map(|()| stores(&database).throttle);
    Throttles { one, other, guard: Box::new(database) }
}

async fn migrated() -> Database {
    let migrate = |url: &str| persistence::migrate(url).map(drop).map_err(Into::into);
    postgres::database(&Template::new("persistence", migrate)).await.unwrap()
}

fn stores(database: &Database) -> Stores {
    let connections = NonZeroU32::new(4).unwrap();
    Stores::connect(&DatabaseSettings { connections, ..DatabaseSettings::new(database.url()) }).unwrap()
}

#[test]
fn migrations_are_applied_once_however_many_start() {
    let database = postgres::database_blocking(&Template::empty()).unwrap();
    let url = database.url();
    let all = persistence::pending(url).unwrap();
    let start = Barrier::new(8);
    let applied: Vec<String> = thread::scope(|scope| {
        let migrate = || {
            start.wait();
            persistence::migrate(url).unwrap()
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(migrate)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(applied, all);
    assert!(persistence::pending(url).unwrap().is_empty());
}

#[test]
fn every_migration_can_be_taken_back_and_applied_again() {
    let database = postgres::database_blocking(&Template::empty()).unwrap();
    let url = database.url();
    let all = persistence::migrate(url).unwrap();
    let mut reverted = 0;
    while persistence::revert(url).unwrap().is_some() {
        reverted += 1;
    }
    assert_eq!(reverted, all.len());
    assert_eq!(persistence::migrate(url).unwrap(), all);
}

#[tokio::test]
async fn the_probe_fails_until_the_migrations_are_applied() {
    let database = postgres::database(&Template::empty()).await.unwrap();
    let stores = stores(&database);
    assert!(stores.probe.check().await.is_err());
    persistence::migrate(database.url()).unwrap();
    stores.probe.check().await.unwrap();
}

#[test]
fn an_error_of_opening_tells_the_reason_and_never_the_password() {
    let database = postgres::database_blocking(&Template::empty()).unwrap();
    let (scheme, rest) = database.url().split_once("://").unwrap();
    let server = rest.rsplit_once('@').map_or(rest, |(_, server)| server);
    let server = server.rsplit_once('/').unwrap().0;
    let url = format!("{scheme}://nobody:s3cr%23t@{server}/nothing");
    let error = Stores::connect(&DatabaseSettings::new(&url)).err().unwrap().to_string();
    assert!(error.contains("nobody"), "{error}");
    for url in [
        "postgres://u:hidden@127.0.0.1:1/db",
        "postgres://u:hidden@h/db?sslmode=nonsense",
        "postgres://u:hid%zzden@h/db",
    ] {
        let error = Stores::connect(&DatabaseSettings::new(url)).err().unwrap();
        assert!(!format!("{error} {error:?}").contains("hid"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_no_connections_is_unavailable_soon_and_back_at_once() {
    let database = migrated().await;
    let stores = stores(&database);
    stores.probe.check().await.unwrap();
    let mut admin = PgConnection::establish(&admin_url(&database)).unwrap();
    let name = database.name();
    // A connection that is just being opened would not be ended, and answer.
    let threads: usize = stores.load.lanes().iter().map(|lane| lane.threads).sum();
    let open = format!("(SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}' AND state = 'idle')");
    while diesel::select(sql::<BigInt>(&open)).get_result::<i64>(&mut admin)
        != Ok(threads.try_into().unwrap())
    {
        thread::sleep(Duration::from_millis(5));
    }
    let close = format!(
        "ALTER DATABASE {name} ALLOW_CONNECTIONS false;
         SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{name}'"
    );
    admin.batch_execute(&close).unwrap();
    let start = Instant::now();
    for _ in 0..8 {
        assert!(matches!(stores.probe.check().await, Err(RepositoryError::Unavailable(_))));
    }
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    admin.batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).unwrap();
    let start = Instant::now();
    while stores.probe.check().await.is_err() {
        assert!(start.elapsed() < Duration::from_secs(2), "still away");
    }
}

/// An entry of a B-tree holds some 2,700 bytes; some letters fold to eighteen.
#[tokio::test]
async fn the_name_with_the_longest_key_can_be_stored() {
    let database = migrated().await;
    let stores = stores(&database);
    let owner = stores
        .users
        .insert(&builders::user().done(), None, &fixed::stamped(fixed::instant()))
        .await
        .unwrap()
        .id;
    let part = |step: u32| {
        let letters = (0..150).filter_map(|n| char::from_u32(0x3300 + n * step % 0x58)).collect::<String>();
        PersonName::parse(&letters).ok()
    };
    let name = HumanName::from_parts(part(7), part(13)).unwrap();
    assert!(name.key().len() > 3000);
    stores
        .patients
        .insert(owner, &PatientDetails::named(name), &fixed::stamped(fixed::instant()))
        .await
        .unwrap();
}

/// The database `postgres` of the same server.
fn admin_url(database: &Database) -> String {
    let (server, rest) = database.url().rsplit_once('/').unwrap();
    let query = rest.split_once('?').map(|(_, query)| format!("?{query}")).unwrap_or_default();
    format!("{server}/postgres{query}")
}
