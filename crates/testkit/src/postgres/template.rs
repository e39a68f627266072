//! Databases for single tests, cloned from a template that is migrated once.

use std::collections::HashSet;
use std::error::Error as StdError;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel::{Connection as _, PgConnection, QueryResult, RunQueryDsl as _, sql_query};

use super::Error;

/// Brings the empty database at the URL to the schema that the tests need. It must close its connections.
pub type Migrate = fn(&str) -> Result<(), Box<dyn StdError + Send + Sync>>;

/// How the databases of the tests begin.
#[derive(Clone)]
pub struct Template {
    name: String,
    migrate: Migrate,
}

impl Template {
    /// `fingerprint` stands for what `migrate` does: the text or the names of all migrations. The template is made
    /// once per server and fingerprint, whatever number of test processes asks for it.
    pub fn new(fingerprint: &str, migrate: Migrate) -> Self {
        Self { name: format!("healthcore_template_{:016x}", hash(fingerprint)), migrate }
    }

    /// Databases without any table.
    pub fn empty() -> Self {
        Self::new("", |_| Ok(()))
    }
}

/// FNV-1a: the same number in every process and every build.
fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// A database of one test, dropped with this value, also under open connections.
pub struct Database {
    url: String,
    name: String,
    admin_url: String,
}

impl Database {
    /// Its address, for `--database-url` and for pools.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its name on the server.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A server that is stopped, or gone, takes its databases along.
        if let Ok(mut connection) = PgConnection::establish(&self.admin_url) {
            drop(connection.batch_execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)));
        }
    }
}

/// Clones the template into a database with a name of its own.
pub(super) fn create_database(admin_url: &str, template: &Template) -> Result<Database, Error> {
    let mut admin = connect(admin_url)?;
    ensure_template(&mut admin, admin_url, template)?;
    let name = format!("healthcore_test_{:016x}", RandomState::new().hash_one(std::process::id()));
    copy(&mut admin, &template.name, &name).map_err(Error::at("create a database"))?;
    let url = with_database(admin_url, &name).ok_or_else(|| not_a_url(admin_url))?;
    Ok(Database { url, name, admin_url: admin_url.to_owned() })
}

/// Copies files: 7 ms on a server that does not flush, where the default of PostgreSQL 15 and later (through the
/// write-ahead log) takes 17 ms or more. Older versions know nothing else.
fn copy(admin: &mut PgConnection, template: &str, name: &str) -> QueryResult<()> {
    let can_choose =
        diesel::select(diesel::dsl::sql::<Bool>("current_setting('server_version_num')::int >= 150000"));
    let strategy = if can_choose.get_result(admin)? { " STRATEGY FILE_COPY" } else { "" };
    admin.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template}{strategy}"))
}

/// The same address with another database: `postgres://user@host:1/a?x=y` becomes `postgres://user@host:1/b?x=y`.
fn with_database(url: &str, database: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let (rest, query) =
        rest.split_once('?').map_or((rest, String::new()), |(rest, query)| (rest, format!("?{query}")));
    let authority = rest.split_once('/').map_or(rest, |(authority, _)| authority);
    Some(format!("{scheme}://{authority}/{database}{query}"))
}

fn not_a_url(_may_hold_a_password: &str) -> Error {
    Error::at("understand HEALTHCORE_TEST_POSTGRES_URL")(
        "it must look like postgres://user@host:port/database",
    )
}

/// A connection. A server that has just come up may still refuse, and 300 connections may be in use for a moment.
fn connect(url: &str) -> Result<PgConnection, Error> {
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        match PgConnection::establish(url) {
            Ok(connection) => return Ok(connection),
            Err(error) if Instant::now() > deadline => return Err(Error::at("connect")(error)),
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}

/// Makes the template unless this or another process has done so: an advisory lock on the maintenance database lets
/// one process at a time look and make.
fn ensure_template(admin: &mut PgConnection, admin_url: &str, template: &Template) -> Result<(), Error> {
    static KNOWN: LazyLock<Mutex<HashSet<(String, String)>>> = LazyLock::new(Mutex::default);
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (admin_url.to_owned(), template.name.clone());
    if known().contains(&key) {
        return Ok(());
    }
    advisory(admin, "SELECT pg_advisory_lock($1)", &template.name).map_err(Error::at("lock the template"))?;
    let made = make_template(admin, admin_url, template);
    advisory(admin, "SELECT pg_advisory_unlock($1)", &template.name)
        .map_err(Error::at("unlock the template"))?;
    made?;
    known().insert(key);
    Ok(())
}

fn advisory(admin: &mut PgConnection, sql: &str, name: &str) -> QueryResult<usize> {
    sql_query(sql).bind::<BigInt, _>(i64::from_ne_bytes(hash(name).to_ne_bytes())).execute(admin)
}

/// A template gets its name when it is complete, so one left half-made by a killed process is never used.
fn make_template(admin: &mut PgConnection, admin_url: &str, template: &Template) -> Result<(), Error> {
    let what = || "make the template database";
    if exists(admin, &template.name).map_err(Error::at(what()))? {
        return Ok(());
    }
    let raw = format!("{}_raw", template.name);
    admin
        .batch_execute(&format!("DROP DATABASE IF EXISTS {raw} WITH (FORCE)"))
        .and_then(|()| admin.batch_execute(&format!("CREATE DATABASE {raw} TEMPLATE template0")))
        .map_err(Error::at(what()))?;
    let url = with_database(admin_url, &raw).ok_or_else(|| not_a_url(admin_url))?;
    (template.migrate)(&url).map_err(Error::at("migrate the template database"))?;
    finish(admin, &raw, &template.name).map_err(Error::at(what()))
}

/// Nobody may be connected to a template while it is copied: closes it, waits for the last one, and renames it.
fn finish(admin: &mut PgConnection, raw: &str, name: &str) -> QueryResult<()> {
    admin.batch_execute(&format!("ALTER DATABASE {raw} ALLOW_CONNECTIONS false"))?;
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        sql_query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1")
            .bind::<Text, _>(raw)
            .execute(admin)?;
        match admin.batch_execute(&format!("ALTER DATABASE {raw} RENAME TO {name}")) {
            Err(_) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(10)),
            renamed => return renamed,
        }
    }
}

fn exists(admin: &mut PgConnection, name: &str) -> QueryResult<bool> {
    diesel::select(
        diesel::dsl::sql::<Bool>("EXISTS (SELECT 1 FROM pg_database WHERE datname = ")
            .bind::<Text, _>(name)
            .sql(")"),
    )
    .get_result(admin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_the_database_of_an_address() {
        let same = |url| with_database(url, "b");
        assert_eq!(same("postgres://u@h:1/a").unwrap(), "postgres://u@h:1/b");
        assert_eq!(same("postgres://u:p@h").unwrap(), "postgres://u:p@h/b");
        assert_eq!(same("postgresql://h/a?host=/x/y").unwrap(), "postgresql://h/b?host=/x/y");
        assert_eq!(same("host=h dbname=a"), None);
    }

    #[test]
    fn names_templates_by_their_fingerprint() {
        let name = |fingerprint| Template::new(fingerprint, |_| Ok(())).name;
        assert_eq!(name("a"), name("a"));
        assert_ne!(name("a"), name("b"));
    }
}
