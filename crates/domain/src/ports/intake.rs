//! Taking in records from elsewhere.

use async_trait::async_trait;

use crate::ports::{Constraint, Record, RepositoryError};
use crate::{
    Batch, DoctorId, EmailRule, ExternalId, IncomingDoctor, IncomingMapping, IncomingPatient, IncomingUser,
    Known, MappingId, PatientId, RecordId, SourceName, Stamp, UserId,
};

/// Takes in records from elsewhere, of any owner, with the ids, times and ends that they had. For operators: nothing
/// here asks who may.
///
/// A batch is one transaction with one event on record. Of each record is kept which one of its source it was, so
/// that it is not taken in twice: a batch with a record of its source that is here already must be answered with
/// `Stale`, also when two equal batches come at once, and nothing of it is there. Ids that are asked for must be free;
/// what has none gets a new one.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Intake: Send + Sync {
    /// Everything of a kind that was taken in from `source` before.
    async fn known(&self, source: &SourceName, kind: Record) -> Result<Vec<Known>, RepositoryError>;

    /// Those of the records with these external ids that were taken in from `source` before.
    async fn known_among(
        &self,
        source: &SourceName,
        kind: Record,
        externals: Vec<ExternalId>,
    ) -> Result<Vec<Known>, RepositoryError>;

    /// Whose the patients are, of those who are there and were not deleted.
    async fn owners(&self, patients: Vec<PatientId>) -> Result<Vec<(PatientId, UserId)>, RepositoryError>;

    /// How many records of a kind there are, of all owners, deleted and retired ones, too.
    async fn count(&self, kind: Record) -> Result<u64, RepositoryError>;

    /// Those of the keys that would break the rule of uniqueness. The key of an active mapping is the ids of owner,
    /// patient and doctor with blanks between.
    async fn taken(&self, rule: Constraint, keys: Vec<String>) -> Result<Vec<String>, RepositoryError>;

    /// Those of the records that are there, whoever owns them, deleted and retired ones, too.
    async fn present(&self, records: Vec<RecordId>) -> Result<Vec<RecordId>, RepositoryError>;

    /// Makes sure that from now on no new record of this kind gets an id up to this one.
    async fn reserve(&self, up_to: RecordId) -> Result<(), RepositoryError>;

    /// Adds accounts and returns their ids in the order of the batch.
    ///
    /// Must return `Duplicate(…)` when a key is taken; then nothing of the batch is there.
    async fn add_users(
        &self,
        batch: Batch<IncomingUser>,
        stamp: &Stamp,
    ) -> Result<Vec<UserId>, RepositoryError>;

    /// Adds doctors and returns their ids in the order of the batch; duplicates as for users.
    async fn add_doctors(
        &self,
        batch: Batch<IncomingDoctor>,
        rule: EmailRule,
        stamp: &Stamp,
    ) -> Result<Vec<DoctorId>, RepositoryError>;

    /// Adds patients and returns their ids in the order of the batch.
    async fn add_patients(
        &self,
        batch: Batch<IncomingPatient>,
        stamp: &Stamp,
    ) -> Result<Vec<PatientId>, RepositoryError>;

    /// Adds mappings and returns their ids in the order of the batch. Of one pair at most one may be active, or the
    /// answer is `Duplicate(ActiveMapping)`.
    async fn add_mappings(
        &self,
        batch: Batch<IncomingMapping>,
        stamp: &Stamp,
    ) -> Result<Vec<MappingId>, RepositoryError>;
}
