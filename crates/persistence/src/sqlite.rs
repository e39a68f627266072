//! The stores on SQLite: one file, many readers, one writer.

#![allow(clippy::duplicate_mod, reason = "one source of queries, compiled for each database")]

mod checkpoints;
mod copy;
mod dialect;
mod erasing;
mod handover;
mod ids;
mod open;
mod together;
mod trail;

#[path = "repository/administration.rs"]
mod administration;
#[path = "repository/assembly.rs"]
mod assembly;
#[path = "repository/audit.rs"]
mod audit;
#[path = "repository/doctors.rs"]
mod doctors;
#[path = "repository/eraser.rs"]
mod eraser;
#[path = "repository/history.rs"]
mod history;
#[path = "repository/intake.rs"]
mod intake;
#[path = "repository/invitations.rs"]
mod invitations;
#[path = "repository/mappings.rs"]
mod mappings;
#[path = "repository/mover.rs"]
mod mover;
#[path = "repository/once.rs"]
mod once;
#[path = "repository/patients.rs"]
mod patients;
#[path = "repository/probe.rs"]
mod probe;
#[path = "repository/resets.rs"]
mod resets;
#[path = "repository/sessions.rs"]
mod sessions;
#[path = "repository/throttle.rs"]
mod throttle;
#[path = "repository/users.rs"]
mod users;
#[path = "repository/versions.rs"]
mod versions;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use diesel::sqlite::{Sqlite as Db, SqliteConnection as Conn};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

pub(crate) use self::copy::{contents, copy_to};

use self::open::Purpose;
use crate::audit::Sealer;
use crate::executor::{Executor, Plan, Pool, PoolSettings};
use crate::migrations::{self, Known, Migration};
use crate::settings::DatabaseSettings;
use crate::stores::Stores;
use crate::url::OpenError;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// How long migrations, and whatever else is not in a hurry, wait for another process that writes.
const MIGRATION_PATIENCE: Duration = Duration::from_mins(1);

pub(crate) fn connect(path: &Path, settings: &DatabaseSettings) -> Result<Stores, OpenError> {
    let executor = Arc::new(executor(path, settings)?);
    let known = migrations::known::<Db>(&MIGRATIONS).into_iter().map(|known: Known| known.version).collect();
    let sealer = Sealer::new(settings.seal_key.clone());
    let path = path.to_owned();
    let unhurried = move || {
        let mut connection = open::open(&path, Purpose::Write)?;
        open::wait_for_lock(&mut connection, MIGRATION_PATIENCE)?;
        Ok(connection)
    };
    Ok(assembly::stores(&executor, known, Arc::new(unhurried), sealer))
}

/// The threads on the file at `path`: some that read, one that writes.
pub(crate) fn executor(path: &Path, settings: &DatabaseSettings) -> Result<Executor<Conn>, OpenError> {
    open::prepare_file(path)?;
    // Reports what is wrong now instead of in the background, and sets the mode of the journal for all.
    drop(open::open(path, Purpose::Write)?);
    let pool = |size, purpose| {
        let path = path.to_owned();
        let settings = PoolSettings { size, connection_timeout: settings.connection_timeout };
        Pool::new(settings, move || open::establish(&path, purpose))
    };
    let readers = pool(settings.connections.get(), Purpose::Read);
    let writer = pool(1, Purpose::Write);
    let beside = checkpoints::start(path.to_owned()).map_err(OpenError::Threads)?;
    let plan = Plan::OneWriter { readers, writer, beside };
    Executor::start(plan, settings.executor()).map_err(OpenError::Threads)
}

/// All that is missing in one transaction, which takes the lock for writing before it looks.
pub(crate) fn migrate(path: &Path) -> Result<Vec<String>, OpenError> {
    open::prepare_file(path)?;
    let mut connection = open::open(path, Purpose::Write)?;
    open::wait_for_lock(&mut connection, MIGRATION_PATIENCE)?;
    connection.immediate_transaction(|c| migrations::apply(c, MIGRATIONS))
}

pub(crate) fn revert(path: &Path) -> Result<Option<String>, OpenError> {
    let mut connection = open::open(path, Purpose::Write)?;
    open::wait_for_lock(&mut connection, MIGRATION_PATIENCE)?;
    connection.immediate_transaction(|c| migrations::unapply(c, MIGRATIONS))
}

pub(crate) fn pending(path: &Path) -> Result<Vec<String>, OpenError> {
    let known = migrations::known::<Db>(&MIGRATIONS);
    if !path.exists() {
        return Ok(migrations::missing(known, &[]));
    }
    let mut connection = open::open(path, Purpose::Read)?;
    let applied = open::applied(&mut connection)?;
    Ok(migrations::missing(known, &applied))
}

pub(crate) fn schema(path: &Path) -> Result<Vec<Migration>, OpenError> {
    let known = known();
    if !path.exists() {
        return Ok(migrations::compared(known, Vec::new()));
    }
    let mut connection = open::open(path, Purpose::Read)?;
    let applied = open::applied(&mut connection)?;
    Ok(migrations::compared(known, applied))
}

/// The migrations of this program.
pub(crate) fn known() -> Vec<Known> {
    migrations::known::<Db>(&MIGRATIONS)
}
