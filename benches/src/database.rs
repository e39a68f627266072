//! The PostgreSQL server of a measurement.

use std::fs;
use std::process::Command;

use testkit::postgres::{Options, PostgresServer};

use crate::Result;

/// A PostgreSQL of its own that loses nothing in a crash.
pub(crate) struct Database {
    server: PostgresServer,
}

impl Database {
    /// Starts it, with the memory that a small machine would give it and all guarantees on, as they are by default.
    pub(crate) fn start() -> Result<Self> {
        let options = Options::durable()
            .with("shared_buffers", "512MB")
            .with("max_wal_size", "4GB")
            .with("checkpoint_timeout", "15min");
        let server = PostgresServer::start(&options)?;
        let database = Self { server };
        let setting = database.psql(
            "postgres",
            "SELECT string_agg(name || '=' || setting, ' ') FROM pg_settings \
            WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes') AND setting <> 'on'",
        )?;
        if setting.is_empty() { Ok(database) } else { Err(format!("this PostgreSQL has {setting}").into()) }
    }

    pub(crate) fn url(&self, name: &str) -> String {
        self.server.url(name)
    }

    /// The process id of the parent of all its processes.
    pub(crate) fn pid(&self) -> Option<u32> {
        // The file of the server itself: a supervisor in front of it does not count.
        let file = fs::read_to_string(self.server.folder().join("data/postmaster.pid")).ok()?;
        file.lines().next()?.trim().parse().ok()
    }

    pub(crate) fn create(&self, name: &str) -> Result<()> {
        self.psql("postgres", &format!("CREATE DATABASE {name}")).map(drop)
    }

    /// Copies a database to which nobody is connected, in the place of another one if that is there.
    pub(crate) fn copy(&self, from: &str, to: &str) -> Result<()> {
        self.psql("postgres", &format!("DROP DATABASE IF EXISTS {to} WITH (FORCE)"))?;
        self.psql("postgres", &format!("CREATE DATABASE {to} TEMPLATE {from}")).map(drop)
    }

    /// Runs statements; the answer is the text of the columns, one row a line.
    pub(crate) fn psql(&self, name: &str, statements: &str) -> Result<String> {
        let output = Command::new("psql")
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", &self.url(name), "-c", statements])
            .output()?;
        if !output.status.success() {
            return Err(format!("psql: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}
