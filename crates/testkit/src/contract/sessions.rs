//! The contract of [`SessionRepository`](domain::ports::SessionRepository).

mod end;
mod list;
mod open;
mod password;
mod rotate;

use std::time::Duration;

use domain::ports::RepositoryError;
use domain::{
    LoginName, NewSession, RefreshCounter, Rotation, RotationRule, SessionId, Timestamp, User, UserId,
};

pub use end::*;
pub use list::*;
pub use open::*;
pub use password::*;
pub use rotate::*;

use super::Repositories;
use crate::builders;
use crate::fixed::{instant, stamped};

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
        self.open_of(user, &session, instant()).await.unwrap();
        (user, session.id)
    }

    /// One more session of `user`, opened at [`instant`].
    async fn another(&self, user: UserId) -> SessionId {
        let session = builders::session().done();
        self.open_of(user, &session, instant()).await.unwrap();
        session.id
    }

    /// Opens a session of `user` with the hash that is stored.
    async fn open_of(
        &self,
        user: UserId,
        session: &NewSession,
        now: Timestamp,
    ) -> Result<User, RepositoryError> {
        let login = LoginName::of(&self.stored_user(user).await);
        let hash = self.users.find_credentials(&login).await.unwrap().unwrap().password_hash.unwrap();
        self.sessions.open(user, session, &hash, None, &stamped(now)).await
    }

    /// A replay ends the session by `now`, which must be after [`instant`].
    async fn replay(&self, session: SessionId, now: Timestamp) {
        self.rotate(session, 0, now).await;
        self.rotate(session, 1, now).await;
        assert_eq!(self.rotate(session, 0, now).await, Rotation::Replayed);
    }

    /// The hash of the password of the user with this name.
    async fn stored_hash(&self, name: &str) -> Option<String> {
        let hash = self.credentials(name).await.unwrap().password_hash;
        hash.map(|hash| hash.expose().to_owned())
    }

    async fn is_live(&self, session: SessionId) -> bool {
        self.sessions.is_live(session).await.unwrap()
    }

    /// The ids of the user's sessions at `now`, as they are listed.
    async fn listed(&self, user: UserId, now: Timestamp) -> Vec<SessionId> {
        let sessions = self.sessions.list(user, IDLE, now).await.unwrap();
        sessions.into_iter().map(|session| session.id).collect()
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
        self.sessions.rotate(session, counter(number), rule, &stamped(now)).await.unwrap()
    }
}

/// One microsecond before `at`.
fn just_before(at: Timestamp) -> Timestamp {
    at.minus(MICROSECOND)
}

/// The ids in an order that two sets of them have in common.
fn sorted(mut ids: Vec<SessionId>) -> Vec<SessionId> {
    ids.sort();
    ids
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
            a_newer_hash_replaces_the_one_that_was_verified
            a_password_that_was_changed_meanwhile_opens_nothing
            an_account_without_password_opens_nothing
            a_sign_in_is_before_a_change_of_the_password_or_does_not_outlive_it
            a_newer_hash_replaces_the_hash_of_no_other_user
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
            sessions_are_listed_newest_first
            a_listed_session_is_as_it_was_opened
            a_refresh_is_the_last_use_of_a_listed_session
            only_own_sessions_are_listed
            an_ended_session_is_not_listed
            a_session_is_listed_until_it_expires
            a_session_that_lay_unused_too_long_is_not_listed
            a_session_that_was_ended_is_refused
            ending_a_session_twice_is_missing
            ending_an_unknown_session_is_missing
            ending_the_session_of_another_user_is_missing_and_changes_nothing
            ending_a_session_ends_no_other
            of_parallel_ends_of_a_session_one_succeeds
            ending_all_returns_exactly_what_it_has_ended
            ending_all_ends_no_session_of_another_user
            of_parallel_ends_of_all_each_session_is_returned_once
            a_session_is_live_from_its_opening_to_its_end
            a_session_that_was_never_opened_is_not_live
            sessions_that_ended_are_told_whoever_ended_them
            only_sessions_that_ended_after_the_instant_are_told
            a_changed_password_is_the_stored_one
            a_changed_password_ends_every_other_session_and_returns_them
            a_changed_password_moves_the_kept_session_to_the_returned_counter
            the_predecessor_of_the_kept_session_is_honored_within_the_grace
            a_changed_password_is_a_use_of_the_kept_session
            a_changed_password_changes_no_other_user
            a_password_that_was_changed_meanwhile_is_stale_and_nothing_changes
            a_password_is_not_changed_from_a_session_that_is_over
            a_password_is_not_changed_from_the_session_of_another_user
            the_password_of_an_inactive_user_is_not_changed
            of_parallel_changes_of_a_password_one_succeeds
            parallel_changes_and_ends_do_not_wait_for_each_other
        }
    };
}
