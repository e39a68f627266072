//! The store of mappings.

use async_trait::async_trait;

use crate::ports::RepositoryError;
use crate::{
    AssignedDoctor, Change, Listing, MappingFilter, MappingId, MappingView, NewMapping, Notes, Page,
    PatientId, Stamp, UserId, Version,
};

/// Stores which doctor is assigned to which patient. Every question names the owner of the patient.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait MappingRepository: Send + Sync {
    /// Assigns a doctor to a patient of `owner`.
    ///
    /// Where the stamp says [`once`](Stamp::once), must return the record as it was first stored when the same
    /// user has used the key before in 24 hours, `KeyReused` when that was with another fingerprint, and never add
    /// two for one key. Otherwise:
    ///
    /// Must return `Missing(Patient)` when the patient is not the owner's, else `Missing(Doctor)` when the
    /// doctor is unknown or has retired, and `Duplicate(ActiveMapping)` when the pair is active already: of
    /// many equal calls at once exactly one may succeed. Must never leave an active mapping of a patient or
    /// doctor who is deleted or retired at the same moment.
    async fn assign(
        &self,
        owner: UserId,
        mapping: &NewMapping,
        stamp: &Stamp,
    ) -> Result<MappingView, RepositoryError>;

    /// The mapping, if it belongs to `owner`, its patient was not deleted, and it is active or
    /// `include_ended` is set.
    async fn find(
        &self,
        owner: UserId,
        id: MappingId,
        include_ended: bool,
    ) -> Result<Option<MappingView>, RepositoryError>;

    /// A page of the owner's mappings that match `filter`, ordered by when they were assigned; the sort key
    /// of the page does not count. Patients who were deleted are left out.
    async fn list(
        &self,
        owner: UserId,
        filter: MappingFilter,
        page: Page<MappingId>,
    ) -> Result<Listing<MappingView, MappingId>, RepositoryError>;

    /// A page of the doctors of a patient of `owner`, ordered by when they were assigned.
    ///
    /// Must return `Missing(Patient)` when the patient is not the owner's, and an empty page when the
    /// patient has no doctor.
    async fn doctors_of(
        &self,
        owner: UserId,
        patient: PatientId,
        page: Page<MappingId>,
    ) -> Result<Listing<AssignedDoctor, MappingId>, RepositoryError>;

    /// Changes the notes of an active mapping and counts the version up, unless they are what they were.
    ///
    /// Must return `Missing(Mapping)` when there is no such active mapping of `owner`, and `Stale` when
    /// `expected` is another version than the stored one.
    async fn update_notes(
        &self,
        owner: UserId,
        id: MappingId,
        expected: Option<Version>,
        notes: &Change<Notes>,
        stamp: &Stamp,
    ) -> Result<MappingView, RepositoryError>;

    /// Ends an active mapping; the pair can be assigned again.
    ///
    /// Must return `Missing(Mapping)` and `Stale` as `update_notes` does.
    async fn end(
        &self,
        owner: UserId,
        id: MappingId,
        expected: Option<Version>,
        stamp: &Stamp,
    ) -> Result<(), RepositoryError>;
}
