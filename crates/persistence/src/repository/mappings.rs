//! The store of mappings.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::dsl::{auto_type, exists, not};
use diesel::expression::BoxableExpression;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use domain::ports::{MappingRepository, Record, RepositoryError};
use domain::{
    Act, AssignedDoctor, Change, ChangedFields, DoctorId, Listing, Mapping, MappingFilter, MappingId,
    MappingView, NewMapping, Notes, Outcome, Page, PageLimit, PatientId, Position, Stamp, UserId, Version,
};

use super::dialect::{for_share, for_update, inserted};
use super::once::once;
use super::patients::unless_deleted;
use super::together::{self, Kin};
use super::{Conn, Db, history, versions};
use crate::error::Failure;
use crate::executor::{Company, Executor};
use crate::listing::{fetch, is_usual, keyset, listing};
use crate::rows::{
    AssignedDoctorRow, DoctorLabelRow, MappingRow, MappingViewRow, PatientNameRow, expect_version, stored,
};
use crate::schema::{doctors, mapping_versions, mappings, patients};
use crate::types::{At, Instant};

pub(super) struct Mappings {
    executor: Arc<Executor<Conn>>,
    finds: Kin<(UserId, MappingId), Option<MappingView>>,
    doctors: Kin<(UserId, PatientId, PageLimit), Listing<AssignedDoctor, MappingId>>,
    assignments: Kin<Assignment, MappingView>,
}

/// A mapping to be made.
pub(super) struct Assignment {
    pub(super) owner: UserId,
    pub(super) new: NewMapping,
    pub(super) stamp: Stamp,
}

impl Mappings {
    pub(super) fn new(executor: Arc<Executor<Conn>>) -> Self {
        let finds = executor.together(
            Company::Finds,
            together::READS,
            |c, (owner, id): &(UserId, MappingId)| find(c, *owner, *id, false),
            together::find_mappings,
        );
        let doctors = executor.together(
            Company::Lists,
            together::LISTS,
            |c, (owner, patient, limit): &(UserId, PatientId, PageLimit)| {
                first_doctors(c, *owner, *patient, *limit)
            },
            together::list_doctors_of,
        );
        let assignments = executor.together(Company::Writes, together::WRITES, assign_once, together::assign);
        Self { executor, finds, doctors, assignments }
    }
}

#[async_trait]
impl MappingRepository for Mappings {
    async fn assign(
        &self,
        owner: UserId,
        mapping: &NewMapping,
        stamp: &Stamp,
    ) -> Result<MappingView, RepositoryError> {
        let assignment = Assignment { owner, new: mapping.clone(), stamp: stamp.clone() };
        let is_for_another = stamp.user.is_some_and(|user| user != owner);
        if is_for_another || assignment.stamp.once.is_some() {
            // Whoever comes with the same key waits for this one: nobody else should. And assignments that are made
            // together are made by the owners.
            return Ok(self.executor.write(move |c| assign_once(c, &assignment)).await?);
        }
        Ok(self.executor.join(&self.assignments, assignment).await?)
    }

    async fn find(
        &self,
        owner: UserId,
        id: MappingId,
        include_ended: bool,
    ) -> Result<Option<MappingView>, RepositoryError> {
        if include_ended {
            return Ok(self.executor.read(move |c| find(c, owner, id, include_ended)).await?);
        }
        Ok(self.executor.join(&self.finds, (owner, id)).await?)
    }

    async fn list(
        &self,
        owner: UserId,
        filter: MappingFilter,
        page: Page<MappingId>,
    ) -> Result<Listing<MappingView, MappingId>, RepositoryError> {
        Ok(self.executor.read(move |c| list(c, owner, filter, page)).await?)
    }

    async fn doctors_of(
        &self,
        owner: UserId,
        patient: PatientId,
        page: Page<MappingId>,
    ) -> Result<Listing<AssignedDoctor, MappingId>, RepositoryError> {
        if is_usual(&page) {
            return Ok(self.executor.join(&self.doctors, (owner, patient, page.limit)).await?);
        }
        Ok(self.executor.read(move |c| doctors_of(c, owner, patient, page)).await?)
    }

    async fn update_notes(
        &self,
        owner: UserId,
        id: MappingId,
        expected: Option<Version>,
        notes: &Change<Notes>,
        stamp: &Stamp,
    ) -> Result<MappingView, RepositoryError> {
        let notes = notes.clone();
        let stamp = stamp.clone();
        Ok(self.executor.write(move |c| update_notes(c, owner, id, expected, &notes, &stamp)).await?)
    }

