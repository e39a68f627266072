//! The store of invitations.

use async_trait::async_trait;

use crate::ports::RepositoryError;
use crate::{Invitation, InvitationCode, InvitationId, NewInvitation, Stamp, Timestamp};

/// Stores invitations. They are used up by [`UserRepository::insert_invited`](super::UserRepository::insert_invited).
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait InvitationRepository: Send + Sync {
    /// Keeps an invitation that whoever shows `code` may use once.
    ///
    /// Must not keep the code itself, only what tells it again.
    async fn insert(
        &self,
        code: &InvitationCode,
        invitation: NewInvitation,
        stamp: &Stamp,
    ) -> Result<Invitation, RepositoryError>;

    /// The invitations that still count at `now`: neither used nor expired, in the order in which they were made.
    async fn list(&self, now: Timestamp) -> Result<Vec<Invitation>, RepositoryError>;

    /// Takes an invitation back.
    ///
    /// Must return `Missing(Invitation)` when there is none with this id that still counts at the time of the stamp.
    async fn revoke(&self, id: InvitationId, stamp: &Stamp) -> Result<(), RepositoryError>;
}
