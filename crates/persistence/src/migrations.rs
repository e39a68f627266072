//! The schema: embedded migrations, each applied once however many processes start at once.

use diesel::backend::Backend;
use diesel::migration::MigrationSource;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};

use crate::url::{DatabaseUrl, OpenError};

diesel::table! {
    /// Diesel's own table of what was applied.
    __diesel_schema_migrations (version) {
        version -> Text,
    }
}

/// The schema is older than the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0} migrations are not applied")]
pub(crate) struct Unapplied(pub(crate) usize);

/// Applies what is missing and returns the names of what was applied, oldest first.
///
/// Processes that call this at once wait for one another; each migration is applied once.
///
/// # Errors
/// The database cannot be opened, or a migration fails. On SQLite none is applied then, on PostgreSQL those
/// before the one that failed.
pub fn migrate(url: &str) -> Result<Vec<String>, OpenError> {
    match DatabaseUrl::parse(url)? {
        #[cfg(feature = "sqlite")]
        DatabaseUrl::Sqlite(path) => crate::sqlite::migrate(&path),
        #[cfg(feature = "postgres")]
        DatabaseUrl::Postgres(url) => crate::postgres::migrate(&url),
    }
}

/// The names of the migrations that are not applied, oldest first. Changes nothing.
///
/// # Errors
/// The database cannot be opened or read.
pub fn pending(url: &str) -> Result<Vec<String>, OpenError> {
    match DatabaseUrl::parse(url)? {
        #[cfg(feature = "sqlite")]
        DatabaseUrl::Sqlite(path) => crate::sqlite::pending(&path),
        #[cfg(feature = "postgres")]
        DatabaseUrl::Postgres(url) => crate::postgres::pending(&url),
    }
}

/// A migration, and whether the database has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Migration {
    /// Its name; of one that this program does not know, its version.
    pub name: String,
    /// How it stands.
    pub state: MigrationState,
}

/// How a migration stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MigrationState {
    /// The database has it.
    Applied,
    /// The program brings it along, and the database does not have it.
    Pending,
    /// The database has it, and the program does not know it: a newer release was here.
    Unknown,
}

/// All migrations of the program and of the database, oldest first. Changes nothing.
///
/// # Errors
/// The database cannot be opened or read.
pub fn schema(url: &str) -> Result<Vec<Migration>, OpenError> {
    match DatabaseUrl::parse(url)? {
        #[cfg(feature = "sqlite")]
        DatabaseUrl::Sqlite(path) => crate::sqlite::schema(&path),
        #[cfg(feature = "postgres")]
        DatabaseUrl::Postgres(url) => crate::postgres::schema(&url),
    }
}

/// Takes back the latest migration, with the data in it, and returns its version; `None` when there is none.
///
/// # Errors
/// The database cannot be opened, or the migration cannot be taken back.
pub fn revert(url: &str) -> Result<Option<String>, OpenError> {
    match DatabaseUrl::parse(url)? {
        #[cfg(feature = "sqlite")]
        DatabaseUrl::Sqlite(path) => crate::sqlite::revert(&path),
        #[cfg(feature = "postgres")]
        DatabaseUrl::Postgres(url) => crate::postgres::revert(&url),
    }
}

/// Applies what is missing. The caller holds the lock.
pub(crate) fn apply<DB, C>(connection: &mut C, source: EmbeddedMigrations) -> Result<Vec<String>, OpenError>
where
    DB: Backend,
    C: MigrationHarness<DB>,
{
    let missing = connection.pending_migrations(source).map_err(OpenError::Migration)?;
    let names = missing.iter().map(|migration| migration.name().to_string()).collect();
    connection.run_migrations(&missing).map_err(OpenError::Migration)?;
    Ok(names)
}

/// Takes back the latest migration. The caller holds the lock.
pub(crate) fn unapply<DB, C>(
    connection: &mut C,
    source: EmbeddedMigrations,
) -> Result<Option<String>, OpenError>
where
    DB: Backend,
    C: MigrationHarness<DB>,
{
    if connection.applied_migrations().map_err(OpenError::Migration)?.is_empty() {
        return Ok(None);
    }
    let version = connection.revert_last_migration(source).map_err(OpenError::Migration)?;
    Ok(Some(version.to_string()))
}

/// Names and versions of all migrations of `source`, oldest first.
pub(crate) fn known<DB: Backend>(source: &EmbeddedMigrations) -> Vec<Known> {
    // Embedded migrations were read by the compiler; there is nothing left to fail.
    let migrations = MigrationSource::<DB>::migrations(source).unwrap_or_default();
    let known = |name: &dyn diesel::migration::MigrationName| Known {
        name: name.to_string(),
        version: name.version().to_string(),
    };
    let mut all: Vec<Known> = migrations.iter().map(|migration| known(migration.name())).collect();
    all.sort_unstable_by(|a, b| a.version.cmp(&b.version));
    all
}

/// A migration that this program brings along.
pub(crate) struct Known {
    pub(crate) name: String,
    pub(crate) version: String,
}

/// The migrations of the program beside those of a database.
pub(crate) fn compared(known: Vec<Known>, mut applied: Vec<String>) -> Vec<Migration> {
    let mut all: Vec<Migration> = known
        .into_iter()
        .map(|one| {
            let place = applied.iter().position(|version| *version == one.version);
            let state = if place.is_some() { MigrationState::Applied } else { MigrationState::Pending };
            if let Some(place) = place {
                applied.swap_remove(place);
            }
            Migration { name: one.name, state }
        })
        .collect();
    applied.sort_unstable();
    all.extend(applied.into_iter().map(|name| Migration { name, state: MigrationState::Unknown }));
    all
}

/// The names of those of `known` whose version is not `applied`.
pub(crate) fn missing(known: Vec<Known>, applied: &[String]) -> Vec<String> {
    known.into_iter().filter(|one| !applied.contains(&one.version)).map(|one| one.name).collect()
}
