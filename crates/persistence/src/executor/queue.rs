//! A bounded first-in-first-out queue whose entries grow late.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Waiting jobs.
pub(super) struct Queue<J> {
    state: Mutex<State<J>>,
    arrived: Condvar,
    closing: Condvar,
    capacity: usize,
    patience: Duration,
}

struct State<J> {
    waiting: VecDeque<Waiting<J>>,
    closed: bool,
    barred: bool,
}

/// A job in a queue.
pub(super) struct Waiting<J> {
    pub(super) job: J,
    since: Instant,
}

/// A job that waited long enough to be run, or too long.
pub(super) enum Taken<J> {
    InTime(J),
    Late(J),
}

/// Why a job was not let in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NotQueued {
    Full,
    /// Nobody is there to take it.
    Barred,
    Closed,
}

/// What waiting for jobs came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Next {
    /// There are some.
    Jobs,
    /// None came in time.
    Nothing,
    /// The queue is closed and empty.
    End,
}

impl<J> Queue<J> {
    pub(super) fn new(capacity: NonZeroUsize, patience: Duration) -> Self {
        Self {
            state: Mutex::new(State { waiting: VecDeque::new(), closed: false, barred: false }),
            arrived: Condvar::new(),
            closing: Condvar::new(),
            capacity: capacity.get(),
            patience,
        }
    }

    /// Puts `job` at the end.
    pub(super) fn push(&self, job: J) -> Result<(), NotQueued> {
        self.push_new(|| job)
    }

    /// Puts a job at the end that is made only if it is let in.
    pub(super) fn push_new(&self, job: impl FnOnce() -> J) -> Result<(), NotQueued> {
        let mut state = self.lock();
        if state.closed {
            return Err(NotQueued::Closed);
        }
        if state.barred {
            return Err(NotQueued::Barred);
        }
        if state.waiting.len() >= self.capacity {
            return Err(NotQueued::Full);
        }
        state.waiting.push_back(Waiting { job: job(), since: Instant::now() });
        drop(state);
        self.arrived.notify_one();
        Ok(())
    }

    /// Puts jobs in front that have been taken before or come from another queue, whatever this one lets in.
    pub(super) fn put_back(&self, jobs: Vec<J>) {
        if jobs.is_empty() {
            return;
        }
        let since = Instant::now();
        self.restore(jobs.into_iter().map(|job| Waiting { job, since }).collect());
    }

    /// Takes the oldest jobs, `most` of them or as many as there are; waits for the first no longer than
    /// `time`.
    pub(super) fn take(&self, most: usize, time: Duration, taken: &mut Vec<Taken<J>>) -> Next {
        let state = self.lock();
        let idle = |state: &mut State<J>| state.waiting.is_empty() && !state.closed;
        let (mut state, _) =
            self.arrived.wait_timeout_while(state, time, idle).unwrap_or_else(PoisonError::into_inner);
        if state.waiting.is_empty() {
            return if state.closed { Next::End } else { Next::Nothing };
        }
        let now = Instant::now();
        let count = most.min(state.waiting.len());
        taken.extend(state.waiting.drain(..count).map(|waiting| self.judge(waiting, now)));
        Next::Jobs
    }

    /// Takes the jobs at the front that are late.
    pub(super) fn take_late(&self) -> Vec<J> {
        self.take_older(self.patience).into_iter().map(|waiting| waiting.job).collect()
    }

    /// Takes the jobs at the front that have waited for longer than `time`.
    pub(super) fn take_older(&self, time: Duration) -> Vec<Waiting<J>> {
        let now = Instant::now();
        let mut state = self.lock();
        let is_older = |waiting: &&Waiting<J>| now.duration_since(waiting.since) > time;
        let count = state.waiting.iter().take_while(is_older).count();
        state.waiting.drain(..count).collect()
    }

    /// Puts jobs in front as they were before [`take_older`](Self::take_older).
    pub(super) fn restore(&self, jobs: Vec<Waiting<J>>) {
        let mut state = self.lock();
        for waiting in jobs.into_iter().rev() {
            state.waiting.push_front(waiting);
        }
        drop(state);
        self.arrived.notify_all();
    }

