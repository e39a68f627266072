//! The server as operators run it: whole processes, several replicas, failing databases, hostile clients, full disks.
//!
//! The figures are those of the product's requirements; each test prints what it has measured. Tests that measure
//! time have the machine to themselves, see [`turns`].
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![expect(clippy::print_stdout, reason = "the measured figures are worth reading")]

mod accounts;
mod balancer;
mod network;
mod program;
mod turns;
mod wire;

mod disk_full;
mod flood;
mod limits;
mod outage;
mod rolling;
mod sessions;
mod slow_clients;
mod slow_tls;
mod smuggling;
mod start;
