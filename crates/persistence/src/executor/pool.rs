//! Connections: each database thread owns one, and asks the database only what it does not know.
//!
//! The pool that comes with diesel either asks with every check-out whether the connection is alive, which
//! doubles the work of the database, or never, which hands out every dead connection once after the
//! database was restarted. And a connection that hangs keeps its place in it for good. Here a [`Slot`]
//! trusts a connection that has just answered, asks when it was idle for a second, and suspects all of them
//! as soon as one turns out to be dead; a thread that hangs is left behind together with its connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use diesel::ConnectionError;

use super::Session;
use super::job::{Outcome, Refusal};
use super::seat::Seat;

/// After so long without an answer a connection has to prove that it lives.
const TRUSTED_FOR: Duration = Duration::from_secs(1);
/// While no connection can be had, threads try for one no more often than this, all of them together.
const RETRY_EVERY: Duration = Duration::from_millis(500);

type Open<C> = dyn Fn() -> Result<C, ConnectionError> + Send + Sync;

/// Size and patience of a pool.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PoolSettings {
    /// Connections, and as many threads.
    pub(crate) size: u32,
    /// How long a job waits for its thread to open a connection.
    pub(crate) connection_timeout: Duration,
}

/// How connections of one kind are opened, and what is known of the database.
pub(crate) struct Pool<C: Session> {
    inner: Arc<Inner<C>>,
    size: u32,
}

struct Inner<C> {
    open: Box<Open<C>>,
    health: Health,
    connection_timeout: Duration,
}

impl<C: Session> Clone for Pool<C> {
    fn clone(&self) -> Self {
        self.part(self.size)
    }
}

impl<C: Session> Pool<C> {
    /// A pool whose threads open their connections by `open`, at once and whenever one was lost.
    pub(crate) fn new(
        settings: PoolSettings,
        open: impl Fn() -> Result<C, ConnectionError> + Send + Sync + 'static,
    ) -> Self {
        let PoolSettings { size, connection_timeout } = settings;
        let inner = Inner { open: Box::new(open), health: Health::new(), connection_timeout };
        Self { inner: Arc::new(inner), size: size.max(1) }
    }

    /// A pool of so many connections to the same database; what one learns of it, the other knows.
    pub(super) fn part(&self, size: u32) -> Self {
        Self { inner: Arc::clone(&self.inner), size }
    }

    /// How many connections there can be.
    pub(super) fn size(&self) -> u32 {
        self.size
    }

    /// How long a job waits for its thread to open a connection.
    pub(super) fn connection_timeout(&self) -> Duration {
        self.inner.connection_timeout
    }

    /// Makes every connection that has not answered since prove that it lives.
    pub(super) fn suspect_all(&self) {
        self.inner.health.suspect_all();
    }

    /// Lets threads without a connection refuse their jobs until one could be opened: an attempt that has begun at
    /// `since` came to nothing.
    pub(super) fn note_down(&self, since: Instant) {
        self.inner.health.note_failure(since);
    }
}

/// The connection of one thread, or the place for it.
pub(super) struct Slot<C: Session> {
    pool: Pool<C>,
    seat: Arc<Seat>,
    link: Option<Link<C>>,
}

/// A connection and what is known of it.
struct Link<C> {
    connection: C,
    answered_at: Instant,
}

impl<C: Session> Slot<C> {
    /// An empty place; `seat` is told when a connection is being opened.
    pub(super) fn new(pool: Pool<C>, seat: Arc<Seat>) -> Self {
        Self { pool, seat, link: None }
    }

    /// A connection that is very likely alive.
    pub(super) fn ready(&mut self) -> Result<&mut C, Refusal> {
        let health = &self.pool.inner.health;
        if self.link.as_ref().is_some_and(|link| !health.trusts(link.answered_at)) {
            self.check();
        }
        if self.link.is_none() {
            if self.pool.inner.health.is_down() {
                return Err(Refusal::NoConnection("the last attempt failed a moment ago".into()));
            }
            self.open().map_err(|error| Refusal::NoConnection(error.into()))?;
        }
        self.connection()
    }

    /// The connection as it is.
    pub(super) fn connection(&mut self) -> Result<&mut C, Refusal> {
        let link = self.link.as_mut().map(|link| &mut link.connection);
        link.ok_or_else(|| Refusal::NoConnection("it was lost".into()))
    }

    /// True when there is something for [`heal`](Self::heal) to do.
    pub(super) fn is_ill(&self) -> bool {
        let health = &self.pool.inner.health;
        match &self.link {
            Some(link) => health.suspects(link.answered_at),
            None => health.may_try(),
        }
    }

    /// Opens the connection if there is none, and has a suspect one prove that it lives.
    pub(super) fn heal(&mut self) {
        if self.link.is_some() {
            self.check();
        }
        if self.link.is_none() && self.pool.inner.health.may_try() {
            // The failure was written to the log, and nobody waits for the connection.
            let _ = self.open();
        }
    }

