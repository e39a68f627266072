//! The contract of [`PatientRepository`](domain::ports::PatientRepository).

mod changes;
mod lists;
mod records;
mod search;

use domain::{Listing, Page, Patient, PatientFilter, PatientId, UserId};

pub use changes::*;
pub use lists::*;
pub use records::*;
pub use search::*;

use super::PatientStore;
use crate::builders::PatientBuilder;
use crate::fixed;

impl PatientStore {
    /// A new record of Ann's.
    async fn add(&self, patient: PatientBuilder) -> Patient {
        self.patients.insert(self.ann.0, &patient.done(), &fixed::stamped(fixed::instant())).await.unwrap()
    }

    /// What is stored of Ann's record.
    async fn stored(&self, id: PatientId) -> Patient {
        self.patients.find(self.ann.0, id).await.unwrap().unwrap()
    }

    async fn list(
        &self,
        owner: UserId,
        filter: &PatientFilter,
        page: Page<PatientId>,
    ) -> Listing<Patient, PatientId> {
        self.patients.list(owner, filter, page).await.unwrap()
    }

    /// All records of `owner`, newest first.
    async fn all(&self, owner: UserId) -> Vec<Patient> {
        self.list(owner, &PatientFilter::default(), Page::default()).await.items
    }
}

fn ids(patients: &[Patient]) -> Vec<PatientId> {
    patients.iter().map(|patient| patient.id).collect()
}

/// The list of rules; a test holds it against the functions.
#[doc(hidden)]
#[macro_export]
macro_rules! patient_rules {
    ($store:expr) => {
        $crate::rules_as_tests! { patients, $store,
            a_new_record_is_returned_as_it_is_stored
            every_field_survives
            names_survive_unchanged
            a_name_in_two_parts_survives
            long_texts_survive_unchanged
            the_longest_texts_survive
            names_that_grow_when_folded_survive
            dates_survive
            every_gender_and_blood_group_survives
            microseconds_survive
            two_records_may_be_alike
            an_unknown_owner_is_missing
            an_unknown_record_is_not_found
            a_record_of_somebody_else_is_not_found
            ids_of_deleted_records_are_not_used_again
            of_parallel_inserts_each_is_stored
            an_update_counts_the_version_up_and_notes_the_time
            an_update_keeps_what_it_does_not_name
            an_update_that_changes_nothing_leaves_the_record_as_it_is
            an_update_can_clear_every_optional_field
            an_update_survives_unchanged
            an_age_is_told_on_the_day_of_the_update
            an_update_of_nothing_is_missing
            an_update_by_a_stranger_is_missing_and_changes_nothing
            an_update_of_the_expected_version_is_made
            an_update_of_another_version_is_stale_and_changes_nothing
            an_update_that_breaks_a_rule_is_invalid_and_changes_nothing
            of_parallel_updates_of_one_version_one_is_made
            parallel_updates_without_expectation_are_all_kept
            delete_hides_the_record_everywhere
            delete_leaves_the_other_records
            deleting_nothing_is_missing
            a_delete_by_a_stranger_is_missing_and_changes_nothing
            a_delete_of_another_version_is_stale_and_changes_nothing
            of_parallel_deletes_one_is_made
            an_update_and_a_delete_of_one_version_are_not_both_made
            an_empty_list_is_one_page
            the_newest_record_comes_first_by_default
            pages_by_time_repeat_and_omit_nothing
            pages_by_name_repeat_and_omit_nothing
            names_are_ordered_bytewise_by_their_key
            a_renamed_record_moves_in_the_order
            a_full_last_page_has_no_next_one
            a_page_holds_a_thousand_records
            a_list_shows_only_own_records
            all_matches_are_counted_if_asked
            a_record_added_between_two_pages_repeats_nothing
            pages_by_time_go_on_after_a_deleted_record
            a_position_by_name_that_is_unknown_is_bad
            a_position_by_name_of_somebody_else_is_bad
            a_search_finds_what_its_terms_match
            a_search_is_paged_and_counted_like_any_list
            a_search_for_a_common_word_is_paged_like_any_list
            a_search_finds_the_longest_word
            a_search_finds_only_own_records
            a_search_follows_a_new_name
            a_search_still_finds_after_another_change
            filters_by_gender_and_blood_group
            filters_by_time_without_the_instants_themselves
            all_filters_must_match
            filtered_pages_repeat_and_omit_nothing
        }
    };
}
