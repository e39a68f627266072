//! Limits that all replicas share.

use std::time::Duration;

use async_trait::async_trait;

use crate::ports::RepositoryError;
use crate::{Allowance, Attempt, Quota, Timestamp};

/// Counts requests.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Takes one request of `who` out of `quota`.
    ///
    /// Must grant no more than the quota's requests at once, and one more each [`Quota::interval`]. Where
    /// several replicas serve one database, all of them must count together.
    async fn take(&self, who: &str, quota: Quota, now: Timestamp) -> Result<Allowance, RepositoryError>;
}

/// Slows down guessing.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait SignInThrottle: Send + Sync {
    /// Counts an attempt before its password is looked at, against the pair of account and address
    /// ([`ThrottleRule::PAIR`](crate::ThrottleRule::PAIR)), the account, and the address, in one step. An attempt
    /// that names no account counts against the address only.
    ///
    /// Returns how long to wait when one of the three refuses; then nothing is counted. Of many calls at
    /// once no more may pass than of as many in a row.
    async fn admit(&self, attempt: &Attempt, now: Timestamp)
    -> Result<Result<(), Duration>, RepositoryError>;

    /// Takes an attempt back that turned out to be right; the pair starts afresh.
    async fn forgive(&self, attempt: &Attempt, now: Timestamp) -> Result<(), RepositoryError>;
}
