//! The program from outside.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod import;
mod invitations;
mod place;
mod program;
mod users;
