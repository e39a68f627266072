//! Lists of the records of all owners.

use diesel::dsl::{exists, not, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Text;
use domain::ports::RepositoryError;
use domain::{
    AllDoctors, AllMappings, AllPatients, Doctor, DoctorId, Listing, MappingId, MappingView, Page, Patient,
    PatientId, Position, SearchTerms, SortKey, User, UserFilter, UserId, UserName,
};

use super::super::dialect::with_word;
use super::super::patients::{all_narrowed, narrowed};
use super::super::{Conn, Db, doctors as directory, mappings as owned};
use super::tally;
use crate::error::Failure;
use crate::listing::{fetch, keyset, listing};
use crate::rows::{DoctorRow, MappingViewRow, PatientRow, UserRow, stored};
use crate::schema::{doctors, mappings, patient_words, patients, users};
use crate::words::beginning_with;

/// So many are found by the index over what they have in common, and put in order, sooner than an index in that order
/// is searched for them.
const FEW: u32 = 3_000;

pub(super) fn patients(
    c: &mut Conn,
    filter: &AllPatients,
    page: Page<PatientId>,
) -> Result<Listing<Patient, PatientId>, Failure> {
    let owner = owner_id(c, filter)?;
    let total = if page.count { Some(matching_patients(filter, owner).count().get_result(c)?) } else { None };
    let direction = page.order.direction;
    let rows = match page.order.key {
        SortKey::CreatedAt => {
            let query = matching_patients(filter, owner).select(PatientRow::as_select());
            let after = page.after.map(|last| (last.id.get(), last.id.get()));
            let query = query.limit(fetch(page.limit));
            keyset!(query, patients::id, patients::id, direction, after).load(c)?
        }
        SortKey::Name => {
            let after = page.after.map(|last| name_position(c, last.id, filter.is_deleted)).transpose()?;
            if is_narrow(filter, owner) && tally::matching(c, filter, owner, FEW)?.is_some() {
                let query = matching_patients(filter, owner).select(PatientRow::as_select());
                let query = query.limit(fetch(page.limit));
                keyset!(query, unordered_name(), patients::id, direction, after).load(c)?
            } else {
                let query = frequent_patients(filter, owner).select(PatientRow::as_select());
                let query = query.limit(fetch(page.limit));
                keyset!(query, patients::name_key, patients::id, direction, after).load(c)?
            }
        }
    };
    let position = |last: &Patient| Position { created_at: last.created_at, id: last.id };
    Ok(listing(rows, page.limit, total, position)?)
}

/// The id of the owner that the filter names, 0 where there is none: by the id itself an index over the owners can be
/// used in its order.
pub(super) fn owner_id(c: &mut Conn, wanted: &AllPatients) -> Result<Option<i64>, Failure> {
    let Some(name) = wanted.owner.as_ref().map(UserName::key) else { return Ok(None) };
    let id = users::table.filter(users::username_key.eq(name)).select(users::id);
    Ok(Some(id.get_result(c).optional()?.unwrap_or_default()))
}

/// Whether only genders and blood groups narrow the list, so that the indexes over these find its records.
fn is_narrow(wanted: &AllPatients, owner: Option<i64>) -> bool {
    let filter = &wanted.filter;
    let is_known = filter.gender.is_some() || filter.blood_group.is_some();
    is_known && owner.is_none() && filter.search.is_none() && !wanted.is_deleted
}

/// The name as something that no index is in the order of.
fn unordered_name() -> SqlLiteral<Text> {
    sql("patients.name_key || ''")
}

pub(super) fn matching_patients(
    wanted: &AllPatients,
    owner: Option<i64>,
) -> patients::BoxedQuery<'static, Db> {
    if is_narrow(wanted, owner) {
        let query = patients::table.filter(patients::deleted_at.is_null()).into_boxed();
        return all_narrowed(query, &wanted.filter);
    }
    frequent_patients(wanted, owner)
}

