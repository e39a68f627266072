//! The store of doctors.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use domain::ports::{DoctorRepository, Record, RepositoryError};
use domain::{
    Act, ChangedFields, Doctor, DoctorChange, DoctorDetails, DoctorFilter, DoctorId, EmailRule, Listing,
    Outcome, Page, Position, SearchTerms, SortKey, Stamp, UserId, UserName, Version, fold,
};

use super::dialect::{for_update, insert_all, inserted};
use super::once::once;
use super::patients::unless_deleted;
use super::together::{self, Kin};
use super::{Conn, Db, history, mappings, versions};
use crate::error::Failure;
use crate::executor::{Company, Executor};
use crate::listing::{fetch, keyset, listing};
use crate::rows::{DoctorColumns, DoctorRow, DoctorWordRow, creator_name, expect_version, stored};
use crate::schema::{doctor_words, doctors};
use crate::types::At;
use crate::words::{WordChange, beginning_with};

pub(super) struct Doctors {
    executor: Arc<Executor<Conn>>,
    finds: Kin<DoctorId, Option<Doctor>>,
    inserts: Kin<NewDoctor, Doctor>,
}

/// A doctor to be added.
pub(super) struct NewDoctor {
    pub(super) creator: UserId,
    pub(super) details: DoctorDetails,
    pub(super) rule: EmailRule,
    pub(super) stamp: Stamp,
}

impl Doctors {
    pub(super) fn new(executor: Arc<Executor<Conn>>) -> Self {
        let finds = executor.together(
            Company::Finds,
            together::READS,
            |c, id: &DoctorId| find(c, *id),
            together::find_doctors,
        );
        let inserts =
            executor.together(Company::Writes, together::WRITES, insert_once, together::insert_doctors);
        Self { executor, finds, inserts }
    }
}

#[async_trait]
impl DoctorRepository for Doctors {
    async fn insert(
        &self,
        creator: UserId,
        details: &DoctorDetails,
        rule: EmailRule,
        stamp: &Stamp,
    ) -> Result<Doctor, RepositoryError> {
        let new = NewDoctor { creator, details: details.clone(), rule, stamp: stamp.clone() };
        if new.stamp.once.is_some() {
            // Whoever comes with the same key waits for this one: nobody else should.
            return Ok(self.executor.write(move |c| insert_once(c, &new)).await?);
        }
        Ok(self.executor.join(&self.inserts, new).await?)
    }

    async fn find(&self, id: DoctorId) -> Result<Option<Doctor>, RepositoryError> {
        Ok(self.executor.join(&self.finds, id).await?)
    }

    async fn list(
        &self,
        filter: &DoctorFilter,
        page: Page<DoctorId>,
    ) -> Result<Listing<Doctor, DoctorId>, RepositoryError> {
        let filter = filter.clone();
        Ok(self.executor.read(move |c| list(c, &filter, page)).await?)
    }

    async fn update(
        &self,
        id: DoctorId,
        expected: Option<Version>,
        change: &DoctorChange,
        rule: EmailRule,
        stamp: &Stamp,
    ) -> Result<Doctor, RepositoryError> {
        let change = change.clone();
        let stamp = stamp.clone();
        Ok(self.executor.write(move |c| update(c, id, expected, &change, rule, &stamp)).await?)
    }

    async fn retire(
        &self,
        id: DoctorId,
        expected: Option<Version>,
        stamp: &Stamp,
    ) -> Result<(), RepositoryError> {
        let stamp = stamp.clone();
        Ok(self.executor.write(move |c| retire(c, id, expected, &stamp)).await?)
    }
}

pub(super) fn insert_once(c: &mut Conn, new: &NewDoctor) -> Result<Doctor, Failure> {
    once(c, new.creator, &new.stamp, |c| insert(c, new), first)
}

/// The record with its words, without an event.
pub(super) fn insert(c: &mut Conn, new: &NewDoctor) -> Result<Doctor, Failure> {
    let NewDoctor { creator, details, rule, stamp } = new;
    let creator = *creator;
    let new = diesel::insert_into(doctors::table).values((
        DoctorColumns::new(details, *rule),
        doctors::created_by_id.eq(creator.get()),
        doctors::created_at.eq(At(stamp.at)),
        doctors::updated_at.eq(At(stamp.at)),
        doctors::version.eq(Version::FIRST.get()),
    ));
    let (id, created_by): (i64, Option<String>) =
        inserted!(c, new, doctors, (doctors::id, creator_name())).map_err(unknown_creator)?;
    let id = stored("doctors.id", DoctorId::new(id))?;
    let created_by = stored("users.username", created_by.and_then(|name| UserName::parse(&name).ok()))?;
    write_words(c, id, WordChange::between(None, Some(details.name.as_str())))?;
    let (details, version) = (details.clone(), Version::FIRST);
    Ok(Doctor { id, creator, created_by, details, created_at: stamp.at, updated_at: stamp.at, version })
}

