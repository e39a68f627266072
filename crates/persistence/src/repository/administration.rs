//! What the clinic's own people see: sessions of the panel, and the records of all owners.

#[path = "administration/lists.rs"]
mod lists;
#[path = "administration/tally.rs"]
mod tally;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel::prelude::*;
use domain::ports::{AdminRecords, AdminSessions, RepositoryError};
use domain::{
    AdminKey, AdminSession, AllDoctors, AllMappings, AllPatients, Census, Doctor, DoctorId, DoctorTally,
    Listing, MappingId, MappingView, NewSession, Page, PasswordHash, Patient, PatientId, PatientTally,
    SessionId, Stamp, Tally, Timestamp, User, UserFilter, UserId, UserTally,
};

use super::{Conn, sessions as ordinary};
use crate::error::Failure;
use crate::executor::Executor;
use crate::limits;
use crate::rows::UserRow;
use crate::schema::{admin_sessions, sessions, users};
use crate::types::{At, SessionKey};

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
    async fn census(&self, most: u32) -> Result<Census, RepositoryError> {
        Ok(self.executor.read(move |c| tally::census(c, most)).await?)
    }

    async fn patients(
        &self,
        filter: &AllPatients,
        page: Page<PatientId>,
    ) -> Result<Listing<Patient, PatientId>, RepositoryError> {
        let filter = filter.clone();
        Ok(self.executor.read(move |c| lists::patients(c, &filter, page)).await?)
    }

    async fn mappings(
        &self,
        filter: &AllMappings,
        page: Page<MappingId>,
    ) -> Result<Listing<MappingView, MappingId>, RepositoryError> {
        let filter = filter.clone();
        Ok(self.executor.read(move |c| lists::mappings(c, &filter, page)).await?)
    }

    async fn doctors(
        &self,
        filter: &AllDoctors,
        page: Page<DoctorId>,
    ) -> Result<Listing<Doctor, DoctorId>, RepositoryError> {
        let filter = filter.clone();
        Ok(self.executor.read(move |c| lists::doctors(c, &filter, page)).await?)
    }

    async fn users(
        &self,
        filter: &UserFilter,
        page: Page<UserId>,
    ) -> Result<Listing<User, UserId>, RepositoryError> {
        let filter = filter.clone();
        Ok(self.executor.read(move |c| lists::users(c, &filter, page)).await?)
    }

    async fn owner_of_patient(&self, id: PatientId) -> Result<Option<UserId>, RepositoryError> {
        Ok(self.executor.read(move |c| lists::owner_of_patient(c, id)).await?)
    }

    async fn owner_of_mapping(&self, id: MappingId) -> Result<Option<UserId>, RepositoryError> {
        Ok(self.executor.read(move |c| lists::owner_of_mapping(c, id)).await?)
    }

    async fn tally_patients(
        &self,
        filter: &AllPatients,
        most: u32,
    ) -> Result<Tally<PatientTally>, RepositoryError> {
        let filter = filter.clone();
        Ok(self.executor.read(move |c| tally::patients(c, &filter, most)).await?)
    }

    async fn tally_doctors(
        &self,
        filter: &AllDoctors,
        most: u32,
    ) -> Result<Tally<DoctorTally>, RepositoryError> {
        let filter = filter.clone();
        Ok(self.executor.read(move |c| tally::doctors(c, &filter, most)).await?)
    }

    async fn count_patients(&self, filter: &AllPatients, most: u32) -> Result<Option<u64>, RepositoryError> {
        let filter = filter.clone();
        Ok(self.executor.read(move |c| tally::count_patients(c, &filter, most)).await?)
    }

    async fn count_doctors(&self, filter: &AllDoctors, most: u32) -> Result<Option<u64>, RepositoryError> {
        let filter = filter.clone();
        Ok(self.executor.read(move |c| tally::count_doctors(c, &filter, most)).await?)
    }

    async fn count_mappings(&self, filter: &AllMappings, most: u32) -> Result<Option<u64>, RepositoryError> {
        let filter = filter.clone();
        Ok(self.executor.read(move |c| tally::count_mappings(c, &filter, most)).await?)
    }

    async fn tally_users(&self, filter: &UserFilter, most: u32) -> Result<Tally<UserTally>, RepositoryError> {
        let filter = filter.clone();
        Ok(self.executor.read(move |c| tally::users(c, &filter, most)).await?)
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
