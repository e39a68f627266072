//! What PostgreSQL says differently.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

/// Keeps the rows from changing until the end of the transaction.
macro_rules! for_update {
    ($query:expr) => {
        $query.for_update()
    };
}
pub(super) use for_update;

/// Keeps the rows from changing until the end of the transaction; those that others keep are left out.
macro_rules! for_removal {
    ($query:expr) => {
        $query.for_update().skip_locked()
    };
}
pub(super) use for_removal;

/// Keeps the rows from changing until the end of the transaction; others may do so at the same time.
macro_rules! for_share {
    ($query:expr) => {
        $query.for_share()
    };
}
pub(super) use for_share;

/// Inserts a row and returns columns of it.
macro_rules! inserted {
    ($c:expr, $insert:expr, $table:ident, $columns:expr) => {
        $insert.returning($columns).get_result($c)
    };
}
pub(super) use inserted;

/// Inserts rows, in one statement.
macro_rules! insert_all {
    ($c:expr, $table:ident, $rows:expr) => {
        diesel::insert_into($table::table).values($rows.collect::<Vec<_>>()).execute($c).map(drop)
    };
}
pub(super) use insert_all;

/// Key of the advisory lock of whoever makes the first administrator: any number that nothing else uses here.
const FIRST_ADMIN_LOCK: i64 = 0x4845_414c_4144;

/// Lets transactions that make the first administrator follow one another.
pub(super) fn one_at_a_time(c: &mut super::Conn) -> QueryResult<()> {
    diesel::sql_query("SELECT pg_advisory_xact_lock($1)").bind::<BigInt, _>(FIRST_ADMIN_LOCK).execute(c)?;
    Ok(())
}

/// Narrows a query to patients whose name has a word in the range. Beside the row that it is asked of, so that the
/// planner can begin with the word where it is rare, and with the order of the list where it is frequent.
macro_rules! with_word {
    ($query:expr, $owner:expr, $patient:expr, $range:expr) => {
        $query.filter(diesel::dsl::exists(
            patient_words::table
                .filter(patient_words::owner_id.eq($owner))
                .filter(patient_words::patient_id.eq($patient))
                .filter(patient_words::word.ge($range.start).and(patient_words::word.lt($range.end))),
        ))
    };
}
pub(super) use with_word;

/// A column of text that is looked at in the rows that another condition has found. Which one finds fewer, PostgreSQL knows by
/// its statistics.
macro_rules! beside {
    ($table:ident, $column:ident) => {
        $table::$column
    };
}
pub(super) use beside;

/// A condition with two places for a term, and between them one for [`BREAKS`](crate::words::BREAKS): that the term begins a
/// word in `name_key`. Cheap first: that it is there at all. A term holds no ASCII punctuation, so none of it is taken for a
/// pattern.
pub(super) const WORD_IN_NAME_KEY: [&str; 4] =
    ["strpos(name_key, ", ") > 0 AND ' ' || name_key ~ ('[", "]' || ", ")"];

/// That a patient's id is one of those that a query gives, and that the owner is one. Of an array the planner expects few
/// elements; of a query with a limit that it does not know yet, a tenth of all.
pub(super) const OWN_WITH_ID: [&str; 2] = ["patients.id = ANY (ARRAY(", ")) AND patients.owner_id = "];
