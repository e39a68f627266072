//! Is the database there?

use async_trait::async_trait;

use crate::ports::RepositoryError;

/// Asks the database whether it can serve.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait DatabaseProbe: Send + Sync {
    /// Must succeed when the database answers and every migration is applied, and return `Unavailable`
    /// otherwise.
    async fn check(&self) -> Result<(), RepositoryError>;

    /// The versions of the migrations that are not applied, oldest first.
    async fn pending(&self) -> Result<Vec<String>, RepositoryError>;
}
