//! What a search finds, newest or oldest first.
//!
//! The words of names are kept with the time when the record was made. So the words alone tell which records a page
//! has, however many there are that match, and only those are read.

use std::cmp::Reverse;

use diesel::prelude::*;
use domain::{
    Direction, Listing, Page, Patient, PatientFilter, PatientId, Position, SearchTerms, SortKey, Timestamp,
    UserId,
};

use super::super::{Conn, Db};
use super::unless_deleted;
use crate::error::Failure;
use crate::listing::{fetch, keyset};
use crate::rows::{PatientRow, stored};
use crate::schema::{patient_words, patients};
use crate::types::At;
use crate::words::beginning_with;

diesel::alias!(patient_words as others: Others);

/// The words of a list that this module can answer: nothing else is asked of a record, and the order is that of time.
pub(super) fn terms<'a>(filter: &'a PatientFilter, page: &Page<PatientId>) -> Option<&'a SearchTerms> {
    let PatientFilter { search, gender, blood_group, created_after, created_before } = filter;
    let is_alone =
        gender.is_none() && blood_group.is_none() && created_after.is_none() && created_before.is_none();
    search.as_ref().filter(|_| is_alone && page.order.key == SortKey::CreatedAt)
}

/// A page of what the terms find. Between the two questions a record may get another name, and is given by that, or be
/// deleted, and is left out: the page goes on where it would have.
pub(super) fn list(
    c: &mut Conn,
    owner: UserId,
    terms: &SearchTerms,
    page: Page<PatientId>,
    total: Option<i64>,
) -> Result<Listing<Patient, PatientId>, Failure> {
    let mut places = places(c, owner, terms, page)?;
    let limit = usize::from(page.limit.get());
    let is_more = places.len() > limit;
    places.truncate(limit);
    let rows: Vec<(PatientRow, Option<At>)> = patients::table
        .filter(patients::owner_id.eq(owner.get()))
        .filter(patients::id.eq_any(places.iter().map(|(_, id)| *id)))
        .select((PatientRow::as_select(), patients::deleted_at))
        .load(c)?;
    let mut rows: Vec<_> = rows.into_iter().filter_map(|row| unless_deleted(Some(row))).collect();
    match page.order.direction {
        Direction::Ascending => rows.sort_by_key(PatientRow::position),
        Direction::Descending => rows.sort_by_key(|row| Reverse(row.position())),
    }
    let next = places.last().filter(|_| is_more).map(|(micros, id)| {
        Ok::<_, Failure>(Position {
            created_at: stored("patient_words.created_micros", Timestamp::from_micros(*micros))?,
            id: stored("patient_words.patient_id", PatientId::new(*id))?,
        })
    });
    Ok(Listing {
        items: rows.into_iter().map(Patient::try_from).collect::<Result<_, _>>()?,
        next: next.transpose()?,
        total: total.and_then(|total| u64::try_from(total).ok()),
    })
}

/// Time of making and id of the records of a page, and of the one after it.
fn places(
    c: &mut Conn,
    owner: UserId,
    terms: &SearchTerms,
    page: Page<PatientId>,
) -> Result<Vec<(i64, i64)>, Failure> {
    let wanted = usize::from(page.limit.get()).saturating_add(1);
    let after = page.after.map(|last| (last.created_at.micros(), last.id.get()));
    // A record is named as often as its name has words that begin so: hardly ever more than twice.
    let mut most = fetch(page.limit).saturating_mul(2);
    loop {
        let query = having(owner, terms)
            .select((patient_words::created_micros, patient_words::patient_id))
            .limit(most);
        let direction = page.order.direction;
        let mut places: Vec<(i64, i64)> =
            keyset!(query, patient_words::created_micros, patient_words::patient_id, direction, after)
                .load(c)?;
        let is_all = i64::try_from(places.len()).is_ok_and(|count| count < most);
        places.dedup();
        if is_all || places.len() >= wanted {
            places.truncate(wanted);
            return Ok(places);
        }
        most = most.saturating_mul(4);
    }
}

/// The words that begin with the longest term, which is met most rarely, of records that have the other terms too.
fn having(owner: UserId, terms: &SearchTerms) -> patient_words::BoxedQuery<'static, Db> {
    let mut ranges: Vec<_> = terms.words().collect();
    ranges.sort_by_key(|term| Reverse(term.len()));
    let mut ranges = ranges.into_iter().map(beginning_with);
    let mut query = patient_words::table.filter(patient_words::owner_id.eq(owner.get())).into_boxed();
    if let Some(range) = ranges.next() {
        query = query.filter(patient_words::word.ge(range.start).and(patient_words::word.lt(range.end)));
    }
    for range in ranges {
        let (owner_id, word, patient_id) = (
            others.field(patient_words::owner_id),
            others.field(patient_words::word),
            others.field(patient_words::patient_id),
        );
        let having_it = others
            .filter(owner_id.eq(owner.get()))
            .filter(word.ge(range.start).and(word.lt(range.end)))
            .select(patient_id);
        query = query.filter(patient_words::patient_id.eq_any(having_it));
    }
    query
}
