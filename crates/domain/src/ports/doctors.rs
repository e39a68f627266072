//! The store of doctors.

use async_trait::async_trait;

use crate::ports::RepositoryError;
use crate::{
    Doctor, DoctorChange, DoctorDetails, DoctorFilter, DoctorId, EmailRule, Listing, Page, Stamp, UserId,
    Version,
};

/// Stores the directory of doctors.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait DoctorRepository: Send + Sync {
    /// Adds an entry and returns it with its new id and [`Version::FIRST`].
    ///
    /// Where the stamp says [`once`](Stamp::once), must return the record as it was first stored when the same
    /// user has used the key before in 24 hours, `KeyReused` when that was with another fingerprint, and never add
    /// two for one key. Otherwise:
    ///
    /// Must return `Missing(User)` when `creator` is unknown, and `Duplicate(DoctorLicense)` or, under
    /// [`EmailRule::Unique`], `Duplicate(DoctorEmail)` when a doctor who has not retired and was written under
    /// that rule has the same.
    async fn insert(
        &self,
        creator: UserId,
        details: &DoctorDetails,
        rule: EmailRule,
        stamp: &Stamp,
    ) -> Result<Doctor, RepositoryError>;

    /// The entry, unless the doctor has retired.
    async fn find(&self, id: DoctorId) -> Result<Option<Doctor>, RepositoryError>;

    /// A page of the entries that match `filter`, without retired doctors.
    ///
    /// Must keep the promises of [`PatientRepository::list`](super::PatientRepository::list).
    async fn list(
        &self,
        filter: &DoctorFilter,
        page: Page<DoctorId>,
    ) -> Result<Listing<Doctor, DoctorId>, RepositoryError>;

    /// Applies `change` ([`DoctorChange::applied`]) and counts the version up, unless it changes nothing.
    ///
    /// Must return `Missing(Doctor)` as `find` would, `Stale` when `expected` is another version than the
    /// stored one, `Duplicate` as `insert` does, and `Invalid` when the change breaks a rule.
    async fn update(
        &self,
        id: DoctorId,
        expected: Option<Version>,
        change: &DoctorChange,
        rule: EmailRule,
        stamp: &Stamp,
    ) -> Result<Doctor, RepositoryError>;

    /// Takes the doctor out of the directory and ends all active mappings, of every owner, as one change.
    ///
    /// Must return `Missing(Doctor)` and `Stale` as `update` does. The e-mail address and the licence are
    /// free again.
    async fn retire(
        &self,
        id: DoctorId,
        expected: Option<Version>,
        stamp: &Stamp,
    ) -> Result<(), RepositoryError>;
}
