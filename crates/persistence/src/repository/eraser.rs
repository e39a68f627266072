//! Erasing people for good.
//!
//! An erasing may take its time: it has a connection and a thread of its own. The rows go in one transaction; what
//! the files of the database still hold of them goes after it, which no transaction can do. Where that fails the
//! erasing can be repeated: the files are cleaned even when there is nobody left to erase.

use std::sync::Arc;
use std::thread;

use async_trait::async_trait;
use diesel::prelude::*;
use domain::ports::{BoxError, Eraser, Record, RepositoryError};
use domain::{AuditEvent, Mapping, Outcome, Patient, PatientId, Reason, RecordId, Stamp, UserId};
use tokio::sync::oneshot;

use super::dialect::for_update;
use super::versions::Subject as _;
use super::{Conn, audit, erasing, once};
use crate::error::Failure;
use crate::rows::stored;
use crate::schema::{mapping_versions, mappings, patient_versions, patient_words, patients};
use crate::url::OpenError;

/// Opens a connection whose statements may take their time.
pub(super) type Open = Arc<dyn Fn() -> Result<Conn, OpenError> + Send + Sync>;

pub(super) struct Purge {
    pub(super) open: Open,
}

/// The record is gone from the tables, but not from the files.
#[derive(Debug, thiserror::Error)]
#[error("the record is erased, but traces of it may be left in the files of the database: erase it again")]
struct TracesLeft(#[source] BoxError);

/// The thread ended without an answer.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the erasing broke off")]
struct BrokeOff;

#[async_trait]
impl Eraser for Purge {
    async fn erase_patient(
        &self,
        id: PatientId,
        reason: &Reason,
        stamp: &Stamp,
    ) -> Result<(), RepositoryError> {
        let (open, reason, stamp) = (Arc::clone(&self.open), reason.clone(), stamp.clone());
        let (sender, answer) = oneshot::channel();
        let work = move || {
            // Nobody waits any more: the erasing is done nevertheless.
            let _ = sender.send(erase_and_clean(&open, id, &reason, &stamp));
        };
        let thread = thread::Builder::new().name("db-erase".to_owned()).spawn(work);
        thread.map_err(|error| RepositoryError::Unavailable(error.into()))?;
        answer.await.unwrap_or_else(|_| Err(RepositoryError::Failed(BrokeOff.into())))
    }
}

fn erase_and_clean(
    open: &Open,
    id: PatientId,
    reason: &Reason,
    stamp: &Stamp,
) -> Result<(), RepositoryError> {
    let mut c = open().map_err(|error| RepositoryError::Unavailable(error.into()))?;
    let erased = erasing::transaction(&mut c, |c| erase(c, id, reason, stamp)).map_err(RepositoryError::from);
    match erased {
        Ok(()) | Err(RepositoryError::Missing(_)) => {}
        Err(error) => return Err(error),
    }
    erasing::clean(&mut c).map_err(|error| RepositoryError::Failed(TracesLeft(error).into()))?;
    erased
}

fn erase(c: &mut Conn, id: PatientId, reason: &Reason, stamp: &Stamp) -> Result<(), Failure> {
    let owner = patients::table.filter(patients::id.eq(id.get())).select(patients::owner_id);
    let owner: Option<i64> = for_update!(owner).get_result(c).optional()?;
    let owner = owner.ok_or(RepositoryError::Missing(Record::Patient))?;
    let owner = stored("patients.owner_id", UserId::new(owner))?;
    erase_mappings(c, owner, id)?;
    once::forget(c, Patient::KIND, vec![id.get()])?;
    diesel::delete(patient_versions::table)
        .filter(patient_versions::owner_id.eq(owner.get()))
        .filter(patient_versions::patient_id.eq(id.get()))
        .execute(c)?;
    diesel::delete(patient_words::table)
        .filter(patient_words::owner_id.eq(owner.get()))
        .filter(patient_words::patient_id.eq(id.get()))
        .execute(c)?;
    diesel::delete(patients::table)
        .filter(patients::owner_id.eq(owner.get()))
        .filter(patients::id.eq(id.get()))
        .execute(c)?;
    let event = AuditEvent::of(stamp, Outcome::Done).about(RecordId::Patient(id)).because(reason.clone());
    audit::record(c, &event)
}

fn erase_mappings(c: &mut Conn, owner: UserId, patient: PatientId) -> Result<(), Failure> {
    let its = mappings::owner_id.eq(owner.get()).and(mappings::patient_id.eq(patient.get()));
    // Locked, none gets another version meanwhile.
    let ids: Vec<i64> = for_update!(mappings::table.filter(its).select(mappings::id)).load(c)?;
    for ids in ids.chunks(1000) {
        once::forget(c, Mapping::KIND, ids.to_vec())?;
        diesel::delete(mapping_versions::table)
            .filter(mapping_versions::owner_id.eq(owner.get()))
            .filter(mapping_versions::mapping_id.eq_any(ids))
            .execute(c)?;
    }
    diesel::delete(mappings::table.filter(its)).execute(c)?;
    Ok(())
}
