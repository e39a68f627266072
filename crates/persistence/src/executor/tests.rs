//! The promises of the executor, on both databases.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::BigInt;
use tokio::task::JoinHandle;

use super::{Executor, ExecutorSettings, JobError, Refusal, Session};

/// What a test job fails with.
#[derive(Debug)]
enum Fault {
    Refused(Refusal),
    Query(diesel::result::Error),
    Wanted,
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<diesel::result::Error> for Fault {
    fn from(error: diesel::result::Error) -> Self {
        Self::Query(error)
    }
}

impl JobError for Fault {
    fn connection_lost(&self) -> bool {
        matches!(
            self,
            Self::Query(diesel::result::Error::DatabaseError(
                diesel::result::DatabaseErrorKind::ClosedConnection
                    | diesel::result::DatabaseErrorKind::UnableToSendCommand,
                _
            ))
        )
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Both connection types, as these tests use them.
trait TestSession: Session {
    fn run(&mut self, sql: &str) -> Result<(), Fault>;
    fn count(&mut self, sql: &str) -> Result<i64, Fault>;
}

/// For use in a submodule.
macro_rules! test_session {
    ($connection:ty) => {
        impl TestSession for $connection {
            fn run(&mut self, sql: &str) -> Result<(), Fault> {
                sql_query(sql).execute(self)?;
                Ok(())
            }

            fn count(&mut self, sql: &str) -> Result<i64, Fault> {
                Ok(sql_query(sql).get_result::<super::Count>(self)?.count)
            }
        }
    };
}

const COUNT: &str = "SELECT count(*) AS count FROM notes";

fn settings(queue: usize, patience: Duration) -> ExecutorSettings {
    ExecutorSettings { queue: NonZeroUsize::new(queue).unwrap(), patience, answer: Duration::from_secs(20) }
}

fn roomy() -> ExecutorSettings {
    settings(1024, Duration::from_secs(20))
}

/// Nobody waits for an answer for long.
fn hasty() -> ExecutorSettings {
    ExecutorSettings { answer: Duration::from_millis(200), ..roomy() }
}

/// Keeps a thread busy until the sender is dropped.
struct Block {
    _release: mpsc::Sender<()>,
    job: JoinHandle<Result<(), Fault>>,
}

async fn block<C: TestSession>(executor: &Arc<Executor<C>>, writes: bool) -> Block {
    let (started, has_started) = tokio::sync::oneshot::channel();
    let (release, released) = mpsc::channel::<()>();
    let work = move |_: &mut C| {
        let _ = started.send(());
        let _ = released.recv();
        Ok(())
    };
    let executor = Arc::clone(executor);
    let job = tokio::spawn(async move {
        if writes { executor.write(work).await } else { executor.read(once(work)).await }
    });
    has_started.await.unwrap();
    Block { _release: release, job }
}

/// A read that is known to run once.
fn once<C, T>(
    work: impl FnOnce(&mut C) -> Result<T, Fault> + Send,
) -> impl Fn(&mut C) -> Result<T, Fault> + Send {
    let work = std::sync::Mutex::new(Some(work));
    move |c| (work.lock().unwrap().take().unwrap())(c)
}

/// Lets the other tasks put their jobs into the queue.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

fn insert<C: TestSession>(
    executor: &Arc<Executor<C>>,
    text: &'static str,
    after: impl FnOnce() -> Result<(), Fault> + Send + 'static,
) -> JoinHandle<Result<(), Fault>> {
    let executor = Arc::clone(executor);
    tokio::spawn(async move {
        executor
            .write(move |c: &mut C| {
                c.run(&format!("INSERT INTO notes VALUES ('{text}')"))?;
                after()
            })
            .await
    })
}

async fn a_failing_and_a_panicking_write_take_nobody_along<C: TestSession>(executor: Arc<Executor<C>>) {
    let block = block(&executor, true).await;
    let good = insert(&executor, "a", || Ok(()));
    let failing = insert(&executor, "b", || Err(Fault::Wanted));
    let panicking = insert(&executor, "c", || panic!("wanted"));
    let also_good = insert(&executor, "d", || Ok(()));
    settle().await;
    drop(block);
    good.await.unwrap().unwrap();
    also_good.await.unwrap().unwrap();
    assert!(matches!(failing.await.unwrap(), Err(Fault::Wanted)));
    assert!(matches!(panicking.await.unwrap(), Err(Fault::Refused(Refusal::Panicked))));
    assert_eq!(executor.read(|c: &mut C| c.count(COUNT)).await.unwrap(), 2);
}

async fn a_panicking_read_leaves_the_thread_alive<C: TestSession>(executor: Arc<Executor<C>>) {
    for _ in 0..20 {
        let answer: Result<(), Fault> = executor.read(|_: &mut C| panic!("wanted")).await;
        assert!(matches!(answer, Err(Fault::Refused(Refusal::Panicked))));
    }
    assert_eq!(executor.read(|c: &mut C| c.count(COUNT)).await.unwrap(), 0);
}

async fn a_job_that_nobody_waits_for_is_not_run<C: TestSession>(executor: Arc<Executor<C>>) {
    let block = block(&executor, true).await;
    let ran = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&ran);
    let abandoned = insert(&executor, "a", move || {
        counter.fetch_add(1, Ordering::SeqCst);
        Ok(())
    });
    settle().await;
    abandoned.abort();
    settle().await;
    drop(block);
    insert(&executor, "b", || Ok(())).await.unwrap().unwrap();
    assert_eq!(ran.load(Ordering::SeqCst), 0);
    assert_eq!(executor.read(|c: &mut C| c.count(COUNT)).await.unwrap(), 1);
}

/// The executor has a queue of two and one thread for writes.
async fn a_full_queue_refuses_at_once<C: TestSession>(executor: Arc<Executor<C>>) {
    let block = block(&executor, true).await;
    let waiting = [insert(&executor, "a", || Ok(())), insert(&executor, "b", || Ok(()))];
    settle().await;
    let refused = insert(&executor, "c", || Ok(())).await.unwrap();
    assert!(matches!(refused, Err(Fault::Refused(Refusal::QueueFull))));
    drop(block);
    for job in waiting {
        job.await.unwrap().unwrap();
    }
}

/// The executor has little patience and one thread for writes, which stays busy for all of the test.
async fn a_job_that_waits_too_long_is_refused_under_hanging_threads<C: TestSession>(
    executor: Arc<Executor<C>>,
) {
    let block = block(&executor, true).await;
    let late = insert(&executor, "a", || Ok(())).await.unwrap();
    assert!(matches!(late, Err(Fault::Refused(Refusal::Late))), "{late:?}");
    assert!(!block.job.is_finished());
}

async fn dropping_the_executor_finishes_what_waits<C: TestSession>(executor: Arc<Executor<C>>) {
    let Block { _release: release, job } = block(&executor, true).await;
    let (done, is_done) = mpsc::channel();
    let waiting = insert(&executor, "a", move || {
        let _ = done.send(());
        Ok(())
    });
    settle().await;
    drop(release);
    job.await.unwrap().unwrap();
    // The task held the last other reference.
    waiting.await.unwrap().unwrap();
    tokio::task::spawn_blocking(move || drop(executor)).await.unwrap();
    assert!(is_done.try_recv().is_ok());
}

async fn a_read_that_takes_too_long_is_refused_while_it_runs<C: TestSession>(executor: Arc<Executor<C>>) {
    let Block { _release: release, job } = block(&executor, false).await;
    let refused = job.await.unwrap();
    assert!(matches!(refused, Err(Fault::Refused(Refusal::NoAnswer))), "{refused:?}");
    drop(release);
    assert_eq!(executor.read(|c: &mut C| c.count(COUNT)).await.unwrap(), 0);
}

async fn many_writes_at_once_are_all_kept<C: TestSession>(executor: Arc<Executor<C>>) {
    let jobs: Vec<_> = (0..300).map(|_| insert(&executor, "x", || Ok(()))).collect();
    for job in jobs {
        job.await.unwrap().unwrap();
    }
    assert_eq!(executor.read(|c: &mut C| c.count(COUNT)).await.unwrap(), 300);
}

/// Makes a test of each promise on a fresh database; `$threads` write at once.
macro_rules! promises {
    ($fresh:expr) => {
        use super::{roomy, settings};

        #[tokio::test]
        async fn a_failing_and_a_panicking_write_take_nobody_along() {
            let (_guard, executor) = $fresh(1, roomy());
            super::a_failing_and_a_panicking_write_take_nobody_along(executor).await;
        }

        #[tokio::test]
        async fn a_panicking_read_leaves_the_thread_alive() {
            let (_guard, executor) = $fresh(2, roomy());
            super::a_panicking_read_leaves_the_thread_alive(executor).await;
        }

        #[tokio::test]
        async fn a_job_that_nobody_waits_for_is_not_run() {
            let (_guard, executor) = $fresh(1, roomy());
            super::a_job_that_nobody_waits_for_is_not_run(executor).await;
        }

        #[tokio::test]
        async fn a_full_queue_refuses_at_once() {
            let (_guard, executor) = $fresh(1, settings(2, Duration::from_secs(20)));
            super::a_full_queue_refuses_at_once(executor).await;
        }

        #[tokio::test]
        async fn a_job_that_waits_too_long_is_refused_under_hanging_threads() {
            let (_guard, executor) = $fresh(1, settings(8, Duration::from_millis(50)));
            super::a_job_that_waits_too_long_is_refused_under_hanging_threads(executor).await;
        }

        #[tokio::test]
        async fn dropping_the_executor_finishes_what_waits() {
            let (_guard, executor) = $fresh(1, roomy());
            super::dropping_the_executor_finishes_what_waits(executor).await;
        }

        #[tokio::test]
        async fn a_read_that_takes_too_long_is_refused_while_it_runs() {
            let (_guard, executor) = $fresh(1, super::hasty());
            super::a_read_that_takes_too_long_is_refused_while_it_runs(executor).await;
        }

        #[tokio::test(flavor = "multi_thread")]
        async fn many_writes_at_once_are_all_kept() {
            let (_guard, executor) = $fresh(4, roomy());
            super::many_writes_at_once_are_all_kept(executor).await;
        }

        #[tokio::test]
        async fn whoever_waits_shares_a_turn() {
            let (_guard, executor) = $fresh(1, roomy());
            super::together::whoever_waits_shares_a_turn(executor).await;
        }

        #[tokio::test]
        async fn who_comes_alone_is_served_alone() {
            let (_guard, executor) = $fresh(1, roomy());
            super::together::who_comes_alone_is_served_alone(executor).await;
        }

        #[tokio::test]
        async fn single_records_wait_for_no_list_but_for_one_another() {
            let (_guard, executor) = $fresh(8, roomy());
            super::together::single_records_wait_for_no_list_but_for_one_another(executor).await;
        }

        #[tokio::test]
        async fn single_records_that_wait_for_long_or_are_too_many_go_where_lists_go() {
            let (_guard, executor) = $fresh(8, roomy());
            super::together::single_records_that_wait_for_long_or_are_too_many_go_where_lists_go(executor)
                .await;
        }

        #[tokio::test]
        async fn single_records_have_their_thread_while_lists_hold_up_those_that_help() {
            let (_guard, executor) = $fresh(8, roomy());
            super::together::single_records_have_their_thread_while_lists_hold_up_those_that_help(executor)
                .await;
        }

        #[tokio::test]
        async fn a_broken_call_hurts_nobody_else() {
            let (_guard, executor) = $fresh(1, roomy());
            super::together::a_broken_call_hurts_nobody_else(executor).await;
        }

        #[tokio::test]
        async fn who_has_left_is_left_out() {
            let (_guard, executor) = $fresh(1, roomy());
            super::together::who_has_left_is_left_out(executor).await;
        }

        #[tokio::test]
        async fn no_more_than_so_many_calls_wait() {
            let (_guard, executor) = $fresh(1, settings(2, Duration::from_secs(20)));
            super::together::no_more_than_so_many_calls_wait(executor).await;
        }

        #[tokio::test]
        async fn calls_that_wait_too_long_are_refused() {
            let (_guard, executor) = $fresh(1, settings(8, Duration::from_millis(50)));
            super::together::calls_that_wait_too_long_are_refused(executor).await;
        }

        #[tokio::test]
        async fn calls_that_take_too_long_are_refused_while_they_run() {
            let (_guard, executor) = $fresh(1, super::hasty());
            super::together::calls_that_take_too_long_are_refused_while_they_run(executor).await;
        }

        #[tokio::test]
        async fn dropping_the_executor_finishes_calls_that_wait() {
            let (_guard, executor) = $fresh(1, roomy());
            super::together::dropping_the_executor_finishes_calls_that_wait(executor).await;
        }
    };
}

mod together;

#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "postgres")]
mod postgres;
