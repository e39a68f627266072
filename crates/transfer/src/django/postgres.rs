//! A PostgreSQL database of somebody else, read in one transaction that cannot write. Columns are read by name, values
//! as text.

use diesel::connection::SimpleConnection as _;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::family::Family;
use super::source::{Read, ReadError};
use super::table::Table;

/// All tables are read as they are at one moment; times are told in UTC.
const SESSION: &str = "
    SET TIME ZONE 'UTC'; SET DateStyle = 'ISO'; SET extra_float_digits = 3; SET client_encoding = 'UTF8';
    BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

const TABLES: &str = "
    SELECT c.relname::text AS line FROM pg_class c
    WHERE c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid)
        AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)";

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

pub(super) fn read(url: &str) -> Result<Read, ReadError> {
    let failed = |error: &dyn std::error::Error| ReadError::Database(error.to_string());
    let mut c = PgConnection::establish(url).map_err(|error| failed(&error))?;
    c.batch_execute(SESSION).map_err(|error| failed(&error))?;
    let mut read = Read::default();
    for name in lines(&mut c, TABLES)? {
        if !Family::is_any(&name) {
            let count = lines(&mut c, &format!("SELECT count(*)::text AS line FROM {}", quoted(&name)))?;
            let count = count.first().and_then(|count| count.parse().ok()).unwrap_or_default();
            read.counted.insert(name, count);
            continue;
        }
        let columns = format!(
            "SELECT attname::text AS line FROM pg_attribute WHERE attrelid = {}::regclass AND attnum > 0 AND NOT \
             attisdropped ORDER BY attnum",
            text(&quoted(&name))
        );
        let columns = lines(&mut c, &columns)?;
        let table = table(&mut c, &name, &columns)?;
        read.tables.insert(name, table);
    }
    Ok(read)
}

fn table(c: &mut PgConnection, name: &str, columns: &[String]) -> Result<Table, ReadError> {
    let mut table = Table::new(columns.iter().cloned());
    if columns.is_empty() {
        return Ok(table);
    }
    let values: Vec<String> = columns.iter().map(|column| format!("{}::text", quoted(column))).collect();
    let query = format!("SELECT json_build_array({})::text AS line FROM {}", values.join(", "), quoted(name));
    for row in lines(c, &query)? {
        let values = serde_json::from_str(&row);
        table.push(values.map_err(|_| ReadError::Malformed("a row cannot be read".to_owned()))?);
    }
    Ok(table)
}

fn lines(c: &mut PgConnection, query: &str) -> Result<Vec<String>, ReadError> {
    let lines: Vec<Line> =
        diesel::sql_query(query).load(c).map_err(|error| ReadError::Database(error.to_string()))?;
    Ok(lines.into_iter().map(|line| line.line).collect())
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn text(raw: &str) -> String {
    format!("'{}'", raw.replace('\'', "''"))
}
