//! The contract of [`DoctorRepository`](domain::ports::DoctorRepository).

mod changes;
mod lists;
mod records;
mod unique;

use domain::ports::RepositoryError;
use domain::{
    Doctor, DoctorChange, DoctorDetails, DoctorFilter, DoctorId, EmailRule, Listing, Page, UserId, Version,
};

pub use changes::*;
pub use lists::*;
pub use records::*;
pub use unique::*;

use super::Repositories;
use crate::builders::DoctorBuilder;
use crate::fixed;

impl Repositories {
    /// A new entry by a new user.
    async fn add_doctor(&self, doctor: DoctorBuilder) -> Doctor {
        let creator = self.user().await.id;
        self.insert_doctor(creator, &doctor.done()).await.unwrap()
    }

    async fn insert_doctor(
        &self,
        creator: UserId,
        details: &DoctorDetails,
    ) -> Result<Doctor, RepositoryError> {
        self.doctors.insert(creator, details, EmailRule::Unique, &fixed::stamped(fixed::instant())).await
    }

    async fn update_doctor(
        &self,
        id: DoctorId,
        expected: Option<Version>,
        change: &DoctorChange,
    ) -> Result<Doctor, RepositoryError> {
        self.doctors
            .update(id, expected, change, EmailRule::Unique, &fixed::stamped(fixed::seconds_later(1)))
            .await
    }

    async fn retire(&self, id: DoctorId) {
        self.doctors.retire(id, None, &fixed::stamped(fixed::seconds_later(2))).await.unwrap();
    }

    /// What is stored of an entry.
    async fn stored_doctor(&self, id: DoctorId) -> Doctor {
        self.doctors.find(id).await.unwrap().unwrap()
    }

    async fn list_doctors(&self, filter: &DoctorFilter, page: Page<DoctorId>) -> Listing<Doctor, DoctorId> {
        self.doctors.list(filter, page).await.unwrap()
    }

    /// All entries, newest first.
    async fn all_doctors(&self) -> Vec<Doctor> {
        self.list_doctors(&DoctorFilter::default(), Page::default()).await.items
    }
}

fn ids(doctors: &[Doctor]) -> Vec<DoctorId> {
    doctors.iter().map(|doctor| doctor.id).collect()
}

/// The list of rules; a test holds it against the functions.
#[doc(hidden)]
#[macro_export]
macro_rules! doctor_rules {
    ($store:expr) => {
        $crate::rules_as_tests! { doctors, $store,
            a_new_entry_is_returned_as_it_is_stored
            every_field_survives
            lines_survive_unchanged
            addresses_survive_unchanged
            the_longest_texts_survive
            money_is_exact
            years_of_practice_survive
            microseconds_survive
            an_unknown_creator_is_missing_and_leaves_nothing
            an_unknown_entry_is_not_found
            ids_of_retired_doctors_are_not_used_again
            an_email_address_is_taken_whatever_its_case
            an_email_address_may_be_shared_where_the_rule_says_so
            a_licence_is_taken_under_either_rule
            licences_differ_by_case
            many_doctors_have_neither_address_nor_licence
            a_duplicate_leaves_nothing_behind
            an_update_to_a_taken_address_or_licence_is_a_duplicate_and_changes_nothing
            an_update_may_name_the_own_address_and_licence_again
            an_update_frees_the_address_and_the_licence_that_it_replaces
            a_retired_doctor_frees_address_and_licence
            of_parallel_inserts_with_one_address_one_is_made
            of_parallel_inserts_with_one_licence_one_is_made
            of_parallel_updates_to_one_address_one_is_made
            an_update_counts_the_version_up_and_notes_the_time
            an_update_keeps_what_it_does_not_name
            an_update_that_changes_nothing_leaves_the_entry_as_it_is
            an_update_can_clear_every_optional_field
            an_update_survives_unchanged
            an_update_of_nothing_is_missing
            an_update_of_another_version_is_stale_and_changes_nothing
            an_update_that_breaks_a_rule_is_invalid_and_changes_nothing
            of_parallel_updates_of_one_version_one_is_made
            parallel_updates_without_expectation_are_all_kept
            retire_hides_the_doctor_everywhere
            retire_leaves_the_other_doctors
            retiring_nobody_is_missing
            a_retirement_of_another_version_is_stale_and_changes_nothing
            of_parallel_retirements_one_is_made
            an_empty_list_is_one_page
            the_newest_entry_comes_first_by_default
            pages_by_time_repeat_and_omit_nothing
            pages_by_name_repeat_and_omit_nothing
            names_are_ordered_bytewise_by_their_key
            a_full_last_page_has_no_next_one
            all_matches_are_counted_if_asked
            pages_by_time_go_on_after_a_retired_doctor
            a_position_by_name_that_is_unknown_is_bad
            a_search_finds_what_its_terms_match
            a_search_is_paged_and_counted_like_any_list
            a_search_follows_a_new_name
            filters_by_specialization_whatever_case_and_accents
            a_filter_by_specialization_follows_a_change
            filters_by_time_without_the_instants_themselves
            all_filters_must_match
        }
    };
}
