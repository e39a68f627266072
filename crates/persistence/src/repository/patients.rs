//! The store of patients.

#[path = "patients/found.rs"]
mod found;

use std::iter;
use std::sync::Arc;

use async_trait::async_trait;
use diesel::dsl::{AsSelect, auto_type};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use domain::ports::{PatientRepository, Record, RepositoryError};
use domain::{
    Act, ChangedFields, Listing, Outcome, Page, PageLimit, Patient, PatientChange, PatientDetails,
    PatientFilter, PatientId, Position, SearchTerms, SortKey, Stamp, Timestamp, UserId, UserName, Version,
    fold,
};

use super::dialect::{beside, for_update, insert_all, inserted};
use super::once::once;
use super::together::{self, Kin};
use super::{Conn, Db, history, mappings, versions};
use crate::error::Failure;
use crate::executor::{Company, Executor};
use crate::listing::{fetch, is_usual, keyset, listing};
use crate::rows::{
    PatientColumns, PatientRecord, PatientRow, PatientWordRow, expect_version, owner_name, stored,
};
use crate::schema::{patient_words, patients, users};
use crate::types::At;
use crate::words::{WordChange, beginning_with};

pub(super) struct Patients {
    executor: Arc<Executor<Conn>>,
    finds: Kin<(UserId, PatientId), Option<Patient>>,
    first_pages: Kin<(UserId, PageLimit), Listing<Patient, PatientId>>,
    inserts: Kin<NewPatient, Patient>,
}

/// A patient to be made; by somebody else for the owner, where the stamp says so.
pub(super) struct NewPatient {
    pub(super) owner: UserId,
    pub(super) details: PatientDetails,
    pub(super) stamp: Stamp,
}

impl Patients {
    pub(super) fn new(executor: Arc<Executor<Conn>>) -> Self {
        let finds = executor.together(
            Company::Finds,
            together::READS,
            |c, (owner, id): &(UserId, PatientId)| find(c, *owner, *id),
            together::find_patients,
        );
        let first_pages = executor.together(
            Company::Lists,
            together::LISTS,
            |c, (owner, limit): &(UserId, PageLimit)| first_page(c, *owner, *limit),
            together::list_patients,
        );
        let inserts =
            executor.together(Company::Writes, together::WRITES, insert_once, together::insert_patients);
        Self { executor, finds, first_pages, inserts }
    }
}

#[async_trait]
impl PatientRepository for Patients {
    async fn insert(
        &self,
        owner: UserId,
        details: &PatientDetails,
        stamp: &Stamp,
    ) -> Result<Patient, RepositoryError> {
        let new = NewPatient { owner, details: details.clone(), stamp: stamp.clone() };
        let is_for_another = stamp.user.is_some_and(|user| user != owner);
        if is_for_another || new.stamp.once.is_some() {
            // Whoever comes with the same key waits for this one: nobody else should. And those that are made
            // together are made by their owners.
            return Ok(self.executor.write(move |c| insert_once(c, &new)).await?);
        }
        Ok(self.executor.join(&self.inserts, new).await?)
    }

    async fn find(&self, owner: UserId, id: PatientId) -> Result<Option<Patient>, RepositoryError> {
        Ok(self.executor.join(&self.finds, (owner, id)).await?)
    }

    async fn list(
        &self,
        owner: UserId,
        filter: &PatientFilter,
        page: Page<PatientId>,
    ) -> Result<Listing<Patient, PatientId>, RepositoryError> {
        if *filter == PatientFilter::default() && is_usual(&page) {
            return Ok(self.executor.join(&self.first_pages, (owner, page.limit)).await?);
        }
        let filter = filter.clone();
        Ok(self.executor.read(move |c| list(c, owner, &filter, page)).await?)
    }

    async fn update(
        &self,
        owner: UserId,
        id: PatientId,
        expected: Option<Version>,
        change: &PatientChange,
        stamp: &Stamp,
    ) -> Result<Patient, RepositoryError> {
        let change = change.clone();
        let stamp = stamp.clone();
        Ok(self.executor.write(move |c| update(c, owner, id, expected, &change, &stamp)).await?)
    }

    async fn delete(
        &self,
        owner: UserId,
        id: PatientId,
        expected: Option<Version>,
        stamp: &Stamp,
    ) -> Result<(), RepositoryError> {
        let stamp = stamp.clone();
        Ok(self.executor.write(move |c| delete(c, owner, id, expected, &stamp)).await?)
    }
}

