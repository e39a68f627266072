//! Putting seals over events.

use diesel::dsl::exists;
use diesel::prelude::*;
use domain::{AuditHead, Timestamp};

use super::super::{Conn, trail};
use crate::audit::{Leaf, Sealer};
use crate::error::Failure;
use crate::rows::{EventRow, LeavesRow, SealRow};
use crate::schema::{audit_events, audit_leaves, audit_seals};

/// The most events that are read and hashed for one seal; on SQLite nobody else writes meanwhile.
const MOST: usize = 1024;

/// The newest seal.
pub(super) fn last(c: &mut Conn) -> QueryResult<Option<SealRow>> {
    audit_seals::table.order(audit_seals::seq.desc()).select(SealRow::as_select()).first(c).optional()
}

/// The newest seal, as others see it.
pub(super) fn head(c: &mut Conn) -> Result<Option<AuditHead>, Failure> {
    Ok(last(c)?.as_ref().map(AuditHead::try_from).transpose()?)
}

fn last_id(c: &mut Conn) -> QueryResult<i64> {
    Ok(last(c)?.map_or(0, |seal| seal.last_id))
}

/// Whether there are events without a seal.
pub(super) fn is_due(c: &mut Conn) -> Result<bool, Failure> {
    let sealed = last_id(c)?;
    Ok(diesel::select(exists(audit_events::table.filter(audit_events::id.gt(sealed)))).get_result(c)?)
}

/// How many events have no seal.
pub(super) fn unsealed(c: &mut Conn) -> Result<i64, Failure> {
    let sealed = last_id(c)?;
    Ok(audit_events::table.filter(audit_events::id.gt(sealed)).count().get_result(c)?)
}

/// Puts a seal over the next events up to the id `through`, and tells whether there may be more. Does nothing where
/// another replica is at it.
pub(super) fn seal(c: &mut Conn, sealer: &Sealer, through: i64, now: Timestamp) -> Result<bool, Failure> {
    if !trail::lock_sealing(c)? {
        return Ok(false);
    }
    let last = last(c)?;
    let leaves = unsealed_leaves(c, last.as_ref(), through)?;
    let is_full = leaves.len() == MOST;
    if let Some(sealed) = sealer.seal(last.as_ref(), &leaves, now)? {
        put(c, sealed)?;
    }
    Ok(is_full)
}

/// Puts a seal over events that this transaction has put on record, in the order of their ids, and over those that came
/// before them without one. Where those are many it leaves all to [`seal`].
pub(super) fn seal_written(
    c: &mut Conn,
    sealer: &Sealer,
    written: &[Leaf],
    now: Timestamp,
) -> Result<(), Failure> {
    let Some(first) = written.first() else { return Ok(()) };
    let last = last(c)?;
    let mut leaves = unsealed_leaves(c, last.as_ref(), first.id.saturating_sub(1))?;
    if leaves.len() < MOST {
        leaves.extend(written);
        if let Some(sealed) = sealer.seal(last.as_ref(), &leaves, now)? {
            put(c, sealed)?;
        }
    }
    Ok(())
}

/// The first events without a seal, up to the id `through`.
fn unsealed_leaves(c: &mut Conn, last: Option<&SealRow>, through: i64) -> QueryResult<Vec<Leaf>> {
    let rows: Vec<EventRow> = audit_events::table
        .filter(audit_events::id.gt(last.map_or(0, |last| last.last_id)))
        .filter(audit_events::id.le(through))
        .order(audit_events::id)
        .limit(i64::try_from(MOST).unwrap_or(i64::MAX))
        .select(EventRow::as_select())
        .load(c)?;
    Ok(rows.iter().map(Leaf::from).collect())
}

fn put(c: &mut Conn, (seal, leaves): (SealRow, LeavesRow)) -> QueryResult<()> {
    diesel::insert_into(audit_seals::table).values(seal).execute(c)?;
    diesel::insert_into(audit_leaves::table).values(leaves).execute(c)?;
    Ok(())
}
