//! The past of records.

use async_trait::async_trait;

use crate::ports::RepositoryError;
use crate::{
    Doctor, DoctorId, EmailRule, MappingId, MappingView, Patient, PatientId, Snapshot, Stamp, UserId,
    Version, VersionEntry,
};

/// Knows every version of every record, also of those that were deleted, retired or ended. Each write of the
/// other ports must leave its version here, as part of the same change.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait History: Send + Sync {
    /// The versions of a patient, newest first; `None` when the patient was never the owner's, or was erased.
    async fn of_patient(
        &self,
        owner: UserId,
        id: PatientId,
    ) -> Result<Option<Vec<VersionEntry>>, RepositoryError>;

    /// A patient as they were at one version.
    async fn patient_at(
        &self,
        owner: UserId,
        id: PatientId,
        version: Version,
    ) -> Result<Option<Snapshot<Patient>>, RepositoryError>;

    /// The versions of a doctor, newest first; `None` when there never was one.
    async fn of_doctor(&self, id: DoctorId) -> Result<Option<Vec<VersionEntry>>, RepositoryError>;

    /// A doctor as they were at one version.
    async fn doctor_at(
        &self,
        id: DoctorId,
        version: Version,
    ) -> Result<Option<Snapshot<Doctor>>, RepositoryError>;

    /// The versions of a mapping, newest first; `None` when it was never the owner's.
    async fn of_mapping(
        &self,
        owner: UserId,
        id: MappingId,
    ) -> Result<Option<Vec<VersionEntry>>, RepositoryError>;

    /// A mapping as it was at one version, with the names that patient and doctor have now.
    async fn mapping_at(
        &self,
        owner: UserId,
        id: MappingId,
        version: Version,
    ) -> Result<Option<Snapshot<MappingView>>, RepositoryError>;

    /// Brings a deleted patient back as a new version; mappings that ended with the deletion stay ended. A patient
    /// who was not deleted is returned as they are.
    ///
    /// Must return `Missing(Patient)` when the patient was never the owner's, or was erased.
    async fn restore_patient(
        &self,
        owner: UserId,
        id: PatientId,
        stamp: &Stamp,
    ) -> Result<Patient, RepositoryError>;

    /// Brings a retired doctor back as a new version. A doctor who has not retired is returned as they are.
    ///
    /// Must return `Missing(Doctor)` when there never was one, and `Duplicate` as
    /// [`DoctorRepository::insert`](super::DoctorRepository::insert) does: somebody else may have taken the e-mail
    /// address or the licence meanwhile.
    async fn restore_doctor(
        &self,
        id: DoctorId,
        rule: EmailRule,
        stamp: &Stamp,
    ) -> Result<Doctor, RepositoryError>;
}
