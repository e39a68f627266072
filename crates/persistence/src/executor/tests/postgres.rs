//! On PostgreSQL.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use testkit::postgres::{Database, Template, database_blocking};

use super::{
    COUNT, Executor, ExecutorSettings, Fault, Refusal, TestSession, block, hasty, insert, sql_query,
};
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
        answer_timeout: bounds.answer,
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
    // Waits until they are dead. Not until none is there: a thread may look after its connection at any time.
    let dead = c.count(&format!("SELECT count(pg_terminate_backend(pid, 10000)) AS count {OURS}")).unwrap();
    assert!(dead > 0);
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

#[tokio::test]
async fn a_thread_that_hangs_is_replaced_and_its_write_undone() {
    let (_database, executor) = fresh(1, hasty());
    let (release, released) = std::sync::mpsc::channel::<()>();
    let hanging = insert(&executor, "a", move || {
        let _ = released.recv();
        Ok(())
    });
    let refused = hanging.await.unwrap();
    assert!(matches!(refused, Err(Fault::Refused(Refusal::NoAnswer))), "{refused:?}");
    insert(&executor, "b", || Ok(())).await.unwrap().unwrap();
    drop(release);
    // The connection is closed when the thread has ended: one is left, that of the new thread.
    wait_for_connections(&executor, 1).await;
    assert_eq!(executor.read(|c: &mut PgConnection| c.count(COUNT)).await.unwrap(), 1);
}

#[tokio::test]
async fn no_more_than_so_many_threads_are_left_behind() {
    let (_database, executor) = fresh(1, hasty());
    let mut hanging = Vec::new();
    // Two are left behind, the third keeps its place.
    for _ in 0..3 {
        let mut block = block(&executor, false).await;
        assert!((&mut block.job).await.unwrap().is_err());
        hanging.push(block);
    }
    let count = |c: &mut PgConnection| c.count(COUNT);
    let start = std::time::Instant::now();
    loop {
        let refused = executor.read(count).await;
        if matches!(refused, Err(Fault::Refused(Refusal::AllHang))) {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(2), "{refused:?}");
    }
    hanging.clear();
    let start = std::time::Instant::now();
    while executor.read(count).await.is_err() {
        assert!(start.elapsed() < Duration::from_secs(2), "does not come back");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    wait_for_connections(&executor, 1).await;
}

#[tokio::test]
async fn dropping_the_executor_does_not_wait_for_threads_that_were_left_behind() {
    let (_database, executor) = fresh(1, hasty());
    let mut block = block(&executor, false).await;
    assert!((&mut block.job).await.unwrap().is_err());
    executor.read(|c: &mut PgConnection| c.count(COUNT)).await.unwrap();
    let start = std::time::Instant::now();
    tokio::task::spawn_blocking(move || drop(executor)).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

/// Waits until the executor has so many connections.
async fn wait_for_connections(executor: &Executor<PgConnection>, wanted: i64) {
    let query = "SELECT count(*) AS count FROM pg_stat_activity
        WHERE application_name = 'healthcore' AND datname = current_database()";
    let start = std::time::Instant::now();
    while executor.read(move |c: &mut PgConnection| c.count(query)).await.unwrap() != wanted {
        assert!(start.elapsed() < Duration::from_secs(5), "connections are left open");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
