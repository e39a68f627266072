//! Giving patients to another owner.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};

use super::Conn;

/// The owned tables, each after those that it refers to, with the column that tells whose row it is.
const TABLES: [(&str, &str); 5] = [
    ("patients", "id"),
    ("patient_words", "patient_id"),
    ("patient_versions", "patient_id"),
    ("mappings", "id"),
    ("mapping_versions", "mapping_id"),
];

/// The columns of a table but the owner.
const COLUMNS: &str = "
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS names FROM pg_attribute
    WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'owner_id'";

#[derive(QueryableByName)]
struct Columns {
    #[diesel(sql_type = Text)]
    names: String,
}

/// Gives patients with all that belongs to them from one owner to another. `owned` are the ids of their mappings.
///
/// The owner begins each key and, where tables are spread over several machines, says where a row lives: such a column
/// cannot be changed. So the rows are written anew, and those that there were go.
pub(super) fn hand_over(c: &mut Conn, from: i64, ids: &[i64], owned: &[i64], to: i64) -> QueryResult<()> {
    let which = |table: &str| if table.starts_with("mapping") { owned } else { ids };
    for (table, key) in TABLES {
        let columns: Columns = diesel::sql_query(COLUMNS).bind::<Text, _>(table).get_result(c)?;
        let names = columns.names;
        let copy = format!(
            "INSERT INTO {table} (owner_id, {names}) SELECT $1, {names} FROM {table}
             WHERE owner_id = $2 AND {key} = ANY ($3)"
        );
        diesel::sql_query(copy)
            .bind::<BigInt, _>(to)
            .bind::<BigInt, _>(from)
            .bind::<Array<BigInt>, _>(which(table))
            .execute(c)?;
    }
    for (table, key) in TABLES.into_iter().rev() {
        diesel::sql_query(format!("DELETE FROM {table} WHERE owner_id = $1 AND {key} = ANY ($2)"))
            .bind::<BigInt, _>(from)
            .bind::<Array<BigInt>, _>(which(table))
            .execute(c)?;
    }
    Ok(())
}
