//! The contract of [`Eraser`](domain::ports::Eraser).

mod erases;

pub use erases::*;

/// The list of rules; a test holds it against the functions.
#[doc(hidden)]
#[macro_export]
macro_rules! eraser_rules {
    ($store:expr) => {
        $crate::rules_as_tests! { eraser, $store,
            an_erased_patient_is_nowhere
            a_deleted_patient_can_be_erased
            erasing_leaves_all_others
            erasing_nobody_is_missing
            erasing_twice_is_missing
            the_erasing_is_one_event_with_its_reason
            the_events_of_an_erased_patient_stay
            the_key_under_which_an_erased_patient_was_made_is_free
            the_id_of_an_erased_patient_is_not_used_again
            of_parallel_erasings_one_is_made
            what_is_written_meanwhile_is_erased_or_missing
        }
    };
}