/// The same by other indexes than those over genders and blood groups.
fn frequent_patients(wanted: &AllPatients, owner: Option<i64>) -> patients::BoxedQuery<'static, Db> {
    let mut query = patients::table.into_boxed();
    if let Some(owner) = owner {
        query = query.filter(patients::owner_id.eq(owner));
    }
    let filter = &wanted.filter;
    let words = filter.search.iter().flat_map(SearchTerms::words);
    if wanted.is_deleted {
        query = query.filter(patients::deleted_at.is_not_null());
        for word in words {
            query = query.filter(patients::name_key.like(holding(word)));
        }
        return narrowed(query, filter);
    }
    query = query.filter(patients::deleted_at.is_null());
    for word in words {
        let range = beginning_with(word);
        query = with_word!(query, patients::owner_id, patients::id, range);
    }
    narrowed(query, filter)
}

/// A pattern of names that hold a word. Who is out of sight has no words in the index, and is one of few. A word has no
/// punctuation, and so nothing that would mean something in a pattern.
fn holding(word: &str) -> String {
    format!("%{word}%")
}

/// Where a list by name goes on. Asked first among those in the list: a record that has changed its state meanwhile
/// still has its place.
fn name_position(c: &mut Conn, id: PatientId, is_deleted: bool) -> Result<(String, i64), Failure> {
    for is_deleted in [is_deleted, !is_deleted] {
        let query = patients::table.filter(patients::id.eq(id.get())).select(patients::name_key).into_boxed();
        let query = if is_deleted {
            query.filter(patients::deleted_at.is_not_null())
        } else {
            query.filter(patients::deleted_at.is_null())
        };
        let key: Option<String> = query.first::<String>(c).optional()?;
        if let Some(key) = key {
            return Ok((key, id.get()));
        }
    }
    Err(RepositoryError::BadPosition.into())
}

/// Asked first among the patients who are not deleted: for both there is an index over the ids.
pub(super) fn owner_of_patient(c: &mut Conn, id: PatientId) -> Result<Option<UserId>, Failure> {
    let its = || patients::table.filter(patients::id.eq(id.get())).select(patients::owner_id);
    let owner: Option<i64> = its().filter(patients::deleted_at.is_null()).first(c).optional()?;
    let owner = match owner {
        Some(owner) => Some(owner),
        None => its().filter(patients::deleted_at.is_not_null()).first(c).optional()?,
    };
    Ok(owner.map(|owner| stored("patients.owner_id", UserId::new(owner))).transpose()?)
}

/// Asked as for patients.
pub(super) fn owner_of_mapping(c: &mut Conn, id: MappingId) -> Result<Option<UserId>, Failure> {
    let its = || mappings::table.filter(mappings::id.eq(id.get())).select(mappings::owner_id);
    let owner: Option<i64> = its().filter(mappings::ended_at.is_null()).first(c).optional()?;
    let owner = match owner {
        Some(owner) => Some(owner),
        None => its().filter(mappings::ended_at.is_not_null()).first(c).optional()?,
    };
    Ok(owner.map(|owner| stored("mappings.owner_id", UserId::new(owner))).transpose()?)
}

pub(super) fn mappings(
    c: &mut Conn,
    filter: &AllMappings,
    page: Page<MappingId>,
) -> Result<Listing<MappingView, MappingId>, Failure> {
    let total = if page.count { Some(matching_mappings(filter).count().get_result(c)?) } else { None };
    let query = matching_mappings(filter)
        .inner_join(patients::table.on(owned::its_patient()))
        .inner_join(doctors::table.on(doctors::id.eq(mappings::doctor_id)))
        .select(MappingViewRow::as_select())
        .limit(fetch(page.limit));
    let after = page.after.map(|last| (last.id.get(), last.id.get()));
    let rows = keyset!(query, mappings::id, mappings::id, page.order.direction, after).load(c)?;
    let position =
        |last: &MappingView| Position { created_at: last.mapping.assigned_at, id: last.mapping.id };
    Ok(listing(rows, page.limit, total, position)?)
}

