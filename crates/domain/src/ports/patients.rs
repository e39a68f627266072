//! The store of patients.

use async_trait::async_trait;

use crate::ports::RepositoryError;
use crate::{
    Listing, Page, Patient, PatientChange, PatientDetails, PatientFilter, PatientId, Stamp, UserId, Version,
};

/// Stores patients' records. Every question names the owner: a record of somebody else does not exist.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait PatientRepository: Send + Sync {
    /// Adds a record for `owner` and returns it with its new id and [`Version::FIRST`].
    ///
    /// Where the stamp says [`once`](Stamp::once), must return the record as it was first stored when the same
    /// user has used the key before in 24 hours, `KeyReused` when that was with another fingerprint, and never add
    /// two for one key. Otherwise:
    ///
    /// Must return `Missing(User)` when `owner` is unknown.
    async fn insert(
        &self,
        owner: UserId,
        details: &PatientDetails,
        stamp: &Stamp,
    ) -> Result<Patient, RepositoryError>;

    /// The record, if it exists, was not deleted, *and* belongs to `owner`.
    async fn find(&self, owner: UserId, id: PatientId) -> Result<Option<Patient>, RepositoryError>;

    /// A page of the owner's records that match `filter`.
    ///
    /// Must keep the order of the page with the id as tie-break in the same direction, repeat and omit
    /// nothing over successive pages, compare names bytewise by their key, and return `BadPosition` when the
    /// list is ordered by name and the record at the position is not the owner's.
    async fn list(
        &self,
        owner: UserId,
        filter: &PatientFilter,
        page: Page<PatientId>,
    ) -> Result<Listing<Patient, PatientId>, RepositoryError>;

    /// Applies `change` ([`PatientChange::applied`] on the date of the stamp) and counts the version up. A change that
    /// changes nothing leaves the record and its version as they are.
    ///
    /// Must return `Missing(Patient)` as `find` would, `Stale` when `expected` is another version than the
    /// stored one, and `Invalid` when the change breaks a rule. Of many calls at once that expect one
    /// version and change something, exactly one may succeed; without an expectation none is lost.
    async fn update(
        &self,
        owner: UserId,
        id: PatientId,
        expected: Option<Version>,
        change: &PatientChange,
        stamp: &Stamp,
    ) -> Result<Patient, RepositoryError>;

    /// Takes the record out of sight and ends its active mappings, as one change.
    ///
    /// Must return `Missing(Patient)` and `Stale` as `update` does.
    async fn delete(
        &self,
        owner: UserId,
        id: PatientId,
        expected: Option<Version>,
        stamp: &Stamp,
    ) -> Result<(), RepositoryError>;
}
