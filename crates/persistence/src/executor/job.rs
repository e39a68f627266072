//! One piece of work, the place where its answer goes, and why it may not be done at all.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::oneshot;

use super::queue::{NotQueued, Queue};

/// Why a job was not run, or what it did was not kept.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// Too many jobs wait already.
    #[error("the database queue is full")]
    QueueFull,
    /// It waited too long for a thread.
    #[error("no database thread was free in time")]
    Late,
    /// No connection to the database could be had in time.
    #[error("no connection to the database: {0}")]
    NoConnection(Arc<str>),
    /// The transaction could not begin; nothing was done.
    #[error("the transaction could not begin")]
    NotBegun(#[source] Arc<diesel::result::Error>),
    /// The transaction was not committed, or nobody knows.
    #[error("the transaction was not committed")]
    NotCommitted(#[source] Arc<diesel::result::Error>),
    /// The job panicked; what it did was rolled back.
    #[error("a database job panicked")]
    Panicked,
    /// The job had been run, and must not be run again.
    #[error("a database job that writes was about to be run twice")]
    RanBefore,
    /// The database did not answer in time; nobody knows what became of a write.
    #[error("the database did not answer in time")]
    NoAnswer,
    /// Every thread hangs in the database, and there are too many already that did.
    #[error("all database threads hang")]
    AllHang,
    /// The executor is shutting down.
    #[error("the database executor has stopped")]
    Stopped,
}

impl From<NotQueued> for Refusal {
    fn from(reason: NotQueued) -> Self {
        match reason {
            NotQueued::Full => Self::QueueFull,
            NotQueued::Barred => Self::AllHang,
            NotQueued::Closed => Self::Stopped,
        }
    }
}

/// What a job fails with.
pub(crate) trait JobError: From<Refusal> + Send + 'static {
    /// True when the failure says that the connection is lost.
    fn connection_lost(&self) -> bool;
}

/// What a job may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Only read; it may be repeated.
    Read,
    /// Write, within a transaction.
    Write,
}

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// Keep what was done.
    Done,
    /// Undo what was done.
    Failed,
    /// Undo what was done: the connection is lost.
    Lost,
    /// Undo what was done: the job panicked, perhaps in the middle of using the connection.
    Panicked,
}

/// A job whatever its answer is.
pub(super) trait Job<C>: Send {
    fn kind(&self) -> Kind;

    /// Its turn has come: a job that stands for several calls takes them.
    fn prepare(&mut self) {}

    /// How many calls it stands for, now that its turn has come.
    fn calls(&self) -> usize {
        1
    }

    /// A job for other threads, in case they are free sooner: whoever comes first does what both stand for.
    fn helper(&self) -> Option<BoxedJob<C>> {
        None
    }

    /// True when nobody waits for the answer any more.
    fn is_abandoned(&self) -> bool;

    /// True when the caller was refused while the job was under way.
    fn is_refused(&self) -> bool;

    /// Whoever waits for the answer, to be refused by another thread.
    fn caller(&self) -> Arc<dyn Caller>;

    /// Runs the work and keeps its result.
    fn run(&mut self, connection: &mut C) -> Outcome;

    /// Forgets the result, if there is one, in favor of `refusal`.
    fn refuse(&mut self, refusal: Refusal);

    /// Gives the result to whoever waits for it. What comes back has to be queued again.
    fn answer(self: Box<Self>) -> Vec<BoxedJob<C>>;
}

/// A job as it stands in the queue.
pub(super) type BoxedJob<C> = Box<dyn Job<C>>;

/// Ends a job that was not run. What comes back has to be queued again.
#[must_use]
pub(super) fn refuse<C>(mut job: BoxedJob<C>, refusal: Refusal) -> Vec<BoxedJob<C>> {
    job.refuse(refusal);
    job.answer()
}

/// Whoever waits for an answer, whatever it is.
pub(super) trait Caller: Send + Sync {
    /// When the call was made.
    fn since(&self) -> Instant;

    /// Gives `refusal` for an answer, unless there was one.
    fn refuse(&self, refusal: Refusal);
}

/// The place where the answer goes: the first one counts.
struct Reply<T, E> {
    since: Instant,
    sender: Mutex<Option<oneshot::Sender<Result<T, E>>>>,
}

impl<T, E> Reply<T, E> {
    fn give(&self, result: Result<T, E>) {
        let sender = self.lock().take();
        if let Some(sender) = sender {
            // Nobody waits any more: their loss.
            let _ = sender.send(result);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<oneshot::Sender<Result<T, E>>>> {
        self.sender.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Send, E: JobError> Caller for Reply<T, E> {
    fn since(&self) -> Instant {
        self.since
    }

    fn refuse(&self, refusal: Refusal) {
        self.give(Err(refusal.into()));
    }
}

struct Task<F, T, E> {
    kind: Kind,
    work: F,
    result: Option<Result<T, E>>,
    reply: Arc<Reply<T, E>>,
}

impl<C, F, T, E> Job<C> for Task<F, T, E>
where
    F: FnMut(&mut C) -> Result<T, E> + Send,
    T: Send + 'static,
    E: JobError,
{
    fn kind(&self) -> Kind {
        self.kind
    }

    fn is_abandoned(&self) -> bool {
        self.reply.lock().as_ref().is_none_or(oneshot::Sender::is_closed)
    }

    fn is_refused(&self) -> bool {
        self.reply.lock().is_none()
    }

    fn caller(&self) -> Arc<dyn Caller> {
        Arc::<Reply<T, E>>::clone(&self.reply)
    }

    fn run(&mut self, connection: &mut C) -> Outcome {
        // The caller rolls back or throws the connection away, so nobody sees what a panic left half done.
        let (outcome, result) = match catch_unwind(AssertUnwindSafe(|| (self.work)(connection))) {
            Ok(Ok(value)) => (Outcome::Done, Ok(value)),
            Ok(Err(error)) if error.connection_lost() => (Outcome::Lost, Err(error)),
            Ok(Err(error)) => (Outcome::Failed, Err(error)),
            Err(_) => (Outcome::Panicked, Err(Refusal::Panicked.into())),
        };
        self.result = Some(result);
        outcome
    }

    fn refuse(&mut self, refusal: Refusal) {
        self.result = Some(Err(refusal.into()));
    }

    fn answer(self: Box<Self>) -> Vec<BoxedJob<C>> {
        let result = self.result.unwrap_or_else(|| Err(Refusal::Stopped.into()));
        self.reply.give(result);
        Vec::new()
    }
}

/// Puts `work` into `queue` and waits for its answer.
pub(super) async fn submit<C, F, T, E>(queue: &Queue<BoxedJob<C>>, kind: Kind, work: F) -> Result<T, E>
where
    F: FnMut(&mut C) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: JobError,
{
    let (sender, answer) = oneshot::channel();
    let reply = Arc::new(Reply { since: Instant::now(), sender: Mutex::new(Some(sender)) });
    queue.push(Box::new(Task { kind, work, result: None, reply })).map_err(Refusal::from)?;
    answer.await.unwrap_or_else(|_| Err(Refusal::Stopped.into()))
}
