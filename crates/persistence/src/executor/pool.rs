//! Connections: r2d2 with a manager that asks the database only what it does not know.
//!
//! The manager that comes with diesel either asks with every check-out whether the connection is alive,
//! which doubles the work of the database, or never, which hands out every dead connection once after the
//! database was restarted. This one trusts a connection that has just answered, asks when it was idle for
//! a second, and suspects all of them as soon as one turns out to be dead.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use diesel::ConnectionError;
use diesel::r2d2::{HandleError, ManageConnection, PooledConnection};

use super::Session;
use super::job::Refusal;

/// After so long without an answer a connection has to prove that it lives.
const TRUSTED_FOR: Duration = Duration::from_secs(1);
/// How long a job waits for a connection while the database is known to be away.
const WAIT_WHEN_DOWN: Duration = Duration::from_millis(50);

type Open<C> = dyn Fn() -> Result<C, ConnectionError> + Send + Sync;

/// Size and patience of a pool.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PoolSettings {
    /// Connections, and as many threads.
    pub(crate) size: u32,
    /// How long to wait for a connection.
    pub(crate) connection_timeout: Duration,
}

/// The connections of one kind.
pub(crate) struct Pool<C: Session> {
    connections: diesel::r2d2::Pool<Manager<C>>,
    health: Arc<Health>,
}

impl<C: Session> Clone for Pool<C> {
    fn clone(&self) -> Self {
        Self { connections: self.connections.clone(), health: Arc::clone(&self.health) }
    }
}

impl<C: Session> Pool<C> {
    /// A pool that opens its connections by `open`, in the background and whenever one was lost.
    pub(crate) fn new(
        settings: PoolSettings,
        open: impl Fn() -> Result<C, ConnectionError> + Send + Sync + 'static,
    ) -> Self {
        let health = Arc::new(Health::new());
        let manager = Manager { open: Box::new(open), health: Arc::clone(&health) };
        let connections = diesel::r2d2::Pool::builder()
            .max_size(settings.size.max(1))
            .connection_timeout(settings.connection_timeout)
            .test_on_check_out(true)
            .idle_timeout(None)
            .error_handler(Box::new(LogError(Arc::clone(&health))))
            .build_unchecked(manager);
        Self { connections, health }
    }

    /// How many connections there can be.
    pub(super) fn size(&self) -> u32 {
        self.connections.max_size()
    }

    /// A connection that is very likely alive.
    pub(super) fn lease(&self) -> Result<Lease<C>, Refusal> {
        let was_down = self.health.is_down.load(Ordering::Relaxed);
        let wait = if was_down { WAIT_WHEN_DOWN } else { self.connections.connection_timeout() };
        let leased = self.connections.get_timeout(wait);
        self.health.note(leased.is_err());
        leased.map(Lease).map_err(|error| Refusal::NoConnection(error.to_string().into()))
    }

    /// Makes every connection that has not answered since prove that it lives.
    pub(super) fn suspect_all(&self) {
        self.health.suspect_all();
    }
}

/// A connection on loan.
pub(super) struct Lease<C: Session>(PooledConnection<Manager<C>>);

impl<C: Session> Lease<C> {
    /// The connection has just answered.
    pub(super) fn trust(&mut self) {
        self.0.answered_at = Instant::now();
    }

    /// The connection must not be used again: it is closed when it comes back.
    pub(super) fn condemn(&mut self) {
        self.0.is_condemned = true;
    }
}

impl<C: Session> Deref for Lease<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.0.connection
    }
}

impl<C: Session> DerefMut for Lease<C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.0.connection
    }
}

/// A connection and what is known of it.
pub(super) struct Link<C> {
    connection: C,
    answered_at: Instant,
    is_condemned: bool,
}

struct Health {
    start: Instant,
    /// Microseconds after `start`: answers from before it prove nothing.
    suspect_before: AtomicU64,
    /// No connection could be had the last time.
    is_down: AtomicBool,
}

impl Health {
    fn new() -> Self {
        Self { start: Instant::now(), suspect_before: AtomicU64::new(0), is_down: AtomicBool::new(false) }
    }

    /// Notes whether a connection could be had, and says so when that is news.
    fn note(&self, is_down: bool) {
        match (self.is_down.swap(is_down, Ordering::Relaxed), is_down) {
            (false, true) => tracing::error!("no connection to the database can be had"),
            (true, false) => tracing::info!("the database can be reached again"),
            _ => {}
        }
    }

    fn suspect_all(&self) {
        self.suspect_before.fetch_max(self.micros(Instant::now()), Ordering::Relaxed);
    }

    fn trusts(&self, answered_at: Instant) -> bool {
        answered_at.elapsed() < TRUSTED_FOR
            && self.micros(answered_at) >= self.suspect_before.load(Ordering::Relaxed)
    }

    fn micros(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.start).as_micros()).unwrap_or(u64::MAX)
    }
}

/// Opens, checks and discards connections for r2d2.
pub(super) struct Manager<C> {
    open: Box<Open<C>>,
    health: Arc<Health>,
}

impl<C: Session> ManageConnection for Manager<C> {
    type Connection = Link<C>;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Link<C>, Self::Error> {
        let connection = (self.open)().map_err(diesel::r2d2::Error::ConnectionError)?;
        Ok(Link { connection, answered_at: Instant::now(), is_condemned: false })
    }

    fn is_valid(&self, link: &mut Link<C>) -> Result<(), Self::Error> {
        if self.health.trusts(link.answered_at) {
            return Ok(());
        }
        match link.connection.ping() {
            Ok(()) => {
                link.answered_at = Instant::now();
                Ok(())
            }
            Err(error) => {
                self.health.suspect_all();
                Err(error.into())
            }
        }
    }

    fn has_broken(&self, link: &mut Link<C>) -> bool {
        link.is_condemned || link.connection.is_broken()
    }
}

/// Writes to the log what went wrong in the background: loudly until it is known that the database is away.
struct LogError(Arc<Health>);

impl fmt::Debug for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogError")
    }
}

impl HandleError<diesel::r2d2::Error> for LogError {
    fn handle_error(&self, error: diesel::r2d2::Error) {
        if self.0.is_down.load(Ordering::Relaxed) {
            tracing::debug!(%error, "a database connection failed");
        } else {
            tracing::warn!(%error, "a database connection failed");
        }
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
}
