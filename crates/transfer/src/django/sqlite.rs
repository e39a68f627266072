//! A SQLite file of somebody else, opened read-only. Columns are read by name, values as text.

use std::io::Read as _;
use std::path::Path;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;

use super::family::Family;
use super::source::{Read, ReadError};
use super::table::Table;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

pub(super) fn read(path: &Path) -> Result<Read, ReadError> {
    check_length(path)?;
    let mut c = open(path)?;
    c.transaction(tables)
}

/// What is missing of the last page is not missed by SQLite itself. The header tells how many pages there are, unless
/// the file was written to by a version that did not say so (SQLite, "Database File Format", section 1.3.8).
fn check_length(path: &Path) -> Result<(), ReadError> {
    let mut header = [0_u8; 100];
    let mut file = std::fs::File::open(path)?;
    let length = file.metadata()?.len();
    if file.read_exact(&mut header).is_err() {
        return Err(ReadError::CutShort("SQLite files are longer"));
    }
    let number = |from: usize, digits: usize| {
        let bytes = header.iter().skip(from).take(digits);
        bytes.fold(0_u64, |number, byte| number * 256 + u64::from(*byte))
    };
    let page = if number(16, 2) == 1 { 65_536 } else { number(16, 2) };
    let is_told = number(24, 4) == number(92, 4);
    if is_told && length < page * number(28, 4) {
        return Err(ReadError::CutShort("its header tells of more pages"));
    }
    Ok(())
}

/// A file that is not being written to can be opened where nothing may be made beside it.
fn open(path: &Path) -> Result<SqliteConnection, ReadError> {
    let opened = establish(path, "mode=ro");
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    if opened.is_err() && !Path::new(&log).exists() {
        return establish(path, "mode=ro&immutable=1");
    }
    opened
}

fn establish(path: &Path, how: &str) -> Result<SqliteConnection, ReadError> {
    let absolute = std::path::absolute(path)?;
    let name = absolute.to_str().ok_or(ReadError::NotUtf8(": its path"))?;
    // What means something in a URI.
    let name = name.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let failed = |error: &dyn std::error::Error| ReadError::Database(error.to_string());
    let mut c = SqliteConnection::establish(&format!("file:{name}?{how}")).map_err(|error| failed(&error))?;
    c.batch_execute("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA busy_timeout = 5000;")
        .map_err(|error| failed(&error))?;
    let check: Vec<Line> = lines(&mut c, "SELECT quick_check AS line FROM pragma_quick_check")?;
    if check.first().is_none_or(|first| first.line != "ok") {
        return Err(ReadError::CutShort("SQLite finds it damaged"));
    }
    Ok(c)
}

fn tables(c: &mut SqliteConnection) -> Result<Read, ReadError> {
    let names = "SELECT name AS line FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    let mut read = Read::default();
    for Line { line: name } in lines(c, names)? {
        if !Family::is_any(&name) {
            let count =
                format!("SELECT CAST(count(*) AS TEXT) AS line FROM \"{}\"", name.replace('"', "\"\""));
            let count =
                lines(c, &count)?.first().and_then(|count| count.line.parse().ok()).unwrap_or_default();
            read.counted.insert(name, count);
            continue;
        }
        let columns = format!("SELECT name AS line FROM pragma_table_info({})", text(&name));
        let columns: Vec<String> = lines(c, &columns)?.into_iter().map(|line| line.line).collect();
        let table = table(c, &name, &columns)?;
        read.tables.insert(name, table);
    }
    Ok(read)
}

/// Each value in hexadecimal, so that it is known to be UTF-8 before anybody takes it for text.
fn table(c: &mut SqliteConnection, name: &str, columns: &[String]) -> Result<Table, ReadError> {
    let values: Vec<String> = columns
        .iter()
        .map(|column| {
            let column = format!("\"{}\"", column.replace('"', "\"\""));
            format!("CASE WHEN {column} IS NULL THEN '-' ELSE hex(CAST({column} AS TEXT)) END")
        })
        .collect();
    let from = name.replace('"', "\"\"");
    let rows = lines(c, &format!("SELECT {} AS line FROM \"{from}\"", values.join(" || ',' || ")))?;
    let mut table = Table::new(columns.iter().cloned());
    for row in rows {
        let values: Result<_, ReadError> = row.line.split(',').map(plain).collect();
        table.push(values?);
    }
    Ok(table)
}

/// What [`table`] has asked for.
fn plain(hexadecimal: &str) -> Result<Option<String>, ReadError> {
    if hexadecimal == "-" {
        return Ok(None);
    }
    let pairs = hexadecimal.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> =
        pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
    let bytes = bytes.ok_or_else(|| ReadError::Malformed("a value cannot be read".to_owned()))?;
    String::from_utf8(bytes).map(Some).map_err(|_| ReadError::NotUtf8(": a text in it"))
}

fn lines(c: &mut SqliteConnection, query: &str) -> Result<Vec<Line>, ReadError> {
    diesel::sql_query(query).load(c).map_err(ReadError::from)
}

fn text(raw: &str) -> String {
    format!("'{}'", raw.replace('\'', "''"))
}

impl From<diesel::result::Error> for ReadError {
    fn from(error: diesel::result::Error) -> Self {
        let said = error.to_string();
        match said.as_str() {
            "database disk image is malformed" => Self::CutShort("SQLite finds it damaged"),
            "file is not a database" => Self::Malformed("it is no SQLite database".to_owned()),
            _ => Self::Database(said),
        }
    }
}
