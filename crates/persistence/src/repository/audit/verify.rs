//! Reading what a check of the trail needs, a bounded part at a time.

use diesel::prelude::*;
use diesel::result::Error;

use super::super::Conn;
use super::prune;
use crate::audit::{Digest, Found, Leaf, Run, Sealer, unpacked};
use crate::error::Failure;
use crate::rows::{EventRow, LeavesRow, SealRow};
use crate::schema::{audit_events, audit_leaves, audit_seals};

/// The most seals of one run.
const SEALS: i64 = 256;
/// The most events of one run, unless a single seal has more.
const EVENTS: i64 = 4096;
/// The most seals whose leaves are searched at a time.
const SEARCHED: i64 = 64;

/// The seals that come after `after`, and what stands under them.
pub(super) fn run(c: &mut Conn, sealer: &Sealer, after: Option<&SealRow>) -> Result<Run, Failure> {
    let mut seals: Vec<SealRow> = audit_seals::table
        .filter(audit_seals::seq.gt(after.map_or(0, |seal| seal.seq)))
        .order(audit_seals::seq)
        .limit(SEALS)
        .select(SealRow::as_select())
        .load(c)?;
    let count = truncate(&mut seals);
    let (Some(first), Some(last)) = (seals.first(), seals.last()) else {
        return Ok(Run { seals, leaves: [].into(), events: Vec::new(), pruned: 0 });
    };
    // One more than there should be: should there be many more, that is enough to find the first of them.
    let events = found(c, after.map_or(0, |seal| seal.last_id), last.last_id, count.saturating_add(1))?;
    let leaves: Vec<LeavesRow> = audit_leaves::table
        .filter(audit_leaves::seal.between(first.seq, last.seq))
        .select(LeavesRow::as_select())
        .load(c)?;
    let leaves = leaves.into_iter().map(|row| (row.seal, row.leaves)).collect();
    // Last: what was pruned while the rest was read counts as pruned.
    let pruned = prune::pruned(c, sealer)?.map_or(0, |seal| seal.seq);
    Ok(Run { seals, leaves, events, pruned })
}

/// Leaves as many seals as have at most [`EVENTS`] events, but at least one, and returns how many events that is.
fn truncate(seals: &mut Vec<SealRow>) -> i64 {
    let mut events = 0_i64;
    let mut kept = 0;
    for seal in seals.iter() {
        let more = events.saturating_add(seal.count.clamp(0, EVENTS));
        if kept > 0 && more > EVENTS {
            break;
        }
        events = more;
        kept += 1;
    }
    seals.truncate(kept);
    events
}

/// The events after the id `from` up to `to`.
fn found(c: &mut Conn, from: i64, to: i64, limit: i64) -> Result<Vec<Found>, Failure> {
    let range = || {
        let range = audit_events::table.filter(audit_events::id.gt(from)).filter(audit_events::id.le(to));
        range.order(audit_events::id).limit(limit)
    };
    match range().select(EventRow::as_select()).load::<EventRow>(c) {
        Ok(rows) => Ok(rows.iter().map(Leaf::from).map(known).collect()),
        // Somebody has put in what nobody can read. One by one it shows where.
        Err(Error::DeserializationError(_)) => {
            let ids: Vec<i64> = range().select(audit_events::id).load(c)?;
            ids.into_iter().map(|id| one(c, id)).collect()
        }
        Err(error) => Err(error.into()),
    }
}

fn one(c: &mut Conn, id: i64) -> Result<Found, Failure> {
    match audit_events::table.find(id).select(EventRow::as_select()).first(c) {
        Ok(row) => Ok(known(Leaf::from(&row))),
        Err(Error::DeserializationError(_)) => Ok(Found { id, digest: None }),
        Err(error) => Err(error.into()),
    }
}

const fn known(leaf: Leaf) -> Found {
    Found { id: leaf.id, digest: Some(leaf.digest) }
}

/// What a search has come to.
pub(super) enum Search {
    /// It is there.
    Found,
    /// It is not; the search goes on after this seal, if there are more.
    Nowhere(Option<i64>),
}

/// Looks for the hash of an event under some seals after the seal `after`.
pub(super) fn search(c: &mut Conn, digest: &Digest, after: i64) -> Result<Search, Failure> {
    let rows: Vec<LeavesRow> = audit_leaves::table
        .filter(audit_leaves::seal.gt(after))
        .order(audit_leaves::seal)
        .limit(SEARCHED)
        .select(LeavesRow::as_select())
        .load(c)?;
    let is_there = rows.iter().any(|row| unpacked(&row.leaves).any(|leaf| leaf.digest == *digest));
    Ok(if is_there { Search::Found } else { Search::Nowhere(rows.last().map(|row| row.seal)) })
}
