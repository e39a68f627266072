//! Ids, as SQLite gives them out: `sqlite_sequence` holds the highest one so far, and there is one writer.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::Conn;

#[derive(QueryableByName)]
struct Highest {
    #[diesel(sql_type = BigInt)]
    seq: i64,
}

/// From now on new rows of `table` get ids above `up_to`.
pub(super) fn reserve(c: &mut Conn, table: &str, up_to: i64) -> QueryResult<()> {
    diesel::sql_query(
        "INSERT INTO sqlite_sequence (name, seq) SELECT ?, 0 \
         WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?)",
    )
    .bind::<Text, _>(table)
    .bind::<Text, _>(table)
    .execute(c)?;
    diesel::sql_query("UPDATE sqlite_sequence SET seq = ? WHERE name = ? AND seq < ?")
        .bind::<BigInt, _>(up_to)
        .bind::<Text, _>(table)
        .bind::<BigInt, _>(up_to)
        .execute(c)?;
    Ok(())
}

/// So many new ids; they are used up by the rows that are inserted with them, in the same transaction.
pub(super) fn draw(c: &mut Conn, table: &str, count: usize) -> QueryResult<Vec<i64>> {
    let highest: Option<Highest> = diesel::sql_query("SELECT seq FROM sqlite_sequence WHERE name = ?")
        .bind::<Text, _>(table)
        .get_result(c)
        .optional()?;
    let first = highest.map_or(0, |highest| highest.seq).saturating_add(1);
    Ok((first..).take(count).collect())
}
