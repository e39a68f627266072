//! A few threads for slow work, with a bounded queue in front.

use std::io;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use domain::ports::HashingPlace;
#[cfg(target_os = "linux")]
use thread_priority::{
    NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
    thread_native_id,
};
use tokio::sync::{Semaphore, oneshot};

type Job = Box<dyn FnOnce() + Send>;

/// The threads; they end when this is dropped and the queue is empty.
pub(super) struct Pool {
    queue: Sender<Job>,
    /// Twice as many as run and wait at a time: some of those who have a place are refused before it comes to their
    /// password.
    places: Arc<Semaphore>,
    /// As many as run and wait at a time.
    line: Arc<Semaphore>,
    most: usize,
}

/// Why work was not done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum NotRun {
    #[error("the queue is full")]
    Full,
    #[error("the thread that did the work has panicked or is gone")]
    Lost,
}

impl Pool {
    /// Starts `threads` threads behind a queue of `queue` jobs.
    pub(super) fn start(threads: NonZeroUsize, queue: usize) -> io::Result<Self> {
        let (sender, receiver) = channel();
        let receiver = Arc::new(Mutex::new(receiver));
        for number in 1..=threads.get() {
            let receiver = Arc::clone(&receiver);
            thread::Builder::new().name(format!("passwords-{number}")).spawn(move || work(&receiver))?;
        }
        let most = threads.get().saturating_add(queue);
        let places = Arc::new(Semaphore::new(most.saturating_mul(2)));
        Ok(Self { queue: sender, places, line: Arc::new(Semaphore::new(most)), most })
    }

    /// How many jobs wait or run.
    pub(super) fn jobs(&self) -> usize {
        self.most.saturating_sub(self.line.available_permits())
    }

    /// A place for work that is to come, unless all are taken.
    pub(super) fn place(&self) -> Result<HashingPlace, NotRun> {
        let permit = Arc::clone(&self.places).try_acquire_owned().map_err(|_| NotRun::Full)?;
        Ok(HashingPlace::new(permit))
    }

    /// Does `work` on one of the threads. When the caller has left before it began, it is not done; its place is
    /// free when its turn has come.
    pub(super) async fn run<T, F>(&self, place: HashingPlace, work: F) -> Result<T, NotRun>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let in_line = Arc::clone(&self.line).try_acquire_owned().map_err(|_| NotRun::Full)?;
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move || {
            if !answer.is_closed() {
                let done = work();
                // Whoever hears of the end finds the place free.
                drop((place, in_line));
                // The caller may have left meanwhile; then nobody wants the result.
                let _ = answer.send(done);
            }
        });
        self.queue.send(job).map_err(|_| NotRun::Lost)?;
        answered.await.map_err(|_| NotRun::Lost)
    }
}

fn work(receiver: &Mutex<Receiver<Job>>) {
    step_back();
    loop {
        let job = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        if catch_unwind(AssertUnwindSafe(job)).is_err() {
            tracing::error!("hashing a password has panicked");
        }
    }
}

/// Lets other threads go first: this one has a core only while nobody else wants it, and gives it back at once.
///
/// A low priority is not enough: a thread that wakes up waits until the slice of the one on its core is over,
/// however low that one stands. Only `SCHED_IDLE` is put aside in the moment (`sched(7)`).
fn step_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = set_thread_priority_and_policy(
        thread_native_id(),
        ThreadPriority::Min,
        ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle),
    ) {
        tracing::debug!(%error, "a password thread could not be put behind the others");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use super::*;

    fn pool(queue: usize) -> Pool {
        Pool::start(NonZeroUsize::MIN, queue).unwrap()
    }

    async fn run<T: Send + 'static>(
        pool: &Pool,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotRun> {
        pool.run(pool.place()?, work).await
    }

    /// A job that runs until the returned sender is dropped.
    fn blocker() -> (std::sync::mpsc::Sender<()>, impl FnOnce() + Send + 'static, Receiver<()>) {
        let (hold, until) = channel::<()>();
        let (begun, has_begun) = channel();
        let job = move || {
            begun.send(()).unwrap();
            let _ = until.recv();
        };
        (hold, job, has_begun)
    }

    #[tokio::test]
    async fn gives_back_what_the_work_gives() {
        assert_eq!(run(&pool(4), || 6 * 7).await, Ok(42));
    }

    #[tokio::test]
    async fn one_more_than_the_queue_holds_is_turned_away() {
        let pool = Arc::new(pool(1));
        let (hold, job, has_begun) = blocker();
        let first = tokio::spawn({
            let pool = Arc::clone(&pool);
            async move { run(&pool, job).await }
        });
        tokio::task::spawn_blocking(move || has_begun.recv().unwrap()).await.unwrap();
        let second = tokio::spawn({
            let pool = Arc::clone(&pool);
            async move { run(&pool, || 2).await }
        });
        tokio::task::yield_now().await;
        assert_eq!(run(&pool, || 3).await, Err(NotRun::Full));
        drop(hold);
        assert_eq!(first.await.unwrap(), Ok(()));
        assert_eq!(second.await.unwrap(), Ok(2));
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_is_skipped() {
        let pool = pool(4);
        let (hold, job, has_begun) = blocker();
        let done = Arc::new(AtomicU32::new(0));
        {
            let counted = Arc::clone(&done);
            let mut running = Box::pin(run(&pool, job));
            let mut waiting = Box::pin(run(&pool, move || counted.fetch_add(1, Ordering::Relaxed)));
            let soon = Duration::from_millis(10);
            assert!(tokio::time::timeout(soon, &mut running).await.is_err());
            assert!(tokio::time::timeout(soon, &mut waiting).await.is_err());
            has_begun.recv().unwrap();
        }
        drop(hold);
        assert_eq!(run(&pool, || ()).await, Ok(()));
        assert_eq!(done.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn a_panic_is_one_failure_and_the_thread_goes_on() {
        let pool = pool(4);
        assert_eq!(run(&pool, || panic!("a test")).await.map(|(): ()| ()), Err(NotRun::Lost));
        assert_eq!(run(&pool, || 1).await, Ok(1));
    }

    #[tokio::test]
    async fn a_place_is_kept_until_its_work_is_done_or_given_up() {
        let pool = pool(1);
        let mut places: Vec<_> = (0..4).map(|_| pool.place().unwrap()).collect();
        assert_eq!(pool.place().map(drop), Err(NotRun::Full));
        assert_eq!(pool.run(places.remove(0), || 1).await, Ok(1));
        drop(places.remove(0));
        let both = (pool.place(), pool.place());
        assert!(both.0.is_ok() && both.1.is_ok() && pool.place().is_err());
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn only_the_threads_of_the_pool_step_back() {
        let policy = || thread_priority::thread_schedule_policy().unwrap();
        let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        assert_eq!(run(&pool(1), policy).await, Ok(idle));
        assert_ne!(policy(), idle);
    }
}