    /// What a job that has ended says about the connection.
    pub(super) fn settle(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Done => self.trust(),
            // The failure may be one that the connection has not noticed yet: let it be asked in time.
            Outcome::Failed => {}
            Outcome::Lost => self.lose(),
            Outcome::Panicked => self.close(),
        }
        if self.link.as_mut().is_some_and(|link| link.connection.is_broken()) {
            self.close();
        }
    }

    /// The connection has just answered.
    pub(super) fn trust(&mut self) {
        if let Some(link) = &mut self.link {
            link.answered_at = Instant::now();
            self.pool.inner.health.note_answer(link.answered_at);
        }
    }

    /// The connection must not be used again.
    pub(super) fn close(&mut self) {
        self.link = None;
    }

    /// The connection is dead, and the others may be.
    pub(super) fn lose(&mut self) {
        self.close();
        self.pool.suspect_all();
    }

    fn check(&mut self) {
        let Some(link) = &mut self.link else { return };
        match link.connection.ping() {
            Ok(()) => self.trust(),
            Err(error) => {
                self.pool.inner.health.log(&error);
                self.lose();
            }
        }
    }

    fn open(&mut self) -> Result<(), String> {
        let Inner { open, health, .. } = &*self.pool.inner;
        health.note_try();
        let begun = Instant::now();
        self.seat.opening();
        let opened = open();
        self.seat.opened();
        match opened {
            Ok(connection) => {
                let answered_at = Instant::now();
                self.link = Some(Link { connection, answered_at });
                health.note_answer(answered_at);
                Ok(())
            }
            Err(error) => {
                health.log(&error);
                health.note_failure(begun);
                Err(error.to_string())
            }
        }
    }
}

struct Health {
    start: Instant,
    /// Microseconds after `start`: answers from before it prove nothing.
    suspect_before: AtomicU64,
    /// No connection could be had the last time.
    is_down: AtomicBool,
    /// Microseconds after `start` when the last attempt to open a connection began.
    tried_at: AtomicU64,
    /// Microseconds after `start` when a connection has answered the last time.
    answered_at: AtomicU64,
}

impl Health {
    fn new() -> Self {
        Self {
            start: Instant::now(),
            suspect_before: AtomicU64::new(0),
            is_down: AtomicBool::new(false),
            tried_at: AtomicU64::new(0),
            answered_at: AtomicU64::new(0),
        }
    }

    fn is_down(&self) -> bool {
        self.is_down.load(Ordering::Relaxed)
    }

    /// A connection has answered.
    fn note_answer(&self, at: Instant) {
        self.answered_at.fetch_max(self.micros(at), Ordering::Relaxed);
        self.note(false);
    }

    /// An attempt that has begun at `since` came to nothing. When another connection has answered after that, the
    /// failure is of yesterday: the database is there again.
    fn note_failure(&self, since: Instant) {
        if self.answered_at.load(Ordering::Relaxed) <= self.micros(since) {
            self.note(true);
        }
    }

    /// Notes whether a connection could be had, and says so when that is news.
    fn note(&self, is_down: bool) {
        if self.is_down() == is_down {
            return;
        }
        match (self.is_down.swap(is_down, Ordering::Relaxed), is_down) {
            (false, true) => tracing::error!("no connection to the database can be had"),
            (true, false) => tracing::info!("the database can be reached again"),
            _ => {}
        }
    }

    /// Writes what went wrong to the log: loudly until it is known that the database is away.
    fn log(&self, error: &dyn std::error::Error) {
        if self.is_down() {
            tracing::debug!(%error, "a database connection failed");
        } else {
            tracing::warn!(%error, "a database connection failed");
        }
    }

    fn note_try(&self) {
        self.tried_at.fetch_max(self.micros(Instant::now()), Ordering::Relaxed);
    }

    /// True when an attempt to open a connection has a chance, or is due.
    fn may_try(&self) -> bool {
        let since = self.micros(Instant::now()).saturating_sub(self.tried_at.load(Ordering::Relaxed));
        !self.is_down() || Duration::from_micros(since) >= RETRY_EVERY
    }

    fn suspect_all(&self) {
        self.suspect_before.fetch_max(self.micros(Instant::now()), Ordering::Relaxed);
    }

    fn suspects(&self, answered_at: Instant) -> bool {
        self.micros(answered_at) < self.suspect_before.load(Ordering::Relaxed)
    }

    fn trusts(&self, answered_at: Instant) -> bool {
        answered_at.elapsed() < TRUSTED_FOR && !self.suspects(answered_at)
    }

    fn micros(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.start).as_micros()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_dead_connection_makes_all_older_ones_suspect() {
        let health = Health::new();
        let before = Instant::now();
        assert!(health.trusts(before));
        std::thread::sleep(Duration::from_millis(1));
        health.suspect_all();
        assert!(!health.trusts(before));
        assert!(health.trusts(Instant::now()));
    }

    #[test]
    fn an_attempt_that_failed_after_another_one_answered_says_nothing() {
        let health = Health::new();
        let begun = Instant::now();
        health.note_failure(begun);
        assert!(health.is_down());
        health.note_answer(begun + Duration::from_millis(2));
        assert!(!health.is_down());
        health.note_failure(begun + Duration::from_millis(1));
        assert!(!health.is_down());
        health.note_failure(begun + Duration::from_millis(3));
        assert!(health.is_down());
    }

    #[test]
    fn attempts_are_rare_only_while_the_database_is_away() {
        let health = Health::new();
        health.note_try();
        assert!(health.may_try());
        health.note(true);
        health.note_try();
        assert!(!health.may_try());
        health.note(false);
        assert!(health.may_try());
    }
}
