//! A few threads for slow work, with a bounded queue in front.

use std::io;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::oneshot;

type Job = Box<dyn FnOnce() + Send>;

/// How far the threads step back for everybody else. At 10 a reader gets about ten times their share.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// The threads; they end when this is dropped and the queue is empty.
pub(super) struct Pool {
    queue: SyncSender<Job>,
    tally: Arc<Tally>,
}

/// What there is to do, and what is being done.
#[derive(Default)]
pub(super) struct Tally {
    /// Jobs that wait or run.
    pub(super) jobs: AtomicUsize,
    /// Jobs that run.
    pub(super) running: AtomicUsize,
}

/// One more, until it is dropped.
struct Counted<F: Fn(&Tally) -> &AtomicUsize>(Arc<Tally>, F);

impl<F: Fn(&Tally) -> &AtomicUsize> Counted<F> {
    fn begin(tally: &Arc<Tally>, of: F) -> Self {
        of(tally).fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(tally), of)
    }
}

impl<F: Fn(&Tally) -> &AtomicUsize> Drop for Counted<F> {
    fn drop(&mut self) {
        (self.1)(&self.0).fetch_sub(1, Ordering::Relaxed);
    }
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
        let (sender, receiver) = sync_channel(queue);
        let receiver = Arc::new(Mutex::new(receiver));
        for number in 1..=threads.get() {
            let receiver = Arc::clone(&receiver);
            thread::Builder::new().name(format!("passwords-{number}")).spawn(move || work(&receiver))?;
        }
        Ok(Self { queue: sender, tally: Arc::default() })
    }

    /// What there is to do.
    pub(super) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Does `work` on one of the threads. When the caller has left before it began, it is not done.
    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, NotRun>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let counted = Counted::begin(&self.tally, |tally| &tally.jobs);
        let job: Job = Box::new(move || {
            let _running = Counted::begin(&counted.0, |tally| &tally.running);
            if !answer.is_closed() {
                // The caller may have left meanwhile; then nobody wants the result.
                let _ = answer.send(work());
            }
        });
        self.queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => NotRun::Full,
            TrySendError::Disconnected(_) => NotRun::Lost,
        })?;
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

/// Lets other threads go first. On Linux the call means this thread only; elsewhere it would be the process.
fn step_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "the priority of a password thread could not be lowered");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::*;

    fn pool(queue: usize) -> Pool {
        Pool::start(NonZeroUsize::MIN, queue).unwrap()
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
        assert_eq!(pool(4).run(|| 6 * 7).await, Ok(42));
    }

    #[tokio::test]
    async fn one_more_than_the_queue_holds_is_turned_away() {
        let pool = Arc::new(pool(1));
        let (hold, job, has_begun) = blocker();
        let first = tokio::spawn({
            let pool = Arc::clone(&pool);
            async move { pool.run(job).await }
        });
        tokio::task::spawn_blocking(move || has_begun.recv().unwrap()).await.unwrap();
        let second = tokio::spawn({
            let pool = Arc::clone(&pool);
            async move { pool.run(|| 2).await }
        });
        tokio::task::yield_now().await;
        assert_eq!(pool.run(|| 3).await, Err(NotRun::Full));
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
            let mut running = Box::pin(pool.run(job));
            let mut waiting = Box::pin(pool.run(move || counted.fetch_add(1, Ordering::Relaxed)));
            let soon = Duration::from_millis(10);
            assert!(tokio::time::timeout(soon, &mut running).await.is_err());
            assert!(tokio::time::timeout(soon, &mut waiting).await.is_err());
            has_begun.recv().unwrap();
        }
        drop(hold);
        assert_eq!(pool.run(|| ()).await, Ok(()));
        assert_eq!(done.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn a_panic_is_one_failure_and_the_thread_goes_on() {
        let pool = pool(4);
        assert_eq!(pool.run(|| panic!("a test")).await.map(|(): ()| ()), Err(NotRun::Lost));
        assert_eq!(pool.run(|| 1).await, Ok(1));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn only_the_threads_of_the_pool_step_back() {
        let niceness = || rustix::process::getpriority_process(None).unwrap();
        let before = niceness();
        assert_eq!(pool(1).run(niceness).await, Ok(before.max(NICENESS)));
        assert_eq!(niceness(), before);
    }
}
