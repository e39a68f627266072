//! A queue with its threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::job::{BoxedJob, Refusal, refuse};
use super::pool::{Pool, Slot};
use super::queue::{Next, Queue, Taken};
use super::seat::{Living, Seat, Seated};
use super::watch::{Patience, Watch};
use super::{Session, group, single};
use crate::load::LaneLoad;

/// How long a shutdown waits for the jobs that are under way.
pub(crate) const FAREWELL: Duration = Duration::from_secs(5);
/// The niceness of a thread that all writers wait for.
#[cfg(target_os = "linux")]
const URGENT: i32 = -10;
/// How often a thread without work looks after its connection.
const IDLE: Duration = Duration::from_millis(500);

/// How threads treat the jobs that they take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rhythm {
    /// One by one.
    Single,
    /// Many in one transaction.
    Grouped,
}

/// A queue, as many threads as connections, and a watcher that answers what takes too long.
pub(super) struct Lane<C: Session>(Arc<Room<C>>);

/// What the threads of a lane share.
pub(super) struct Room<C: Session> {
    pub(super) name: &'static str,
    pub(super) queue: Queue<BoxedJob<C>>,
    pub(super) pool: Pool<C>,
    pub(super) rhythm: Rhythm,
    pub(super) living: Arc<Living>,
    /// Whose threads help when the own ones are slow.
    pub(super) aside: Option<Arc<Self>>,
    /// How many threads are in the database.
    busy: AtomicUsize,
}

/// A thread that is in the database for as long as this lives.
struct Busy<'a>(&'a AtomicUsize);

impl<'a> Busy<'a> {
    fn begin(busy: &'a AtomicUsize) -> Self {
        busy.fetch_add(1, Ordering::Relaxed);
        Self(busy)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<C: Session> Lane<C> {
    pub(super) fn start(
        name: &'static str,
        queue: Queue<BoxedJob<C>>,
        pool: Pool<C>,
        rhythm: Rhythm,
        patience: Patience,
        aside: Option<&Self>,
    ) -> std::io::Result<Self> {
        // Made first: when a thread cannot be had, dropping the lane ends the others.
        let lane = Self(Arc::new(Room {
            name,
            queue,
            pool,
            rhythm,
            living: Arc::default(),
            aside: aside.map(|lane| Arc::clone(&lane.0)),
            busy: AtomicUsize::new(0),
        }));
        let mut watch = Watch::new(Arc::clone(&lane.0), patience);
        watch.hire_all()?;
        let alive = Living::enter(&lane.0.living);
        thread::Builder::new().name(format!("{name}-watch")).spawn(move || {
            watch.run();
            drop(watch);
            drop(alive);
        })?;
        Ok(lane)
    }

    pub(super) fn queue(&self) -> &Queue<BoxedJob<C>> {
        &self.0.queue
    }

    /// How much it has to do, under the name that it is told by.
    pub(super) fn load(&self, name: &'static str) -> LaneLoad {
        let (waiting, capacity) = self.0.queue.fill();
        let busy = self.0.busy.load(Ordering::Relaxed);
        let threads = usize::try_from(self.0.pool.size()).unwrap_or(usize::MAX);
        LaneLoad { name, waiting, capacity, busy, threads }
    }
}

impl<C: Session> Drop for Lane<C> {
    fn drop(&mut self) {
        self.0.queue.close();
        if !self.0.living.wait_none(FAREWELL) {
            tracing::warn!("database threads are still busy at shutdown");
        }
    }
}

impl<C: Session> Room<C> {
    /// Starts one more thread.
    pub(super) fn hire(self: &Arc<Self>, number: usize) -> std::io::Result<Arc<Seat>> {
        let seat = Arc::new(Seat::new(&self.living));
        let (room, seated) = (Arc::clone(self), Seated(Arc::clone(&seat)));
        thread::Builder::new().name(format!("{}-{number}", self.name)).spawn(move || {
            serve(&room, &seated.0);
            // The connection is closed by now.
            drop(seated);
        })?;
        Ok(seat)
    }
}

/// Ends when the queue does, or when the watcher has left this thread behind.
fn serve<C: Session>(room: &Room<C>, seat: &Arc<Seat>) {
    let most = match room.rhythm {
        Rhythm::Single => 1,
        Rhythm::Grouped => {
            go_first();
            group::MOST
        }
    };
    let mut slot = Slot::new(room.pool.clone(), Arc::clone(seat));
    let mut taken = Vec::with_capacity(most);
    loop {
        if slot.is_ill() {
            seat.begin(None);
            slot.heal();
            if !seat.end() {
                return;
            }
        }
        match room.queue.take(most, IDLE, &mut taken) {
            Next::End => return,
            Next::Nothing => continue,
            Next::Jobs => {}
        }
        let _busy = Busy::begin(&room.busy);
        let mut jobs = taken.drain(..).filter_map(|taken| worth_running(taken, &room.queue));
        let stays = match room.rhythm {
            Rhythm::Single => jobs.all(|job| {
                seat.begin(Some(job.caller()));
                room.queue.put_back(single::run(&mut slot, job));
                seat.end()
            }),
            Rhythm::Grouped => {
                seat.begin(None);
                room.queue.put_back(group::run(&mut slot, jobs.collect()));
                seat.end()
            }
        };
        if !stays {
            return;
        }
    }
}

/// Lets this thread go first when there is more to do than processors: everybody who writes waits for it. Only those may
/// whom the system has given it (`CAP_SYS_NICE`; `RLIMIT_NICE`, systemd's `LimitNICE=`); others go on as they are.
#[cfg(target_os = "linux")]
fn go_first() {
    use rustix::process::{getpriority_process, setpriority_process};

    // On Linux that is this thread and no other (setpriority(2), "C library/kernel differences").
    if getpriority_process(None).is_ok_and(|niceness| niceness <= URGENT) {
        return;
    }
    if let Err(error) = setpriority_process(None, URGENT) {
        tracing::debug!(%error, "the thread that writes gets no priority");
    }
}

#[cfg(not(target_os = "linux"))]
const fn go_first() {}

/// Nothing when the job is late, which it is told, or nobody waits for it.
fn worth_running<C>(taken: Taken<BoxedJob<C>>, queue: &Queue<BoxedJob<C>>) -> Option<BoxedJob<C>> {
    match taken {
        Taken::InTime(mut job) => {
            job.prepare();
            (!job.is_abandoned()).then_some(job)
        }
        Taken::Late(job) => {
            queue.put_back(refuse(job, Refusal::Late));
            None
        }
    }
}
