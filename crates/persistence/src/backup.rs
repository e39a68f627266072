//! Copies of an embedded database, and what is to be known before one takes its place.
//!
//! PostgreSQL has programs of its own for this; here is only what they cannot tell.

use std::path::Path;

use crate::url::{DatabaseUrl, OpenError};

/// What a copy of an embedded database holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contents {
    /// The versions of the migrations that it has, oldest first.
    pub versions: Vec<String>,
    /// How many rows each table of records has.
    pub rows: Vec<(&'static str, u64)>,
}

/// Why a copy cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A database cannot be opened or read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It is no database of this program.
    #[error("the file holds no database of healthcore")]
    Foreign,
    /// The file is damaged.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// The statement failed.
    #[error("the database could not be copied")]
    Failed(#[source] diesel::result::Error),
}

/// Copies the embedded database at `url` into a new file, as it is at one moment. Servers go on meanwhile, and need not
/// wait. The file is not yet safe from a power cut.
///
/// # Errors
/// It is no embedded database, or it cannot be read, or the file is there already.
#[cfg_attr(not(feature = "sqlite"), expect(unused_variables, reason = "only SQLite is copied"))]
pub fn copy(url: &str, to: &Path) -> Result<(), BackupError> {
    match DatabaseUrl::parse(url)? {
        #[cfg(feature = "sqlite")]
        DatabaseUrl::Sqlite(path) => crate::sqlite::copy_to(&path, to),
        #[cfg(feature = "postgres")]
        DatabaseUrl::Postgres(_) => Err(OpenError::Malformed("only SQLite is copied like this").into()),
    }
}

/// Reads a file from end to end and tells what it holds.
///
/// # Errors
/// The file is damaged, or holds something else.
#[cfg(feature = "sqlite")]
pub fn inspect(file: &Path) -> Result<Contents, BackupError> {
    crate::sqlite::contents(file)
}

/// Reads a file from end to end and tells what it holds.
///
/// # Errors
/// This build knows no SQLite.
#[cfg(not(feature = "sqlite"))]
pub fn inspect(_: &Path) -> Result<Contents, BackupError> {
    Err(OpenError::NotBuilt("SQLite").into())
}

/// The versions of all migrations of this program for the kind of database at `url`, oldest first. Opens nothing.
///
/// # Errors
/// The URL is not understood.
pub fn known_versions(url: &str) -> Result<Vec<String>, OpenError> {
    let known = match DatabaseUrl::parse(url)? {
        #[cfg(feature = "sqlite")]
        DatabaseUrl::Sqlite(_) => crate::sqlite::known(),
        #[cfg(feature = "postgres")]
        DatabaseUrl::Postgres(_) => crate::postgres::known(),
    };
    Ok(known.into_iter().map(|known| known.version).collect())
}

/// How many connections of this program are open to a PostgreSQL database; 0 for SQLite, where a server holds a lock.
///
/// # Errors
/// The database cannot be reached.
pub fn others_at_work(url: &str) -> Result<u64, OpenError> {
    match DatabaseUrl::parse(url)? {
        #[cfg(feature = "sqlite")]
        DatabaseUrl::Sqlite(_) => Ok(0),
        #[cfg(feature = "postgres")]
        DatabaseUrl::Postgres(url) => crate::postgres::others_at_work(&url),
    }
}
