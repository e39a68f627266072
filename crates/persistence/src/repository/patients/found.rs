//! What a search finds, newest or oldest first.
//!
//! The words of names are kept with the time when the record was made. So the words alone tell which records a page
//! has, and only those are read. Of a word that many have, the names of the next records tell it sooner.

use std::cmp::Reverse;

use diesel::expression::{AppearsOnTable, ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Text};
use domain::{Direction, Listing, Page, Patient, PatientFilter, PatientId, SearchTerms, SortKey, UserId};

use super::super::dialect::{OWN_WITH_ID, WORD_IN_NAME_KEY};
use super::super::{Conn, Db};
use super::{having, matching, position, username};
use crate::error::Failure;
use crate::listing::{fetch, keyset, listing};
use crate::rows::{PatientRecord, PatientRow};
use crate::schema::{patient_words, patients};
use crate::types::At;
use crate::words::{BREAKS, beginning_with};

/// More words than this that begin alike are common: to find a page among fewer costs no more than to look through names.
/// What the first costs grows with their number; what the second costs with the page, and it shrinks with their number.
fn common(page: &Page<PatientId>) -> i64 {
    i64::from(page.limit.get().isqrt()).saturating_mul(125)
}

/// How many names are looked through for a common word before all that have it are put in order after all.
fn stretch(page: &Page<PatientId>) -> i64 {
    i64::from(page.limit.get().isqrt()).saturating_mul(500)
}

diesel::alias!(patient_words as others: Others);

/// The words of a list that this module can answer: nothing else is asked of a record, and the order is that of time.
pub(super) fn terms<'a>(filter: &'a PatientFilter, page: &Page<PatientId>) -> Option<&'a SearchTerms> {
    let PatientFilter { search, gender, blood_group, created_after, created_before } = filter;
    let is_alone =
        gender.is_none() && blood_group.is_none() && created_after.is_none() && created_before.is_none();
    search.as_ref().filter(|_| is_alone && page.order.key == SortKey::CreatedAt)
}

/// A page of what the terms find.
pub(super) fn list(
    c: &mut Conn,
    owner: UserId,
    terms: &SearchTerms,
    page: Page<PatientId>,
    total: Option<i64>,
) -> Result<Listing<Patient, PatientId>, Failure> {
    let mut rows = by_time(c, owner, terms, page)?;
    // One more than the page was asked for. Fewer may mean that the stretch has ended, and not the names.
    if rows.len() <= usize::from(page.limit.get()) {
        rows = by_words(c, owner, terms, page)?;
    }
    Ok(listing(rows, page.limit, total, position)?)
}

/// The records of a page, and the one after it, by all words that begin as asked.
fn by_words(
    c: &mut Conn,
    owner: UserId,
    terms: &SearchTerms,
    page: Page<PatientId>,
) -> QueryResult<Vec<PatientRow>> {
    let mut ranges: Vec<_> = terms.words().collect();
    // The longest one is met most rarely.
    ranges.sort_by_key(|term| Reverse(term.len()));
    let mut ranges = ranges.into_iter().map(beginning_with);
    let mut ids = patient_words::table
        // A name may have two words that begin so. So all that match are grouped and sorted, not only those of the page.
        .group_by((patient_words::created_micros, patient_words::patient_id))
        .select(patient_words::patient_id)
        .filter(patient_words::owner_id.eq(owner.get()))
        .limit(fetch(page.limit))
        .into_boxed();
    if let Some(range) = ranges.next() {
        ids = ids.filter(patient_words::word.ge(range.start).and(patient_words::word.lt(range.end)));
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
        ids = ids.filter(patient_words::patient_id.eq_any(having_it));
    }
    let direction = page.order.direction;
    let after = page.after.map(|last| (last.created_at.micros(), last.id.get()));
    records(
        c,
        owner,
        page,
        keyset!(ids, patient_words::created_micros, patient_words::patient_id, direction, after),
    )
}

