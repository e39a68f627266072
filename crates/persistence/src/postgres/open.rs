//! Opening connections.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::Conn;
use crate::migrations::__diesel_schema_migrations as migrations;
use crate::settings::DatabaseSettings;
use crate::url::{OpenError, PostgresUrl};

/// What every connection asks for unless the URL says otherwise: a server that has vanished is noticed in
/// seconds. libpq takes `connect_timeout` in whole seconds, two at the least.
const DEFAULTS: [(&str, &str); 7] = [
    ("application_name", "healthcore"),
    ("connect_timeout", "2"),
    ("keepalives", "1"),
    ("keepalives_idle", "5"),
    ("keepalives_interval", "2"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "4000"),
];

/// Where a URL names several servers, the one that accepts writes: after a failover it is another one.
const PRIMARY: (&str, &str) = ("target_session_attrs", "read-write");

/// Key of the advisory lock of migrations: any number that nothing else uses in this database.
const MIGRATION_LOCK: i64 = 0x4845_414c_5448;

/// How long a process waits for another one that migrates.
const MIGRATION_PATIENCE: Duration = Duration::from_mins(5);

/// Opens a connection for operations.
pub(super) fn open(url: &PostgresUrl, settings: &DatabaseSettings) -> Result<Conn, OpenError> {
    establish(url, settings).map_err(|error| OpenError::Connection(error.to_string()))
}

/// Opens a connection for the pool.
pub(super) fn establish(url: &PostgresUrl, settings: &DatabaseSettings) -> ConnectionResult<Conn> {
    connect(url, settings.statement_timeout, settings.lock_timeout)
}

/// Opens a connection whose statements may take their time.
pub(super) fn unhurried(url: &PostgresUrl) -> Result<Conn, OpenError> {
    connect(url, Duration::ZERO, MIGRATION_PATIENCE).map_err(|error| OpenError::Connection(error.to_string()))
}

/// Opens a connection that holds the lock of migrations for as long as it is open.
pub(super) fn locked(url: &PostgresUrl) -> Result<Conn, OpenError> {
    let mut connection = unhurried(url)?;
    connection.batch_execute(&format!("SELECT pg_advisory_lock({MIGRATION_LOCK})"))?;
    Ok(connection)
}

/// The versions of the migrations that were applied.
pub(super) fn applied(connection: &mut Conn) -> QueryResult<Vec<String>> {
    let exists = "SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL AS found";
    let exists: Found = diesel::sql_query(exists).get_result(connection)?;
    if exists.found { migrations::table.select(migrations::version).load(connection) } else { Ok(Vec::new()) }
}

/// How many other connections to this database have our name.
pub(super) fn others(connection: &mut Conn) -> QueryResult<u64> {
    let sql = "SELECT count(*) AS count FROM pg_stat_activity WHERE datname = current_database() \
        AND pid <> pg_backend_pid() AND application_name = 'healthcore'";
    let others: Others = diesel::sql_query(sql).get_result(connection)?;
    Ok(others.count.unsigned_abs())
}

#[derive(QueryableByName)]
struct Others {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = diesel::sql_types::Bool)]
    found: bool,
}

/// A timeout of zero is none.
fn connect(url: &PostgresUrl, statement: Duration, lock: Duration) -> ConnectionResult<Conn> {
    let timeouts = format!(
        "-c statement_timeout={} -c lock_timeout={} -c idle_in_transaction_session_timeout=10000",
        statement.as_millis(),
        lock.as_millis()
    );
    let mut defaults = DEFAULTS.to_vec();
    defaults.push(("options", &timeouts));
    if url.has_several_hosts() {
        defaults.push(PRIMARY);
    }
    Conn::establish(&url.with_defaults(&defaults)).map_err(|error| match error {
        ConnectionError::BadConnection(message) => {
            ConnectionError::BadConnection(url.redact(message.trim()).into_owned())
        }
        other => other,
    })
}
