//! What a search finds, newest or oldest first.
//!
//! The words of names are kept with the time when the record was made. So the words alone tell which records a page
//! has, and only those are read. Of a word that very many have, the names of the newest records tell it sooner.

use std::cmp::Reverse;

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Nullable, Text};
use domain::{
    Direction, Listing, Page, Patient, PatientFilter, PatientId, Position, SearchTerms, SortKey, Timestamp,
    UserId,
};

use super::super::dialect::{WORD_IN_NAME_KEY, one_of};
use super::super::{Conn, Db};
use super::{matching, unless_deleted};
use crate::error::Failure;
use crate::listing::{fetch, keyset};
use crate::rows::{PatientRow, stored};
use crate::schema::{patient_words, patients};
use crate::types::At;
use crate::words::beginning_with;

/// More words than this that begin alike are common: to find a page among fewer costs no more than to look through names.
/// What the first costs grows with their number; what the second costs with the page, and it shrinks with their number.
fn common(page: &Page<PatientId>) -> i64 {
    i64::from(page.limit.get().isqrt()).saturating_mul(250)
}

/// How many names are looked through for a common word before all that have it are put in order after all.
fn stretch(page: &Page<PatientId>) -> i64 {
    i64::from(page.limit.get().isqrt()).saturating_mul(500)
}

diesel::define_sql_function! {
    /// The first unless it is `NULL`.
    #[sql_name = "coalesce"]
    fn or_else(first: Nullable<Text>, second: Text) -> Text;
}

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
    let mut rows = records(c, owner, &places)?;
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

/// The records at the places, in any order.
fn records(c: &mut Conn, owner: UserId, places: &[Place]) -> QueryResult<Vec<PatientRow>> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(PatientRow, Option<At>)> = patients::table
        .filter(patients::owner_id.eq(owner.get()))
        .filter(one_of!(patients, id, places.iter().map(|(_, id)| *id)))
        .select((PatientRow::as_select(), patients::deleted_at))
        .load(c)?;
    Ok(rows.into_iter().filter_map(|row| unless_deleted(Some(row))).collect())
}

/// When a record was made, in microseconds since 1970, and its id.
type Place = (i64, i64);

/// The places of the records of a page, and of the one after it.
///
/// All that have a word must be put in order to find a page of them. So where a word is common, the newest (or oldest)
/// records are looked through instead: it is soon met among them.
fn places(
    c: &mut Conn,
    owner: UserId,
    terms: &SearchTerms,
    page: Page<PatientId>,
) -> QueryResult<Vec<Place>> {
    let mut words = terms.words();
    if let (Some(word), None) = (words.next(), words.next()) {
        let places = by_words(c, page, || unless_common(owner, word, &page))?;
        // None: the word is common, or nobody has it, or none of those who have it is left for this page.
        if !places.is_empty() || !is_any(c, owner, terms)? {
            return Ok(places);
        }
        let places = by_time(c, owner, terms, page)?;
        if places.len() >= wanted(page) {
            return Ok(places);
        }
    }
    by_words(c, page, || having(owner, terms))
}

fn wanted(page: Page<PatientId>) -> usize {
    usize::from(page.limit.get()).saturating_add(1)
}

/// The places that a query for words finds.
fn by_words(
    c: &mut Conn,
    page: Page<PatientId>,
    words: impl Fn() -> patient_words::BoxedQuery<'static, Db>,
) -> QueryResult<Vec<Place>> {
    let after = page.after.map(|last| (last.created_at.micros(), last.id.get()));
    let direction = page.order.direction;
    gathered(
        page,
        // A record is named as often as its name has words that begin so: hardly ever more than twice.
        fetch(page.limit).saturating_mul(2),
        |most| {
            let query =
                words().select((patient_words::created_micros, patient_words::patient_id)).limit(most);
            keyset!(query, patient_words::created_micros, patient_words::patient_id, direction, after).load(c)
        },
        |mut places: Vec<Place>| {
            // A name may have two words that begin so.
            places.dedup();
            places
        },
    )
}

