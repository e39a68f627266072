//! A source, read as a whole before anything is done with it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::family::{Family, Known};
use super::table::Table;
use super::{json, sql};

/// Where the records come from.
#[derive(Clone, PartialEq, Eq)]
pub enum Origin {
    /// A SQLite file; it is opened read-only.
    Sqlite(PathBuf),
    /// A PostgreSQL database; it is read in one read-only transaction.
    Postgres(String),
    /// What `manage.py dumpdata` or `pg_dump` has written.
    Dump(PathBuf),
}

/// Why a source is refused. No message holds a value of it.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("cannot be read")]
    File(#[from] io::Error),
    /// The text, or a text in it, is not UTF-8.
    #[error("is not UTF-8{0}")]
    NotUtf8(&'static str),
    /// The end is missing.
    #[error("is cut short: {0}")]
    CutShort(&'static str),
    /// It is not what it should be.
    #[error("cannot be understood: {0}")]
    Malformed(String),
    /// Its tables are not those of S0, S1 or S2.
    #[error("is of no known family: {0}")]
    UnknownFamily(String),
    /// The database that holds it does not answer as it should.
    #[error("cannot be read: {0}")]
    Database(String),
    /// This build cannot read such a database.
    #[error("cannot be read: this build has no support for {0}")]
    NotBuilt(&'static str),
}

/// Everything that a source holds.
pub struct Source {
    pub(super) family: &'static Family,
    pub(super) tables: BTreeMap<String, Table>,
    /// Rows of tables that are not taken over.
    pub(super) others: BTreeMap<String, u64>,
}

/// What a reader brings: tables, and how many rows there are of what it does not keep.
#[derive(Default)]
pub(super) struct Read {
    pub(super) tables: BTreeMap<String, Table>,
    pub(super) counted: BTreeMap<String, u64>,
}

/// Reads a source from its beginning to its end.
pub fn read(origin: &Origin) -> Result<Source, ReadError> {
    match origin {
        Origin::Sqlite(path) => whole(read_sqlite(path)?, true),
        Origin::Postgres(url) => whole(read_postgres(url)?, true),
        Origin::Dump(path) => {
            let text = String::from_utf8(fs::read(path)?).map_err(|_| ReadError::NotUtf8(""))?;
            let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
            if text.trim_start().starts_with(['[', '{']) {
                whole(json::read(text)?, false)
            } else {
                whole(sql::read(text)?, true)
            }
        }
    }
}

/// `is_schema` says that all tables are there, also those without rows.
fn whole(read: Read, is_schema: bool) -> Result<Source, ReadError> {
    let Read { mut tables, counted } = read;
    let family = Family::of(&tables, is_schema).map_err(ReadError::UnknownFamily)?;
    let mut others = counted;
    tables.retain(|name, table| {
        let is_known = family.has(name);
        if !is_known {
            others.insert(name.clone(), u64::try_from(table.len()).unwrap_or(u64::MAX));
        }
        is_known
    });
    for Known { table, columns } in family.tables() {
        tables.entry((*table).to_owned()).or_insert_with(|| Table::new(columns.iter().copied()));
    }
    Ok(Source { family, tables, others })
}

impl Source {
    /// The name of the family: `s0`, `s1` or `s2`.
    pub fn family(&self) -> &'static str {
        self.family.name
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Source({})", self.family.name)
    }
}

#[cfg(feature = "sqlite")]
fn read_sqlite(path: &Path) -> Result<Read, ReadError> {
    super::sqlite::read(path)
}

#[cfg(not(feature = "sqlite"))]
fn read_sqlite(_: &Path) -> Result<Read, ReadError> {
    Err(ReadError::NotBuilt("SQLite"))
}

#[cfg(feature = "postgres")]
fn read_postgres(url: &str) -> Result<Read, ReadError> {
    super::postgres::read(url)
}

#[cfg(not(feature = "postgres"))]
fn read_postgres(_: &str) -> Result<Read, ReadError> {
    Err(ReadError::NotBuilt("PostgreSQL"))
}
