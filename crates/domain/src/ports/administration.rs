//! What the clinic's own people may see of all owners' records. Only services that have made sure of the role ask
//! here; whatever is changed goes through the other ports, with the owner.

use std::time::Duration;

use async_trait::async_trait;

use crate::ports::RepositoryError;
use crate::{
    AdminKey, AdminSession, AllDoctors, AllMappings, AllPatients, Census, Doctor, DoctorId, DoctorTally,
    LinkKey, Listing, MappingId, MappingView, Moving, NewSession, Page, PasswordHash, Patient, PatientId,
    PatientTally, Reason, SessionId, Stamp, Tally, Timestamp, User, UserFilter, UserId, UserTally,
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
    ///
    /// Must not look at more than `most + 1` records of a kind, and return `None` where there are more than `most`.
    async fn census(&self, most: u32) -> Result<Census, RepositoryError>;

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

    /// A page of the doctors that match `filter`.
    ///
    /// Must keep the promises of [`Self::patients`].
    async fn doctors(
        &self,
        filter: &AllDoctors,
        page: Page<DoctorId>,
    ) -> Result<Listing<Doctor, DoctorId>, RepositoryError>;

    /// A page of the users who match `filter`, by user name or in the order in which they were made (by their ids).
    ///
    /// Must keep the promises of [`Self::patients`].
    async fn users(
        &self,
        filter: &UserFilter,
        page: Page<UserId>,
    ) -> Result<Listing<User, UserId>, RepositoryError>;

    /// Who owns the patient with this id now, also of one who was deleted; `None` where there is none.
    async fn owner_of_patient(&self, id: PatientId) -> Result<Option<UserId>, RepositoryError>;

    /// Who owns the mapping with this id now, active or not; `None` where there is none.
    async fn owner_of_mapping(&self, id: MappingId) -> Result<Option<UserId>, RepositoryError>;

    /// How many patients match `filter`, and, whatever gender and blood group it asks for, how many by these two.
    ///
    /// Must count no further than to `most`, and say `None` where there are more: as all of these.
    async fn tally_patients(
        &self,
        filter: &AllPatients,
        most: u32,
    ) -> Result<Tally<PatientTally>, RepositoryError>;

    /// How many patients match `filter`.
    async fn count_patients(&self, filter: &AllPatients, most: u32) -> Result<Option<u64>, RepositoryError>;

    /// How many doctors match `filter`, and, whatever specialization it asks for, how many by that; the most frequent
    /// first.
    async fn tally_doctors(
        &self,
        filter: &AllDoctors,
        most: u32,
    ) -> Result<Tally<DoctorTally>, RepositoryError>;

    /// How many doctors match `filter`.
    async fn count_doctors(&self, filter: &AllDoctors, most: u32) -> Result<Option<u64>, RepositoryError>;

    /// How many mappings match `filter`.
    async fn count_mappings(&self, filter: &AllMappings, most: u32) -> Result<Option<u64>, RepositoryError>;

    /// How many users match `filter`, and, whatever role and state it asks for, how many by these two.
    async fn tally_users(&self, filter: &UserFilter, most: u32) -> Result<Tally<UserTally>, RepositoryError>;
}

/// Stores the links by which users set a new password.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait PasswordResets: Send + Sync {
    /// Keeps a link for `user` with this key, in the place of one that there was.
    ///
    /// Must return `Missing(User)` when the user is unknown or not active.
    async fn offer(
        &self,
        user: UserId,
        key: &LinkKey,
        expires_at: Timestamp,
        stamp: &Stamp,
    ) -> Result<(), RepositoryError>;

    /// Whose password the link with this key sets.
    ///
    /// Must return `None` when there is no such link, when it was used or has expired, when its user is not active,
    /// and when the account was changed after the link was made.
    async fn find(&self, key: &LinkKey, now: Timestamp) -> Result<Option<User>, RepositoryError>;

    /// Sets the password by the link, uses the link up and ends all sessions of the user, in one step; returns the
    /// user and the sessions that this has ended.
    ///
    /// Must return `None`, and change nothing, where [`Self::find`] would; of many calls at once with one key one
    /// succeeds.
    async fn redeem(
        &self,
        key: &LinkKey,
        new: &PasswordHash,
        stamp: &Stamp,
    ) -> Result<Option<(User, Vec<SessionId>)>, RepositoryError>;
}

/// Gives patients another owner.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait PatientMover: Send + Sync {
    /// Gives the patients to `to`, with their mappings and the versions of both, as one change, and returns how many
    /// there were. Each of them has its own event with the reason.
    ///
    /// Must return `Missing(User)` when `to` is unknown or not active, and `Missing(Patient)` when one that is named
    /// is not its owner's; then nothing changes. Afterwards the owner before must find none of the records, and
    /// whoever changes one of them at the same time must come first or fail.
    async fn move_patients(
        &self,
        which: &Moving,
        to: UserId,
        reason: &Reason,
        stamp: &Stamp,
    ) -> Result<u64, RepositoryError>;
}
