//! Sources of the three families and the three kinds, into real databases of both kinds.
//!
//! The files in `tests/data` are invented: one clinic per family, each as `dumpdata`, as `pg_dump` and as a SQLite
//! file, with the same rows.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "the measured figures are worth reading")]

mod again;
mod bad;
mod kinds;
mod rows_s0;
mod rows_s1;
mod rows_s2;
mod scale;
mod users;
mod world;
