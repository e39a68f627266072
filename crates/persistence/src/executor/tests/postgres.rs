//! On PostgreSQL.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use testkit::postgres::{Database, Template, database_blocking};

use super::{COUNT, Executor, ExecutorSettings, Fault, TestSession, insert, sql_query};
use crate::settings::DatabaseSettings;
use crate::url::DatabaseUrl;

test_session!(PgConnection);
promises!(fresh);

fn fresh(threads: u32, bounds: ExecutorSettings) -> (Database, Arc<Executor<PgConnection>>) {
    let database = database_blocking(&Template::empty()).unwrap();
    let mut c = PgConnection::establish(database.url()).unwrap();
    sql_query("CREATE TABLE notes (text TEXT NOT NULL)").execute(&mut c).unwrap();
    let settings = DatabaseSettings {
        connections: NonZeroU32::new(threads).unwrap(),
        queue: bounds.queue,
        queue_timeout: bounds.patience,
        ..DatabaseSettings::new(database.url())
    };
    #[allow(irrefutable_let_patterns, reason = "refutable when SQLite is compiled in")]
    let DatabaseUrl::Postgres(url) = DatabaseUrl::parse(database.url()).unwrap() else {
        panic!("PostgreSQL")
    };
    let executor = crate::postgres::executor(&url, &settings).unwrap();
    (database, Arc::new(executor))
}

/// As after a restart of the server: every connection of the pool is dead, and nobody has noticed.
fn kill_connections(database: &Database, threads: i64) {
    let mut c = PgConnection::establish(database.url()).unwrap();
    let mut wait_for = |wanted: i64| {
        while c.count(&format!("SELECT count(*) AS count {OURS}")).unwrap() != wanted {
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    // A connection that is just being opened would die unnoticed after its first answer.
    wait_for(threads);
    let mut killer = PgConnection::establish(database.url()).unwrap();
    sql_query(format!("SELECT pg_terminate_backend(pid) {OURS}")).execute(&mut killer).unwrap();
    wait_for(0);
}

const OURS: &str = "FROM pg_stat_activity
    WHERE application_name = 'healthcore' AND datname = current_database() AND state = 'idle'";

#[tokio::test(flavor = "multi_thread")]
async fn no_read_fails_when_all_connections_die() {
    let (database, executor) = fresh(4, roomy());
    for _ in 0..3 {
        kill_connections(&database, 4);
        let reads: Vec<_> = (0..20)
            .map(|_| {
                let executor = Arc::clone(&executor);
                tokio::spawn(async move { executor.read(|c: &mut PgConnection| c.count(COUNT)).await })
            })
            .collect();
        for read in reads {
            assert_eq!(read.await.unwrap().unwrap(), 0);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_could_not_begin_is_tried_on_another_connection() {
    let (database, executor) = fresh(4, roomy());
    for _ in 0..3 {
        kill_connections(&database, 4);
        insert(&executor, "a", || Ok(())).await.unwrap().unwrap();
    }
    assert_eq!(executor.read(|c: &mut PgConnection| c.count(COUNT)).await.unwrap(), 3);
}

#[tokio::test]
async fn a_write_whose_connection_dies_half_way_is_not_repeated() {
    let (_database, executor) = fresh(1, roomy());
    let answer = executor
        .write(|c: &mut PgConnection| {
            c.run("INSERT INTO notes VALUES ('a')")?;
            c.run("SELECT pg_terminate_backend(pg_backend_pid())")
        })
        .await;
    assert!(matches!(answer, Err(Fault::Query(_))), "{answer:?}");
    assert_eq!(executor.read(|c: &mut PgConnection| c.count(COUNT)).await.unwrap(), 0);
}