pub(super) fn insert_once(c: &mut Conn, new: &NewPatient) -> Result<Patient, Failure> {
    let make = |c: &mut Conn| {
        let patient = insert(c, new)?;
        insert_words(c, iter::once(&patient))?;
        Ok(patient)
    };
    once(c, new.owner, &new.stamp, make, |c, id| first(c, new.owner, id))
}

/// The record alone, without its words and without an event.
pub(super) fn insert(c: &mut Conn, new: &NewPatient) -> Result<Patient, Failure> {
    let NewPatient { owner, details, stamp } = new;
    let owner = *owner;
    let new = diesel::insert_into(patients::table).values((
        PatientColumns::from(details),
        patients::owner_id.eq(owner.get()),
        patients::created_at.eq(At(stamp.at)),
        patients::updated_at.eq(At(stamp.at)),
        patients::version.eq(Version::FIRST.get()),
        patients::created_by_id.eq(stamp.user.filter(|user| *user != owner).map(UserId::get)),
    ));
    let (id, created_by): (i64, Option<String>) =
        inserted!(c, new, patients, (patients::id, owner_name())).map_err(unknown_owner)?;
    let id = stored("patients.id", PatientId::new(id))?;
    let created_by = stored("users.username", created_by.and_then(|name| UserName::parse(&name).ok()))?;
    let (details, version) = (details.clone(), Version::FIRST);
    Ok(Patient { id, owner, created_by, details, created_at: stamp.at, updated_at: stamp.at, version })
}

/// The owner is the only record that a patient refers to.
fn unknown_owner(error: Error) -> Failure {
    match error {
        Error::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => {
            RepositoryError::Missing(Record::User).into()
        }
        error => error.into(),
    }
}

/// The record as it was first stored.
fn first(c: &mut Conn, owner: UserId, id: i64) -> Result<Option<Patient>, Failure> {
    let id = stored("patients.id", PatientId::new(id))?;
    let Some(now) = deleted_or_not(c, owner, id)? else { return Ok(None) };
    Ok(history::at(c, now, Version::FIRST)?.map(|first| first.record))
}

/// A record and when it was deleted.
#[auto_type]
fn record(owner: UserId, id: PatientId) -> _ {
    let (owner, id): (i64, i64) = (owner.get(), id.get());
    let row: AsSelect<PatientRow, Db> = PatientRow::as_select();
    patients::table
        .filter(patients::owner_id.eq(owner))
        .filter(patients::id.eq(id))
        .select((row, patients::deleted_at))
}

pub(super) fn find(c: &mut Conn, owner: UserId, id: PatientId) -> Result<Option<Patient>, Failure> {
    let row = unless_deleted(record(owner, id).get_result(c).optional()?);
    Ok(row.map(Patient::try_from).transpose()?)
}

/// The record, even if it was deleted.
pub(super) fn deleted_or_not(c: &mut Conn, owner: UserId, id: PatientId) -> Result<Option<Patient>, Failure> {
    let row: Option<(PatientRow, Option<At>)> = record(owner, id).get_result(c).optional()?;
    Ok(row.map(|(row, _)| row.try_into()).transpose()?)
}

/// The row that was read by its key, unless it says that the patient was deleted, or that the doctor has retired.
///
/// A condition in the query would allow PostgreSQL the indexes of lists, which leave deleted patients out.
/// While it has no statistics it takes one of them, and reads all records of the owner.
pub(super) fn unless_deleted<R>(row: Option<(R, Option<At>)>) -> Option<R> {
    row.and_then(|(row, deleted_at)| deleted_at.is_none().then_some(row))
}

/// The list without any condition, as far as [`is_usual`].
pub(super) fn first_page(
    c: &mut Conn,
    owner: UserId,
    limit: PageLimit,
) -> Result<Listing<Patient, PatientId>, Failure> {
    list(c, owner, &PatientFilter::default(), Page { limit, ..Page::default() })
}

fn list(
    c: &mut Conn,
    owner: UserId,
    filter: &PatientFilter,
    page: Page<PatientId>,
) -> Result<Listing<Patient, PatientId>, Failure> {
    let total = if page.count { Some(matching(owner, filter).count().get_result(c)?) } else { None };
    if let Some(terms) = found::terms(filter, &page) {
        return found::list(c, owner, terms, page, total);
    }
    let query = matching(owner, filter)
        .select((PatientRecord::as_select(), username(owner)))
        .limit(fetch(page.limit));
    let direction = page.order.direction;
    let rows: Vec<PatientRow> = match page.order.key {
        SortKey::CreatedAt => {
            let after = page.after.map(|last| (At(last.created_at), last.id.get()));
            keyset!(query, patients::created_at, patients::id, direction, after).load(c)?
        }
        SortKey::Name => {
            let after = page.after.map(|last| name_position(c, owner, last.id)).transpose()?;
            keyset!(query, patients::name_key, patients::id, direction, after).load(c)?
        }
    };
    Ok(listing(rows, page.limit, total, position)?)
}

