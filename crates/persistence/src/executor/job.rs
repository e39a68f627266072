//! One piece of work, the place where its answer goes, and why it may not be done at all.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

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
    /// The executor is shutting down.
    #[error("the database executor has stopped")]
    Stopped,
}

impl From<NotQueued> for Refusal {
    fn from(reason: NotQueued) -> Self {
        match reason {
            NotQueued::Full => Self::QueueFull,
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

    /// True when nobody waits for the answer any more.
    fn is_abandoned(&self) -> bool;

    /// Runs the work and keeps its result.
    fn run(&mut self, connection: &mut C) -> Outcome;

    /// Forgets the result, if there is one, in favor of `refusal`.
    fn refuse(&mut self, refusal: Refusal);

    /// Gives the result to whoever waits for it.
    fn answer(self: Box<Self>);
}

/// A job as it stands in the queue.
pub(super) type BoxedJob<C> = Box<dyn Job<C>>;

struct Task<F, T, E> {
    kind: Kind,
    work: F,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<C, F, T, E> Job<C> for Task<F, T, E>
where
    F: FnMut(&mut C) -> Result<T, E> + Send,
    T: Send,
    E: JobError,
{
    fn kind(&self) -> Kind {
        self.kind
    }

    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
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

    fn answer(self: Box<Self>) {
        let result = self.result.unwrap_or_else(|| Err(Refusal::Stopped.into()));
        // Nobody waits any more: their loss.
        let _ = self.reply.send(result);
    }
}

/// Puts `work` into `queue` and waits for its answer.
pub(super) async fn submit<C, F, T, E>(queue: &Queue<BoxedJob<C>>, kind: Kind, work: F) -> Result<T, E>
where
    F: FnMut(&mut C) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: JobError,
{
    let (reply, answer) = oneshot::channel();
    queue.push(Box::new(Task { kind, work, result: None, reply })).map_err(Refusal::from)?;
    answer.await.unwrap_or_else(|_| Err(Refusal::Stopped.into()))
}