    /// Lets nobody in any more until it is opened again, and gives those back that wait.
    #[must_use]
    pub(super) fn bar(&self) -> Vec<J> {
        let mut state = self.lock();
        state.barred = true;
        state.waiting.drain(..).map(|waiting| waiting.job).collect()
    }

    /// Lets jobs in again.
    pub(super) fn unbar(&self) {
        self.lock().barred = false;
    }

    /// Lets nobody in any more. What waits can still be taken.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
        self.closing.notify_all();
    }

    /// Waits until the queue is closed and empty, or `time` is over; true in the first case.
    pub(super) fn wait_closed(&self, time: Duration) -> bool {
        let state = self.lock();
        let open = |state: &mut State<J>| !(state.closed && state.waiting.is_empty());
        let (state, _) =
            self.closing.wait_timeout_while(state, time, open).unwrap_or_else(PoisonError::into_inner);
        state.closed && state.waiting.is_empty()
    }

    /// How many wait, and how many may.
    pub(super) fn fill(&self) -> (usize, usize) {
        (self.lock().waiting.len(), self.capacity)
    }

    /// How long a job may wait.
    pub(super) const fn patience(&self) -> Duration {
        self.patience
    }

    fn judge(&self, waiting: Waiting<J>, now: Instant) -> Taken<J> {
        if self.is_late(&waiting, now) { Taken::Late(waiting.job) } else { Taken::InTime(waiting.job) }
    }

    fn is_late(&self, waiting: &Waiting<J>, now: Instant) -> bool {
        now.duration_since(waiting.since) > self.patience
    }

    fn lock(&self) -> MutexGuard<'_, State<J>> {
        // Nothing in here panics half-way, so a poisoned state is a whole one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(capacity: usize, patience: Duration) -> Queue<u8> {
        Queue::new(NonZeroUsize::new(capacity).unwrap(), patience)
    }

    fn take(queue: &Queue<u8>, most: usize) -> Vec<u8> {
        let mut taken = Vec::new();
        queue.take(most, Duration::ZERO, &mut taken);
        taken.into_iter().map(|(Taken::InTime(job) | Taken::Late(job))| job).collect()
    }

    #[test]
    fn gives_the_oldest_first_and_no_more_than_asked() {
        let queue = queue(8, Duration::MAX);
        (1..=5).for_each(|job| queue.push(job).unwrap());
        assert_eq!(take(&queue, 2), [1, 2]);
        assert_eq!(take(&queue, 9), [3, 4, 5]);
    }

    #[test]
    fn refuses_what_does_not_fit() {
        let queue = queue(1, Duration::MAX);
        queue.push(1).unwrap();
        assert_eq!(queue.push(2), Err(NotQueued::Full));
    }

    #[test]
    fn what_is_put_back_comes_first_even_into_a_full_queue() {
        let queue = queue(1, Duration::MAX);
        queue.push(3).unwrap();
        queue.put_back(vec![1, 2]);
        assert_eq!(take(&queue, 8), [1, 2, 3]);
    }

    #[test]
    fn a_barred_queue_is_empty_until_it_is_opened_again() {
        let queue = queue(8, Duration::MAX);
        queue.push(1).unwrap();
        assert_eq!(queue.bar(), [1]);
        assert_eq!(queue.push(2), Err(NotQueued::Barred));
        queue.unbar();
        queue.push(3).unwrap();
        assert_eq!(take(&queue, 8), [3]);
        assert_eq!(queue.take(8, Duration::ZERO, &mut Vec::new()), Next::Nothing);
    }

    #[test]
    fn a_closed_queue_gives_what_it_has_and_then_ends() {
        let queue = queue(8, Duration::MAX);
        queue.push(1).unwrap();
        queue.close();
        assert_eq!(queue.push(2), Err(NotQueued::Closed));
        assert!(!queue.wait_closed(Duration::ZERO));
        assert_eq!(take(&queue, 8), [1]);
        assert_eq!(queue.take(8, Duration::ZERO, &mut Vec::new()), Next::End);
        assert!(queue.wait_closed(Duration::ZERO));
    }

    #[test]
    fn knows_who_waited_too_long() {
        let queue = queue(8, Duration::ZERO);
        queue.push(1).unwrap();
        std::thread::yield_now();
        assert_eq!(queue.take_late(), [1]);
    }
}
