//! What the clinic's own people see: sessions of the panel, and the records of all owners.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel::prelude::*;
use domain::ports::{AdminRecords, AdminSessions, RepositoryError};
use domain::{
    AdminKey, AdminSession, AllMappings, AllPatients, Census, Listing, MappingId, MappingView, NewSession,
    Page, PageLimit, PasswordHash, Patient, PatientId, Position, SearchTerms, SessionId, SortKey, Stamp,
    Timestamp, User, UserFilter, UserId,
};

use super::patients::narrowed;
use super::{Conn, Db, mappings as owned, sessions as ordinary};
use crate::error::Failure;
use crate::executor::Executor;
use crate::limits;
use crate::listing::{fetch, keyset, listing};
use crate::rows::{MappingViewRow, PatientRow, UserRow};
use crate::schema::{admin_sessions, doctors, mappings, patient_words, patients, sessions, users};
use crate::types::{At, SessionKey};
use crate::words::beginning_with;

pub(super) struct Panel {
    pub(super) executor: Arc<Executor<Conn>>,
}

#[async_trait]
impl AdminSessions for Panel {
    async fn open(
        &self,
        user: UserId,
        session: &NewSession,
        key: &AdminKey,
        verified: &PasswordHash,
        replacement: Option<PasswordHash>,
        stamp: &Stamp,
    ) -> Result<User, RepositoryError> {
        let (session, verified, stamp) = (session.clone(), verified.clone(), stamp.clone());
        let hash = hash(key);
        let open = move |c: &mut Conn| {
            let user = ordinary::open(c, user, &session, &verified, replacement.as_ref(), &stamp)?;
            diesel::insert_into(admin_sessions::table)
                .values((
                    admin_sessions::key_hash.eq(hash),
                    admin_sessions::session_id.eq(SessionKey(session.id)),
                ))
                .execute(c)?;
            Ok::<_, Failure>(user)
        };
        Ok(self.executor.write(open).await?)
    }

    async fn find(
        &self,
        key: &AdminKey,
        idle: Duration,
        now: Timestamp,
    ) -> Result<Option<AdminSession>, RepositoryError> {
        let hash = hash(key);
        Ok(self.executor.read(move |c| find(c, &hash, idle, now)).await?)
    }

    async fn touch(&self, session: SessionId, now: Timestamp) -> Result<(), RepositoryError> {
        let touch = move |c: &mut Conn| {
            let live = sessions::table
                .filter(sessions::id.eq(SessionKey(session)))
                .filter(sessions::ended_at.is_null())
                .filter(sessions::last_used_at.lt(At(now)));
            diesel::update(live).set(sessions::last_used_at.eq(At(now))).execute(c)?;
            Ok::<_, Failure>(())
        };
        Ok(self.executor.write(touch).await?)
    }
}

#[async_trait]
impl AdminRecords for Panel {
    async fn census(&self) -> Result<Census, RepositoryError> {
        Ok(self.executor.read(census).await?)
    }

    async fn patients(
        &self,
        filter: &AllPatients,
        page: Page<PatientId>,
    ) -> Result<Listing<Patient, PatientId>, RepositoryError> {
        let filter = filter.clone();
        Ok(self.executor.read(move |c| list_patients(c, &filter, page)).await?)
    }

    async fn mappings(
        &self,
        filter: &AllMappings,
        page: Page<MappingId>,
    ) -> Result<Listing<MappingView, MappingId>, RepositoryError> {
        let filter = filter.clone();
        Ok(self.executor.read(move |c| list_mappings(c, &filter, page)).await?)
    }

    async fn users(
        &self,
        filter: &UserFilter,
        limit: PageLimit,
    ) -> Result<(Vec<User>, u64), RepositoryError> {
        let filter = filter.clone();
        Ok(self.executor.read(move |c| list_users(c, &filter, limit)).await?)
    }
}

/// What tells a key again. It is long and random, so nothing slower than SHA-256 is needed.
fn hash(key: &AdminKey) -> String {
    limits::key("admin session", &[key.expose()])
}

fn find(c: &mut Conn, hash: &str, idle: Duration, now: Timestamp) -> Result<Option<AdminSession>, Failure> {
    let row: Option<(UserRow, SessionKey, At)> = admin_sessions::table
        .inner_join(sessions::table.on(sessions::id.eq(admin_sessions::session_id)))
        .inner_join(users::table.on(users::id.eq(sessions::user_id)))
        .filter(admin_sessions::key_hash.eq(hash))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(At(now)))
        .filter(sessions::last_used_at.ge(At(now.minus(idle))))
        .filter(users::is_active)
        .select((UserRow::as_select(), sessions::id, sessions::last_used_at))
        .get_result(c)
        .optional()?;
    let Some((user, SessionKey(id), At(last_used_at))) = row else { return Ok(None) };
    Ok(Some(AdminSession { user: user.try_into()?, id, last_used_at }))
}

