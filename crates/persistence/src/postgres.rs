//! The stores on PostgreSQL.

mod dialect;
mod erasing;
mod handover;
mod ids;
mod limiter;
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

use std::sync::Arc;

use diesel::pg::{Pg as Db, PgConnection as Conn};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

use crate::audit::Sealer;
use crate::executor::{Executor, Plan, Pool, PoolSettings};
use crate::migrations::{self, Known, Migration};
use crate::settings::DatabaseSettings;
use crate::stores::Stores;
use crate::url::{OpenError, PostgresUrl};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

pub(crate) fn connect(url: &PostgresUrl, settings: &DatabaseSettings) -> Result<Stores, OpenError> {
    let executor = Arc::new(executor(url, settings)?);
    let known = migrations::known::<Db>(&MIGRATIONS).into_iter().map(|known: Known| known.version).collect();
    let sealer = Sealer::new(settings.seal_key.clone());
    let url = url.clone();
    let unhurried = move || open::unhurried(&url);
    let limiter = limiter::Limiter::new(Arc::clone(&executor));
    Ok(Stores {
        limiter: Some(Arc::new(limiter)),
        ..assembly::stores(&executor, known, Arc::new(unhurried), sealer)
    })
}

/// The threads on the database at `url`.
pub(crate) fn executor(url: &PostgresUrl, settings: &DatabaseSettings) -> Result<Executor<Conn>, OpenError> {
    // Reports what is wrong now instead of in the background.
    drop(open::open(url, settings)?);
    let size = settings.connections.get();
    let pool_settings = PoolSettings { size, connection_timeout: settings.connection_timeout };
    let (url, session) = (url.clone(), settings.clone());
    let pool = Pool::new(pool_settings, move || open::establish(&url, &session));
    Executor::start(Plan::Pooled(pool), settings.executor()).map_err(OpenError::Threads)
}

/// Each migration that is missing in a transaction of its own, under a lock that other processes wait for.
pub(crate) fn migrate(url: &PostgresUrl) -> Result<Vec<String>, OpenError> {
    let mut connection = open::locked(url)?;
    migrations::apply(&mut connection, MIGRATIONS)
}

pub(crate) fn revert(url: &PostgresUrl) -> Result<Option<String>, OpenError> {
    let mut connection = open::locked(url)?;
    migrations::unapply(&mut connection, MIGRATIONS)
}

pub(crate) fn pending(url: &PostgresUrl) -> Result<Vec<String>, OpenError> {
    let mut connection = open::unhurried(url)?;
    let applied = open::applied(&mut connection)?;
    Ok(migrations::missing(migrations::known::<Db>(&MIGRATIONS), &applied))
}

pub(crate) fn schema(url: &PostgresUrl) -> Result<Vec<Migration>, OpenError> {
    let mut connection = open::unhurried(url)?;
    let applied = open::applied(&mut connection)?;
    Ok(migrations::compared(known(), applied))
}

/// The migrations of this program.
pub(crate) fn known() -> Vec<Known> {
    migrations::known::<Db>(&MIGRATIONS)
}

/// How many other connections of this program are open to the database.
pub(crate) fn others_at_work(url: &PostgresUrl) -> Result<u64, OpenError> {
    let mut connection = open::unhurried(url)?;
    Ok(open::others(&mut connection)?)
}
