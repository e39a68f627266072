//! The panel over a real SQLite file: who gets in, what a page shows, what a form changes, and what none may.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod clinic;

mod access;
mod forms;
mod lists;
mod pages;
mod users;
