//! First pages of lists, many at a time.

use std::cmp::Reverse;
use std::collections::HashSet;

use diesel::prelude::*;
use domain::ports::{Record, RepositoryError};
use domain::{AssignedDoctor, Listing, MappingId, PageLimit, Patient, PatientId, UserId};

use super::statement::{ForEach, Id, Owned, Owner, Owners};
use super::{Conn, Share, Shares, by_call, mappings, patients};
use crate::error::Failure;
use crate::listing::{fetch, listing};
use crate::rows::{AssignedDoctorRow, PatientRecord, PatientRow, stored};
use crate::schema::{doctors, mappings as assigned, patients as recorded, users};
use crate::types::At;

/// Number of the call, owner and patient, and what was found of these.
type Keyed<T> = (i64, ((i64, i64), T));

pub(in crate::postgres) fn list_patients(
    c: &mut Conn,
    asked: &[(UserId, PageLimit)],
) -> Shares<Listing<Patient, PatientId>> {
    let page = recorded::table
        .filter(recorded::owner_id.eq(Owner))
        .filter(recorded::deleted_at.is_null())
        .order((recorded::created_at.desc(), recorded::id.desc()))
        .limit(most(asked.iter().map(|(_, limit)| *limit)))
        .select((
            PatientRecord::as_select(),
            users::table.filter(users::id.eq(Owner)).select(users::username).single_value(),
        ));
    let keys = Owners(asked.iter().map(|(owner, _)| owner.get()).collect());
    let rows: Vec<(i64, PatientRow)> = ForEach::of(keys, page).load(c)?;
    let pages = asked.iter().zip(by_call(asked.len(), rows)?).map(|((owner, limit), mut rows)| {
        rows.sort_by_key(|row| Reverse(row.position()));
        let page = listing(rows, *limit, None, patients::position)?;
        let is_its = page.items.iter().all(|patient| patient.owner == *owner);
        Ok(Share::Given(Ok(stored("patients.owner_id", is_its.then_some(page))?)))
    });
    pages.collect()
}

/// Only an empty page leaves the question whose the patient is.
pub(in crate::postgres) fn list_doctors_of(
    c: &mut Conn,
    asked: &[(UserId, PatientId, PageLimit)],
) -> Shares<Listing<AssignedDoctor, MappingId>> {
    let page = assigned::table
        .inner_join(doctors::table.on(doctors::id.eq(assigned::doctor_id)))
        .filter(assigned::owner_id.eq(Owner))
        .filter(assigned::patient_id.eq(Id))
        .filter(assigned::ended_at.is_null())
        .order((assigned::assigned_at.desc(), assigned::id.desc()))
        .limit(most(asked.iter().map(|(.., limit)| *limit)))
        .select(((assigned::owner_id, assigned::patient_id), AssignedDoctorRow::as_select()));
    let keys = owned(asked.iter().map(|(owner, patient, _)| (*owner, *patient)));
    let rows: Vec<Keyed<AssignedDoctorRow>> = ForEach::of(keys, page).load(c)?;
    let found = by_call(asked.len(), rows)?;
    let empty = asked.iter().zip(&found).filter(|(_, rows)| rows.is_empty());
    let theirs = patients_of(c, empty.map(|((owner, patient, _), _)| (*owner, *patient)).collect())?;
    let pages = asked.iter().zip(found).map(|((owner, patient, limit), rows)| {
        if rows.is_empty() && !theirs.contains(&(owner.get(), patient.get())) {
            return Ok(Share::Given(Err(RepositoryError::Missing(Record::Patient).into())));
        }
        let is_its = rows.iter().all(|(key, _)| *key == (owner.get(), patient.get()));
        let mut rows: Vec<_> = rows.into_iter().map(|(_, row)| row).collect();
        rows.sort_by_key(|row| Reverse(row.position()));
        let page = listing(rows, *limit, None, mappings::position)?;
        Ok(Share::Given(Ok(stored("mappings.patient_id", is_its.then_some(page))?)))
    });
    pages.collect()
}

/// Which of these are patients of their owners, and were not deleted.
fn patients_of(c: &mut Conn, asked: Vec<(UserId, PatientId)>) -> Result<HashSet<(i64, i64)>, Failure> {
    if asked.is_empty() {
        return Ok(HashSet::new());
    }
    let patient = recorded::table
        .filter(recorded::owner_id.eq(Owner))
        .filter(recorded::id.eq(Id))
        .select(((recorded::owner_id, recorded::id), recorded::deleted_at));
    let rows: Vec<Keyed<Option<At>>> = ForEach::of(owned(asked.into_iter()), patient).load(c)?;
    Ok(rows.into_iter().filter_map(|(_, row)| patients::unless_deleted(Some(row))).collect())
}

fn owned(keys: impl Iterator<Item = (UserId, PatientId)>) -> Owned {
    let (owners, ids) = keys.map(|(owner, id)| (owner.get(), id.get())).unzip();
    Owned(owners, ids)
}

/// The size of the largest page; the others are cut off.
fn most(limits: impl Iterator<Item = PageLimit>) -> i64 {
    fetch(limits.max().unwrap_or_default())
}
