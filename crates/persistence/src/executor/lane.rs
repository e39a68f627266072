//! A queue with its threads.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::job::{BoxedJob, Refusal};
use super::pool::Pool;
use super::queue::{Queue, Taken};
use super::{Session, group, single};

/// How long a shutdown waits for the jobs that are under way.
const FAREWELL: Duration = Duration::from_secs(5);

/// How threads treat the jobs that they take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rhythm {
    /// One by one.
    Single,
    /// Many in one transaction.
    Grouped,
}

/// A queue, as many threads as connections, and a clock that refuses what waits too long.
pub(super) struct Lane<C: Session> {
    queue: Arc<Queue<BoxedJob<C>>>,
    living: Arc<Living>,
}

impl<C: Session> Lane<C> {
    pub(super) fn start(
        name: &str,
        queue: Queue<BoxedJob<C>>,
        pool: &Pool<C>,
        rhythm: Rhythm,
    ) -> std::io::Result<Self> {
        // Made first: when a thread cannot be had, dropping the lane ends the others.
        let lane = Self { queue: Arc::new(queue), living: Arc::new(Living::default()) };
        let clocked = Arc::clone(&lane.queue);
        lane.spawn(format!("{name}-clock"), move || refuse_late(&clocked))?;
        for number in 1..=pool.size() {
            let (queue, pool) = (Arc::clone(&lane.queue), pool.clone());
            lane.spawn(format!("{name}-{number}"), move || serve(&queue, &pool, rhythm))?;
        }
        Ok(lane)
    }

    pub(super) fn queue(&self) -> &Queue<BoxedJob<C>> {
        &self.queue
    }

    fn spawn(&self, name: String, body: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
        let alive = Living::enter(&self.living);
        thread::Builder::new().name(name).spawn(move || {
            body();
            drop(alive);
        })?;
        Ok(())
    }
}

impl<C: Session> Drop for Lane<C> {
    fn drop(&mut self) {
        self.queue.close();
        if !self.living.wait_none(FAREWELL) {
            tracing::warn!("database threads are still busy at shutdown");
        }
    }
}

fn serve<C: Session>(queue: &Queue<BoxedJob<C>>, pool: &Pool<C>, rhythm: Rhythm) {
    let most = match rhythm {
        Rhythm::Single => 1,
        Rhythm::Grouped => group::MOST,
    };
    let mut taken = Vec::with_capacity(most);
    while queue.take(most, &mut taken) {
        let jobs = taken.drain(..).filter_map(worth_running);
        match rhythm {
            Rhythm::Single => jobs.for_each(|job| single::run(pool, job)),
            Rhythm::Grouped => group::run(pool, jobs.collect()),
        }
    }
}

/// Nothing when the job is late, which it is told, or nobody waits for it.
fn worth_running<C>(taken: Taken<BoxedJob<C>>) -> Option<BoxedJob<C>> {
    match taken {
        Taken::InTime(job) => (!job.is_abandoned()).then_some(job),
        Taken::Late(job) => {
            refuse(job, Refusal::Late);
            None
        }
    }
}

/// Answers what waits too long even when every thread hangs in the database.
fn refuse_late<C>(queue: &Queue<BoxedJob<C>>) {
    let tick = (queue.patience() / 4).max(Duration::from_millis(1));
    while !queue.wait_closed(tick) {
        queue.take_late().into_iter().for_each(|job| refuse(job, Refusal::Late));
    }
}

/// Ends a job that was not run.
pub(super) fn refuse<C>(mut job: BoxedJob<C>, refusal: Refusal) {
    job.refuse(refusal);
    job.answer();
}

/// Counts threads, so that a shutdown can wait for them no longer than it wants to.
#[derive(Default)]
struct Living {
    count: Mutex<usize>,
    fewer: Condvar,
}

struct Alive(Arc<Living>);

impl Living {
    fn enter(living: &Arc<Self>) -> Alive {
        *living.count.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Alive(Arc::clone(living))
    }

    fn wait_none(&self, time: Duration) -> bool {
        let count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, _) = self
            .fewer
            .wait_timeout_while(count, time, |count| *count > 0)
            .unwrap_or_else(PoisonError::into_inner);
        *count == 0
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        *self.0.count.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.fewer.notify_all();
    }
}
