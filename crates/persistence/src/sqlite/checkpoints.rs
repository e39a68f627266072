//! Copying the log into the file beside the thread that writes.
//!
//! SQLite by itself does that on the connection that writes, between two commits, and until it is done nobody's write
//! goes on. Here a thread of its own copies while others write. Whatever they have added meanwhile is left, and the log
//! can only begin anew when all of it is in the file: that rest, and the sync of the file, are for the connection that
//! writes, when the log has reached the bound that `wal_autocheckpoint` sets. Were this thread to fail, that connection
//! would do all of it, as ever.

use std::any::Any;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::Integer;

use super::Conn;
use super::open::{self, Purpose};
use crate::executor::{FAREWELL, Living};
use crate::url::OpenError;

// Before 3.51.3 two connections that did this at the same time could break the file
// (<https://sqlite.org/wal.html#walresetbug>).
const _: () =
    assert!(libsqlite3_sys::SQLITE_VERSION_NUMBER >= 3_051_003, "an SQLite without the WAL-reset bug");

/// A log of so many pages is copied: an eighth less than what the connection that writes waits for.
const PAGES: i32 = 14_000;
/// Looking costs a few microseconds; in this time a busy server adds a few hundred pages.
const BUSY: Duration = Duration::from_millis(20);
/// The same while nobody writes.
const IDLE: Duration = Duration::from_millis(500);

/// The thread. It ends when this is dropped.
struct Checkpoints {
    stop: Option<Sender<()>>,
    living: Arc<Living>,
}

/// How far the log is: <https://sqlite.org/pragma.html#pragma_wal_checkpoint>.
#[derive(QueryableByName, Clone, Copy, PartialEq, Eq, Debug)]
struct Log {
    /// Its pages; -1 for a file that has no log.
    #[diesel(sql_type = Integer)]
    log: i32,
    /// How many of these are in the file.
    #[diesel(sql_type = Integer)]
    checkpointed: i32,
}

/// Starts the thread for the file at `path`.
///
/// # Errors
/// When the operating system gives no thread.
pub(super) fn start(path: PathBuf) -> io::Result<Box<dyn Any + Send + Sync>> {
    let (stop, stopped) = channel();
    let living = Arc::<Living>::default();
    let alive = Living::enter(&living);
    thread::Builder::new().name("db-checkpoint".to_owned()).spawn(move || {
        watch(&path, &stopped);
        drop(alive);
    })?;
    Ok(Box::new(Checkpoints { stop: Some(stop), living }))
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        drop(self.stop.take());
        if !self.living.wait_none(FAREWELL) {
            tracing::warn!("the log of the database is still being copied at shutdown");
        }
    }
}

/// Copies whenever it pays, until the other end is gone.
fn watch(path: &Path, stopped: &Receiver<()>) {
    // From the beginning, so that it is the last one to be closed, by itself: of two that are closed at the same time
    // each takes the other for the last, and the log stays.
    let mut connection = open::open(path, Purpose::Write).ok();
    let mut before = None;
    let mut pause = IDLE;
    let mut is_failing = false;
    while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
        let log = opened(&mut connection, path).and_then(|connection| Ok(shorten(connection)?));
        if let Err(error) = &log {
            // Nobody else tells: SQLite says nothing of what a connection that writes meets here after its commit.
            if !is_failing {
                tracing::warn!(%error, "the log of the database cannot be copied into the file, and grows");
            }
            connection = None;
        }
        is_failing = log.is_err();
        let log = log.ok();
        pause = if log == before { IDLE } else { BUSY };
        before = log;
    }
}

fn opened<'a>(connection: &'a mut Option<Conn>, path: &Path) -> Result<&'a mut Conn, OpenError> {
    match connection {
        Some(connection) => Ok(connection),
        none => Ok(none.insert(open::open(path, Purpose::Write)?)),
    }
}

/// Copies what is in the log and not in the file, if that is much. Returns how far the log was before.
fn shorten(connection: &mut Conn) -> QueryResult<Log> {
    let log = look(connection)?;
    if log.log.saturating_sub(log.checkpointed) >= PAGES {
        // Waits for nobody.
        connection.batch_execute("PRAGMA wal_checkpoint(PASSIVE)")?;
    }
    Ok(log)
}

fn look(connection: &mut Conn) -> QueryResult<Log> {
    diesel::sql_query("PRAGMA wal_checkpoint(NOOP)").get_result(connection)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    /// A file whose log only this module copies, and the connection that writes.
    fn database() -> (tempfile::TempDir, PathBuf, Conn) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clinic.sqlite3");
        open::prepare_file(&path).unwrap();
        let mut writer = open::open(&path, Purpose::Write).unwrap();
        writer.batch_execute("PRAGMA wal_autocheckpoint = 0; CREATE TABLE notes (text)").unwrap();
        (folder, path, writer)
    }

    /// Writes so many pages and a few more.
    fn write(writer: &mut Conn, pages: i32) {
        let numbers =
            format!("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {pages})");
        writer.batch_execute(&format!("{numbers} INSERT INTO notes SELECT zeroblob(1900) FROM c")).unwrap();
    }

    #[test]
    fn a_short_log_is_left_alone() {
        let (_folder, path, mut writer) = database();
        write(&mut writer, 100);
        let mut other = open::open(&path, Purpose::Write).unwrap();
        let log = shorten(&mut other).unwrap();
        assert!(log.log > 100, "{log:?}");
        assert_eq!(look(&mut other).unwrap(), Log { checkpointed: 0, ..log });
    }

    #[test]
    fn a_long_log_is_copied_while_somebody_writes() {
        let (_folder, path, mut writer) = database();
        write(&mut writer, PAGES);
        writer.batch_execute("BEGIN IMMEDIATE; INSERT INTO notes VALUES ('more')").unwrap();
        let mut other = open::open(&path, Purpose::Write).unwrap();
        let log = shorten(&mut other).unwrap();
        assert_eq!(look(&mut other).unwrap(), Log { checkpointed: log.log, ..log });
        writer.batch_execute("COMMIT").unwrap();
    }

    #[test]
    fn the_log_is_copied_for_as_long_as_the_handle_lives() {
        let (_folder, path, mut writer) = database();
        let checkpoints = start(path.clone()).unwrap();
        write(&mut writer, PAGES);
        let deadline = Instant::now() + Duration::from_secs(30);
        while look(&mut writer).unwrap().checkpointed <= 0 {
            assert!(Instant::now() < deadline, "nobody copies");
            thread::yield_now();
        }
        // Whoever closes the file last takes the log away.
        drop(writer);
        drop(checkpoints);
        assert!(!path.with_extension("sqlite3-wal").exists());
    }
}