/// The places of those among the next [`stretch`] of records that have the term.
fn by_time(
    c: &mut Conn,
    owner: UserId,
    terms: &SearchTerms,
    page: Page<PatientId>,
) -> QueryResult<Vec<Place>> {
    let after = page.after.map(|last| (At(last.created_at), last.id.get()));
    let direction = page.order.direction;
    gathered(
        page,
        fetch(page.limit),
        |most| {
            let query = matching(owner, &PatientFilter::default())
                .select((patients::created_at, patients::id, patients::name_key))
                .limit(stretch(&page));
            let records = keyset!(query, patients::created_at, patients::id, direction, after);
            Among { records, terms: terms.clone(), most }.load(c)
        },
        |records: Vec<(At, i64, String)>| {
            let met = records.into_iter().filter(|(.., name)| terms.matches(name));
            met.map(|(created_at, id, _)| (Timestamp::from(created_at).micros(), id)).collect()
        },
    )
}

/// The first `most` of some records, of a query that is built as it goes, in whose `name_key` each term begins a word. Of a
/// script other than the Latin one it may be any part of a word. Neither database changes the order of the records for
/// that; asked to sort, SQLite would look through all of them first.
#[derive(QueryId)]
struct Among<Q> {
    records: Q,
    terms: SearchTerms,
    most: i64,
}

impl<Q: Query> Query for Among<Q> {
    type SqlType = Q::SqlType;
}

impl<Q> RunQueryDsl<Conn> for Among<Q> {}

impl<Q: QueryFragment<Db>> QueryFragment<Db> for Among<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Db>) -> QueryResult<()> {
        out.push_sql("SELECT * FROM (");
        self.records.walk_ast(out.reborrow())?;
        out.push_sql(") AS looked WHERE true");
        for term in self.terms.words() {
            let [holds, begins, end] = WORD_IN_NAME_KEY;
            out.push_sql(holds);
            out.push_bind_param::<Text, _>(term)?;
            out.push_sql(begins);
            out.push_bind_param::<Text, _>(term)?;
            out.push_sql(end);
        }
        out.push_sql(" LIMIT ");
        out.push_bind_param::<BigInt, _>(&self.most)
    }
}

/// Asks for more and more rows until those that are chosen fill the page, or there are no more.
fn gathered<R>(
    page: Page<PatientId>,
    mut most: i64,
    mut load: impl FnMut(i64) -> QueryResult<Vec<R>>,
    choose: impl Fn(Vec<R>) -> Vec<Place>,
) -> QueryResult<Vec<Place>> {
    loop {
        let rows = load(most)?;
        let is_all = i64::try_from(rows.len()).is_ok_and(|count| count < most);
        let mut places = choose(rows);
        if is_all || places.len() >= wanted(page) {
            places.truncate(wanted(page));
            return Ok(places);
        }
        most = most.saturating_mul(4);
    }
}

/// The words that begin with the term; none of them if they are [`common`].
fn unless_common(
    owner: UserId,
    term: &str,
    page: &Page<PatientId>,
) -> patient_words::BoxedQuery<'static, Db> {
    let range = beginning_with(term);
    let (owner_id, word) = (others.field(patient_words::owner_id), others.field(patient_words::word));
    let many = others
        .filter(owner_id.eq(owner.get()))
        .filter(word.ge(range.start.clone()).and(word.lt(range.end.clone())))
        .select(range.start.clone().into_sql::<Text>())
        .offset(common(page))
        .limit(1)
        .single_value();
    // Not a condition of its own: SQLite would read all words before it looks at it.
    let end = or_else(many, range.end);
    patient_words::table
        .filter(patient_words::owner_id.eq(owner.get()))
        .filter(patient_words::word.ge(range.start).and(patient_words::word.lt(end)))
        .into_boxed()
}

/// Whether any record has the terms.
fn is_any(c: &mut Conn, owner: UserId, terms: &SearchTerms) -> QueryResult<bool> {
    let one: Option<i64> = having(owner, terms).select(patient_words::patient_id).first(c).optional()?;
    Ok(one.is_some())
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
