//! The contract of [`History`](domain::ports::History), and of what each write leaves there.

mod events;
mod restore;
mod steps;
mod versions;

use domain::{
    Act, Doctor, DoctorId, EmailRule, MappingId, Patient, PatientChange, PatientId, Stamp, Timestamp, User,
    UserId, VersionEntry,
};

pub use events::*;
pub use restore::*;
pub use steps::*;
pub use versions::*;

use super::Repositories;
use crate::builders::{self, DoctorBuilder, phone};
use crate::fixed::{instant, stamped};

/// A call of this user.
pub(super) fn by(user: UserId, at: Timestamp) -> Stamp {
    Stamp { user: Some(user), ..stamped(at) }
}

pub(super) fn new_phone(number: &str) -> PatientChange {
    PatientChange { phone: domain::Change::Set(phone(number)), ..PatientChange::default() }
}

/// An entry in short: version, act and fields.
fn brief(entry: &VersionEntry) -> (i32, Act, String) {
    (entry.version.get(), entry.act, entry.fields.joined())
}

impl Repositories {
    /// A new patient of `owner`, by the owner's own call.
    async fn own_patient(&self, owner: &User) -> Patient {
        let details = builders::patient().named("Asha Rao").done();
        self.patients.insert(owner.id, &details, &by(owner.id, instant())).await.unwrap()
    }

    /// A new entry by a new user.
    pub(super) async fn new_doctor(&self, doctor: DoctorBuilder) -> Doctor {
        let (creator, at) = (self.user().await.id, stamped(instant()));
        self.doctors.insert(creator, &doctor.done(), EmailRule::Unique, &at).await.unwrap()
    }

    async fn of_patient(&self, owner: UserId, id: PatientId) -> Vec<VersionEntry> {
        self.history.of_patient(owner, id).await.unwrap().unwrap()
    }

    async fn of_doctor(&self, id: DoctorId) -> Vec<VersionEntry> {
        self.history.of_doctor(id).await.unwrap().unwrap()
    }

    async fn of_mapping(&self, owner: UserId, id: MappingId) -> Vec<VersionEntry> {
        self.history.of_mapping(owner, id).await.unwrap().unwrap()
    }
}

/// The list of rules; a test holds it against the functions.
#[doc(hidden)]
#[macro_export]
macro_rules! history_rules {
    ($store:expr) => {
        $crate::rules_as_tests! { history, $store,
            a_patient_who_was_never_changed_has_one_version
            a_doctor_who_was_never_changed_has_one_version
            a_mapping_that_was_never_changed_has_one_version
            each_change_of_a_patient_is_a_version
            each_change_of_a_doctor_is_a_version
            each_change_of_a_mapping_is_a_version
            a_version_keeps_every_field_of_a_patient
            a_version_keeps_every_field_of_a_doctor
            a_version_of_a_mapping_shows_the_names_of_now
            a_version_that_never_was_is_not_found
            the_past_of_nobody_is_not_found
            the_past_of_somebody_elses_records_is_not_found
            a_command_on_the_machine_has_no_user
            deleting_a_patient_is_a_version_of_each_mapping_that_ends
            retiring_a_doctor_is_a_version_of_the_mappings_of_every_owner
            a_write_that_is_refused_is_no_version
            of_parallel_changes_each_is_a_version
            changes_of_notes_and_a_delete_at_once_leave_one_version_each
            a_restored_patient_is_everywhere_again
            mappings_that_ended_with_a_patient_stay_ended
            a_patient_who_was_not_deleted_is_returned_as_they_are
            restoring_nobody_is_missing
            restoring_a_patient_of_somebody_else_is_missing_and_changes_nothing
            of_parallel_restorations_one_is_a_version
            a_restored_doctor_is_everywhere_again
            a_doctor_who_has_not_retired_is_returned_as_they_are
            a_doctor_whose_address_or_licence_is_taken_cannot_come_back
            a_restored_doctor_has_their_address_and_licence_again
            where_addresses_are_shared_only_the_licence_counts
            each_write_of_a_patient_is_one_event
            each_write_of_a_doctor_is_one_event
            each_write_of_a_mapping_is_one_event_that_concerns_its_patient
            a_delete_that_ends_mappings_is_one_event
            a_restoration_of_what_is_there_is_an_event_without_a_version
            a_write_that_is_refused_is_no_event_of_the_store
        }
    };
}
