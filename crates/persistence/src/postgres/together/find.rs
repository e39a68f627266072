//! Single records, many at a time.

use diesel::prelude::*;
use domain::{Doctor, DoctorId, MappingId, MappingView, Patient, PatientId, UserId};

use super::statement::{ForEach, Id, Ids, Owned, Owner};
use super::{Conn, Share, Shares, in_order, mappings::its_patient, patients::unless_deleted};
use crate::error::Failure;
use crate::rows::{BadValue, DoctorRow, MappingViewRow, PatientRow, stored};
use crate::schema::{doctors, mappings, patients};
use crate::types::At;

pub(in crate::postgres) fn find_patients(
    c: &mut Conn,
    asked: &[(UserId, PatientId)],
) -> Shares<Option<Patient>> {
    let record = patients::table
        .filter(patients::owner_id.eq(Owner))
        .filter(patients::id.eq(Id))
        .select((PatientRow::as_select(), patients::deleted_at));
    let keys = Owned(
        asked.iter().map(|(owner, _)| owner.get()).collect(),
        asked.iter().map(|(_, id)| id.get()).collect(),
    );
    let rows: Vec<(i64, (PatientRow, Option<At>))> = ForEach::of(keys, record).load(c)?;
    let found = in_order(asked.len(), rows)?.into_iter().map(unless_deleted);
    Ok(answers(asked, found, |patient: &Patient| (patient.owner, patient.id)))
}

pub(in crate::postgres) fn find_doctors(c: &mut Conn, asked: &[DoctorId]) -> Shares<Option<Doctor>> {
    let entry =
        doctors::table.filter(doctors::id.eq(Id)).select((DoctorRow::as_select(), doctors::retired_at));
    let keys = Ids(asked.iter().map(|id| id.get()).collect());
    let rows: Vec<(i64, (DoctorRow, Option<At>))> = ForEach::of(keys, entry).load(c)?;
    let found = in_order(asked.len(), rows)?.into_iter().map(unless_deleted);
    Ok(answers(asked, found, |doctor: &Doctor| doctor.id))
}

/// Active mappings.
pub(in crate::postgres) fn find_mappings(
    c: &mut Conn,
    asked: &[(UserId, MappingId)],
) -> Shares<Option<MappingView>> {
    let mapping = mappings::table
        .filter(mappings::owner_id.eq(Owner))
        .filter(mappings::id.eq(Id))
        .inner_join(patients::table.on(its_patient()))
        .inner_join(doctors::table.on(doctors::id.eq(mappings::doctor_id)))
        .select((MappingViewRow::as_select(), mappings::ended_at));
    let keys = Owned(
        asked.iter().map(|(owner, _)| owner.get()).collect(),
        asked.iter().map(|(_, id)| id.get()).collect(),
    );
    let rows: Vec<(i64, (MappingViewRow, Option<At>))> = ForEach::of(keys, mapping).load(c)?;
    let found = in_order(asked.len(), rows)?.into_iter().map(unless_deleted);
    Ok(answers(asked, found, |view: &MappingView| (view.mapping.owner, view.mapping.id)))
}

/// To each call what was found for it, but never what bears another key.
fn answers<K: PartialEq, R, T>(
    asked: &[K],
    found: impl IntoIterator<Item = Option<R>>,
    key: impl Fn(&T) -> K,
) -> Vec<Share<Option<T>, Failure>>
where
    T: TryFrom<R, Error = BadValue>,
{
    let answer = |asked: &K, row: Option<R>| -> Result<Option<T>, Failure> {
        let Some(row) = row else { return Ok(None) };
        let record = T::try_from(row)?;
        let is_its = key(&record) == *asked;
        Ok(Some(stored("the key of a record", is_its.then_some(record))?))
    };
    asked.iter().zip(found).map(|(asked, row)| Share::Given(answer(asked, row))).collect()
}
