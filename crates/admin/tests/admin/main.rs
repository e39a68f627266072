//! The panel over a real SQLite file: who gets in, what a page shows, what a form changes, and what none may.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod clinic;

mod access;
mod account;
mod audit;
mod bulk;
mod forms;
mod lists;
mod mappings;
mod moving;
mod pages;
mod reset;
mod selected;
mod set_up;
mod users;
