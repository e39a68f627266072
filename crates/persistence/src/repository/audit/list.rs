//! Lists of events.

use diesel::dsl::{AsSelect, SqlTypeOf};
use diesel::prelude::*;
use domain::{AuditEventId, AuditFilter, Direction, Listing, Page, Position, StoredEvent, UserId};

use super::super::{Conn, Db};
use super::slices;
use crate::error::Failure;
use crate::listing::{fetch, keyset, listing};
use crate::rows::EventViewRow;
use crate::schema::audit_events as table;
use crate::types::At;

/// A query for events as they are shown.
pub(super) type Events = table::BoxedQuery<'static, Db, SqlTypeOf<AsSelect<EventViewRow, Db>>>;

/// The whole trail in the order of time, where each filter by time is a range of the index that gives the order. Of
/// one patient or user in the order of the ids: an index over the time as well would make its entries three times as
/// long.
///
/// An event never changes its place.
pub(super) fn list(
    c: &mut Conn,
    filter: &AuditFilter,
    page: Page<AuditEventId>,
) -> Result<Listing<StoredEvent, AuditEventId>, Failure> {
    let total = if page.count { Some(count(c, filter)?) } else { None };
    let rows: Vec<EventViewRow> = if is_sliced(filter) {
        slices::page(c, filter, &page)?
    } else {
        let query = matching(filter).select(EventViewRow::as_select()).limit(fetch(page.limit));
        let after = page.after.map(|last| (At(last.created_at), last.id.get()));
        keyset!(query, table::at, table::id, page.order.direction, after).load(c)?
    };
    let position = |last: &StoredEvent| Position { created_at: last.at, id: last.id };
    Ok(listing(rows, page.limit, total, position)?)
}

/// Whether an index by slices of the trail finds the events.
const fn is_sliced(filter: &AuditFilter) -> bool {
    filter.patient.is_some() || filter.user.is_some()
}

fn count(c: &mut Conn, filter: &AuditFilter) -> QueryResult<i64> {
    if is_sliced(filter) { slices::count(c, filter) } else { matching(filter).count().get_result(c) }
}

/// The events that match, from the beginning of the page.
pub(super) fn in_order_of_ids(filter: &AuditFilter, page: &Page<AuditEventId>) -> Events {
    let query = matching(filter).select(EventViewRow::as_select());
    let after = page.after.map(|last| last.id.get());
    match page.order.direction {
        Direction::Ascending => query.filter(table::id.gt(after.unwrap_or(i64::MIN))).order(table::id.asc()),
        Direction::Descending => {
            query.filter(table::id.lt(after.unwrap_or(i64::MAX))).order(table::id.desc())
        }
    }
}

pub(super) fn matching(filter: &AuditFilter) -> table::BoxedQuery<'static, Db> {
    let mut query = table::table.into_boxed();
    if let Some(patient) = filter.patient {
        query = query.filter(table::patient_id.eq(patient.get()));
    }
    if let Some(user) = filter.user.map(UserId::get) {
        query = query.filter(table::user_id.eq(user));
    }
    if let Some(record) = filter.record {
        query =
            query.filter(table::record_kind.eq(record.kind_name())).filter(table::record_id.eq(record.id()));
    }
    if let Some(operation) = &filter.operation {
        query = query.filter(table::operation.eq(operation.clone()));
    }
    if let Some(outcome) = filter.outcome {
        query = query.filter(table::outcome.eq(outcome.as_str()));
    }
    if let Some(after) = filter.after {
        query = query.filter(table::at.gt(At(after)));
    }
    if let Some(before) = filter.before {
        query = query.filter(table::at.lt(At(before)));
    }
    query
}
