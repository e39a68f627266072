//! The program from outside.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod backup;
mod help;
mod import;
mod invitations;
mod moving;
mod old_passwords;
mod operator;
mod place;
mod program;
mod scale;
mod users;
