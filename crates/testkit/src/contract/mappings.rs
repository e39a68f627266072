//! The contract of [`MappingRepository`](domain::ports::MappingRepository).

mod assign;
mod changes;
mod ends;
mod reads;

use domain::ports::RepositoryError;
use domain::{Listing, MappingFilter, MappingId, MappingView, NewMapping, Page, PatientId, UserId};

pub use assign::*;
pub use changes::*;
pub use ends::*;
pub use reads::*;

use super::Repositories;
use crate::fixed::{instant, seconds_later, stamped};

/// The filter that shows ended mappings, too.
const WITH_ENDED: MappingFilter = MappingFilter { patient: None, doctor: None, include_ended: true };

impl Repositories {
    async fn assign(&self, owner: UserId, mapping: &NewMapping) -> Result<MappingView, RepositoryError> {
        self.mappings.assign(owner, mapping, &stamped(instant())).await
    }

    /// The active mapping.
    async fn active(&self, owner: UserId, id: MappingId) -> Option<MappingView> {
        self.mappings.find(owner, id, false).await.unwrap()
    }

    /// The mapping, active or ended.
    async fn any(&self, owner: UserId, id: MappingId) -> Option<MappingView> {
        self.mappings.find(owner, id, true).await.unwrap()
    }

    async fn end(&self, owner: UserId, id: MappingId) {
        self.mappings.end(owner, id, None, &stamped(seconds_later(1))).await.unwrap();
    }

    async fn list_mappings(
        &self,
        owner: UserId,
        filter: MappingFilter,
        page: Page<MappingId>,
    ) -> Listing<MappingView, MappingId> {
        self.mappings.list(owner, filter, page).await.unwrap()
    }

    /// The ids of a first page, which are all, and as many as are counted.
    async fn mapping_ids(&self, owner: UserId, filter: MappingFilter) -> Vec<MappingId> {
        let listing = self.list_mappings(owner, filter, Page { count: true, ..Page::default() }).await;
        assert_eq!(listing.total, u64::try_from(listing.items.len()).ok());
        ids(&listing.items)
    }

    /// The mappings by which a patient has doctors.
    async fn doctors_of(&self, owner: UserId, patient: PatientId) -> Vec<MappingId> {
        let page = Page { count: true, ..Page::default() };
        let listing = self.mappings.doctors_of(owner, patient, page).await.unwrap();
        assert_eq!(listing.total, u64::try_from(listing.items.len()).ok());
        listing.items.iter().map(|assigned| assigned.mapping).collect()
    }
}

fn ids(views: &[MappingView]) -> Vec<MappingId> {
    views.iter().map(|view| view.mapping.id).collect()
}

/// The list of rules; a test holds it against the functions.
#[doc(hidden)]
#[macro_export]
macro_rules! mapping_rules {
    ($store:expr) => {
        $crate::rules_as_tests! { mappings, $store,
            a_new_mapping_is_returned_as_it_is_stored
            a_mapping_tells_what_its_sides_are_called_now
            notes_survive_unchanged
            an_unknown_patient_is_missing
            a_patient_of_somebody_else_is_missing
            a_deleted_patient_is_missing
            an_unknown_doctor_is_missing
            a_retired_doctor_is_missing
            where_both_sides_are_missing_the_patient_is_named
            an_active_pair_is_a_duplicate_and_changes_nothing
            other_pairs_are_no_duplicates
            an_ended_pair_can_be_assigned_again
            of_a_hundred_equal_assignments_at_once_one_is_made
            assignments_and_ends_at_once_leave_at_most_one_active
            an_assignment_never_outlives_a_doctor_who_retires_meanwhile
            an_assignment_never_outlives_a_patient_who_is_deleted_meanwhile
            an_unknown_mapping_is_not_found
            a_mapping_of_somebody_else_is_not_found
            an_ended_mapping_is_found_only_if_asked
            a_list_shows_only_own_mappings
            an_empty_list_is_one_page
            pages_by_time_repeat_and_omit_nothing
            the_sort_key_of_a_page_does_not_count
            filters_by_patient_and_doctor
            a_filter_by_a_patient_of_somebody_else_finds_nothing
            ended_mappings_are_listed_only_if_asked
            all_matches_are_counted_if_asked
            doctors_of_a_patient_are_complete
            a_patient_without_doctors_has_an_empty_list
            doctors_of_a_patient_who_is_not_there_are_missing
            doctors_of_a_patient_are_paged_by_time
            notes_are_changed_cleared_and_kept
            a_change_of_notes_counts_the_version_up_and_notes_the_time
            notes_that_are_what_they_were_leave_the_mapping_as_it_is
            a_change_of_notes_of_another_version_is_stale_and_changes_nothing
            a_change_of_notes_by_a_stranger_is_missing_and_changes_nothing
            a_change_of_notes_of_an_ended_mapping_is_missing
            of_parallel_changes_of_one_version_one_is_made
            parallel_changes_without_expectation_are_all_made
            an_ended_mapping_stays_in_the_history
            ending_twice_is_missing
            an_end_by_a_stranger_is_missing_and_changes_nothing
            an_end_of_another_version_is_stale_and_changes_nothing
            of_parallel_ends_one_is_made
            deleting_a_patient_hides_its_mappings_everywhere
            deleting_a_patient_leaves_other_mappings
            a_stale_delete_of_a_patient_ends_nothing
            retiring_a_doctor_ends_the_mappings_of_every_owner
            retiring_a_doctor_leaves_other_mappings
            a_stale_retirement_ends_nothing
            a_mapping_that_was_ended_before_keeps_its_end
        }
    };
}
