//! Deleting events after their time. The seals stay.

use diesel::prelude::*;
use domain::{AuditEvent, Outcome, Stamp, Timestamp};

use super::super::{Conn, trail};
use super::record;
use crate::audit::Sealer;
use crate::error::Failure;
use crate::rows::{PruningRow, SealRow};
use crate::schema::{audit_events, audit_leaves, audit_prunings, audit_seals};
use crate::types::At;

/// The most seals that are looked at in one go.
const SEALS: i64 = 64;
/// The most events that are deleted in one go, unless a single seal has more.
const EVENTS: i64 = 4096;

/// The last seal whose events may be gone. What was not recorded under the key does not count.
pub(super) fn pruned(c: &mut Conn, sealer: &Sealer) -> Result<Option<SealRow>, Failure> {
    let prunings: Vec<(PruningRow, SealRow)> = audit_prunings::table
        .inner_join(audit_seals::table)
        .order(audit_prunings::seal.desc())
        .select((PruningRow::as_select(), SealRow::as_select()))
        .load(c)?;
    let good = prunings.into_iter().find(|(pruning, seal)| sealer.vouches(pruning, seal));
    Ok(good.map(|(_, seal)| seal))
}

/// The last one of the next seals that are, with all events under them, older than `before`; `None` when the next
/// one is not.
pub(super) fn older(
    c: &mut Conn,
    from: Option<&SealRow>,
    before: Timestamp,
) -> Result<Option<SealRow>, Failure> {
    let mut seals = seals_after(c, from)?;
    let is_old = seals.iter().take_while(|seal| seal.sealed_at < At(before)).count();
    seals.truncate(is_old);
    let Some(last) = seals.last() else { return Ok(None) };
    let young: Option<i64> = audit_events::table
        .filter(audit_events::id.gt(from.map_or(0, |seal| seal.last_id)))
        .filter(audit_events::id.le(last.last_id))
        .filter(audit_events::at.ge(At(before)))
        .select(diesel::dsl::min(audit_events::id))
        .get_result(c)?;
    Ok(seals.into_iter().rfind(|seal| young.is_none_or(|id| seal.last_id < id)))
}

fn seals_after(c: &mut Conn, from: Option<&SealRow>) -> QueryResult<Vec<SealRow>> {
    audit_seals::table
        .filter(audit_seals::seq.gt(from.map_or(0, |seal| seal.seq)))
        .order(audit_seals::seq)
        .limit(SEALS)
        .select(SealRow::as_select())
        .load(c)
}

/// Records that the events under seals up to number `through` may be gone, and that it was asked for.
pub(super) fn mark(
    c: &mut Conn,
    sealer: &Sealer,
    through: Option<i64>,
    before: Timestamp,
    stamp: &Stamp,
) -> Result<(), Failure> {
    trail::wait_for_sealing(c)?;
    let marked = pruned(c, sealer)?.map_or(0, |seal| seal.seq);
    if let Some(through) = through.filter(|through| *through > marked) {
        let seal = audit_seals::table.find(through).select(SealRow::as_select()).first(c)?;
        let pruning = sealer.pruning(&seal, before, stamp.at)?;
        diesel::insert_into(audit_prunings::table).values(pruning).execute(c)?;
    }
    record(c, &AuditEvent::of(stamp, Outcome::Done))
}

/// Deletes some of the events that may be gone, with their leaves, whole seals at a time. Returns how many; `None`
/// when all are gone.
pub(super) fn delete_some(c: &mut Conn, sealer: &Sealer) -> Result<Option<u64>, Failure> {
    trail::wait_for_sealing(c)?;
    let Some(marked) = pruned(c, sealer)? else { return Ok(None) };
    let seals: Vec<(i64, i64, i64)> = audit_leaves::table
        .inner_join(audit_seals::table)
        .filter(audit_leaves::seal.le(marked.seq))
        .order(audit_leaves::seal)
        .limit(SEALS)
        .select((audit_seals::seq, audit_seals::last_id, audit_seals::count))
        .load(c)?;
    let mut events = 0_i64;
    let mut last = None;
    for (seq, last_id, count) in seals {
        events = events.saturating_add(count);
        if last.is_some() && events > EVENTS {
            break;
        }
        last = Some((seq, last_id));
    }
    let Some((seq, last_id)) = last else { return Ok(None) };
    let deleted = diesel::delete(audit_events::table.filter(audit_events::id.le(last_id))).execute(c)?;
    diesel::delete(audit_leaves::table.filter(audit_leaves::seal.le(seq))).execute(c)?;
    Ok(u64::try_from(deleted).ok())
}