/// The creator is the only record that a doctor refers to.
fn unknown_creator(error: Error) -> Failure {
    match error {
        Error::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _) => {
            RepositoryError::Missing(Record::User).into()
        }
        error => error.into(),
    }
}

/// The entry as it was first stored.
fn first(c: &mut Conn, id: i64) -> Result<Option<Doctor>, Failure> {
    let id = stored("doctors.id", DoctorId::new(id))?;
    let Some(now) = retired_or_not(c, id)? else { return Ok(None) };
    Ok(history::at(c, now, Version::FIRST)?.map(|first| first.record))
}

/// The entry, even if the doctor has retired.
pub(super) fn retired_or_not(c: &mut Conn, id: DoctorId) -> Result<Option<Doctor>, Failure> {
    let row = doctors::table
        .filter(doctors::id.eq(id.get()))
        .select(DoctorRow::as_select())
        .get_result(c)
        .optional()?;
    Ok(row.map(Doctor::try_from).transpose()?)
}

pub(super) fn find(c: &mut Conn, id: DoctorId) -> Result<Option<Doctor>, Failure> {
    let entry =
        doctors::table.filter(doctors::id.eq(id.get())).select((DoctorRow::as_select(), doctors::retired_at));
    let row = unless_deleted(entry.get_result::<(DoctorRow, _)>(c).optional()?);
    Ok(row.map(Doctor::try_from).transpose()?)
}

fn list(
    c: &mut Conn,
    filter: &DoctorFilter,
    page: Page<DoctorId>,
) -> Result<Listing<Doctor, DoctorId>, Failure> {
    let total = if page.count { Some(matching(filter).count().get_result(c)?) } else { None };
    let query = matching(filter).select(DoctorRow::as_select()).limit(fetch(page.limit));
    let direction = page.order.direction;
    let rows = match page.order.key {
        SortKey::CreatedAt => {
            let after = page.after.map(|last| (At(last.created_at), last.id.get()));
            keyset!(query, doctors::created_at, doctors::id, direction, after).load(c)?
        }
        SortKey::Name => {
            let after = page.after.map(|last| name_position(c, last.id)).transpose()?;
            keyset!(query, doctors::name_key, doctors::id, direction, after).load(c)?
        }
    };
    let position = |last: &Doctor| Position { created_at: last.created_at, id: last.id };
    Ok(listing(rows, page.limit, total, position)?)
}

fn matching(filter: &DoctorFilter) -> doctors::BoxedQuery<'static, Db> {
    narrowed(active(filter), filter)
}

/// Those in the directory whose names the search finds.
pub(super) fn active(filter: &DoctorFilter) -> doctors::BoxedQuery<'static, Db> {
    let mut query = doctors::table.filter(doctors::retired_at.is_null()).into_boxed();
    for word in filter.search.iter().flat_map(SearchTerms::words) {
        let range = beginning_with(word);
        let found = doctor_words::table
            .filter(doctor_words::word.ge(range.start).and(doctor_words::word.lt(range.end)))
            .select(doctor_words::doctor_id);
        query = query.filter(doctors::id.eq_any(found));
    }
    query
}

/// What a filter says of the entries themselves, in the directory or not.
pub(super) fn narrowed(
    mut query: doctors::BoxedQuery<'static, Db>,
    filter: &DoctorFilter,
) -> doctors::BoxedQuery<'static, Db> {
    if let Some(specialization) = &filter.specialization {
        query = query.filter(doctors::specialization_key.eq(fold::search_key(specialization.as_str())));
    }
    if let Some(after) = filter.created_after {
        query = query.filter(doctors::created_at.gt(At(after)));
    }
    if let Some(before) = filter.created_before {
        query = query.filter(doctors::created_at.lt(At(before)));
    }
    query
}

/// Where a list by name goes on. A doctor who has retired meanwhile still has a place.
pub(super) fn name_position(c: &mut Conn, id: DoctorId) -> Result<(String, i64), Failure> {
    let key =
        doctors::table.filter(doctors::id.eq(id.get())).select(doctors::name_key).get_result(c).optional()?;
    Ok((key.ok_or(RepositoryError::BadPosition)?, id.get()))
}

