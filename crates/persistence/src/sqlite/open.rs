//! Opening the file.

use std::fs::{DirBuilder, OpenOptions};
use std::path::Path;
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::Conn;
use crate::migrations::__diesel_schema_migrations as migrations;
use crate::url::OpenError;

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// It cannot write.
    Read,
    /// It can.
    Write,
}

/// For every connection. `synchronous = FULL` syncs each commit: only then does an acknowledged write
/// survive a power cut. A new row changes a page of each index, most of them far apart: so pages are half as large as
/// usual, in files that are new. The log may grow to 32 MB of these: events on record change the same pages of an index
/// again and again, and each page is copied into the file once for all of that. A file with pages of another size keeps
/// them until it is restored from a backup. The file is not mapped into memory: SQLite unmaps it from a connection
/// whenever the log has changed since it read last, so that beside writes all pages would be mapped anew, again and again.
const PRAGMAS: &str = "
    PRAGMA page_size = 2048;
    PRAGMA busy_timeout = 5000;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA temp_store = MEMORY;
    PRAGMA wal_autocheckpoint = 16000;
    PRAGMA trusted_schema = OFF;
";

/// For a connection that cannot write. There are several of these, so each has half of SQLite's usual memory for pages: what
/// is not there comes from the system's, and reads are about as fast.
const READ_ONLY: &str = "
    PRAGMA query_only = ON;
    PRAGMA cache_size = -1000;
";

/// Makes the file and its folder, both for the own user only. Does nothing when they are there.
pub(super) fn prepare_file(path: &Path) -> Result<(), OpenError> {
    let failed = |source| OpenError::File { path: path.to_owned(), source };
    if path.exists() {
        return Ok(());
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        private_folder().recursive(true).create(folder).map_err(failed)?;
    }
    private_file().write(true).create(true).truncate(false).open(path).map_err(failed)?;
    Ok(())
}

/// Opens the file, which must be there.
pub(super) fn open(path: &Path, purpose: Purpose) -> Result<Conn, OpenError> {
    if !path.exists() {
        let source = std::io::ErrorKind::NotFound.into();
        return Err(OpenError::File { path: path.to_owned(), source });
    }
    establish(path, purpose).map_err(|error| OpenError::Connection(error.to_string()))
}

/// Opens the file for the pool.
pub(super) fn establish(path: &Path, purpose: Purpose) -> ConnectionResult<Conn> {
    let name = path.to_str().ok_or_else(|| ConnectionError::BadConnection("the path is not UTF-8".into()))?;
    let mut connection = Conn::establish(name)?;
    connection
        .batch_execute(PRAGMAS)
        .and_then(|()| match purpose {
            Purpose::Read => connection.batch_execute(READ_ONLY),
            Purpose::Write => write_ahead(&mut connection),
        })
        .map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(connection)
}

/// Changing the mode of a new file is refused, without waiting, while somebody else does the same.
fn write_ahead(connection: &mut Conn) -> QueryResult<()> {
    let mut attempts = 1..100;
    loop {
        match connection.batch_execute("PRAGMA journal_mode = WAL") {
            Err(_) if attempts.next().is_some() => thread::sleep(Duration::from_millis(20)),
            result => return result,
        }
    }
}

/// How long the connection waits for one that writes.
pub(super) fn wait_for_lock(connection: &mut Conn, time: Duration) -> QueryResult<()> {
    connection.batch_execute(&format!("PRAGMA busy_timeout = {}", time.as_millis()))
}

/// The versions of the migrations that were applied.
pub(super) fn applied(connection: &mut Conn) -> QueryResult<Vec<String>> {
    let exists = "SELECT count(*) AS found FROM sqlite_schema WHERE name = '__diesel_schema_migrations'";
    let exists: Found = diesel::sql_query(exists).get_result(connection)?;
    if exists.found == 0 {
        return Ok(Vec::new());
    }
    migrations::table.select(migrations::version).load(connection)
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    found: i64,
}

#[cfg(unix)]
fn private_folder() -> DirBuilder {
    let mut builder = DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

#[cfg(unix)]
fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(not(unix))]
fn private_folder() -> DirBuilder {
    DirBuilder::new()
}

#[cfg(not(unix))]
fn private_file() -> OpenOptions {
    OpenOptions::new()
}
