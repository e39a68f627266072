//! The events of one patient or one user.
//!
//! Their indexes begin anew with every 4,096 ids, a slice of the trail: an index over all of it would be written all
//! over, since patients and users come in no order. So a page is looked for in some slices at a time.

use std::iter::successors;

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

/// The bits of an id that say where in its slice it is.
const BITS: u32 = 12;
/// The most slices that are asked at once.
const MOST: usize = 1024;
/// More slices than a trail has: an id beyond them is none that a database has given.
const SPAN: i64 = 1 << 24;

/// The slice that an event is in, as the indexes have it.
fn slice() -> SqlLiteral<BigInt> {
    sql::<BigInt>(&format!("(audit_events.id >> {BITS})"))
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
        Slices::Some { first, last } => (first, last),
    };
    // Where a page begins is what a client says: it may be anywhere.
    let after = page.after.map(|after| (after.id.get() >> BITS).clamp(first, last));
    let groups = match page.order.direction {
        Direction::Ascending => groups(after.unwrap_or(first), last),
        Direction::Descending => groups(after.unwrap_or(last), first),
    };
    let mut rows = Vec::new();
    for group in groups {
        let missing = wanted.saturating_sub(i64::try_from(rows.len()).unwrap_or(i64::MAX));
        if missing <= 0 {
            break;
        }
        let query = in_order_of_ids(filter, page).limit(missing);
        let more: Vec<EventViewRow> = if let [one] = group.as_slice() {
            // Of one slice the index gives the order.
            query.filter(slice().eq(*one)).load(c)?
        } else {
            // By the ids alone PostgreSQL may go through the whole trail, in order, to find the few that it wants.
            let query = query.filter(slice().eq_any(group));
            match page.order.direction {
                Direction::Ascending => query.order((slice().asc(), table::id.asc())).load(c)?,
                Direction::Descending => query.order((slice().desc(), table::id.desc())).load(c)?,
            }
        };
        rows.extend(more);
    }
    Ok(rows)
}

/// How many events match.
pub(super) fn count(c: &mut Conn, filter: &AuditFilter) -> QueryResult<i64> {
    let (first, last) = match slices(c)? {
        Slices::None => return Ok(0),
        Slices::TooMany => return matching(filter).count().get_result(c),
        Slices::Some { first, last } => (first, last),
    };
    let mut count = 0_i64;
    for group in groups(first, last) {
        let query = matching(filter).filter(slice().eq_any(group));
        count = count.saturating_add(query.count().get_result(c)?);
    }
    Ok(count)
}

/// The slices that there are.
enum Slices {
    None,
    Some {
        first: i64,
        last: i64,
    },
    /// Somebody has put an event in, far from all others. It is for the check of the trail to find; lists go on.
    TooMany,
}

fn slices(c: &mut Conn) -> QueryResult<Slices> {
    let first: Option<i64> = table::table.select(min(table::id)).get_result(c)?;
    let last: Option<i64> = table::table.select(max(table::id)).get_result(c)?;
    Ok(match first.zip(last).map(|(first, last)| (first >> BITS, last >> BITS)) {
        None => Slices::None,
        Some((first, last)) if last.saturating_sub(first) > SPAN => Slices::TooMany,
        Some((first, last)) => Slices::Some { first, last },
    })
}

/// The slices from one to another. One at first, then 16 times as many as before: whoever looks at a trail looks for
/// what was last, and whose record is looked at all the time fills a page from one.
fn groups(from: i64, to: i64) -> impl Iterator<Item = Vec<i64>> {
    let mut slices = (0..=from.abs_diff(to)).map(move |step| {
        if from <= to { from.saturating_add_unsigned(step) } else { from.saturating_sub_unsigned(step) }
    });
    let sizes = successors(Some(1), |size: &usize| Some(size.saturating_mul(16).min(MOST)));
    sizes.map(move |size| slices.by_ref().take(size).collect()).take_while(|group: &Vec<_>| !group.is_empty())
}
