//! Ids, as PostgreSQL gives them out: by the sequence that is named after its table.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::Conn;

#[derive(QueryableByName)]
struct Drawn {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// From now on new rows of `table` get ids above `up_to`. A sequence does not go back, and is moved only where that is
/// forward.
pub(super) fn reserve(c: &mut Conn, table: &str, up_to: i64) -> QueryResult<()> {
    let last = format!("SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS id FROM {table}_id_seq");
    let last: Drawn = diesel::sql_query(last).get_result(c)?;
    if last.id < up_to {
        diesel::sql_query("SELECT setval($1::regclass, $2)")
            .bind::<Text, _>(format!("{table}_id_seq"))
            .bind::<BigInt, _>(up_to)
            .execute(c)?;
    }
    Ok(())
}

/// So many new ids.
pub(super) fn draw(c: &mut Conn, table: &str, count: usize) -> QueryResult<Vec<i64>> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let drawn: Vec<Drawn> =
        diesel::sql_query("SELECT nextval($1::regclass) AS id FROM generate_series(1, $2)")
            .bind::<Text, _>(format!("{table}_id_seq"))
            .bind::<BigInt, _>(count)
            .load(c)?;
    Ok(drawn.into_iter().map(|drawn| drawn.id).collect())
}