/// The user name of the owner of a list. One for all of its rows: as part of a row it would be looked up for each.
#[auto_type]
fn username(owner: UserId) -> _ {
    let owner: i64 = owner.get();
    users::table.filter(users::id.eq(owner)).select(users::username).single_value()
}

/// Where a list by the time of making goes on after a patient.
pub(super) fn position(last: &Patient) -> Position<PatientId> {
    Position { created_at: last.created_at, id: last.id }
}

/// The ids of an owner's patients who have a word that begins with a term, once for each such word.
#[auto_type]
fn having(owner: UserId, term: &str) -> _ {
    let owner: i64 = owner.get();
    let range = beginning_with(term);
    let (start, end): (String, String) = (range.start, range.end);
    patient_words::table
        .filter(patient_words::owner_id.eq(owner))
        .filter(patient_words::word.ge(start).and(patient_words::word.lt(end)))
        .select(patient_words::patient_id)
}

fn matching(owner: UserId, filter: &PatientFilter) -> patients::BoxedQuery<'static, Db> {
    let mut query = patients::table
        .filter(patients::owner_id.eq(owner.get()))
        .filter(patients::deleted_at.is_null())
        .into_boxed();
    for word in filter.search.iter().flat_map(SearchTerms::words) {
        query = query.filter(patients::id.eq_any(having(owner, word)));
    }
    narrowed(query, filter)
}

/// What a filter says of the records themselves, whoever owns them. The rest of the query says which index is used:
/// those over genders and blood groups are for [`all_narrowed`].
pub(super) fn narrowed(
    mut query: patients::BoxedQuery<'static, Db>,
    filter: &PatientFilter,
) -> patients::BoxedQuery<'static, Db> {
    if let Some(gender) = filter.gender {
        query = query.filter(beside!(patients, gender).eq(gender.as_str()));
    }
    if let Some(group) = filter.blood_group {
        query = query.filter(beside!(patients, blood_group).eq(group.as_str()));
    }
    in_time(query, filter)
}

/// The same by the indexes over genders and blood groups of all owners' patients.
pub(super) fn all_narrowed(
    mut query: patients::BoxedQuery<'static, Db>,
    filter: &PatientFilter,
) -> patients::BoxedQuery<'static, Db> {
    if let Some(gender) = filter.gender {
        query = query.filter(patients::gender.eq(gender.as_str()));
    }
    if let Some(group) = filter.blood_group {
        query = query.filter(patients::blood_group.eq(group.as_str()));
    }
    in_time(query, filter)
}

fn in_time(
    mut query: patients::BoxedQuery<'static, Db>,
    filter: &PatientFilter,
) -> patients::BoxedQuery<'static, Db> {
    if let Some(after) = filter.created_after {
        query = query.filter(patients::created_at.gt(At(after)));
    }
    if let Some(before) = filter.created_before {
        query = query.filter(patients::created_at.lt(At(before)));
    }
    query
}

/// Where a list by name goes on. A record that was deleted meanwhile still has its place.
fn name_position(c: &mut Conn, owner: UserId, id: PatientId) -> Result<(String, i64), Failure> {
    let key = patients::table
        .filter(patients::owner_id.eq(owner.get()))
        .filter(patients::id.eq(id.get()))
        .select(patients::name_key)
        .get_result(c)
        .optional()?;
    Ok((key.ok_or(RepositoryError::BadPosition)?, id.get()))
}

fn update(
    c: &mut Conn,
    owner: UserId,
    id: PatientId,
    expected: Option<Version>,
    change: &PatientChange,
    stamp: &Stamp,
) -> Result<Patient, Failure> {
    let current = lock(c, owner, id, expected)?;
    let details = change.applied(&current.details, stamp.at.date())?;
    if details == current.details {
        versions::found(c, &current, Outcome::Done, stamp)?;
        return Ok(current);
    }
    let version = current.version.next();
    diesel::update(patients::table)
        .filter(patients::owner_id.eq(owner.get()))
        .filter(patients::id.eq(id.get()))
        .set((
            PatientColumns::from(&details),
            patients::updated_at.eq(At(stamp.at)),
            patients::version.eq(version.get()),
        ))
        .execute(c)?;
    let words = WordChange::between(Some(current.details.name.full()), Some(details.name.full()));
    write_words(c, owner, id, current.created_at, words)?;
    versions::changed(c, &current, Act::Updated, details.changed_fields(&current.details), stamp)?;
    Ok(Patient { details, version, updated_at: stamp.at, ..current })
}

