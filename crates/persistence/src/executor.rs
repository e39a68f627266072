//! The only way to a connection: a bounded queue in front of database threads.
//!
//! A repository hands over a closure and awaits its answer, so no thread of the web server ever blocks,
//! and no more work is in the database than there are connections. Each kind of database brings its own
//! [`Plan`]: see [`Plan::Pooled`] and [`Plan::OneWriter`].
//!
//! The answer comes by a channel that needs no particular runtime, and it comes in time: a watcher refuses
//! what waits for too long in the queue or in the database.
//!
//! On PostgreSQL a thread that does not come back is left behind with its connection, and another one takes
//! its place. On SQLite nobody is left behind: its threads can only be held up by the machine itself, where a
//! new one would be held up as well, and two threads that write would wait for one another. Reads are
//! answered in time there, too. Writes that have begun are not: the file is ours alone, so their true outcome
//! is always told. What waits behind them is refused.

mod group;
mod job;
mod lane;
mod pool;
mod queue;
mod seat;
mod single;
#[cfg(test)]
mod tests;
mod together;
mod watch;

use std::any::Any;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use self::job::{JobError, Refusal};
#[cfg(feature = "sqlite")]
pub(crate) use self::lane::FAREWELL;
pub(crate) use self::pool::{Pool, PoolSettings};
#[cfg(feature = "sqlite")]
pub(crate) use self::seat::Living;
pub(crate) use self::together::{Company, Share, Together};

use self::job::{Kind, submit};
use self::lane::{Lane, Rhythm};
use self::queue::Queue;
use self::together::{Bounds, Crowd, Queues};
use self::watch::Patience;

use diesel::connection::AnsiTransactionManager;
use diesel::prelude::*;
use diesel::r2d2::R2D2Connection;

use crate::load::{LaneLoad, LoadGauge};

/// A database connection that the executor can drive.
pub(crate) trait Session:
    R2D2Connection + Connection<TransactionManager = AnsiTransactionManager> + Send + 'static
{
}

impl<C> Session for C where
    C: R2D2Connection + Connection<TransactionManager = AnsiTransactionManager> + Send + 'static
{
}

/// Bounds of the executor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExecutorSettings {
    /// How many jobs may wait for a thread; one more is refused at once. As many calls may wait for a statement that
    /// they share.
    pub(crate) queue: NonZeroUsize,
    /// How long a job may wait for a thread before it is refused.
    pub(crate) patience: Duration,
    /// How long a job may take altogether before its caller is refused, whether it has begun or not. A write
    /// of SQLite that has begun may take longer.
    pub(crate) answer: Duration,
}

/// Which threads there are, and how they treat a job.
pub(crate) enum Plan<C: Session> {
    /// As many threads as connections; each job of its own. A job that only reads runs plainly, a job that
    /// writes in a transaction. Where there are enough connections, a few of them are for calls that share
    /// statements: the fewer take these, the more share one.
    #[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "the plan of PostgreSQL"))]
    Pooled(Pool<C>),
    /// Several threads that read and a single one that writes, many jobs to a commit. A few of those that read are for
    /// calls that share statements, as above.
    #[cfg_attr(not(feature = "sqlite"), expect(dead_code, reason = "the plan of SQLite"))]
    OneWriter {
        /// Connections that cannot write.
        readers: Pool<C>,
        /// The one that can.
        writer: Pool<C>,
        /// Dropped after all threads have ended.
        beside: Box<dyn Any + Send + Sync>,
    },
}

impl<C: Session> LoadGauge for Executor<C> {
    fn lanes(&self) -> Vec<LaneLoad> {
        let first = if self.writes.is_some() { "read" } else { "all" };
        let others = [
            (&self.writes, "write"),
            (&self.finds, "find-together"),
            (&self.shared_reads, "read-together"),
            (&self.shared_writes, "write-together"),
        ];
        let others = others.into_iter().filter_map(|(lane, name)| Some(lane.as_ref()?.load(name)));
        std::iter::once(self.reads.load(first)).chain(others).collect()
    }

    fn sharing(&self) -> usize {
        self.crowd.waiting()
    }
}

/// Runs jobs on database threads.
///
/// Dropping it refuses new jobs, finishes the ones that wait, and ends the threads.
pub(crate) struct Executor<C: Session> {
    reads: Lane<C>,
    /// Where there is none, writes go where reads go.
    writes: Option<Lane<C>>,
    /// For single records that share statements; where there is none, they go where lists go.
    finds: Option<Lane<C>>,
    /// For other calls that share statements; where there is none, they go where the others go.
    shared_reads: Option<Lane<C>>,
    shared_writes: Option<Lane<C>>,
    crowd: Arc<Crowd>,
    patience: Duration,
    /// The last one here, so that it is dropped when the lanes are gone.
    _beside: Option<Box<dyn Any + Send + Sync>>,
}

