//! The watcher of a lane: nobody waits for longer than it was told, whatever the database does.
//!
//! It needs no thread of the database and no runtime, so it works when all of them hang. A thread that hangs
//! in libpq is left behind: a new one with a connection of its own takes its place at once. Their number is
//! bounded; when there are too many, jobs are refused at once until one of them comes back.

use std::sync::Arc;
use std::time::Duration;

use super::Session;
use super::job::{Refusal, refuse};
use super::lane::Room;
use super::seat::{Finding, Limits, Seat};

/// The longest pause between two looks: how much later than promised an answer may come.
const TICK: Duration = Duration::from_millis(100);

/// How long a job waits for the threads of its lane before others help: longer than statements take that calls share.
const SLOW: Duration = Duration::from_millis(50);

/// What the watcher of a lane may do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// How long a job has for its answer; `None`: as long as it takes.
    pub(super) answer: Option<Duration>,
    /// How many threads may be left behind at the same time.
    pub(super) leave_behind: usize,
}

/// The threads of a lane as the watcher sees them.
pub(super) struct Watch<C: Session> {
    room: Arc<Room<C>>,
    limits: Limits,
    most_left: usize,
    seats: Vec<Arc<Seat>>,
    left: Vec<Arc<Seat>>,
    /// How many threads were ever started, for their names.
    hired: usize,
    is_barred: bool,
}

impl<C: Session> Watch<C> {
    pub(super) fn new(room: Arc<Room<C>>, patience: Patience) -> Self {
        let limits = Limits { answer: patience.answer, connection: room.pool.connection_timeout() };
        let most_left = patience.leave_behind;
        Self { room, limits, most_left, seats: Vec::new(), left: Vec::new(), hired: 0, is_barred: false }
    }

    /// Starts as many threads as are missing.
    pub(super) fn hire_all(&mut self) -> std::io::Result<()> {
        for _ in self.seats.len()..self.size() {
            self.seats.push(self.room.hire(self.hired + 1)?);
            self.hired += 1;
        }
        Ok(())
    }

    /// Watches until the queue ends.
    pub(super) fn run(&mut self) {
        let answer = self.limits.answer.unwrap_or(Duration::MAX);
        let tick = (self.room.queue.patience().min(answer) / 4).clamp(Duration::from_millis(1), TICK);
        while !self.room.queue.wait_closed(tick) {
            let late = self.room.queue.take_late().into_iter();
            self.room.queue.put_back(late.flat_map(|job| refuse(job, Refusal::Late)).collect());
            self.have_help();
            self.look();
        }
    }

    /// Has what has waited for long stand as well where threads may be free.
    fn have_help(&self) {
        let Some(aside) = &self.room.aside else { return };
        // Out of the queue meanwhile: a call locks its kin first, and then the queue.
        let slow = self.room.queue.take_older(SLOW);
        if slow.is_empty() {
            return;
        }
        aside.queue.put_back(slow.iter().filter_map(|waiting| waiting.job.helper()).collect());
        self.room.queue.restore(slow);
    }

    fn look(&mut self) {
        self.left.retain(|seat| !seat.is_gone());
        let mut hanging = 0;
        let (left, most_left, limits, pool) = (&mut self.left, self.most_left, self.limits, &self.room.pool);
        self.seats.retain(|seat| {
            let finding = seat.look(&limits, left.len() < most_left);
            match finding {
                Finding::Fine | Finding::Gone => {}
                Finding::NoConnection { since } => pool.note_down(since),
                Finding::Hangs => hanging += 1,
                Finding::LeftBehind => {
                    tracing::warn!("a thread hangs in the database; a new one takes its place");
                    pool.suspect_all();
                    left.push(Arc::clone(seat));
                }
            }
            !matches!(finding, Finding::Gone | Finding::LeftBehind)
        });
        // A thread may have ended because the queue has: then a new one ends at once, too.
        if let Err(error) = self.hire_all() {
            tracing::error!(%error, "no thread for the database can be had");
        }
        self.bar(self.most_left > 0 && hanging >= self.seats.len());
    }

    fn bar(&mut self, barred: bool) {
        if self.is_barred == barred {
            return;
        }
        self.is_barred = barred;
        if barred {
            tracing::error!("all database threads hang");
            let barred = self.room.queue.bar().into_iter();
            self.room.queue.put_back(barred.flat_map(|job| refuse(job, Refusal::AllHang)).collect());
        } else {
            self.room.queue.unbar();
        }
    }

    fn size(&self) -> usize {
        usize::try_from(self.room.pool.size()).unwrap_or(usize::MAX)
    }
}