pub(super) fn matching_mappings(filter: &AllMappings) -> mappings::BoxedQuery<'static, Db> {
    let mut query = mappings::table.into_boxed();
    for word in filter.search.iter().flat_map(SearchTerms::words) {
        let range = beginning_with(word);
        query = with_word!(query, mappings::owner_id, mappings::patient_id, range);
    }
    if let Some(patient) = filter.patient {
        query = query.filter(mappings::patient_id.eq(patient.get()));
    }
    if let Some(doctor) = filter.doctor {
        query = query.filter(mappings::doctor_id.eq(doctor.get()));
    }
    if !filter.is_ended {
        return query.filter(mappings::ended_at.is_null());
    }
    let deleted = patients::table.filter(owned::its_patient()).filter(patients::deleted_at.is_not_null());
    query.filter(mappings::ended_at.is_not_null()).filter(not(exists(deleted)))
}

pub(super) fn doctors(
    c: &mut Conn,
    filter: &AllDoctors,
    page: Page<DoctorId>,
) -> Result<Listing<Doctor, DoctorId>, Failure> {
    let total = if page.count { Some(matching_doctors(filter).count().get_result(c)?) } else { None };
    let query = matching_doctors(filter).select(DoctorRow::as_select()).limit(fetch(page.limit));
    let direction = page.order.direction;
    let rows = match page.order.key {
        SortKey::CreatedAt => {
            let after = page.after.map(|last| (last.id.get(), last.id.get()));
            keyset!(query, doctors::id, doctors::id, direction, after).load(c)?
        }
        SortKey::Name => {
            let after = page.after.map(|last| directory::name_position(c, last.id)).transpose()?;
            keyset!(query, doctors::name_key, doctors::id, direction, after).load(c)?
        }
    };
    let position = |last: &Doctor| Position { created_at: last.created_at, id: last.id };
    Ok(listing(rows, page.limit, total, position)?)
}

pub(super) fn matching_doctors(wanted: &AllDoctors) -> doctors::BoxedQuery<'static, Db> {
    let filter = &wanted.filter;
    if !wanted.is_retired {
        return directory::narrowed(directory::active(filter), filter);
    }
    let mut query = doctors::table.filter(doctors::retired_at.is_not_null()).into_boxed();
    for word in filter.search.iter().flat_map(SearchTerms::words) {
        query = query.filter(doctors::name_key.like(holding(word)));
    }
    directory::narrowed(query, filter)
}

pub(super) fn users(
    c: &mut Conn,
    filter: &UserFilter,
    page: Page<UserId>,
) -> Result<Listing<User, UserId>, Failure> {
    let total = if page.count { Some(matching_users(filter).count().get_result(c)?) } else { None };
    let query = matching_users(filter).select(UserRow::as_select()).limit(fetch(page.limit));
    let direction = page.order.direction;
    let rows = match page.order.key {
        SortKey::CreatedAt => {
            let after = page.after.map(|last| (last.id.get(), last.id.get()));
            keyset!(query, users::id, users::id, direction, after).load(c)?
        }
        SortKey::Name => {
            let key = |c: &mut Conn, id: UserId| {
                let key = users::table.filter(users::id.eq(id.get())).select(users::username_key);
                let key: Option<String> = key.first(c).optional()?;
                Ok::<_, Failure>((key.ok_or(RepositoryError::BadPosition)?, id.get()))
            };
            let after = page.after.map(|last| key(c, last.id)).transpose()?;
            keyset!(query, users::username_key, users::id, direction, after).load(c)?
        }
    };
    let position = |last: &User| Position { created_at: last.date_joined, id: last.id };
    Ok(listing(rows, page.limit, total, position)?)
}

pub(super) fn matching_users(filter: &UserFilter) -> users::BoxedQuery<'static, Db> {
    let mut query = users::table.into_boxed();
    if let Some(search) = &filter.search {
        let range = beginning_with(search);
        let by_name =
            users::username_key.ge(range.start.clone()).and(users::username_key.lt(range.end.clone()));
        let by_email = users::email_key.ge(range.start).and(users::email_key.lt(range.end));
        query = query.filter(by_name.or(by_email.assume_not_null()));
    }
    if let Some(role) = filter.role {
        query = query.filter(users::role.eq(role.as_str()));
    }
    if let Some(is_active) = filter.is_active {
        query = query.filter(users::is_active.eq(is_active));
    }
    query
}
