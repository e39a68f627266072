//! What security promises, measured from outside: the real server over real sockets, where the database matters on
//! SQLite and on PostgreSQL.
//!
//! One file for each promise. Figures are printed: `cargo test -p healthcore-tests --test hardening -- --nocapture`.
//! Those that measure time need a machine for themselves and are run by `make test-load`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]
#![expect(clippy::print_stdout, reason = "the measured figures are worth reading")]

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

// What the tests of the product start and ask with; each test program uses a part of it.
#[allow(dead_code, reason = "shared with the tests of the product")]
#[path = "../product/api.rs"]
mod api;
#[allow(dead_code, reason = "shared with the tests of the product")]
#[path = "../product/client.rs"]
mod client;
#[path = "../product/seal.rs"]
mod seal;

mod operations;
mod own_database;
mod program;
mod wire;

mod canary;
mod flood;
mod forgery;
mod guessing;
mod replay;
mod timing;
mod tls;
