//! What the clinic's own people may see of all owners' records. Only services that have made sure of the role ask
//! here; whatever is changed goes through the other ports, with the owner.

use std::time::Duration;

use async_trait::async_trait;

use crate::ports::RepositoryError;
use crate::{
    AdminKey, AdminSession, AllMappings, AllPatients, Census, Listing, MappingId, MappingView, NewSession,
    Page, PageLimit, PasswordHash, Patient, PatientId, SessionId, Stamp, Timestamp, User, UserFilter, UserId,
};

/// Stores the sessions of the admin panel: ordinary sessions, known by a key instead of tokens. Whatever ends the
/// sessions of a user ends these, too.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait AdminSessions: Send + Sync {
    /// Opens a session as [`SessionRepository::open`](super::SessionRepository::open) does, with its promises, to
    /// be known by `key`.
    async fn open(
        &self,
        user: UserId,
        session: &NewSession,
        key: &AdminKey,
        verified: &PasswordHash,
        replacement: Option<PasswordHash>,
        stamp: &Stamp,
    ) -> Result<User, RepositoryError>;

    /// The session with this key.
    ///
    /// Must return `None` when there is none, when it was ended, is at or past its end, or unused for longer than
    /// `idle`, and when its user is not active.
    async fn find(
        &self,
        key: &AdminKey,
        idle: Duration,
        now: Timestamp,
    ) -> Result<Option<AdminSession>, RepositoryError>;

    /// Notes that a session was used. Leaves no event: each call leaves its own.
    async fn touch(&self, session: SessionId, now: Timestamp) -> Result<(), RepositoryError>;
}

/// Reads the records of all owners.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait AdminRecords: Send + Sync {
    /// How many records there are.
    async fn census(&self) -> Result<Census, RepositoryError>;

    /// A page of the patients of all owners that match `filter`, by name or in the order in which they were made
    /// (by their ids).
    ///
    /// Must keep the order of the page with the id as tie-break in the same direction, repeat and omit nothing over
    /// successive pages, and return `BadPosition` when the list is ordered by name and there is no record at the
    /// position.
    async fn patients(
        &self,
        filter: &AllPatients,
        page: Page<PatientId>,
    ) -> Result<Listing<Patient, PatientId>, RepositoryError>;

    /// A page of the mappings of all owners that match `filter`, by their ids; the sort key of the page does not
    /// count.
    async fn mappings(
        &self,
        filter: &AllMappings,
        page: Page<MappingId>,
    ) -> Result<Listing<MappingView, MappingId>, RepositoryError>;

    /// The users who match `filter`, newest first, at most `limit`, and how many match on all pages.
    async fn users(&self, filter: &UserFilter, limit: PageLimit)
    -> Result<(Vec<User>, u64), RepositoryError>;
}
