//! The contract of [`InvitationRepository`](domain::ports::InvitationRepository), and of registering with an
//! invitation.

mod keeps;
mod uses;

use domain::ports::{Random as _, RepositoryError};
use domain::{Invitation, InvitationCode, InvitationId, NewInvitation, NewUser, Role, Timestamp, User};

pub use keeps::*;
pub use uses::*;

use super::Repositories;
use crate::builders;
use crate::fixed::{FixedRandom, instant, seconds_later, stamped};

/// Seconds after [`instant`] at which the invitations of these rules expire.
const GOOD_FOR: u64 = 3600;

/// A code that no other has.
fn fresh_code() -> InvitationCode {
    static RANDOM: std::sync::LazyLock<FixedRandom> = std::sync::LazyLock::new(FixedRandom::default);
    InvitationCode::generate([RANDOM.ten_bytes(), RANDOM.ten_bytes()])
}

impl Repositories {
    /// An invitation that was made at [`instant`].
    async fn invite(&self, role: Role) -> (InvitationCode, Invitation) {
        let code = fresh_code();
        let new = NewInvitation { role, expires_at: seconds_later(GOOD_FOR) };
        let invitation = self.invitations.insert(&code, new, &stamped(instant())).await.unwrap();
        (code, invitation)
    }

    /// What comes of registering with this code.
    async fn enter(
        &self,
        user: &NewUser,
        code: &InvitationCode,
        now: Timestamp,
    ) -> Result<User, RepositoryError> {
        self.users.insert_invited(user, builders::session().done(), code, &stamped(now)).await
    }

    /// The invitations that count at `now`.
    async fn open_invitations(&self, now: Timestamp) -> Vec<InvitationId> {
        let invitations = self.invitations.list(now).await.unwrap();
        invitations.into_iter().map(|invitation| invitation.id).collect()
    }
}

/// The list of rules; a test holds it against the functions.
#[doc(hidden)]
#[macro_export]
macro_rules! invitation_rules {
    ($store:expr) => {
        $crate::rules_as_tests! { invitations, $store,
            an_invitation_is_returned_as_it_is_listed
            invitations_are_listed_in_the_order_in_which_they_were_made
            an_invitation_is_listed_until_it_expires
            a_revoked_invitation_does_not_count
            revoking_what_does_not_count_is_missing
            an_invited_user_has_the_role_of_the_invitation_and_a_session
            an_invitation_counts_once
            an_unknown_code_makes_nobody
            an_invitation_counts_until_it_expires
            a_duplicate_leaves_the_invitation_unused
            of_parallel_registrations_with_one_code_one_is_made
        }
    };
}
