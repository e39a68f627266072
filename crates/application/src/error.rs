//! Why a use case did not come about.

use std::time::Duration;

use domain::Invalid;
use domain::ports::{BoxError, Constraint, PasswordError, Record, RepositoryError, TokenError};

/// Why a use case did not come about, in terms of what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Fields break rules; mend them.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// There is no such record for the caller; somebody else's record is no different.
    #[error("no such record: {0:?}")]
    Missing(Record),
    /// A unique rule is broken; choose another value.
    #[error("a unique rule is broken: {0:?}")]
    Duplicate(Constraint),
    /// The record has changed since the caller read it; read it again.
    #[error("the record has changed")]
    Stale,
    /// The idempotency key was used for another request; choose another one.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The page's position is gone; start the list anew.
    #[error("no such position in the list")]
    BadPosition,
    /// The name or the password is wrong, or the account may not sign in. Which one is not told.
    #[error("wrong credentials")]
    WrongCredentials,
    /// The token is not genuine or not good any more; sign in again.
    #[error("the token does not count")]
    BadToken,
    /// Too many attempts to guess a password; wait so long.
    #[error("too many attempts")]
    Throttled(Duration),
    /// The caller's role may not do this.
    #[error("not allowed")]
    Forbidden,
    /// Something is away or has too much to do; try again later.
    #[error("temporarily not available")]
    Unavailable(#[source] BoxError),
    /// A fault of the program or of what it stands on.
    #[error("the operation failed")]
    Failed(#[source] BoxError),
}

impl From<RepositoryError> for Error {
    fn from(error: RepositoryError) -> Self {
        match error {
            RepositoryError::Duplicate(constraint) => Self::Duplicate(constraint),
            RepositoryError::Stale => Self::Stale,
            RepositoryError::Missing(record) => Self::Missing(record),
            RepositoryError::Invalid(invalid) => Self::Invalid(invalid),
            RepositoryError::KeyReused => Self::KeyReused,
            RepositoryError::BadPosition => Self::BadPosition,
            RepositoryError::Unavailable(cause) => Self::Unavailable(cause),
            RepositoryError::Failed(cause) => Self::Failed(cause),
        }
    }
}

impl From<PasswordError> for Error {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::Unavailable(Box::new(error)),
            PasswordError::Failed(cause) => Self::Failed(cause),
        }
    }
}

impl From<TokenError> for Error {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Forged | TokenError::Expired => Self::BadToken,
            TokenError::Unsigned => Self::Failed(Box::new(error)),
        }
    }
}
