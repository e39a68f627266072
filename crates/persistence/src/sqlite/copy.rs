//! A copy of the whole file while others work on it, and a look at one.

use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::open::{self, Purpose};
use super::{Conn, MIGRATION_PATIENCE};
use crate::backup::{BackupError, Contents};
use crate::migrations::__diesel_schema_migrations as migrations;
use crate::url::OpenError;

/// The tables whose rows are told.
const TABLES: [&str; 4] = ["users", "patients", "doctors", "mappings"];

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// `VACUUM INTO` reads as of one moment and keeps nobody from writing (SQLite documentation, "VACUUM").
pub(crate) fn copy_to(path: &Path, to: &Path) -> Result<(), BackupError> {
    let name = to.to_str().ok_or(OpenError::Malformed("the name of the copy is not UTF-8"))?;
    let mut connection = open::open(path, Purpose::Write)?;
    open::wait_for_lock(&mut connection, MIGRATION_PATIENCE).map_err(BackupError::Failed)?;
    diesel::sql_query("VACUUM INTO ?")
        .bind::<Text, _>(name)
        .execute(&mut connection)
        .map(drop)
        .map_err(BackupError::Failed)
}

pub(crate) fn contents(path: &Path) -> Result<Contents, BackupError> {
    let mut connection = open::open(path, Purpose::Read).map_err(|error| match error {
        OpenError::Connection(reason) => BackupError::Damaged(reason),
        error => error.into(),
    })?;
    let found = "SELECT integrity_check AS line FROM pragma_integrity_check";
    let found: Vec<Line> = diesel::sql_query(found).load(&mut connection).map_err(damaged)?;
    if let Some(fault) = found.iter().find(|found| found.line != "ok") {
        return Err(BackupError::Damaged(fault.line.clone()));
    }
    if applied(&mut connection)?.is_empty() {
        return Err(BackupError::Foreign);
    }
    let orphans = "SELECT count(*) AS count FROM pragma_foreign_key_check";
    if count(&mut connection, orphans)? > 0 {
        return Err(BackupError::Damaged("records refer to others that are not there".to_owned()));
    }
    let rows = TABLES.iter().map(|table| {
        // The names are our own.
        Ok((*table, count(&mut connection, &format!("SELECT count(*) AS count FROM {table}"))?))
    });
    let rows: Vec<(&'static str, u64)> = rows.collect::<Result<_, BackupError>>()?;
    let versions = migrations::table.select(migrations::version).order(migrations::version);
    Ok(Contents { rows, versions: versions.load(&mut connection).map_err(damaged)? })
}

fn applied(connection: &mut Conn) -> Result<Vec<String>, BackupError> {
    open::applied(connection).map_err(damaged)
}

fn count(connection: &mut Conn, sql: &str) -> Result<u64, BackupError> {
    let count: Count = diesel::sql_query(sql).get_result(connection).map_err(damaged)?;
    Ok(count.count.unsigned_abs())
}

/// What reading a sound file does not come to.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn damaged(error: diesel::result::Error) -> BackupError {
    BackupError::Damaged(error.to_string())
}
