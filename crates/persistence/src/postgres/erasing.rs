//! Cleaning the files of tables of what was deleted.

use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use domain::ports::BoxError;

use super::Conn;
use crate::error::Failure;

/// The tables that hold anything of a patient.
const TABLES: [&str; 5] = ["patients", "patient_words", "patient_versions", "mappings", "mapping_versions"];

/// How long the cleaning waits for transactions that began before it.
const PATIENCE: Duration = Duration::from_mins(1);

/// Statements for the columns of a table that are more than ids of records.
const SET_TYPES: &str = "
    SELECT format('ALTER TABLE %I ALTER COLUMN %I TYPE %s', $1, a.attname, format_type(a.atttypid, a.atttypmod))
        || CASE WHEN l.oid IS NULL THEN '' ELSE format(' COLLATE %I', l.collname) END AS sql
    FROM pg_attribute a
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_collation l ON l.oid = a.attcollation
    WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped
    AND (t.typcategory <> 'N' OR a.attname = 'created_micros' OR NOT EXISTS (
        SELECT FROM pg_constraint k
        WHERE k.conrelid = a.attrelid AND k.contype IN ('p', 'f') AND a.attnum = ANY (k.conkey)
    ))";

/// A transaction that may still see what was deleted.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a transaction that may see what was deleted has not ended")]
struct SeenByOthers;

#[derive(QueryableByName)]
struct Snapshot {
    #[diesel(sql_type = Text)]
    end: String,
}

#[derive(QueryableByName)]
struct Statement {
    #[diesel(sql_type = Text)]
    sql: String,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Bool)]
    found: bool,
}

/// Runs `work` in a transaction.
pub(super) fn transaction<T>(
    c: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<T, Failure>,
) -> Result<T, Failure> {
    c.transaction(work)
}

/// Writes the tables anew. A plain `VACUUM` would not do: it frees the place of a row, but its bytes stay there until
/// another row takes the place. Statistics go, too: they hold samples of what stood in the columns.
pub(super) fn clean(c: &mut Conn) -> Result<(), BoxError> {
    outlast_others(c)?;
    for table in TABLES {
        c.batch_execute(&format!("VACUUM (FULL, ANALYZE) {table}"))?;
        forget_statistics(c, table)?;
    }
    outlast_others(c)?;
    // Only who owns the database may; to others the server answers with a warning.
    c.batch_execute("VACUUM FULL pg_statistic")?;
    Ok(())
}

/// Of a table that has become empty `ANALYZE` keeps the statistics that there were. Those of a column go when its
/// type is set, even to what it is.
fn forget_statistics(c: &mut Conn, table: &str) -> Result<(), BoxError> {
    let empty = format!("SELECT NOT EXISTS (SELECT FROM {table}) AS found");
    let empty: Found = diesel::sql_query(empty).get_result(c)?;
    if !empty.found {
        return Ok(());
    }
    let columns: Vec<Statement> = diesel::sql_query(SET_TYPES).bind::<Text, _>(table).load(c)?;
    for column in columns {
        c.batch_execute(&column.sql)?;
    }
    Ok(())
}

/// Waits until no transaction is left that began before now: what such a one may see is not removed.
fn outlast_others(c: &mut Conn) -> Result<(), BoxError> {
    let now: Snapshot =
        diesel::sql_query("SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS \"end\"").get_result(c)?;
    let earlier = "
        SELECT EXISTS (
            SELECT FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
            AND greatest(age(backend_xid), age(backend_xmin)) > age($1::xid8::xid)
        ) AS found";
    let deadline = Instant::now() + PATIENCE;
    loop {
        let earlier: Found = diesel::sql_query(earlier).bind::<Text, _>(&now.end).get_result(c)?;
        if !earlier.found {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(SeenByOthers.into());
        }
        thread::sleep(Duration::from_millis(20));
    }
}
