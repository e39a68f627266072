//! The audit trail.

use std::sync::Arc;

use async_trait::async_trait;

use crate::ports::RepositoryError;
use crate::{
    AuditCheck, AuditEvent, AuditEventId, AuditFilter, AuditHead, Listing, Page, Stamp, StoredEvent,
    Timestamp, Verification,
};

/// Keeps the audit trail. Events of writes come with the writes themselves: see [`Stamp`].
///
/// What is stored must refuse to be changed or deleted, whoever asks the database to.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait AuditTrail: Send + Sync {
    /// Puts events on record, all or none. They must be durable when this returns.
    ///
    /// A store where that is cheaper than later puts a seal over them in the same change, made at `now`.
    async fn append(&self, events: Arc<[AuditEvent]>, now: Timestamp) -> Result<(), RepositoryError>;

    /// A page of the events that match `filter`, newest first or last by the direction of the page; the sort
    /// key does not count. The whole trail is in the order of time, the events of one patient or user in the order in
    /// which they were put on record.
    ///
    /// Must repeat and omit nothing over successive pages, also while events come in.
    async fn list(
        &self,
        filter: &AuditFilter,
        page: Page<AuditEventId>,
    ) -> Result<Listing<StoredEvent, AuditEventId>, RepositoryError>;

    /// Puts a seal over the events that have none and returns the newest seal, `None` where there is no event.
    ///
    /// Of several replicas one seals at a time; where another one is at it, this returns the head that stands.
    /// Must never leave an event out that is committed later under a lower id.
    async fn seal(&self, now: Timestamp) -> Result<Option<AuditHead>, RepositoryError>;

    /// Checks every event against its seal and every seal against the one before it; `noted` are heads that
    /// were noted elsewhere, and must still be there.
    async fn verify(&self, noted: &[AuditHead]) -> Result<Verification, RepositoryError>;

    /// The newest seal and how many events have none; `None` where there is no seal.
    async fn head(&self) -> Result<(Option<AuditHead>, i64), RepositoryError>;

    /// Keeps what a check has found. Leaves no event: each call leaves its own.
    async fn note(&self, check: &AuditCheck) -> Result<(), RepositoryError>;

    /// What was kept last.
    async fn last_check(&self) -> Result<Option<AuditCheck>, RepositoryError>;

    /// Deletes the events under seals that are all older than `before`; the seals stay, so the chain can still
    /// be checked. Returns how many were deleted. The event of the pruning itself is part of the same change.
    async fn prune(&self, before: Timestamp, stamp: &Stamp) -> Result<u64, RepositoryError>;
}
