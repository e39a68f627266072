//! The events of one patient.
//!
//! Their index begins anew with every 65,536 ids, a slice of the trail: an index over all of it would be written all
//! over, since patients come in no order. So a page is looked for in some slices at a time.

use std::iter::successors;
use std::ops::RangeInclusive;

use diesel::dsl::{max, min, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use domain::{AuditEventId, AuditFilter, Direction, Page};

use super::super::Conn;
use super::list::{in_order_of_ids, matching};
use crate::listing::fetch;
use crate::rows::EventViewRow;
use crate::schema::audit_events as table;

/// The most slices that are asked at once.
const MOST: usize = 1024;
/// More slices than a trail has: an id beyond them is none that a database has given.
const SPAN: i64 = 1 << 24;

/// The slice that an event is in, as the index has it.
fn slice() -> SqlLiteral<BigInt> {
    sql::<BigInt>("(audit_events.id >> 16)")
}

/// One more than the events of a page, where there are so many, in the order of the ids.
pub(super) fn page(
    c: &mut Conn,
    filter: &AuditFilter,
    page: &Page<AuditEventId>,
) -> QueryResult<Vec<EventViewRow>> {
    let wanted = fetch(page.limit);
    let (first, last) = match slices(c)? {
        Slices::None => return Ok(Vec::new()),
        Slices::TooMany => return in_order_of_ids(filter, page).limit(wanted).load(c),
        Slices::Some(slices) => slices.into_inner(),
    };
    // Where a page begins is what a client says: it may be anywhere.
    let after = page.after.map(|after| (after.id.get() >> 16).clamp(first, last));
    let slices: Vec<i64> = match page.order.direction {
        Direction::Ascending => (after.unwrap_or(first)..=last).collect(),
        Direction::Descending => (first..=after.unwrap_or(last)).rev().collect(),
    };
    let mut rows = Vec::new();
    for group in groups(&slices) {
        let missing = wanted.saturating_sub(i64::try_from(rows.len()).unwrap_or(i64::MAX));
        if missing <= 0 {
            break;
        }
        let query = in_order_of_ids(filter, page).limit(missing);
        let more: Vec<EventViewRow> = match group {
            // Of one slice the index gives the order.
            [one] => query.filter(slice().eq(*one)).load(c)?,
            _ => query.filter(slice().eq_any(group.iter().copied())).load(c)?,
        };
        rows.extend(more);
    }
    Ok(rows)
}

/// How many events match.
pub(super) fn count(c: &mut Conn, filter: &AuditFilter) -> QueryResult<i64> {
    let slices: Vec<i64> = match slices(c)? {
        Slices::None => return Ok(0),
        Slices::TooMany => return matching(filter).count().get_result(c),
        Slices::Some(slices) => slices.collect(),
    };
    let mut count = 0_i64;
    for group in slices.chunks(MOST) {
        let query = matching(filter).filter(slice().eq_any(group.iter().copied()));
        count = count.saturating_add(query.count().get_result(c)?);
    }
    Ok(count)
}

/// The slices that there are.
enum Slices {
    None,
    Some(RangeInclusive<i64>),
    /// Somebody has put an event in, far from all others. It is for the check of the trail to find; lists go on.
    TooMany,
}

fn slices(c: &mut Conn) -> QueryResult<Slices> {
    let first: Option<i64> = table::table.select(min(table::id)).get_result(c)?;
    let last: Option<i64> = table::table.select(max(table::id)).get_result(c)?;
    Ok(match first.zip(last).map(|(first, last)| (first >> 16, last >> 16)) {
        None => Slices::None,
        Some((first, last)) if last.saturating_sub(first) > SPAN => Slices::TooMany,
        Some((first, last)) => Slices::Some(first..=last),
    })
}

/// One at first, then more and more: whoever looks at a trail looks for what was last, and whose record is looked at all
/// the time fills a page from one.
fn groups(mut slices: &[i64]) -> impl Iterator<Item = &[i64]> {
    let sizes = successors(Some(1), |size: &usize| Some(size.saturating_mul(2).min(MOST)));
    sizes.map_while(move |size| {
        let (group, rest) = slices.split_at_checked(size).unwrap_or((slices, &[]));
        slices = rest;
        (!group.is_empty()).then_some(group)
    })
}
