//! What a database thread is doing, for the watcher to see.
//!
//! A thread in the database cannot be interrupted: libpq returns when it returns. So each thread has a seat
//! that outlives its patience: the watcher answers the caller in its stead, and may give the place of a
//! thread that hangs to a new one. A thread that was left behind learns so when it comes back, and ends.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::job::{Caller, Refusal};

/// An attempt to open a connection that takes longer hangs. libpq gives up by itself after two seconds for
/// each server that the URL names, but for the settings of the session that are sent afterwards.
const OPENING: Duration = Duration::from_secs(10);

/// How much time a thread has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// For the answer of a job, counted from the call; `None`: as long as it takes.
    pub(super) answer: Option<Duration>,
    /// For opening a connection before the job is refused.
    pub(super) connection: Duration,
}

/// What the watcher finds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Finding {
    /// All is well.
    Fine,
    /// No connection can be had in time.
    NoConnection { since: Instant },
    /// It has been in the database for too long, and keeps its place.
    Hangs,
    /// It has been in the database for too long and was given up: nobody waits for it any more, and it takes
    /// nothing any more.
    LeftBehind,
    /// The thread has ended.
    Gone,
}

/// One thread as others see it.
pub(super) struct Seat(Mutex<State>);

struct State {
    busy: Option<Busy>,
    is_left_behind: bool,
    is_gone: bool,
    alive: Option<Alive>,
}

struct Busy {
    since: Instant,
    opening: bool,
    caller: Option<Arc<dyn Caller>>,
}

impl Seat {
    /// The seat of a thread that a shutdown waits for.
    pub(super) fn new(living: &Arc<Living>) -> Self {
        let alive = Some(Living::enter(living));
        Self(Mutex::new(State { busy: None, is_left_behind: false, is_gone: false, alive }))
    }

    /// The thread goes to the database, for `caller` if somebody waits for the answer.
    pub(super) fn begin(&self, caller: Option<Arc<dyn Caller>>) {
        self.lock().busy = Some(Busy { since: Instant::now(), opening: false, caller });
    }

    /// The thread is back. False when it was left behind meanwhile: it has to end without taking anything.
    #[must_use]
    pub(super) fn end(&self) -> bool {
        let mut state = self.lock();
        state.busy = None;
        !state.is_left_behind
    }

    /// A connection is being opened.
    pub(super) fn opening(&self) {
        self.set_opening(true);
    }

    /// The attempt to open a connection is over.
    pub(super) fn opened(&self) {
        self.set_opening(false);
    }

    fn set_opening(&self, opening: bool) {
        if let Some(busy) = &mut self.lock().busy {
            busy.opening = opening;
            busy.since = Instant::now();
        }
    }

    /// Answers the caller when it is time, gives the thread up when it hangs and `may_leave`, and tells how it
    /// is.
    pub(super) fn look(&self, limits: &Limits, may_leave: bool) -> Finding {
        let mut state = self.lock();
        if state.is_gone {
            return Finding::Gone;
        }
        let Some(busy) = &mut state.busy else { return Finding::Fine };
        let no_connection = busy.opening && busy.since.elapsed() > limits.connection;
        let since = busy.since;
        let refusal = if limits.answer.is_some_and(|answer| busy.waits_longer(answer)) {
            Some(Refusal::NoAnswer)
        } else {
            no_connection.then(|| Refusal::NoConnection("it takes too long to open one".into()))
        };
        let hangs = limits.answer.is_some_and(|answer| {
            busy.since.elapsed() > if busy.opening { answer.max(OPENING) } else { answer }
        });
        let caller = refusal.and_then(|refusal| Some((busy.caller.take()?, refusal)));
        if hangs && may_leave {
            state.is_left_behind = true;
            state.alive = None;
        }
        drop(state);
        if let Some((caller, refusal)) = caller {
            caller.refuse(refusal);
        }
        match (hangs, no_connection) {
            (true, _) if may_leave => Finding::LeftBehind,
            (true, _) => Finding::Hangs,
            (false, true) => Finding::NoConnection { since },
            (false, false) => Finding::Fine,
        }
    }

    /// True when the thread has ended.
    pub(super) fn is_gone(&self) -> bool {
        self.lock().is_gone
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Busy {
    fn waits_longer(&self, time: Duration) -> bool {
        self.caller.as_ref().is_some_and(|caller| caller.since().elapsed() > time)
    }
}

/// Clears the seat when its thread ends, in whatever way.
pub(super) struct Seated(pub(super) Arc<Seat>);

impl Drop for Seated {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.is_gone = true;
        state.busy = None;
        state.alive = None;
    }
}

/// Counts threads, so that a shutdown can wait for them no longer than it wants to.
#[derive(Default)]
pub(crate) struct Living {
    count: Mutex<usize>,
    fewer: Condvar,
}

/// One thread that counts.
pub(crate) struct Alive(Arc<Living>);

impl Living {
    pub(crate) fn enter(living: &Arc<Self>) -> Alive {
        *living.count.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Alive(Arc::clone(living))
    }

    /// Waits until all have ended; false when `time` is over before.
    pub(crate) fn wait_none(&self, time: Duration) -> bool {
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