    async fn end(
        &self,
        owner: UserId,
        id: MappingId,
        expected: Option<Version>,
        stamp: &Stamp,
    ) -> Result<(), RepositoryError> {
        let stamp = stamp.clone();
        Ok(self.executor.write(move |c| end(c, owner, id, expected, &stamp)).await?)
    }
}

pub(super) fn assign_once(c: &mut Conn, assignment: &Assignment) -> Result<MappingView, Failure> {
    let owner = assignment.owner;
    once(c, owner, &assignment.stamp, |c| assign(c, assignment), |c, id| first(c, owner, id))
}

/// Both sides are locked against changes until the mapping stands: who deletes the patient or retires the
/// doctor at the same moment either comes first, and the side is missing here, or waits, and then finds the
/// mapping and ends it. No event is put on record.
pub(super) fn assign(c: &mut Conn, assignment: &Assignment) -> Result<MappingView, Failure> {
    let Assignment { owner, new, stamp } = assignment;
    let owner = *owner;
    let patient = patients::table
        .filter(patients::owner_id.eq(owner.get()))
        .filter(patients::id.eq(new.patient.get()))
        .select((PatientNameRow::as_select(), patients::deleted_at));
    let patient = unless_deleted(for_share!(patient).get_result(c).optional()?);
    let patient = patient.ok_or(RepositoryError::Missing(Record::Patient))?;
    let doctor = doctors::table
        .filter(doctors::id.eq(new.doctor.get()))
        .select((DoctorLabelRow::as_select(), doctors::retired_at));
    let doctor = unless_deleted(for_share!(doctor).get_result(c).optional()?);
    let doctor = doctor.ok_or(RepositoryError::Missing(Record::Doctor))?;
    let new = diesel::insert_into(mappings::table).values((
        mappings::owner_id.eq(owner.get()),
        mappings::patient_id.eq(new.patient.get()),
        mappings::doctor_id.eq(new.doctor.get()),
        mappings::notes.eq(new.notes.as_ref().map(Notes::as_str)),
        mappings::assigned_by_id.eq(stamp.user.unwrap_or(owner).get()),
        mappings::assigned_at.eq(At(stamp.at)),
        mappings::updated_at.eq(At(stamp.at)),
        mappings::version.eq(Version::FIRST.get()),
    ));
    let mapping = inserted!(c, new, mappings, MappingRow::as_select())?;
    Ok(MappingViewRow { mapping, patient, doctor }.try_into()?)
}

pub(super) fn find(
    c: &mut Conn,
    owner: UserId,
    id: MappingId,
    include_ended: bool,
) -> Result<Option<MappingView>, Failure> {
    let filter = MappingFilter { include_ended, ..MappingFilter::default() };
    let row = matching(owner, filter)
        .filter(mappings::id.eq(id.get()))
        .inner_join(patients::table.on(its_patient()))
        .inner_join(doctors::table.on(doctors::id.eq(mappings::doctor_id)))
        .select(MappingViewRow::as_select())
        .get_result(c)
        .optional()?;
    Ok(row.map(MappingView::try_from).transpose()?)
}

/// The mapping as it was first stored.
fn first(c: &mut Conn, owner: UserId, id: i64) -> Result<Option<MappingView>, Failure> {
    let id = stored("mappings.id", MappingId::new(id))?;
    let Some(now) = any(c, owner, id)? else { return Ok(None) };
    Ok(history::view_at(c, now, Version::FIRST)?.map(|first| first.record))
}

/// The mapping, active or not, even of a patient who was deleted.
pub(super) fn any(c: &mut Conn, owner: UserId, id: MappingId) -> Result<Option<MappingView>, Failure> {
    let row = mappings::table
        .filter(mappings::owner_id.eq(owner.get()))
        .filter(mappings::id.eq(id.get()))
        .inner_join(patients::table.on(its_patient()))
        .inner_join(doctors::table.on(doctors::id.eq(mappings::doctor_id)))
        .select(MappingViewRow::as_select())
        .get_result(c)
        .optional()?;
    Ok(row.map(MappingView::try_from).transpose()?)
}

