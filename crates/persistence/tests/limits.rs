//! What the counters of attempts and of requests leave in the tables.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::SqliteConnection;
use domain::{Attempt, Quota, Timestamp};
use persistence::{DatabaseSettings, Stores};
use testkit::fixed::{instant, seconds_later};
use testkit::postgres::{self, Database, Template};

#[derive(QueryableByName)]
struct Key {
    #[diesel(sql_type = Text)]
    key: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

const OLD_ATTEMPTS: &str = "SELECT count(*) AS count FROM sign_in_attempts WHERE since < '2026-03-04 06:00Z'";
const OLD_ATTEMPTS_AS_TEXT: &str =
    "SELECT count(*) AS count FROM sign_in_attempts WHERE since < '2026-03-04T06:00'";
const OLD_RATES: &str = "SELECT count(*) AS count FROM rate_limits WHERE arrives_at < '2026-03-04 06:00Z'";

async fn migrated() -> (Database, Stores, PgConnection) {
    let database = postgres::database(&Template::empty()).await.unwrap();
    persistence::migrate(database.url()).unwrap();
    let stores = Stores::connect(&DatabaseSettings::new(database.url())).unwrap();
    let c = PgConnection::establish(database.url()).unwrap();
    (database, stores, c)
}

/// As many attempts, each on an account of its own from an address of its own.
async fn attempts(stores: &Stores, count: u32, from: u32, now: Timestamp) {
    for number in from..from + count {
        let attempt = Attempt { account: format!("account-{number}"), address: format!("address-{number}") };
        stores.throttle.admit(&attempt, now).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn no_name_and_no_address_is_stored() {
    let (_database, stores, mut c) = migrated().await;
    let attempt = Attempt { account: "correct horse".to_owned(), address: "192.0.2.1".to_owned() };
    stores.throttle.admit(&attempt, instant()).await.unwrap().unwrap();
    let quota = Quota::parse("20/second").unwrap();
    stores.limiter.unwrap().take("192.0.2.1", quota, instant()).await.unwrap();
    let keys = "SELECT key FROM sign_in_attempts UNION ALL SELECT key FROM rate_limits";
    let keys: Vec<Key> = diesel::sql_query(keys).load(&mut c).unwrap();
    assert_eq!(keys.len(), 4);
    for Key { key } in keys {
        assert!(key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit()), "{key}");
    }
}

#[tokio::test]
async fn the_counters_of_postgres_are_not_logged() {
    let (_database, _stores, mut c) = migrated().await;
    let unlogged = "SELECT relname::text AS key FROM pg_class
        WHERE relpersistence = 'u' AND relkind = 'r' ORDER BY relname";
    let tables: Vec<Key> = diesel::sql_query(unlogged).load(&mut c).unwrap();
    let tables: Vec<String> = tables.into_iter().map(|table| table.key).collect();
    assert_eq!(tables, ["rate_limits", "sign_in_attempts"]);
}

#[tokio::test]
async fn attempts_that_count_no_more_are_removed_from_postgres() {
    let (_database, stores, mut c) = migrated().await;
    let mut old = || diesel::sql_query(OLD_ATTEMPTS).get_result::<Count>(&mut c).unwrap().count;
    attempts(&stores, 255, 0, instant()).await;
    assert_eq!(old(), 255 * 3);
    // Their window is not over yet.
    attempts(&stores, 1, 1000, seconds_later(3599)).await;
    assert_eq!(old(), 255 * 3);
    attempts(&stores, 256, 2000, seconds_later(3600)).await;
    assert_eq!(old(), 0);
}

#[tokio::test]
async fn attempts_that_count_no_more_are_removed_from_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let url = format!("sqlite://{}", path.display());
    persistence::migrate(&url).unwrap();
    let stores = Stores::connect(&DatabaseSettings::new(&url)).unwrap();
    assert!(stores.limiter.is_none());
    let mut c = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let mut old = || diesel::sql_query(OLD_ATTEMPTS_AS_TEXT).get_result::<Count>(&mut c).unwrap().count;
    attempts(&stores, 200, 0, instant()).await;
    assert_eq!(old(), 200 * 3);
    attempts(&stores, 56, 2000, seconds_later(3600)).await;
    assert_eq!(old(), 0);
}

#[tokio::test]
async fn rates_of_callers_that_have_all_of_their_requests_are_removed() {
    let (_database, stores, mut c) = migrated().await;
    let mut old = || diesel::sql_query(OLD_RATES).get_result::<Count>(&mut c).unwrap().count;
    let limiter = stores.limiter.unwrap();
    let quota = Quota::parse("20/second").unwrap();
    for number in 0..500 {
        limiter.take(&format!("caller {number}"), quota, instant()).await.unwrap();
    }
    assert_eq!(old(), 500);
    for _ in 0..524 {
        limiter.take("someone else", quota, seconds_later(3600)).await.unwrap();
    }
    assert_eq!(old(), 0);
}
