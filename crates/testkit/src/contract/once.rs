//! What [`Stamp::once`](domain::Stamp::once) promises of the writes that make a record.

mod keys;
mod records;

use domain::{IdempotencyKey, Once, Stamp, Timestamp};

pub use keys::*;
pub use records::*;

use crate::fixed::stamped;

/// A call under a key, with a request that is told by a number.
fn under(key: &str, request: u8, at: Timestamp) -> Stamp {
    stamped(at).once(Some(Once { key: IdempotencyKey::parse(key).unwrap(), fingerprint: [request; 32] }))
}

/// The list of rules; a test holds it against the functions.
#[doc(hidden)]
#[macro_export]
macro_rules! once_rules {
    ($store:expr) => {
        $crate::rules_as_tests! { once, $store,
            a_repeated_request_gets_the_patient_as_first_stored
            a_repeated_request_gets_the_doctor_as_first_stored
            a_repeated_request_gets_the_mapping_as_first_stored
            without_a_key_each_request_makes_a_record
            of_twenty_equal_requests_for_a_patient_one_makes_a_record
            of_twenty_equal_requests_for_a_doctor_one_makes_a_record
            of_twenty_equal_requests_for_a_mapping_one_makes_a_record
            a_repetition_is_an_event_about_the_record
            another_request_under_the_key_is_refused
            another_kind_of_record_under_the_key_is_refused
            keys_of_other_users_are_others
            a_key_counts_for_a_day
            a_request_that_failed_leaves_the_key_free
            of_parallel_requests_under_an_old_key_one_makes_a_record
        }
    };
}
