//! Measures the product under load, side by side with the database alone.
//!
//! `make bench` runs the comparison; `compare --help` lists what else there is. Load comes from `wrk`, which keeps
//! connections open, sends another request each time and measures latencies; the database alone is measured by
//! `pgbench`. Both are programs of their own, so what they cost is in nobody's figures. Only the loopback interface is
//! used, and everything that is started ends with this program. It reads `/proc`, so it runs on Linux.

pub mod command;
mod database;
mod load;
mod machine;
mod people;
mod pgbench;
mod process;
mod product;
mod table;

/// Any failure; it ends the measurement.
pub type Failure = Box<dyn std::error::Error>;
/// What may fail.
pub type Result<T> = std::result::Result<T, Failure>;
