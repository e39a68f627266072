//! A real PostgreSQL for tests.
//!
//! `make test` starts one server for all test programs by the program `with-postgres`, which puts its address into
//! [`URL_VARIABLE`]. Without that variable (a plain `cargo test`) each test process starts a server of its own when
//! a test first asks for a database, and that server ends with the process. Either way a test gets a database that
//! nobody else sees, cloned in some milliseconds from a template that was migrated once.
//!
//! A machine without PostgreSQL fails the tests with a text that says how to get it: they are never skipped.
//!
//! ```no_run
//! use testkit::postgres::{self, Template};
//!
//! # fn main() -> Result<(), postgres::Error> {
//! let template = Template::new("1: a", |url| {
//!     let _ = url; // connect and migrate
//!     Ok(())
//! });
//! let database = postgres::database_blocking(&template)?;
//! assert!(database.url().starts_with("postgres://"));
//! # Ok(())
//! # }
//! ```

mod error;
mod programs;
mod server;
mod supervisor;
mod template;
#[cfg(feature = "tls")]
mod tls;

use std::sync::OnceLock;

pub use error::Error;
pub use server::{Identity, Options, PostgresServer};
pub use template::{Database, Migrate, Template};
#[cfg(feature = "tls")]
pub use tls::Authority;

/// The variable with the address of a server for tests: `postgres://user@host:port/maintenance-database`.
pub const URL_VARIABLE: &str = "HEALTHCORE_TEST_POSTGRES_URL";

/// The address in [`URL_VARIABLE`], if it is set.
pub fn given_url() -> Option<String> {
    programs::variable(URL_VARIABLE).map(|url| url.to_string_lossy().into_owned())
}

/// A fresh database for one test, for use in async tests. See [`database_blocking`].
pub async fn database(template: &Template) -> Result<Database, Error> {
    let template = template.clone();
    tokio::task::spawn_blocking(move || database_blocking(&template))
        .await
        .map_err(Error::at("wait for a database"))?
}

/// A fresh database for one test on the server that all tests share.
///
/// # Errors
/// When there is no PostgreSQL on this machine, or when `template` cannot be migrated. A test must fail then.
pub fn database_blocking(template: &Template) -> Result<Database, Error> {
    match given_url() {
        Some(url) => template::create_database(&url, template),
        None => own_server()?.database(template),
    }
}

/// The server of this process. Statics are never dropped: the supervisor stops it when the process ends.
fn own_server() -> Result<&'static PostgresServer, Error> {
    static SERVER: OnceLock<Result<PostgresServer, Error>> = OnceLock::new();
    SERVER.get_or_init(|| PostgresServer::start(&Options::fast())).as_ref().map_err(Clone::clone)
}
