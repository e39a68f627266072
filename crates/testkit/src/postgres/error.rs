//! Why there is no PostgreSQL for a test.

use std::fmt;

/// Why a server or a database for tests could not be had.
///
/// `Debug` prints the same as `Display`, so that an `unwrap` in a test shows a text that can be read.
#[derive(Clone, thiserror::Error)]
pub enum Error {
    /// No server programs on this machine.
    #[error("{}", missing(.0))]
    NotFound(Vec<String>),
    /// Something went wrong on the way.
    #[error("PostgreSQL for tests: cannot {what}: {why}")]
    Failed {
        /// What was tried.
        what: String,
        /// What was reported, with the end of the server's log where that helps.
        why: String,
    },
}

impl Error {
    /// Makes a function for `map_err` out of what was tried.
    pub(super) fn at<E: fmt::Display>(what: impl Into<String>) -> impl FnOnce(E) -> Self {
        let what = what.into();
        move |why| Self::Failed { what, why: why.to_string() }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

fn missing(looked_in: &[String]) -> String {
    format!(
        "no PostgreSQL server programs (initdb, postgres) were found, and these tests need them.

Install PostgreSQL 13 or later:
    Debian, Ubuntu   sudo apt-get install postgresql
    Fedora, RHEL     sudo dnf install postgresql-server
    Alpine           sudo apk add postgresql
    macOS            brew install postgresql@17
`make test` does this itself where it can. Programs in an unusual place are found by
    HEALTHCORE_TEST_PG_BIN=/folder/with/initdb
and a server that is already running is used with
    HEALTHCORE_TEST_POSTGRES_URL=postgres://user:password@host:5432/postgres
(a user who may create databases; each test makes one and drops it).

Looked in: {}",
        looked_in.join(", ")
    )
}
