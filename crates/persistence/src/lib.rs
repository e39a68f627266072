//! The repositories of the domain on SQLite and on PostgreSQL.
//!
//! [`Stores::connect`] picks the database by the URL and gives the ports. The queries are written once
//! (`repository/`) and compiled for each database with its own connection type; what differs stands in
//! that database's `dialect`. Every query runs on a thread of the `executor`, never on the caller's.
//!
//! Each of the features `sqlite` and `postgres` works without the other.

#[cfg(not(any(feature = "sqlite", feature = "postgres")))]
compile_error!("a build needs at least one of the features `sqlite` and `postgres`");

mod audit;
mod backup;
mod error;
mod executor;
mod limits;
mod listing;
mod load;
mod migrations;
#[cfg(feature = "postgres")]
mod postgres;
mod rotation;
mod rows;
mod schema;
mod settings;
#[cfg(feature = "sqlite")]
mod sqlite;
mod stores;
mod types;
mod url;
mod words;

pub use self::backup::{BackupError, Contents, copy, inspect, known_versions, others_at_work};
pub use self::load::{LaneLoad, LoadGauge};
pub use self::migrations::{Migration, MigrationState, migrate, pending, revert, schema};
pub use self::settings::{DatabaseSettings, SealKey, WeakSealKey};
pub use self::stores::Stores;
pub use self::url::OpenError;