fn list(
    c: &mut Conn,
    owner: UserId,
    filter: MappingFilter,
    page: Page<MappingId>,
) -> Result<Listing<MappingView, MappingId>, Failure> {
    let total = if page.count { Some(matching(owner, filter).count().get_result(c)?) } else { None };
    let query = matching(owner, filter)
        .inner_join(patients::table.on(its_patient()))
        .inner_join(doctors::table.on(doctors::id.eq(mappings::doctor_id)))
        .select(MappingViewRow::as_select())
        .limit(fetch(page.limit));
    let after = page.after.map(|last| (At(last.created_at), last.id.get()));
    let rows = keyset!(query, mappings::assigned_at, mappings::id, page.order.direction, after).load(c)?;
    let position =
        |last: &MappingView| Position { created_at: last.mapping.assigned_at, id: last.mapping.id };
    Ok(listing(rows, page.limit, total, position)?)
}

/// The same, as far as [`is_usual`].
pub(super) fn first_doctors(
    c: &mut Conn,
    owner: UserId,
    patient: PatientId,
    limit: PageLimit,
) -> Result<Listing<AssignedDoctor, MappingId>, Failure> {
    doctors_of(c, owner, patient, Page { limit, ..Page::default() })
}

/// Only an empty page leaves the question whose the patient is.
fn doctors_of(
    c: &mut Conn,
    owner: UserId,
    patient: PatientId,
    page: Page<MappingId>,
) -> Result<Listing<AssignedDoctor, MappingId>, Failure> {
    let filter = MappingFilter { patient: Some(patient), ..MappingFilter::default() };
    let total = if page.count { Some(matching(owner, filter).count().get_result(c)?) } else { None };
    let query = matching(owner, filter)
        .inner_join(doctors::table.on(doctors::id.eq(mappings::doctor_id)))
        .select(AssignedDoctorRow::as_select())
        .limit(fetch(page.limit));
    let after = page.after.map(|last| (At(last.created_at), last.id.get()));
    let rows = keyset!(query, mappings::assigned_at, mappings::id, page.order.direction, after).load(c)?;
    if rows.is_empty() && !is_patient_of(c, owner, patient)? {
        return Err(RepositoryError::Missing(Record::Patient).into());
    }
    Ok(listing(rows, page.limit, total, position)?)
}

/// Where the doctors of a patient go on after one of them.
pub(super) fn position(last: &AssignedDoctor) -> Position<MappingId> {
    Position { created_at: last.assigned_at, id: last.mapping }
}

/// Mappings whose patient was not deleted, as that of an active one never was.
fn matching(owner: UserId, filter: MappingFilter) -> mappings::BoxedQuery<'static, Db> {
    let mut query = mappings::table.filter(mappings::owner_id.eq(owner.get())).into_boxed();
    if let Some(patient) = filter.patient {
        query = query.filter(mappings::patient_id.eq(patient.get()));
    }
    if let Some(doctor) = filter.doctor {
        query = query.filter(mappings::doctor_id.eq(doctor.get()));
    }
    if filter.include_ended {
        let deleted = patients::table.filter(its_patient()).filter(patients::deleted_at.is_not_null());
        query.filter(not(exists(deleted)))
    } else {
        query.filter(mappings::ended_at.is_null())
    }
}

/// The whole key of the patient: no row of another owner can be joined.
#[auto_type]
pub(super) fn its_patient() -> _ {
    patients::owner_id.eq(mappings::owner_id).and(patients::id.eq(mappings::patient_id))
}

fn is_patient_of(c: &mut Conn, owner: UserId, patient: PatientId) -> Result<bool, Failure> {
    let record = patients::table
        .filter(patients::owner_id.eq(owner.get()))
        .filter(patients::id.eq(patient.get()))
        .select((patients::id, patients::deleted_at));
    Ok(unless_deleted(record.get_result::<(i64, _)>(c).optional()?).is_some())
}

fn update_notes(
    c: &mut Conn,
    owner: UserId,
    id: MappingId,
    expected: Option<Version>,
    notes: &Change<Notes>,
    stamp: &Stamp,
) -> Result<MappingView, Failure> {
    let current = lock(c, owner, id, expected)?;
    let notes = notes.applied(current.notes.as_ref());
    if notes == current.notes {
        versions::found(c, &current, Outcome::Done, stamp)?;
        return found(c, owner, id);
    }
    diesel::update(mappings::table)
        .filter(mappings::owner_id.eq(owner.get()))
        .filter(mappings::id.eq(id.get()))
        .set((
            mappings::notes.eq(notes.as_ref().map(Notes::as_str)),
            mappings::updated_at.eq(At(stamp.at)),
            mappings::version.eq(current.version.next().get()),
        ))
        .execute(c)?;
    let changed = found(c, owner, id)?;
    versions::changed(c, &current, Act::Updated, changed.mapping.changed_fields(&current), stamp)?;
    Ok(changed)
}

