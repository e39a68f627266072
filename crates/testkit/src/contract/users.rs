//! The contract of [`UserRepository`](domain::ports::UserRepository).

mod accounts;
mod changes;
mod standing;

use domain::ports::RepositoryError;
use domain::{Credentials, LoginName, NewUser, User, UserId};

pub use accounts::*;
pub use changes::*;
pub use standing::*;

use super::Repositories;
use crate::builders::UserBuilder;
use crate::fixed;

impl Repositories {
    async fn insert_user(&self, user: &NewUser) -> Result<User, RepositoryError> {
        self.users.insert(user, None, &fixed::stamped(fixed::instant())).await
    }

    async fn add_user(&self, user: UserBuilder) -> User {
        self.insert_user(&user.done()).await.unwrap()
    }

    /// What is stored of a user.
    pub(super) async fn stored_user(&self, id: UserId) -> User {
        self.users.find(id).await.unwrap().unwrap()
    }

    /// What is found for a name that somebody types to sign in.
    pub(super) async fn credentials(&self, typed: &str) -> Option<Credentials> {
        self.users.find_credentials(&LoginName::parse(typed).unwrap()).await.unwrap()
    }

    pub(super) async fn deactivate(&self, id: UserId) {
        (self.deactivate.0)(id).await;
    }
}

/// The list of rules; a test holds it against the functions.
#[doc(hidden)]
#[macro_export]
macro_rules! user_rules {
    ($store:expr) => {
        $crate::rules_as_tests! { users, $store,
            a_new_user_is_active_and_has_never_signed_in
            every_field_survives
            names_survive_unchanged
            the_longest_texts_survive
            a_name_in_two_parts_survives
            a_new_user_with_a_session_has_signed_in
            the_first_session_of_a_new_user_can_be_refreshed
            an_unknown_user_is_not_found
            credentials_are_found_by_user_name_in_any_case
            credentials_are_found_by_email_address_in_any_case
            an_email_address_that_serves_as_user_name_is_found
            credentials_hold_the_hash_or_none
            an_inactive_user_is_still_found
            a_user_name_is_taken_whatever_its_case_and_form
            user_names_differ_by_accent
            an_email_address_is_taken_whatever_its_case
            many_users_have_no_email_address
            a_duplicate_leaves_nothing_behind
            of_parallel_equal_inserts_one_is_made
            an_update_is_returned_as_it_is_stored
            an_update_keeps_what_it_does_not_name
            an_update_can_clear_every_optional_field
            a_new_email_address_is_found_and_the_old_one_is_free
            a_user_name_that_is_the_address_moves_with_it
            an_update_keeps_the_hash_and_the_last_sign_in
            an_update_to_a_taken_address_is_a_duplicate_and_changes_nothing
            an_update_may_name_the_own_address_again
            an_update_that_breaks_a_rule_is_invalid_and_changes_nothing
            an_update_of_nobody_is_missing
            an_update_of_an_inactive_user_is_missing_and_changes_nothing
            an_update_of_the_expected_version_is_made
            an_update_of_another_version_is_stale_and_changes_nothing
            of_parallel_updates_of_one_version_one_is_made
            an_update_that_changes_nothing_leaves_the_version
            parallel_updates_are_all_kept
            of_parallel_updates_to_one_address_one_is_made
            a_disabled_user_has_no_session_and_opens_none
            an_enabled_user_may_sign_in_again_and_old_sessions_stay_ended
            a_changed_role_is_stored_and_ends_the_sessions
            the_standing_of_nobody_is_missing
            another_password_is_stored_and_ends_the_sessions
            the_password_of_nobody_is_missing
            the_last_active_administrator_is_kept_with_their_sessions
            of_parallel_changes_one_active_administrator_is_left
            users_are_listed_by_id_page_by_page
        }
    };
}
