//! The audit trail of the program, from outside.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod clinic;
mod commands;
mod export;
mod keeps;
#[expect(dead_code, reason = "other tests need more of it")]
#[path = "../command_line/place.rs"]
mod place;
mod prune;
mod purge;
#[cfg(feature = "postgres")]
mod replicas;
mod tampering;
