//! Django backends of three families, as a SQLite file, a PostgreSQL database, `dumpdata` or `pg_dump`.
//!
//! [`read`] takes in the whole source and refuses one that is cut short, not UTF-8 or of no known family. [`plan`]
//! judges every row and says what becomes of it, without writing anything. [`store`] writes that.

mod doctors;
mod family;
mod instant;
mod json;
mod mappings;
mod patients;
mod plan;
#[cfg(feature = "postgres")]
mod postgres;
mod source;
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;
mod store;
mod table;
mod users;

pub use plan::{Options, Plan, PlanError, plan};
pub use source::{Origin, ReadError, Source, read};
pub use store::{IdMap, MappedId, store};
