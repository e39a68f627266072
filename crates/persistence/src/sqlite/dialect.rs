//! What SQLite says differently.

/// Nothing to lock: there is one writer.
macro_rules! for_update {
    ($query:expr) => {
        $query
    };
}
pub(super) use for_update;

/// Nothing to lock: there is one writer.
macro_rules! for_removal {
    ($query:expr) => {
        $query
    };
}
pub(super) use for_removal;

/// Nothing to lock: there is one writer.
macro_rules! for_share {
    ($query:expr) => {
        $query
    };
}
pub(super) use for_share;

diesel::define_sql_function! {
    /// The id of the row that this connection has inserted last.
    fn last_insert_rowid() -> diesel::sql_types::BigInt;
}

/// Inserts a row and returns columns of it. They are read afterwards: for `RETURNING` SQLite makes a table of its own, each
/// time.
macro_rules! inserted {
    ($c:expr, $insert:expr, $table:ident, $columns:expr) => {
        $insert.execute($c).and_then(|_| {
            let own = $table::table.filter($table::id.eq(super::dialect::last_insert_rowid()));
            own.select($columns).get_result($c)
        })
    };
}
pub(super) use inserted;

/// How many rows share a statement of [`insert_all`], and how many of what is left then.
pub(super) const SOME: usize = 16;
pub(super) const FEW: usize = 4;

/// Inserts rows, as part of the transaction that is under way, several to a statement, which is prepared once.
macro_rules! insert_all {
    ($c:expr, $table:ident, $rows:expr) => {{
        let rows = Vec::from_iter($rows);
        super::dialect::insert_by!($c, $table, &rows, super::dialect::SOME, super::dialect::FEW)
    }};
}
pub(super) use insert_all;

/// Inserts a slice of rows, so many of them to a statement, and the rest one by one: no statement could be kept prepared for
/// each possible number of rows. Their columns must not be left to defaults (`treat_none_as_default_value = false`): for
/// such rows Diesel makes a savepoint, for which SQLite copies every page that it changes, and inserts them one by one.
macro_rules! insert_by {
    ($c:expr, $table:ident, $rows:expr) => {
        $rows
            .iter()
            .try_for_each(|row| diesel::insert_into($table::table).values(row).execute($c).map(drop))
    };
    ($c:expr, $table:ident, $rows:expr, $many:expr $(, $fewer:expr)*) => {{
        let (chunks, rest) = $rows.as_chunks::<{ $many }>();
        super::dialect::insert_by!($c, $table, chunks)
            .and_then(|()| super::dialect::insert_by!($c, $table, rest $(, $fewer)*))
    }};
}
pub(super) use insert_by;

/// Nothing to wait for: there is one writer.
#[expect(clippy::unnecessary_wraps, reason = "on the other database it may fail")]
pub(super) fn one_at_a_time(_: &mut super::Conn) -> diesel::QueryResult<()> {
    Ok(())
}

/// Narrows a query to patients whose name has a word in the range: by the list of those who have. SQLite has no
/// statistics to choose by, and would ask it of each row.
macro_rules! with_word {
    ($query:expr, $owner:expr, $patient:expr, $range:expr) => {
        $query.filter(
            $patient.eq_any(
                patient_words::table
                    .filter(patient_words::word.ge($range.start).and(patient_words::word.lt($range.end)))
                    .select(patient_words::patient_id),
            ),
        )
    };
}
pub(super) use with_word;

diesel::prefix_operator!(Beside, "+", diesel::sql_types::Text);

/// A column of text that is looked at in the rows that another condition has found: no index over it is used. Without
/// statistics SQLite believes that every value is rare.
macro_rules! beside {
    ($table:ident, $column:ident) => {
        super::dialect::Beside::new($table::$column)
    };
}
pub(super) use beside;

/// A condition with two places for a term, and between them one for [`BREAKS`](crate::words::BREAKS): that the term begins a
/// word in `name_key`. Cheap first: that it is there at all. A term holds no ASCII punctuation, so none of it is taken for a
/// pattern.
pub(super) const WORD_IN_NAME_KEY: [&str; 4] =
    ["instr(name_key, ", ") > 0 AND ' ' || name_key GLOB '*[", "]' || ", " || '*'"];

/// That a patient's id is one of those that a query gives, and that the owner is one. The sign keeps SQLite from the index
/// over owners and ids, which would only lead to the ids that are known already.
pub(super) const OWN_WITH_ID: [&str; 2] = ["patients.id IN (", ") AND +patients.owner_id = "];