fn found(c: &mut Conn, owner: UserId, id: MappingId) -> Result<MappingView, Failure> {
    Ok(find(c, owner, id, false)?.ok_or(RepositoryError::Missing(Record::Mapping))?)
}

fn end(
    c: &mut Conn,
    owner: UserId,
    id: MappingId,
    expected: Option<Version>,
    stamp: &Stamp,
) -> Result<(), Failure> {
    let current = lock(c, owner, id, expected)?;
    diesel::update(mappings::table)
        .filter(mappings::owner_id.eq(owner.get()))
        .filter(mappings::id.eq(id.get()))
        .set((
            mappings::ended_at.eq(At(stamp.at)),
            mappings::updated_at.eq(At(stamp.at)),
            mappings::version.eq(current.version.next().get()),
        ))
        .execute(c)?;
    versions::changed(c, &current, Act::Removed, ChangedFields::NONE, stamp)
}

/// An active mapping, kept from changing until the end of the transaction.
fn lock(c: &mut Conn, owner: UserId, id: MappingId, expected: Option<Version>) -> Result<Mapping, Failure> {
    let active = mappings::table
        .filter(mappings::owner_id.eq(owner.get()))
        .filter(mappings::id.eq(id.get()))
        .filter(mappings::ended_at.is_null());
    let row = for_update!(active.select(MappingRow::as_select())).get_result(c).optional()?;
    let current = Mapping::try_from(row.ok_or(RepositoryError::Missing(Record::Mapping))?)?;
    expect_version(expected, current.version)?;
    Ok(current)
}

/// One of the two whom a mapping is between.
#[derive(Clone, Copy)]
pub(super) enum Side {
    /// A patient of this owner.
    Patient(UserId, PatientId),
    /// A doctor, with the patients of every owner.
    Doctor(DoctorId),
}

impl Side {
    /// Its active mappings.
    fn active(self) -> Box<dyn BoxableExpression<mappings::table, Db, SqlType = Bool>> {
        let active = mappings::ended_at.is_null();
        match self {
            Self::Patient(owner, patient) => {
                let its = mappings::owner_id.eq(owner.get()).and(mappings::patient_id.eq(patient.get()));
                Box::new(its.and(active))
            }
            Self::Doctor(doctor) => Box::new(mappings::doctor_id.eq(doctor.get()).and(active)),
        }
    }
}

/// Ends the active mappings of a patient who is deleted, or of a doctor who is retired, in the same transaction;
/// however many they are, in three statements.
pub(super) fn end_all(c: &mut Conn, side: Side, stamp: &Stamp) -> Result<(), Failure> {
    // Locked, none changes between the two statements below; and nobody assigns anybody to a side that is locked.
    let locked = mappings::table.filter(side.active()).order((mappings::owner_id, mappings::id));
    let locked: Vec<i64> = for_update!(locked.select(mappings::id)).load(c)?;
    if locked.is_empty() {
        return Ok(());
    }
    mappings::table
        .filter(side.active())
        .select((
            mappings::owner_id,
            mappings::id,
            mappings::version + 1,
            At(stamp.at).into_sql::<Instant>(),
            stamp.user.map(UserId::get).into_sql::<Nullable<BigInt>>(),
            Act::Removed.as_str().into_sql::<Text>(),
            ChangedFields::NONE.joined().into_sql::<Text>(),
            mappings::updated_at,
            mappings::notes,
            mappings::ended_at,
        ))
        .insert_into(mapping_versions::table)
        .into_columns((
            mapping_versions::owner_id,
            mapping_versions::mapping_id,
            mapping_versions::version,
            mapping_versions::at,
            mapping_versions::by_id,
            mapping_versions::act,
            mapping_versions::fields,
            mapping_versions::since,
            mapping_versions::notes,
            mapping_versions::ended_at,
        ))
        .execute(c)?;
    diesel::update(mappings::table.filter(side.active()))
        .set((
            mappings::ended_at.eq(At(stamp.at)),
            mappings::updated_at.eq(At(stamp.at)),
            mappings::version.eq(mappings::version + 1),
        ))
        .execute(c)?;
    Ok(())
}
