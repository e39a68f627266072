//! What the audit trail needs of SQLite in particular: little, as there is one writer.

use diesel::prelude::*;
use domain::AuditEvent;

use super::Conn;
use super::dialect::{FEW, SOME, insert_by, last_insert_rowid};
use crate::audit::Leaf;
use crate::rows::EventColumns;
use crate::schema::audit_events;

/// Up to this id everything is committed: whoever writes next gets a higher one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Horizon {
    pub(super) id: i64,
}

impl Horizon {
    /// The horizon of this moment.
    pub(super) fn look(c: &mut Conn) -> QueryResult<Self> {
        let last: Option<i64> = audit_events::table
            .select(audit_events::id)
            .order(audit_events::id.desc())
            .first(c)
            .optional()?;
        Ok(Self { id: last.unwrap_or(0) })
    }

    /// Always.
    #[expect(clippy::unnecessary_wraps, clippy::unused_self, reason = "on PostgreSQL it is a question")]
    pub(super) const fn is_settled(self, _: &mut Conn) -> QueryResult<bool> {
        Ok(true)
    }
}

/// Nobody else seals: there is one writer.
#[expect(clippy::unnecessary_wraps, reason = "on PostgreSQL it is a question")]
pub(super) const fn lock_sealing(_: &mut Conn) -> QueryResult<bool> {
    Ok(true)
}

/// Nobody else seals: there is one writer.
#[expect(clippy::unnecessary_wraps, reason = "on PostgreSQL it is a question")]
pub(super) const fn wait_for_sealing(_: &mut Conn) -> QueryResult<()> {
    Ok(())
}

/// How many events share a statement.
///
/// The triggers make each statement keep what it may have to undo, and under the savepoint of a write SQLite walks
/// through all that was kept before at the end of each statement: many small statements would cost more than what
/// they write.
const MANY: usize = 256;

/// Events are sealed as they are written, where they are [`MANY`]: for fewer, which come again and again, there would be
/// a great many seals.
pub(super) const SEALS_WHAT_IT_WRITES: bool = true;

/// Inserts all events, and returns what a seal knows them by: nothing where they are not [`MANY`].
pub(super) fn insert(c: &mut Conn, events: &[AuditEvent]) -> QueryResult<Vec<Leaf>> {
    let rows: Vec<EventColumns> = events.iter().map(EventColumns::from).collect();
    insert_by!(c, audit_events, &rows, MANY, SOME, FEW)?;
    if rows.len() < MANY {
        return Ok(Vec::new());
    }
    // Nobody else has put anything in between.
    let last: i64 = diesel::select(last_insert_rowid()).get_result(c)?;
    let before = last.saturating_sub_unsigned(u64::try_from(rows.len()).unwrap_or(u64::MAX));
    Ok((before.saturating_add(1)..).zip(&rows).map(|(id, row)| Leaf::of(id, row)).collect())
}
