//! How to reach a database, and the bounds of its use.

use std::fmt;
use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use crate::executor::ExecutorSettings;

/// Where the database is and how hard it may be worked.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseSettings {
    /// `sqlite://path`, `sqlite:path`, `postgres://…` or `postgresql://…`. May hold a password, so it is
    /// never shown.
    pub url: String,
    /// Connections, and as many database threads. On SQLite these read, and one more writes.
    pub connections: NonZeroU32,
    /// How many operations may wait for a database thread; one more is refused at once.
    pub queue: NonZeroUsize,
    /// How long an operation may wait for a database thread.
    pub queue_timeout: Duration,
    /// How long an operation may take altogether; then it is answered that the database is unavailable, and
    /// nobody knows what became of a write. A write on SQLite that has begun may take longer: its outcome is
    /// always told. Longer than `statement_timeout`, so that a server that is merely slow ends the statement
    /// itself; a connection on which it does not is given up.
    pub answer_timeout: Duration,
    /// How long an operation may wait for a connection.
    pub connection_timeout: Duration,
    /// How long PostgreSQL may work on one statement.
    pub statement_timeout: Duration,
    /// How long one statement may wait for a lock of PostgreSQL.
    pub lock_timeout: Duration,
    /// The key that the audit trail is sealed under; never shown. Without one, whoever can change the tables can
    /// seal them anew as well, and only a head that was noted elsewhere tells.
    pub seal_key: Option<SealKey>,
}

/// The key of the seals of the audit trail, kept outside of the database.
#[derive(Clone, PartialEq, Eq)]
pub struct SealKey(Vec<u8>);

/// The key is shorter than 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a seal key must have at least 32 bytes")]
pub struct WeakSealKey;

impl SealKey {
    /// As many bytes as the hash has (RFC 2104, section 3).
    const SHORTEST: usize = 32;

    /// The key of these bytes.
    ///
    /// # Errors
    /// They are fewer than 32.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, WeakSealKey> {
        let bytes = bytes.into();
        if bytes.len() >= Self::SHORTEST { Ok(Self(bytes)) } else { Err(WeakSealKey) }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(…)")
    }
}

impl DatabaseSettings {
    /// The defaults for the database at `url`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            connections: NonZeroU32::new(8).unwrap_or(NonZeroU32::MIN),
            queue: NonZeroUsize::new(1024).unwrap_or(NonZeroUsize::MIN),
            queue_timeout: Duration::from_secs(1),
            answer_timeout: Duration::from_millis(3_500),
            connection_timeout: Duration::from_secs(1),
            statement_timeout: Duration::from_secs(3),
            lock_timeout: Duration::from_secs(2),
            seal_key: None,
        }
    }

    pub(crate) fn executor(&self) -> ExecutorSettings {
        ExecutorSettings { queue: self.queue, patience: self.queue_timeout, answer: self.answer_timeout }
    }
}

impl fmt::Debug for DatabaseSettings {
    /// Everything but the URL, and of the key only that there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseSettings")
            .field("connections", &self.connections)
            .field("queue", &self.queue)
            .field("queue_timeout", &self.queue_timeout)
            .field("answer_timeout", &self.answer_timeout)
            .field("connection_timeout", &self.connection_timeout)
            .field("statement_timeout", &self.statement_timeout)
            .field("lock_timeout", &self.lock_timeout)
            .field("seal_key", &self.seal_key)
            .finish_non_exhaustive()
    }
}
