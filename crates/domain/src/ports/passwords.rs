//! Hashing and judging passwords.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::ports::BoxError;
use crate::{NewPassword, Password, PasswordHash};

/// What the comparison of a password with a hash has shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It is another password, or there was no hash.
    Wrong,
    /// It is the password.
    Right,
    /// It is the password, hashed by an older scheme; this hash should replace the stored one.
    RightButOld(PasswordHash),
}

/// Why a password could not be hashed or compared.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too many passwords are waiting; the same call may succeed later.
    #[error("too many passwords are waiting to be hashed")]
    Busy,
    /// A fault of this program.
    #[error("a password could not be hashed")]
    Failed(#[source] BoxError),
}

/// A place among those whose password is hashed or waits for it, until it and its clones are dropped.
#[derive(Clone)]
pub struct HashingPlace(Arc<dyn Any + Send + Sync>);

impl HashingPlace {
    /// The place that `holder` keeps.
    pub fn new(holder: impl Any + Send + Sync) -> Self {
        Self(Arc::new(holder))
    }
}

impl fmt::Debug for HashingPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HashingPlace({})", Arc::strong_count(&self.0))
    }
}

/// Hashes passwords, slowly on purpose.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// The hash of a new password, with a salt of its own.
    async fn hash(&self, password: &NewPassword) -> Result<PasswordHash, PasswordError>;

    /// Takes a place for a comparison that is to come, or says [`PasswordError::Busy`] at once: whoever is turned
    /// away costs no other work, neither the database nor a thread.
    fn place(&self) -> Result<HashingPlace, PasswordError>;

    /// Compares `password` with `hash`, in a place that was taken before.
    ///
    /// Must do the same work when there is no hash, and then say [`Verdict::Wrong`]: the time of an answer
    /// must not tell whether an account exists.
    async fn verify(
        &self,
        place: HashingPlace,
        password: Password,
        hash: Option<PasswordHash>,
    ) -> Result<Verdict, PasswordError>;
}

/// Judges how easily a password is guessed.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait PasswordStrength: Send + Sync {
    /// Whether somebody who knows `own_words` (the user's names and addresses) guesses the password easily.
    fn is_guessable(&self, password: &NewPassword, own_words: &[String]) -> bool;
}
