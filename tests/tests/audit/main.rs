//! The audit trail, proven from outside: the program in processes of its own, on SQLite and on PostgreSQL.
//!
//! - every call leaves exactly one right event ([`complete`]);
//! - also calls that meet each other, or whose client has hung up ([`races`]);
//! - no crash separates a write from its event, nor, in strict mode, an answered read ([`killed`]).
//!
//! Figures are printed: `cargo test -p healthcore-tests --test audit -- --nocapture`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![expect(clippy::print_stdout, reason = "the measured figures are worth reading")]

// How other tests start the program and ask it; each test program uses a part of it.
#[allow(dead_code, reason = "shared with the tests of the product")]
#[path = "../product/client.rs"]
mod client;
#[allow(dead_code, reason = "shared with the tests of operations")]
#[path = "../operations/program.rs"]
mod program;
#[path = "../product/seal.rs"]
mod seal;
#[allow(dead_code, reason = "shared with the tests of operations")]
#[path = "../operations/wire.rs"]
mod wire;

mod asks;
mod clinic;
mod command;
mod crowd;
mod ledger;
mod person;
mod walks;

mod complete;
mod killed;
mod races;
