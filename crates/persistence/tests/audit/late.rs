//! On PostgreSQL ids are drawn in one order and committed in another: no event may be passed over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use testkit::fixed::instant;

use super::database::{Database, Kind, append, key, seal};

const INSERT: &str = "INSERT INTO audit_events (at, operation, outcome, request_id, fields)
    VALUES (now(), 'tests_run', 'done', 'raw', '')";

#[tokio::test]
async fn an_event_that_is_committed_late_is_sealed_with_all_others() {
    let database = Database::new(Kind::Postgres).await;
    let trail = database.trail(Some(key()));
    append(&*trail, 0, 3).await;
    let before = seal(&*trail, 3).await;
    let mut late = database.raw();
    late.run(&format!("BEGIN; {INSERT}"));
    append(&*trail, 3, 3).await;
    for _ in 0..5 {
        assert_eq!(trail.seal(instant()).await.unwrap(), Some(before.clone()));
    }
    let found = trail.verify(&[]).await.unwrap();
    assert_eq!((found.unsealed, found.broken), (3, None));
    late.run("COMMIT");
    let after = seal(&*trail, 7).await;
    let found = trail.verify(&[before, after]).await.unwrap();
    assert_eq!((found.events, found.unsealed, found.broken), (7, 0, None));
}

#[tokio::test]
async fn an_event_that_is_given_up_holds_nothing_up() {
    let database = Database::new(Kind::Postgres).await;
    let trail = database.trail(None);
    let mut late = database.raw();
    late.run(&format!("BEGIN; {INSERT}"));
    append(&*trail, 0, 1).await;
    assert_eq!(trail.seal(instant()).await.unwrap(), None);
    late.run("ROLLBACK");
    assert_eq!(seal(&*trail, 1).await.event.get(), 2);
}

#[tokio::test]
async fn nothing_is_passed_over_while_many_write() {
    let database = Database::new(Kind::Postgres).await;
    let trail = database.trail(Some(key()));
    let (is_over, committed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicI64::new(0)));
    let writers: Vec<_> = (0..6)
        .map(|writer| {
            let (mut raw, is_over, committed) =
                (database.raw(), Arc::clone(&is_over), Arc::clone(&committed));
            std::thread::spawn(move || {
                for turn in 0.. {
                    if is_over.load(Ordering::SeqCst) {
                        return;
                    }
                    // Transactions of many lengths, some of which are given up, some with an event in a savepoint.
                    let pause = f64::from((turn * 7 + writer * 3) % 10) / 1000.0;
                    let savepoint = if turn % 2 == 0 { "SAVEPOINT s;" } else { "" };
                    let end = if turn % 5 == 0 { "ROLLBACK" } else { "COMMIT" };
                    raw.run(&format!("BEGIN; {savepoint} {INSERT}; SELECT pg_sleep({pause}); {end}"));
                    committed.fetch_add(i64::from(turn % 5 != 0), Ordering::SeqCst);
                }
            })
        })
        .collect();
    let start = Instant::now();
    let mut heads = Vec::new();
    while start.elapsed() < Duration::from_secs(3) || heads.len() < 3 {
        heads.extend(trail.seal(instant()).await.unwrap());
        assert!(start.elapsed() < Duration::from_secs(30), "nothing was sealed");
    }
    is_over.store(true, Ordering::SeqCst);
    for writer in writers {
        writer.join().unwrap();
    }
    let committed = committed.load(Ordering::SeqCst);
    heads.push(seal(&*trail, committed).await);
    let found = trail.verify(&heads).await.unwrap();
    assert_eq!((found.events, found.unsealed, found.broken), (committed, 0, None));
}
