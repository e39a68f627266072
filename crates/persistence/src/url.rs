//! Database URLs, and what can go wrong before a database is open.

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "postgres")]
mod tls;

use std::path::PathBuf;

#[cfg(feature = "postgres")]
pub(crate) use self::postgres::PostgresUrl;
use crate::settings::DatabaseSettings;

/// Why a database could not be opened. No message holds a password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL begins with no scheme that is known.
    #[error("the database URL must begin with sqlite: or postgres://")]
    Scheme,
    /// The URL names no file or no host in a way that could be understood.
    #[error("the database URL is not well-formed: {0}")]
    Malformed(&'static str),
    /// The program was built without this database, or without TLS to it.
    #[error("this build has no support for {0}")]
    NotBuilt(&'static str),
    /// A file or folder cannot be made or opened.
    #[error("cannot open the database file {}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The database refuses the connection, or nobody answers.
    #[error("cannot connect to the database: {0}")]
    Connection(String),
    /// A migration failed, or what was applied cannot be read.
    #[error("cannot migrate the database")]
    Migration(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The operating system gives no more threads.
    #[error("cannot start the database threads")]
    Threads(#[source] std::io::Error),
}

impl From<diesel::result::Error> for OpenError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Migration(error.into())
    }
}

impl DatabaseSettings {
    /// Whether this build can use such a URL at all. Opens nothing.
    ///
    /// # Errors
    /// What is wrong with the URL, or what the build lacks: the database, or TLS to PostgreSQL.
    pub fn check(&self) -> Result<(), OpenError> {
        DatabaseUrl::parse(&self.url).map(drop)
    }
}

/// Which database a URL names.
pub(crate) enum DatabaseUrl {
    /// A file.
    #[cfg(feature = "sqlite")]
    Sqlite(PathBuf),
    /// A server.
    #[cfg(feature = "postgres")]
    Postgres(PostgresUrl),
}

impl DatabaseUrl {
    /// Reads `sqlite://path`, `sqlite:path`, `postgres://…` and `postgresql://…`.
    pub(crate) fn parse(url: &str) -> Result<Self, OpenError> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            return sqlite(path.strip_prefix("//").unwrap_or(path));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return postgres(url);
        }
        Err(OpenError::Scheme)
    }
}

#[cfg(feature = "sqlite")]
fn sqlite(path: &str) -> Result<DatabaseUrl, OpenError> {
    if path.is_empty() || path.contains(":memory:") || path.contains('?') {
        // Every connection to a database in memory would have one of its own.
        return Err(OpenError::Malformed("SQLite needs the plain path of a file"));
    }
    let file = |source| OpenError::File { path: path.into(), source };
    // An absolute path is never taken for one of SQLite's own `file:` URLs.
    std::path::absolute(path).map(DatabaseUrl::Sqlite).map_err(file)
}

#[cfg(not(feature = "sqlite"))]
fn sqlite(_: &str) -> Result<DatabaseUrl, OpenError> {
    Err(OpenError::NotBuilt("SQLite"))
}

#[cfg(feature = "postgres")]
fn postgres(url: &str) -> Result<DatabaseUrl, OpenError> {
    PostgresUrl::parse(url).map(DatabaseUrl::Postgres)
}

#[cfg(not(feature = "postgres"))]
fn postgres(_: &str) -> Result<DatabaseUrl, OpenError> {
    Err(OpenError::NotBuilt("PostgreSQL"))
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use std::path::Path;

    use super::*;

    fn path(url: &str) -> Option<PathBuf> {
        match DatabaseUrl::parse(url) {
            Ok(DatabaseUrl::Sqlite(path)) => Some(path),
            _ => None,
        }
    }

    #[test]
    fn three_slashes_are_an_absolute_path_and_two_a_relative_one() {
        assert_eq!(path("sqlite:///var/lib/h.db").unwrap(), Path::new("/var/lib/h.db"));
        let here = std::env::current_dir().unwrap();
        assert_eq!(path("sqlite://data/h.db").unwrap(), here.join("data/h.db"));
        assert_eq!(path("sqlite:data/h.db").unwrap(), here.join("data/h.db"));
    }

    #[test]
    fn a_database_in_memory_is_refused() {
        assert!(path("sqlite::memory:").is_none());
        assert!(path("sqlite://").is_none());
        assert!(matches!(DatabaseUrl::parse("mysql://h/db"), Err(OpenError::Scheme)));
    }
}