fn update(
    c: &mut Conn,
    id: DoctorId,
    expected: Option<Version>,
    change: &DoctorChange,
    rule: EmailRule,
    stamp: &Stamp,
) -> Result<Doctor, Failure> {
    let current = lock(c, id, expected)?;
    let details = change.applied(&current.details)?;
    if details == current.details {
        versions::found(c, &current, Outcome::Done, stamp)?;
        return Ok(current);
    }
    let version = current.version.next();
    diesel::update(doctors::table.filter(doctors::id.eq(id.get())))
        .set((
            DoctorColumns::new(&details, rule),
            doctors::updated_at.eq(At(stamp.at)),
            doctors::version.eq(version.get()),
        ))
        .execute(c)?;
    let words = WordChange::between(Some(current.details.name.as_str()), Some(details.name.as_str()));
    write_words(c, id, words)?;
    versions::changed(c, &current, Act::Updated, details.changed_fields(&current.details), stamp)?;
    Ok(Doctor { details, version, updated_at: stamp.at, ..current })
}

fn retire(c: &mut Conn, id: DoctorId, expected: Option<Version>, stamp: &Stamp) -> Result<(), Failure> {
    let current = lock(c, id, expected)?;
    diesel::update(doctors::table.filter(doctors::id.eq(id.get())))
        .set((
            doctors::retired_at.eq(At(stamp.at)),
            doctors::updated_at.eq(At(stamp.at)),
            doctors::version.eq(current.version.next().get()),
        ))
        .execute(c)?;
    write_words(c, id, WordChange::between(Some(current.details.name.as_str()), None))?;
    mappings::end_all(c, mappings::Side::Doctor(id), stamp)?;
    versions::changed(c, &current, Act::Removed, ChangedFields::NONE, stamp)
}

/// Brings a retired doctor back. The keys are written anew, as the rule of addresses may be another one now.
pub(super) fn restore(c: &mut Conn, id: DoctorId, rule: EmailRule, stamp: &Stamp) -> Result<Doctor, Failure> {
    let entry = doctors::table.filter(doctors::id.eq(id.get()));
    let entry = entry.select((DoctorRow::as_select(), doctors::retired_at));
    let row: Option<(DoctorRow, Option<At>)> = for_update!(entry).get_result(c).optional()?;
    let (row, retired_at) = row.ok_or(RepositoryError::Missing(Record::Doctor))?;
    let current = Doctor::try_from(row)?;
    if retired_at.is_none() {
        versions::found(c, &current, Outcome::Done, stamp)?;
        return Ok(current);
    }
    let version = current.version.next();
    diesel::update(doctors::table.filter(doctors::id.eq(id.get())))
        .set((
            DoctorColumns::new(&current.details, rule),
            doctors::retired_at.eq(None::<At>),
            doctors::updated_at.eq(At(stamp.at)),
            doctors::version.eq(version.get()),
        ))
        .execute(c)?;
    write_words(c, id, WordChange::between(None, Some(current.details.name.as_str())))?;
    versions::changed(c, &current, Act::Restored, ChangedFields::NONE, stamp)?;
    Ok(Doctor { version, updated_at: stamp.at, ..current })
}

/// The entry as it stands, kept from changing until the end of the transaction.
fn lock(c: &mut Conn, id: DoctorId, expected: Option<Version>) -> Result<Doctor, Failure> {
    let entry = doctors::table.filter(doctors::id.eq(id.get())).filter(doctors::retired_at.is_null());
    let row = for_update!(entry.select(DoctorRow::as_select())).get_result(c).optional()?;
    let current = Doctor::try_from(row.ok_or(RepositoryError::Missing(Record::Doctor))?)?;
    expect_version(expected, current.version)?;
    Ok(current)
}

fn write_words(c: &mut Conn, id: DoctorId, words: WordChange) -> Result<(), Failure> {
    if !words.removed.is_empty() {
        diesel::delete(doctor_words::table)
            .filter(doctor_words::word.eq_any(words.removed))
            .filter(doctor_words::doctor_id.eq(id.get()))
            .execute(c)?;
    }
    if !words.added.is_empty() {
        let row = |word| DoctorWordRow { word, doctor_id: id.get() };
        insert_all!(c, doctor_words, words.added.into_iter().map(row))?;
    }
    Ok(())
}
