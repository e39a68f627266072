//! What `manage.py dumpdata` writes: one array of `{model, pk, fields}`.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::source::{Read, ReadError};

/// One record of a dump.
#[derive(Deserialize)]
struct Entry {
    model: String,
    pk: Value,
    fields: Map<String, Value>,
}

/// Fields that refer to a record; in the tables their names end in `_id`.
const REFERENCES: [&str; 5] = ["created_by", "owner", "assigned_by", "doctor", "patient"];
/// Models of the users, whose groups and permissions are tables of their own.
const USERS: [&str; 2] = ["auth.user", "users.user"];
const MEMBERSHIPS: [&str; 2] = ["groups", "user_permissions"];

pub(super) fn read(text: &str) -> Result<Read, ReadError> {
    let entries: Vec<Entry> = serde_json::from_str(text).map_err(|error| {
        if error.is_eof() {
            ReadError::CutShort("the array of records has no end")
        } else {
            // Where it is wrong, not what stands there.
            let (line, column) = (error.line(), error.column());
            ReadError::Malformed(format!("line {line}, column {column}: not a record of dumpdata"))
        }
    })?;
    let mut read = Read::default();
    for entry in entries {
        add(&mut read, entry);
    }
    Ok(read)
}

fn add(read: &mut Read, entry: Entry) {
    let Entry { model, pk, fields } = entry;
    let table = model.replace('.', "_");
    let is_user = USERS.contains(&model.as_str());
    let mut named = vec![("id".to_owned(), text(pk))];
    for (name, value) in fields {
        if is_user && MEMBERSHIPS.contains(&name.as_str()) {
            let count = value.as_array().map_or(0, Vec::len);
            let count = u64::try_from(count).unwrap_or(u64::MAX);
            *read.counted.entry(format!("{table}_{name}")).or_default() += count;
        } else {
            let name = if REFERENCES.contains(&name.as_str()) { format!("{name}_id") } else { name };
            named.push((name, text(value)));
        }
    }
    read.tables.entry(table).or_default().push_named(named);
}

/// A value as text; numbers are whole, however many digits they have.
fn text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}
