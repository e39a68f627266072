//! On SQLite, with group commit.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use tempfile::TempDir;

use super::{
    COUNT, Executor, ExecutorSettings, Fault, Refusal, TestSession, block, insert, settle, sql_query,
};
use crate::executor::{Company, Share, group};
use crate::settings::DatabaseSettings;

test_session!(SqliteConnection);
promises!(fresh);

fn fresh(readers: u32, bounds: ExecutorSettings) -> (TempDir, Arc<Executor<SqliteConnection>>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let settings = DatabaseSettings {
        connections: NonZeroU32::new(readers).unwrap(),
        queue: bounds.queue,
        queue_timeout: bounds.patience,
        answer_timeout: bounds.answer,
        ..DatabaseSettings::new(String::new())
    };
    let mut c = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    sql_query("CREATE TABLE notes (text TEXT NOT NULL) STRICT").execute(&mut c).unwrap();
    let executor = crate::sqlite::executor(&path, &settings).unwrap();
    (folder, Arc::new(executor))
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_thread_that_writes_goes_first_where_the_system_lets_it_and_no_other_does() {
    use rustix::process::{getpriority_process, setpriority_process};

    let own = getpriority_process(None).unwrap();
    let asked = std::thread::spawn(|| {
        // Nobody may be allowed to: then all threads stay as they are.
        let _ = setpriority_process(None, -10);
        getpriority_process(None).unwrap()
    });
    let allowed = asked.join().unwrap();
    let (_guard, executor) = fresh(1, roomy());
    let ask = |_: &mut SqliteConnection| Ok::<_, Fault>(getpriority_process(None).unwrap());
    assert_eq!(executor.write(ask).await.unwrap(), allowed);
    assert_eq!(executor.read(ask).await.unwrap(), own);
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let (_guard, executor) = fresh(1, roomy());
    let write = |c: &mut SqliteConnection| c.run("INSERT INTO notes VALUES ('a')");
    assert!(matches!(executor.read(write).await, Err(Fault::Query(_))));
}

/// Work that succeeds, and breaks the commit after it: what it refers to is looked for by `COMMIT`.
async fn breaking(executor: &Executor<SqliteConnection>) -> fn(&mut SqliteConnection) -> Result<(), Fault> {
    let wholes = |c: &mut SqliteConnection| c.run("CREATE TABLE wholes (id INTEGER PRIMARY KEY) STRICT");
    let parts = |c: &mut SqliteConnection| {
        c.run(
            "CREATE TABLE parts (whole INTEGER REFERENCES wholes (id) DEFERRABLE INITIALLY DEFERRED) STRICT",
        )
    };
    executor.write(wholes).await.unwrap();
    executor.write(parts).await.unwrap();
    |c| c.run("INSERT INTO parts VALUES (9)")
}

#[tokio::test]
async fn a_full_commit_is_not_broken_by_calls_that_come_after_it() {
    let (_guard, executor) = fresh(1, roomy());
    let break_commit = breaking(&executor).await;
    let work = move |c: &mut SqliteConnection, is_last: &bool| {
        if *is_last { break_commit(c) } else { c.run("INSERT INTO notes VALUES ('a')") }
    };
    let full = NonZeroUsize::new(group::MOST).unwrap();
    let several = move |c: &mut SqliteConnection, all: &[bool]| {
        all.iter().map(|is_last| work(c, is_last).map(|()| Share::Given(Ok(())))).collect()
    };
    let kin = Arc::new(executor.together(Company::Writes, full, work, several));
    let block = block(&executor, true).await;
    let calls: Vec<_> = (0..=full.get())
        .map(|number| {
            let (executor, kin) = (Arc::clone(&executor), Arc::clone(&kin));
            tokio::spawn(async move { executor.join(&kin, number == full.get()).await })
        })
        .collect();
    settle().await;
    drop(block);
    let mut broken = Vec::new();
    for call in calls {
        broken.push(call.await.unwrap().is_err());
    }
    assert_eq!(broken.pop(), Some(true));
    assert!(!broken.contains(&true), "{broken:?}");
}

#[tokio::test]
async fn nobody_of_a_group_is_told_success_when_the_commit_fails() {
    let (_guard, executor) = fresh(1, roomy());
    let break_commit = breaking(&executor).await;
    let block = block(&executor, true).await;
    let good = insert(&executor, "a", || Ok(()));
    let breaking = {
        let executor = Arc::clone(&executor);
        tokio::spawn(async move { executor.write(break_commit).await })
    };
    settle().await;
    drop(block);
    assert!(matches!(good.await.unwrap(), Err(Fault::Refused(Refusal::NotCommitted(_)))));
    assert!(matches!(breaking.await.unwrap(), Err(Fault::Refused(Refusal::NotCommitted(_)))));
    assert_eq!(executor.read(|c: &mut SqliteConnection| c.count(COUNT)).await.unwrap(), 0);
    insert(&executor, "b", || Ok(())).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_job_that_ends_the_transaction_itself_costs_nobody_a_false_success() {
    let (_guard, executor) = fresh(1, roomy());
    let block = block(&executor, true).await;
    let before = insert(&executor, "a", || Ok(()));
    let rogue = {
        let executor = Arc::clone(&executor);
        tokio::spawn(async move { executor.write(|c: &mut SqliteConnection| c.run("ROLLBACK")).await })
    };
    let after = insert(&executor, "b", || Ok(()));
    settle().await;
    drop(block);
    assert!(matches!(before.await.unwrap(), Err(Fault::Refused(Refusal::NotCommitted(_)))));
    assert!(rogue.await.unwrap().is_err());
    after.await.unwrap().unwrap();
    assert_eq!(executor.read(|c: &mut SqliteConnection| c.count(COUNT)).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_see_what_was_acknowledged() {
    let (_guard, executor) = fresh(2, roomy());
    for expected in 1..=50 {
        insert(&executor, "a", || Ok(())).await.unwrap().unwrap();
        assert_eq!(executor.read(|c: &mut SqliteConnection| c.count(COUNT)).await.unwrap(), expected);
    }
}

#[tokio::test]
async fn a_write_that_has_begun_is_told_its_outcome_however_long_it_takes() {
    let (_guard, executor) = fresh(1, super::hasty());
    let slow = insert(&executor, "a", || {
        std::thread::sleep(Duration::from_millis(600));
        Ok(())
    });
    slow.await.unwrap().unwrap();
    assert_eq!(executor.read(|c: &mut SqliteConnection| c.count(COUNT)).await.unwrap(), 1);
}