/// The same by the names of the next [`stretch`] of records: as many as it meets. None where there are several words, or
/// the one is not [`common`].
fn by_time(
    c: &mut Conn,
    owner: UserId,
    terms: &SearchTerms,
    page: Page<PatientId>,
) -> QueryResult<Vec<PatientRow>> {
    let mut words = terms.words();
    let (Some(term), None) = (words.next(), words.next()) else { return Ok(Vec::new()) };
    let after = page.after.map(|last| (At(last.created_at), last.id.get()));
    let direction = page.order.direction;
    let names = matching(owner, &PatientFilter::default()).select((patients::id, patients::name_key));
    let names = keyset!(names, patients::created_at, patients::id, direction, after);
    let one_too_many = having(owner, term).offset(common(&page)).limit(1);
    let stretch = stretch(&page);
    let ids = Among { names, one_too_many, stretch, term: term.to_owned(), most: fetch(page.limit) };
    records(c, owner, page, ids)
}

/// The records of the owner whose ids a query gives, in the order of the page.
fn records(
    c: &mut Conn,
    owner: UserId,
    page: Page<PatientId>,
    ids: impl QueryFragment<Db> + QueryId,
) -> QueryResult<Vec<PatientRow>> {
    let mut rows: Vec<PatientRow> = patients::table
        .filter(OwnWithId { ids, owner: owner.get() })
        .select((PatientRecord::as_select(), username(owner)))
        .load(c)?;
    match page.order.direction {
        Direction::Ascending => rows.sort_by_key(PatientRow::position),
        Direction::Descending => rows.sort_by_key(|row| Reverse(row.position())),
    }
    Ok(rows)
}

/// That a patient is the owner's, with an id that a query gives.
#[derive(QueryId)]
struct OwnWithId<Q> {
    ids: Q,
    owner: i64,
}

impl<Q> Expression for OwnWithId<Q> {
    type SqlType = Bool;
}

impl<Q> ValidGrouping<()> for OwnWithId<Q> {
    type IsAggregate = is_aggregate::No;
}

impl<Q> AppearsOnTable<patients::table> for OwnWithId<Q> {}

impl<Q: QueryFragment<Db>> QueryFragment<Db> for OwnWithId<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Db>) -> QueryResult<()> {
        let [one_of, of_owner] = OWN_WITH_ID;
        out.push_sql(one_of);
        self.ids.walk_ast(out.reborrow())?;
        out.push_sql(of_owner);
        out.push_bind_param::<BigInt, _>(&self.owner)
    }
}

/// The ids of the first `most` of the next `stretch` of names, of a query that is built as it goes, in which the term
/// begins a word. None, and no name is read, where the query `one_too_many` gives no row. Neither database changes the
/// order of the names; asked to sort, SQLite would look through all of them first.
#[derive(QueryId)]
struct Among<N, O> {
    names: N,
    one_too_many: O,
    stretch: i64,
    term: String,
    most: i64,
}

impl<N: QueryFragment<Db>, O: QueryFragment<Db>> QueryFragment<Db> for Among<N, O> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Db>) -> QueryResult<()> {
        out.push_sql("SELECT id FROM (");
        self.names.walk_ast(out.reborrow())?;
        out.push_sql(" LIMIT (SELECT count(*) FROM (");
        self.one_too_many.walk_ast(out.reborrow())?;
        out.push_sql(") AS common) * ");
        out.push_bind_param::<BigInt, _>(&self.stretch)?;
        let [holds, after, begins, end] = WORD_IN_NAME_KEY;
        out.push_sql(") AS looked WHERE ");
        out.push_sql(holds);
        out.push_bind_param::<Text, _>(&self.term)?;
        out.push_sql(after);
        out.push_sql(BREAKS);
        out.push_sql(begins);
        out.push_bind_param::<Text, _>(&self.term)?;
        out.push_sql(end);
        out.push_sql(" LIMIT ");
        out.push_bind_param::<BigInt, _>(&self.most)
    }
}
