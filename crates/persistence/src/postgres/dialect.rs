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

/// Key of the advisory lock of whoever makes the first administrator: any number that nothing else uses here.
const FIRST_ADMIN_LOCK: i64 = 0x4845_414c_4144;

/// Lets transactions that make the first administrator follow one another.
pub(super) fn one_at_a_time(c: &mut super::Conn) -> QueryResult<()> {
    diesel::sql_query("SELECT pg_advisory_xact_lock($1)").bind::<BigInt, _>(FIRST_ADMIN_LOCK).execute(c)?;
    Ok(())
}
