//! One call that is held up, or fails half-way, does no harm to those who share its transaction.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel::sqlite::SqliteConnection;
use persistence::{DatabaseSettings, Stores};
use testkit::postgres::{self, Template};
use testkit::{builders, fixed};
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_lock_holds_up_nobody_else() {
    let database = postgres::database(&Template::empty()).await.unwrap();
    persistence::migrate(database.url()).unwrap();
    let connections = NonZeroU32::new(2).unwrap();
    let settings = DatabaseSettings { connections, ..DatabaseSettings::new(database.url()) };
    let stores = Arc::new(Stores::connect(&settings).unwrap());
    let mut owners = Vec::new();
    for name in ["held", "free"] {
        let user = builders::user().username(name).done();
        let stamp = fixed::stamped(fixed::instant());
        owners.push(stores.users.insert(&user, None, &stamp).await.unwrap().id);
    }
    let (held, free) = (owners[0], owners[1]);
    let mut lock = PgConnection::establish(database.url()).unwrap();
    lock.batch_execute(&format!("BEGIN; SELECT id FROM users WHERE id = {held} FOR UPDATE")).unwrap();
    let insert = |owner| {
        let stores = Arc::clone(&stores);
        async move {
            let stamp = fixed::stamped(fixed::instant());
            stores.patients.insert(owner, &builders::patient().done(), &stamp).await
        }
    };
    let start = Instant::now();
    let mut all = JoinSet::new();
    for number in 0..60 {
        if number != 20 {
            all.spawn(insert(free));
        }
    }
    let waits = tokio::spawn(insert(held));
    for made in all.join_all().await {
        assert_eq!(made.unwrap().owner, free);
    }
    // Less than a statement may wait for a lock.
    assert!(start.elapsed() < Duration::from_millis(1800), "{:?}", start.elapsed());
    assert!(!waits.is_finished());
    lock.batch_execute("ROLLBACK").unwrap();
    assert_eq!(waits.await.unwrap().unwrap().owner, held);
}

#[tokio::test]
async fn what_fails_half_way_leaves_nothing_behind_and_all_others_are_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let url = format!("sqlite://{}", path.display());
    persistence::migrate(&url).unwrap();
    let stores = Arc::new(Stores::connect(&DatabaseSettings::new(&url)).unwrap());
    let stamp = fixed::stamped(fixed::instant());
    let owner = stores.users.insert(&builders::user().done(), None, &stamp).await.unwrap().id;
    let mut other = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    other
        .batch_execute(
            "CREATE TRIGGER broken AFTER INSERT ON patient_words WHEN NEW.word = 'broken' \
             BEGIN SELECT RAISE(ABORT, 'no such word'); END; \
             BEGIN IMMEDIATE",
        )
        .unwrap();
    let mut all = JoinSet::new();
    for number in 0..30 {
        let (stores, stamp) = (Arc::clone(&stores), stamp.clone());
        let name = if number == 20 { "Broken" } else { "Whole" };
        all.spawn(async move {
            stores.patients.insert(owner, &builders::patient().named(name).done(), &stamp).await
        });
    }
    // All of them wait for the thread that waits for the lock.
    tokio::task::yield_now().await;
    other.batch_execute("ROLLBACK").unwrap();
    let made = all.join_all().await;
    assert_eq!(made.iter().filter(|made| made.is_err()).count(), 1);
    let counts = diesel::sql_query(
        "SELECT (SELECT count(*) FROM patients WHERE name = 'Whole') AS whole, \
         (SELECT count(*) FROM patients) AS patients, \
         (SELECT count(*) FROM audit_events WHERE patient_id IS NOT NULL) AS events",
    );
    let counts: Counts = counts.get_result(&mut other).unwrap();
    assert_eq!(counts, Counts { whole: 29, patients: 29, events: 29 });
}

#[derive(QueryableByName, PartialEq, Eq, Debug)]
struct Counts {
    #[diesel(sql_type = BigInt)]
    whole: i64,
    #[diesel(sql_type = BigInt)]
    patients: i64,
    #[diesel(sql_type = BigInt)]
    events: i64,
}
