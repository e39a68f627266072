//! The past of records.
//!
//! What a record is stands in its own table, what it was in the rows of the steps that led away from it. A record is
//! read before its steps. As neither a step nor what it led away from ever changes, that is as good as reading both
//! at one moment.

use std::sync::Arc;

use async_trait::async_trait;
use domain::ports::{History, RepositoryError};
use domain::{
    Act, ChangedFields, Doctor, DoctorId, EmailRule, MappingId, MappingView, Patient, PatientId, Snapshot,
    Stamp, Timestamp, UserId, Version, VersionEntry,
};

use super::versions::Versioned;
use super::{Conn, doctors, mappings, patients};
use crate::error::Failure;
use crate::executor::Executor;

pub(super) struct Past {
    pub(super) executor: Arc<Executor<Conn>>,
}

#[async_trait]
impl History for Past {
    async fn of_patient(
        &self,
        owner: UserId,
        id: PatientId,
    ) -> Result<Option<Vec<VersionEntry>>, RepositoryError> {
        let read = move |c: &mut Conn| {
            let now = patients::deleted_or_not(c, owner, id)?;
            now.map(|now| entries(c, &now)).transpose()
        };
        Ok(self.executor.read(read).await?)
    }

    async fn patient_at(
        &self,
        owner: UserId,
        id: PatientId,
        version: Version,
    ) -> Result<Option<Snapshot<Patient>>, RepositoryError> {
        let read = move |c: &mut Conn| match patients::deleted_or_not(c, owner, id)? {
            Some(now) => at(c, now, version),
            None => Ok(None),
        };
        Ok(self.executor.read(read).await?)
    }

    async fn of_doctor(&self, id: DoctorId) -> Result<Option<Vec<VersionEntry>>, RepositoryError> {
        let read = move |c: &mut Conn| {
            let now = doctors::retired_or_not(c, id)?;
            now.map(|now| entries(c, &now)).transpose()
        };
        Ok(self.executor.read(read).await?)
    }

    async fn doctor_at(
        &self,
        id: DoctorId,
        version: Version,
    ) -> Result<Option<Snapshot<Doctor>>, RepositoryError> {
        let read = move |c: &mut Conn| match doctors::retired_or_not(c, id)? {
            Some(now) => at(c, now, version),
            None => Ok(None),
        };
        Ok(self.executor.read(read).await?)
    }

    async fn of_mapping(
        &self,
        owner: UserId,
        id: MappingId,
    ) -> Result<Option<Vec<VersionEntry>>, RepositoryError> {
        let read = move |c: &mut Conn| {
            let now = mappings::any(c, owner, id)?;
            now.map(|now| entries(c, &now.mapping)).transpose()
        };
        Ok(self.executor.read(read).await?)
    }

    async fn mapping_at(
        &self,
        owner: UserId,
        id: MappingId,
        version: Version,
    ) -> Result<Option<Snapshot<MappingView>>, RepositoryError> {
        let read = move |c: &mut Conn| match mappings::any(c, owner, id)? {
            Some(now) => view_at(c, now, version),
            None => Ok(None),
        };
        Ok(self.executor.read(read).await?)
    }

    async fn restore_patient(
        &self,
        owner: UserId,
        id: PatientId,
        stamp: &Stamp,
    ) -> Result<Patient, RepositoryError> {
        let stamp = stamp.clone();
        Ok(self.executor.write(move |c| patients::restore(c, owner, id, &stamp)).await?)
    }

    async fn restore_doctor(
        &self,
        id: DoctorId,
        rule: EmailRule,
        stamp: &Stamp,
    ) -> Result<Doctor, RepositoryError> {
        let stamp = stamp.clone();
        Ok(self.executor.write(move |c| doctors::restore(c, id, rule, &stamp)).await?)
    }
}

/// Every version of what is `now` so, newest first.
fn entries(c: &mut Conn, now: &impl Versioned) -> Result<Vec<VersionEntry>, Failure> {
    let steps = now.steps(c, 1..=now.version().get())?;
    let mut entries = Vec::with_capacity(steps.len().saturating_add(1));
    let (mut version, mut since) = (now.version(), now.since());
    for step in steps {
        if !step.is_to(version) {
            entries.push(untold(c, now, version, since)?);
        }
        (version, since) = step.before()?;
        entries.push(step.try_into()?);
    }
    let mut oldest = untold(c, now, version, since)?;
    oldest.fields = match version {
        Version::FIRST if now.version() == Version::FIRST => now.given(),
        Version::FIRST => now.before(c, version.next())?.map_or(ChangedFields::NONE, |first| first.given()),
        _ => ChangedFields::NONE,
    };
    entries.push(oldest);
    Ok(entries)
}

/// What is `now` so as it was at one version.
pub(super) fn at<R: Versioned>(
    c: &mut Conn,
    now: R,
    version: Version,
) -> Result<Option<Snapshot<R>>, Failure> {
    if version > now.version() {
        return Ok(None);
    }
    let step = now.steps(c, version.get()..=version.get())?.pop();
    let record = if version == now.version() { Some(now) } else { now.before(c, version.next())? };
    let Some(record) = record else { return Ok(None) };
    let entry = match step {
        Some(step) => step.try_into()?,
        None if version == Version::FIRST => {
            VersionEntry { fields: record.given(), ..untold(c, &record, version, record.since())? }
        }
        None => untold(c, &record, version, record.since())?,
    };
    Ok(Some(Snapshot { entry, record }))
}

/// A mapping at one version, with the names of its sides as they are now.
pub(super) fn view_at(
    c: &mut Conn,
    now: MappingView,
    version: Version,
) -> Result<Option<Snapshot<MappingView>>, Failure> {
    let snapshot = at(c, now.mapping.clone(), version)?;
    Ok(snapshot
        .map(|Snapshot { entry, record }| Snapshot { entry, record: MappingView { mapping: record, ..now } }))
}

/// A version of which no step tells: the first one, or one that a release before there were versions has written.
fn untold(
    c: &mut Conn,
    record: &impl Versioned,
    version: Version,
    at: Timestamp,
) -> Result<VersionEntry, Failure> {
    let (act, (by, by_name)) = match version {
        Version::FIRST => (Act::Created, record.maker(c)?),
        _ => (Act::Updated, (None, None)),
    };
    Ok(VersionEntry { version, at, by, by_name, act, fields: ChangedFields::NONE })
}