impl<C: Session> Executor<C> {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub(crate) fn start(plan: Plan<C>, settings: ExecutorSettings) -> std::io::Result<Self> {
        // Nobody waits in the queue for longer than for the answer.
        let patience = settings.patience.min(settings.answer);
        let queue = || Queue::new(settings.queue, patience);
        let crowd = Arc::new(Crowd::new(settings.queue));
        let answer = Some(settings.answer);
        match plan {
            Plan::Pooled(pool) => {
                let start = |name, part: u32, aside: Option<&Lane<C>>| {
                    let leave_behind = usize::try_from(part).unwrap_or(usize::MAX).saturating_mul(2);
                    let patience = Patience { answer, leave_behind };
                    Lane::start(name, queue(), pool.part(part), Rhythm::Single, patience, aside)
                };
                let parts = Parts::of(pool.size());
                let shared = |name| parts.shared.map(|part| start(name, part, None)).transpose();
                let shared_reads = shared("db-reads")?;
                let finds = parts.finds.map(|part| start("db-finds", part, shared_reads.as_ref()));
                Ok(Self {
                    reads: start("db", parts.rest(pool.size(), 2), None)?,
                    writes: None,
                    finds: finds.transpose()?,
                    shared_reads,
                    shared_writes: shared("db-writes")?,
                    crowd,
                    patience,
                    _beside: None,
                })
            }
            Plan::OneWriter { readers, writer, beside } => {
                let start = |name, part: u32, aside: Option<&Lane<C>>| {
                    let patience = Patience { answer, leave_behind: 0 };
                    Lane::start(name, queue(), readers.part(part), Rhythm::Single, patience, aside)
                };
                let parts = Parts::of(readers.size());
                let shared_reads = parts.shared.map(|part| start("db-reads", part, None)).transpose()?;
                let finds = parts.finds.map(|part| start("db-finds", part, shared_reads.as_ref()));
                let until_done = Patience { answer: None, leave_behind: 0 };
                Ok(Self {
                    reads: start("db-read", parts.rest(readers.size(), 1), None)?,
                    writes: Some(Lane::start(
                        "db-write",
                        queue(),
                        writer,
                        Rhythm::Grouped,
                        until_done,
                        None,
                    )?),
                    finds: finds.transpose()?,
                    shared_reads,
                    shared_writes: None,
                    crowd,
                    patience,
                    _beside: Some(beside),
                })
            }
        }
    }

    /// Runs `work` outside of any transaction.
    ///
    /// `work` may be run a second time on another connection when the first one turns out to be dead. So it
    /// must not write; on PostgreSQL a single statement may that does no harm when it is run twice.
    ///
    /// # Errors
    /// What `work` returns, or a [`Refusal`].
    pub(crate) async fn read<T, E>(
        &self,
        work: impl Fn(&mut C) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: JobError,
    {
        submit(self.reads.queue(), Kind::Read, work).await
    }

    /// Runs `work` in a transaction, which is committed when `work` returns `Ok` and rolled back otherwise.
    /// The answer is given after the commit.
    ///
    /// # Errors
    /// What `work` returns, or a [`Refusal`]. After [`Refusal::NotCommitted`] on a lost connection, and after
    /// [`Refusal::NoAnswer`], nobody knows whether the database has committed.
    pub(crate) async fn write<T, E>(
        &self,
        work: impl FnOnce(&mut C) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: JobError,
    {
        let lane = self.writes.as_ref().unwrap_or(&self.reads);
        let mut work = Some(work);
        // A write is run once at most; the job machinery wants to be able to call it again.
        let once = move |connection: &mut C| match work.take() {
            Some(work) => work(connection),
            None => Err(Refusal::RanBefore.into()),
        };
        submit(lane.queue(), Kind::Write, once).await
    }

    /// Calls of one kind that share statements, `most` of them at a time: `alone` answers a call, `shared` several at
    /// once, in the same order and each as `alone` would.
    ///
    /// Reads must not write, as those of [`read`](Self::read). A write is run once at most, or once more after all that
    /// it did was undone; it should wait for nobody's lock for long when it is shared, as all of them wait then.
    pub(crate) fn together<I, T, E>(
        &self,
        company: Company,
        most: NonZeroUsize,
        alone: impl Fn(&mut C, &I) -> Result<T, E> + Send + Sync + 'static,
        shared: impl Fn(&mut C, &[I]) -> Result<Vec<Share<T, E>>, E> + Send + Sync + 'static,
    ) -> Together<C, I, T, E>
    where
        I: Send + 'static,
        T: Send + 'static,
        E: JobError,
    {
        let bounds = Bounds { most, patience: self.patience, crowd: Arc::clone(&self.crowd) };
        Together::new(company, bounds, alone, shared)
    }

    /// One call among those of its kind, which were made by this executor.
    ///
    /// # Errors
    /// What the work returns for it, or a [`Refusal`], as of [`read`](Self::read) and [`write`](Self::write).
    pub(crate) async fn join<I, T, E>(&self, kin: &Together<C, I, T, E>, input: I) -> Result<T, E>
    where
        I: Send + 'static,
        T: Send + 'static,
        E: JobError,
    {
        let many = match kin.company() {
            Company::Finds | Company::Lists => self.shared_reads.as_ref(),
            Company::Writes => self.shared_writes.as_ref().or(self.writes.as_ref()),
        };
        let many = many.unwrap_or(&self.reads).queue();
        let queues = match (kin.company(), &self.finds) {
            (Company::Finds, Some(finds)) => Queues { home: finds.queue(), aside: Some(many) },
            _ => Queues { home: many, aside: None },
        };
        kin.submit(queues, input).await
    }
}

/// What the connections of a pool are for.
struct Parts {
    /// For finding single records; none where that leaves too few to the others.
    finds: Option<u32>,
    /// For other calls that share statements, of each kind.
    shared: Option<u32>,
}

impl Parts {
    /// Finding a record is so quick that two threads would mostly take the calls away from one another before they meet:
    /// it has one, and those for lists help where it is slow. Other calls take the database some time, so they have a
    /// quarter: with as many as there are cores, a database on the same machine is as busy as it can be.
    fn of(connections: u32) -> Self {
        Self {
            finds: (connections >= 8).then_some(1),
            shared: (connections >= 6).then_some((connections / 4).max(2)),
        }
    }

    /// What is left for everything else where the others are there so many times.
    fn rest(&self, connections: u32, times: u32) -> u32 {
        connections - self.finds.unwrap_or(0) - times * self.shared.unwrap_or(0)
    }
}
