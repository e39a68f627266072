//! The contract of [`SessionRepository`](domain::ports::SessionRepository).

mod open;
mod rotate;

use std::time::Duration;

use domain::{NewSession, RefreshCounter, Rotation, RotationRule, SessionId, Timestamp, UserId};

pub use open::*;
pub use rotate::*;

use super::Repositories;
use crate::builders;
use crate::fixed::instant;

/// How long a predecessor is honored.
const GRACE: Duration = Duration::from_secs(10);
/// How long a token may lie unused.
const IDLE: Duration = Duration::from_hours(7 * 24);
/// The step of the clock.
const MICROSECOND: Duration = Duration::from_micros(1);

/// The rule of most clients.
const ROTATING: RotationRule = RotationRule { rotates: true, grace: GRACE, idle: IDLE };
/// The rule for clients that keep their first token.
const KEEPING: RotationRule = RotationRule { rotates: false, ..ROTATING };

fn counter(number: i64) -> RefreshCounter {
    RefreshCounter::new(number).unwrap()
}

impl Repositories {
    /// A session of a new user, opened at [`instant`].
    async fn session(&self) -> (UserId, SessionId) {
        self.open(builders::session().done()).await
    }

    async fn open(&self, session: NewSession) -> (UserId, SessionId) {
        let user = self.user().await.id;
        self.sessions.open(user, &session, None, instant()).await.unwrap();
        (user, session.id)
    }

    /// Shows the token with this number under the usual rule.
    async fn rotate(&self, session: SessionId, number: i64, now: Timestamp) -> Rotation {
        self.rotate_by(ROTATING, session, number, now).await
    }

    async fn rotate_by(
        &self,
        rule: RotationRule,
        session: SessionId,
        number: i64,
        now: Timestamp,
    ) -> Rotation {
        self.sessions.rotate(session, counter(number), rule, now).await.unwrap()
    }
}

/// What is granted to `user`.
fn granted(user: UserId, number: i64) -> Rotation {
    Rotation::Granted { user, counter: counter(number) }
}

/// The list of rules; a test holds it against the functions.
#[doc(hidden)]
#[macro_export]
macro_rules! session_rules {
    ($store:expr) => {
        $crate::rules_as_tests! { sessions, $store,
            opening_notes_the_sign_in
            opening_changes_no_other_user
            a_newer_hash_replaces_the_stored_one
            no_newer_hash_keeps_the_stored_one
            opening_for_nobody_is_missing_and_opens_nothing
            opening_for_an_inactive_user_is_missing_and_changes_nothing
            what_a_client_calls_itself_may_be_anything
            parallel_sign_ins_open_a_session_each
            the_current_token_is_traded_for_the_next
            a_token_that_does_not_rotate_stays
            the_predecessor_is_granted_the_current_token_within_the_grace
            the_predecessor_after_the_grace_ends_the_session
            showing_the_predecessor_does_not_prolong_its_grace
            an_older_token_ends_the_session
            a_replay_ends_no_other_session
            a_token_that_was_never_made_is_not_granted
            an_unknown_session_is_refused
            a_session_ends_when_it_expires
            a_refresh_does_not_move_the_end
            a_session_that_lay_unused_too_long_is_refused
            a_refresh_is_a_use
            a_refresh_without_rotation_is_a_use
            a_session_of_an_inactive_user_is_refused
            of_parallel_refreshes_all_are_granted_one_token
            parallel_refreshes_without_rotation_are_all_granted
            sessions_of_one_user_rotate_alone
        }
    };
}