fn census(c: &mut Conn) -> Result<Census, Failure> {
    let patients: i64 = patients::table.filter(patients::deleted_at.is_null()).count().get_result(c)?;
    let doctors: i64 = doctors::table.filter(doctors::retired_at.is_null()).count().get_result(c)?;
    let mappings: i64 = mappings::table.filter(mappings::ended_at.is_null()).count().get_result(c)?;
    let users: i64 = users::table.filter(users::is_active).count().get_result(c)?;
    let number = |count: i64| u64::try_from(count).unwrap_or_default();
    Ok(Census {
        patients: number(patients),
        doctors: number(doctors),
        mappings: number(mappings),
        users: number(users),
    })
}

fn list_patients(
    c: &mut Conn,
    filter: &AllPatients,
    page: Page<PatientId>,
) -> Result<Listing<Patient, PatientId>, Failure> {
    let total = if page.count { Some(matching_patients(filter).count().get_result(c)?) } else { None };
    let query = matching_patients(filter).select(PatientRow::as_select()).limit(fetch(page.limit));
    let direction = page.order.direction;
    let rows = match page.order.key {
        SortKey::CreatedAt => {
            let after = page.after.map(|last| (last.id.get(), last.id.get()));
            keyset!(query, patients::id, patients::id, direction, after).load(c)?
        }
        SortKey::Name => {
            let after = page.after.map(|last| name_position(c, last.id)).transpose()?;
            keyset!(query, patients::name_key, patients::id, direction, after).load(c)?
        }
    };
    let position = |last: &Patient| Position { created_at: last.created_at, id: last.id };
    Ok(listing(rows, page.limit, total, position)?)
}

fn matching_patients(wanted: &AllPatients) -> patients::BoxedQuery<'static, Db> {
    let mut query = patients::table.into_boxed();
    query = if wanted.is_deleted {
        query.filter(patients::deleted_at.is_not_null())
    } else {
        query.filter(patients::deleted_at.is_null())
    };
    if let Some(owner) = &wanted.owner {
        let owner = users::table.filter(users::username_key.eq(owner.key().to_owned())).select(users::id);
        query = query.filter(patients::owner_id.eq_any(owner));
    }
    let filter = &wanted.filter;
    for word in filter.search.iter().flat_map(SearchTerms::words) {
        let range = beginning_with(word);
        let found = patient_words::table
            .filter(patient_words::word.ge(range.start).and(patient_words::word.lt(range.end)))
            .select(patient_words::patient_id);
        query = query.filter(patients::id.eq_any(found));
    }
    narrowed(query, filter)
}

/// Where a list by name goes on.
fn name_position(c: &mut Conn, id: PatientId) -> Result<(String, i64), Failure> {
    let key = patients::table.filter(patients::id.eq(id.get())).select(patients::name_key);
    let key = key.first(c).optional()?;
    Ok((key.ok_or(RepositoryError::BadPosition)?, id.get()))
}

fn list_mappings(
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

fn matching_mappings(filter: &AllMappings) -> mappings::BoxedQuery<'static, Db> {
    let mut query = mappings::table.into_boxed();
    for word in filter.search.iter().flat_map(SearchTerms::words) {
        let range = beginning_with(word);
        let found = patient_words::table
            .filter(patient_words::word.ge(range.start).and(patient_words::word.lt(range.end)))
            .select(patient_words::patient_id);
        query = query.filter(mappings::patient_id.eq_any(found));
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
    query.filter(mappings::ended_at.is_not_null()).filter(diesel::dsl::not(diesel::dsl::exists(deleted)))
}

fn list_users(c: &mut Conn, filter: &UserFilter, limit: PageLimit) -> Result<(Vec<User>, u64), Failure> {
    let total: i64 = matching_users(filter).count().get_result(c)?;
    let mut query = matching_users(filter);
    if let Some(before) = filter.before {
        query = query.filter(users::id.lt(before.get()));
    }
    let rows: Vec<UserRow> =
        query.order(users::id.desc()).limit(limit.get().into()).select(UserRow::as_select()).load(c)?;
    let found = rows.into_iter().map(User::try_from).collect::<Result<_, _>>()?;
    Ok((found, u64::try_from(total).unwrap_or_default()))
}

fn matching_users(filter: &UserFilter) -> users::BoxedQuery<'static, Db> {
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
