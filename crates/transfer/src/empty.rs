//! A database that is not there yet: where a dry run looks when the real one would make it.

use async_trait::async_trait;
use domain::ports::{Constraint, Intake, Record, RepositoryError};
use domain::{
    Batch, DoctorId, EmailRule, ExternalId, IncomingDoctor, IncomingMapping, IncomingPatient, IncomingUser,
    Known, MappingId, PatientId, RecordId, SourceName, Stamp, UserId,
};

/// Nothing is there, and nothing can be written.
#[derive(Clone, Copy, Debug)]
pub struct EmptyTarget;

/// A dry run writes nothing.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("there is no database to write to")]
struct NothingThere;

fn refused<T>() -> Result<T, RepositoryError> {
    Err(RepositoryError::Failed(NothingThere.into()))
}

#[async_trait]
impl Intake for EmptyTarget {
    async fn known(&self, _: &SourceName, _: Record) -> Result<Vec<Known>, RepositoryError> {
        Ok(Vec::new())
    }

    async fn known_among(
        &self,
        _: &SourceName,
        _: Record,
        _: Vec<ExternalId>,
    ) -> Result<Vec<Known>, RepositoryError> {
        Ok(Vec::new())
    }

    async fn owners(&self, _: Vec<PatientId>) -> Result<Vec<(PatientId, UserId)>, RepositoryError> {
        Ok(Vec::new())
    }

    async fn count(&self, _: Record) -> Result<u64, RepositoryError> {
        Ok(0)
    }

    async fn taken(&self, _: Constraint, _: Vec<String>) -> Result<Vec<String>, RepositoryError> {
        Ok(Vec::new())
    }

    async fn present(&self, _: Vec<RecordId>) -> Result<Vec<RecordId>, RepositoryError> {
        Ok(Vec::new())
    }

    async fn reserve(&self, _: RecordId) -> Result<(), RepositoryError> {
        refused()
    }

    async fn add_users(&self, _: Batch<IncomingUser>, _: &Stamp) -> Result<Vec<UserId>, RepositoryError> {
        refused()
    }

    async fn add_doctors(
        &self,
        _: Batch<IncomingDoctor>,
        _: EmailRule,
        _: &Stamp,
    ) -> Result<Vec<DoctorId>, RepositoryError> {
        refused()
    }

    async fn add_patients(
        &self,
        _: Batch<IncomingPatient>,
        _: &Stamp,
    ) -> Result<Vec<PatientId>, RepositoryError> {
        refused()
    }

    async fn add_mappings(
        &self,
        _: Batch<IncomingMapping>,
        _: &Stamp,
    ) -> Result<Vec<MappingId>, RepositoryError> {
        refused()
    }
}