fn delete(
    c: &mut Conn,
    owner: UserId,
    id: PatientId,
    expected: Option<Version>,
    stamp: &Stamp,
) -> Result<(), Failure> {
    let current = lock(c, owner, id, expected)?;
    diesel::update(patients::table)
        .filter(patients::owner_id.eq(owner.get()))
        .filter(patients::id.eq(id.get()))
        .set((
            patients::deleted_at.eq(At(stamp.at)),
            patients::updated_at.eq(At(stamp.at)),
            patients::version.eq(current.version.next().get()),
        ))
        .execute(c)?;
    write_words(
        c,
        owner,
        id,
        current.created_at,
        WordChange::between(Some(current.details.name.full()), None),
    )?;
    mappings::end_all(c, mappings::Side::Patient(owner, id), stamp)?;
    versions::changed(c, &current, Act::Removed, ChangedFields::NONE, stamp)
}

/// Brings a deleted record back.
pub(super) fn restore(c: &mut Conn, owner: UserId, id: PatientId, stamp: &Stamp) -> Result<Patient, Failure> {
    let row: Option<(PatientRow, Option<At>)> = for_update!(record(owner, id)).get_result(c).optional()?;
    let (row, deleted_at) = row.ok_or(RepositoryError::Missing(Record::Patient))?;
    let current = Patient::try_from(row)?;
    if deleted_at.is_none() {
        versions::found(c, &current, Outcome::Done, stamp)?;
        return Ok(current);
    }
    let version = current.version.next();
    diesel::update(patients::table)
        .filter(patients::owner_id.eq(owner.get()))
        .filter(patients::id.eq(id.get()))
        .set((
            patients::deleted_at.eq(None::<At>),
            patients::updated_at.eq(At(stamp.at)),
            patients::version.eq(version.get()),
        ))
        .execute(c)?;
    write_words(
        c,
        owner,
        id,
        current.created_at,
        WordChange::between(None, Some(current.details.name.full())),
    )?;
    versions::changed(c, &current, Act::Restored, ChangedFields::NONE, stamp)?;
    Ok(Patient { version, updated_at: stamp.at, ..current })
}

/// The record as it stands, kept from changing until the end of the transaction.
fn lock(c: &mut Conn, owner: UserId, id: PatientId, expected: Option<Version>) -> Result<Patient, Failure> {
    let row = unless_deleted(for_update!(record(owner, id)).get_result(c).optional()?);
    let current = Patient::try_from(row.ok_or(RepositoryError::Missing(Record::Patient))?)?;
    expect_version(expected, current.version)?;
    Ok(current)
}

/// The words of new patients, all at once.
pub(super) fn insert_words<'a>(c: &mut Conn, new: impl Iterator<Item = &'a Patient>) -> Result<(), Failure> {
    let rows =
        |new: &Patient| word_rows(new.owner, new.id, new.created_at, fold::words(new.details.name.full()));
    insert_all!(c, patient_words, new.flat_map(rows))?;
    Ok(())
}

fn word_rows(
    owner: UserId,
    id: PatientId,
    created_at: Timestamp,
    words: Vec<String>,
) -> impl Iterator<Item = PatientWordRow> {
    let (owner_id, patient_id, created_micros) = (owner.get(), id.get(), created_at.micros());
    words.into_iter().map(move |word| PatientWordRow { owner_id, word, created_micros, patient_id })
}

fn write_words(
    c: &mut Conn,
    owner: UserId,
    id: PatientId,
    created_at: Timestamp,
    words: WordChange,
) -> Result<(), Failure> {
    if !words.removed.is_empty() {
        diesel::delete(patient_words::table)
            .filter(patient_words::owner_id.eq(owner.get()))
            .filter(patient_words::word.eq_any(words.removed))
            .filter(patient_words::created_micros.eq(created_at.micros()))
            .filter(patient_words::patient_id.eq(id.get()))
            .execute(c)?;
    }
    if !words.added.is_empty() {
        insert_all!(c, patient_words, word_rows(owner, id, created_at, words.added))?;
    }
    Ok(())
}
