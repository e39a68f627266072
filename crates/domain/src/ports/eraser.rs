//! Erasing people for good.

use async_trait::async_trait;

use crate::ports::RepositoryError;
use crate::{PatientId, Reason, Stamp};

/// Erases records for good. For administrators: nothing here asks whose a record is.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Eraser: Send + Sync {
    /// Erases a patient with their mappings and every version of both, deleted or not.
    ///
    /// Must return `Missing(Patient)` when there is no such patient. Afterwards no value of the record may be
    /// left in any table, nor, where that is in the database's hands, in its files; the audit trail keeps its
    /// events, which hold no values. The event of the erasing is part of the same change.
    async fn erase_patient(
        &self,
        id: PatientId,
        reason: &Reason,
        stamp: &Stamp,
    ) -> Result<(), RepositoryError>;
}
