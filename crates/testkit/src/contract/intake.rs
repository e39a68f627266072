//! The contract of [`Intake`](domain::ports::Intake).

mod batches;
mod looks;

use domain::{
    Batch, ExternalId, Incoming, IncomingDoctor, IncomingMapping, IncomingPatient, IncomingUser, NewUser,
    PatientId, Reason, SourceName, Timestamp, UserId,
};

pub use batches::*;
pub use looks::*;

use crate::builders;
use crate::fixed::instant;

/// The list of rules; a test holds it against the functions.
#[doc(hidden)]
#[macro_export]
macro_rules! intake_rules {
    ($store:expr) => {
        $crate::rules_as_tests! { intake, $store,
            records_come_with_the_times_that_they_had
            an_end_and_a_standing_come_along
            ids_that_are_asked_for_are_kept_and_others_are_new
            no_new_record_gets_an_id_up_to_a_reserved_one
            what_was_taken_in_is_known_in_its_source_only
            a_batch_with_a_known_record_is_stale_and_leaves_nothing
            of_equal_batches_at_once_one_is_taken_in
            a_duplicate_leaves_nothing_of_the_batch
            one_pair_is_active_once
            a_batch_is_one_event_with_its_reason
            what_is_taken_in_is_found_by_its_words
            keys_that_are_taken_are_told
            records_are_present_and_counted_also_when_they_are_gone
            owners_are_told_of_patients_who_are_there
        }
    };
}

fn source() -> SourceName {
    SourceName::parse("elsewhere").unwrap()
}

fn external(number: usize) -> ExternalId {
    ExternalId::parse(&format!("R-{number}")).unwrap()
}

/// These records, numbered from zero.
fn batch<T>(records: impl IntoIterator<Item = T>) -> Batch<T> {
    let records = records.into_iter().enumerate();
    let records =
        records.map(|(number, record)| Incoming { external: external(number), origin: None, record });
    Batch { source: source(), records: records.collect(), reason: Reason::parse("from elsewhere").unwrap() }
}

/// A time long before all others.
fn long_ago() -> Timestamp {
    Timestamp::parse("2019-08-07T06:05:04.000321Z").unwrap()
}

fn user(account: NewUser) -> IncomingUser {
    let (date_joined, last_login) = (long_ago(), Some(instant()));
    IncomingUser { id: None, account, is_active: true, date_joined, last_login }
}

fn patient(owner: UserId) -> IncomingPatient {
    let (created_at, updated_at) = (long_ago(), instant());
    IncomingPatient { id: None, owner, details: builders::patient().done(), created_at, updated_at }
}

fn doctor(creator: UserId) -> IncomingDoctor {
    let (created_at, updated_at) = (long_ago(), instant());
    let details = builders::doctor().done();
    IncomingDoctor { id: None, creator, details, created_at, updated_at, is_retired: false }
}

fn mapping(owner: UserId, patient: PatientId, doctor: domain::DoctorId) -> IncomingMapping {
    IncomingMapping {
        id: None,
        owner,
        patient,
        doctor,
        notes: Some(builders::notes("Ward 7")),
        assigned_by: None,
        assigned_at: long_ago(),
        updated_at: instant(),
        ended_at: None,
    }
}
