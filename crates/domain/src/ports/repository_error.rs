//! What a repository can fail with.

use std::error::Error;

use crate::Invalid;

/// Any error, as a cause.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Which unique rule a write broke.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Constraint {
    /// Two users with one user name, whatever its case.
    UserName,
    /// Two users with one e-mail address, whatever its case.
    UserEmail,
    /// Two doctors with one e-mail address, whatever its case.
    DoctorEmail,
    /// Two doctors with one licence.
    DoctorLicense,
    /// A doctor who is already assigned to the patient.
    ActiveMapping,
}

/// Which kind of record is missing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Record {
    /// A user, or one who is active.
    User,
    /// A patient of the caller.
    Patient,
    /// A doctor who has not retired.
    Doctor,
    /// A mapping of the caller.
    Mapping,
    /// A session.
    Session,
    /// An invitation that still counts.
    Invitation,
}

/// Why a repository could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// A unique rule is broken; nothing was written.
    #[error("a unique rule is broken: {0:?}")]
    Duplicate(Constraint),
    /// The record has another version than was expected; nothing was written.
    #[error("the record has changed")]
    Stale,
    /// There is no such record for the caller; nothing was written.
    #[error("no such record: {0:?}")]
    Missing(Record),
    /// The change, applied to the stored record, breaks a rule; nothing was written.
    #[error("the change breaks a rule")]
    Invalid(#[from] Invalid),
    /// The idempotency key was used for another request; nothing was written.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The position at which a page should begin does not exist any more.
    #[error("no such position in the list")]
    BadPosition,
    /// The database is away or has more to do than it can; the same call may succeed later. A write may or
    /// may not have happened when the connection broke in its commit.
    #[error("the database is not available")]
    Unavailable(#[source] BoxError),
    /// Anything else: a fault of the database or of this program.
    #[error("the database operation failed")]
    Failed(#[source] BoxError),
}
