//! Putting seals over events.

use diesel::dsl::{auto_type, exists};
use diesel::prelude::*;
use domain::{AuditHead, Timestamp};

use super::super::{Conn, trail};
use crate::audit::{Leaf, Sealer};
use crate::error::Failure;
use crate::rows::{EventRow, LeavesRow, SealRow};
use crate::schema::{audit_events, audit_leaves, audit_seals};

/// The most events that are read and hashed for one seal; on SQLite nobody else writes meanwhile.
const MOST: i64 = 1024;

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
    let Some((seal, leaves)) = sealer.seal(last.as_ref(), &leaves, now)? else { return Ok(false) };
    let is_full = seal.count == MOST;
    put(c, seal, leaves)?;
    Ok(is_full)
}

/// Puts a seal over events that this transaction has put on record, in the order of their ids, and over those that came
/// before them without one. Where those are many, or the key is another one, it leaves all to [`seal`].
pub(super) fn seal_written(
    c: &mut Conn,
    sealer: &Sealer,
    written: &[Leaf],
    now: Timestamp,
) -> Result<(), Failure> {
    let Some(first) = written.first() else { return Ok(()) };
    let last = last(c)?;
    let is_other_key = sealer.knows(last.as_ref().and_then(|last| last.key_id.as_deref())).is_err();
    let before = first.id.saturating_sub(1);
    if is_other_key || are_many(c, last.as_ref(), before)? {
        return Ok(());
    }
    let mut leaves = unsealed_leaves(c, last.as_ref(), before)?;
    leaves.extend(written);
    if let Some((seal, leaves)) = sealer.seal(last.as_ref(), &leaves, now)? {
        put(c, seal, leaves)?;
    }
    Ok(())
}

/// Whether [`MOST`] events up to the id `through` have no seal.
fn are_many(c: &mut Conn, last: Option<&SealRow>, through: i64) -> QueryResult<bool> {
    let ids = unsealed_through(last, through).select(audit_events::id).order(audit_events::id);
    let id: Option<i64> = ids.offset(MOST - 1).first(c).optional()?;
    Ok(id.is_some())
}

/// The first events without a seal, up to the id `through`.
fn unsealed_leaves(c: &mut Conn, last: Option<&SealRow>, through: i64) -> QueryResult<Vec<Leaf>> {
    let events = unsealed_through(last, through).order(audit_events::id).limit(MOST);
    let rows: Vec<EventRow> = events.select(EventRow::as_select()).load(c)?;
    Ok(rows.iter().map(Leaf::from).collect())
}

/// The events without a seal, up to the id `through`.
#[auto_type]
fn unsealed_through(last: Option<&SealRow>, through: i64) -> _ {
    let sealed: i64 = last.map_or(0, |last| last.last_id);
    audit_events::table.filter(audit_events::id.gt(sealed)).filter(audit_events::id.le(through))
}

fn put(c: &mut Conn, seal: SealRow, leaves: LeavesRow) -> QueryResult<()> {
    diesel::insert_into(audit_seals::table).values(seal).execute(c)?;
    diesel::insert_into(audit_leaves::table).values(leaves).execute(c)?;
    Ok(())
}
