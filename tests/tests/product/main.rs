//! The product from outside: the real server over real sockets, on SQLite and on PostgreSQL.
//!
//! A test is a function that takes the [`Database`](api::Database) to run on; `on_both_databases!` makes two tests
//! of it. What is common to all answers is checked on every answer of every test, in [`seal`].
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

/// Makes two tests of each function that takes a database.
macro_rules! on_both_databases {
    ($($test:ident),+ $(,)?) => {$(
        mod $test {
            use crate::api::Database;

            #[tokio::test]
            async fn sqlite() {
                super::$test(Database::Sqlite).await;
            }

            #[tokio::test]
            async fn postgres() {
                super::$test(Database::Postgres).await;
            }
        }
    )+};
}

mod api;
mod client;
mod document;
mod raw;
mod redaction;
mod seal;

mod anonymous;
mod bad_input;
mod concurrency;
mod headers;
mod imported;
mod lists;
mod names;
mod parity;
mod roles;
mod sheets;
mod strangers;
mod uniqueness;
mod walks;
