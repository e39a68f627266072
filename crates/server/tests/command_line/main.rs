//! The program from outside.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod invitations;
mod place;
mod program;
mod users;
