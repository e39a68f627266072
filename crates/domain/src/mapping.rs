//! Mappings: which doctor is assigned to which patient.

use crate::macros::redacted_debug;
use crate::{
    ChangedFields, Doctor, DoctorId, HumanName, MappingId, Notes, PatientId, PersonName, Specialization,
    Timestamp, UserId, UserName, Version,
};

/// The assignment of a doctor to a patient. It is ended, never erased; at most one is active per pair.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Mapping {
    /// Its id.
    pub id: MappingId,
    /// The owner of the patient, and so of the mapping.
    pub owner: UserId,
    /// The patient.
    pub patient: PatientId,
    /// The doctor.
    pub doctor: DoctorId,
    /// Why the doctor was assigned.
    pub notes: Option<Notes>,
    /// The user name of who assigned the doctor, where it is known.
    pub assigned_by: Option<UserName>,
    /// When the doctor was assigned.
    pub assigned_at: Timestamp,
    /// When the assignment ended; `None` while it is active.
    pub ended_at: Option<Timestamp>,
    /// When the mapping was last changed.
    pub updated_at: Timestamp,
    /// How often it was written.
    pub version: Version,
}

/// A mapping with what its two sides are called.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MappingView {
    /// The mapping.
    pub mapping: Mapping,
    /// What the patient is called.
    pub patient_name: HumanName,
    /// What the doctor is called.
    pub doctor_name: PersonName,
    /// What the doctor is trained in.
    pub specialization: Option<Specialization>,
}

/// A doctor as one of a patient's doctors.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct AssignedDoctor {
    /// The doctor.
    pub doctor: Doctor,
    /// The active mapping.
    pub mapping: MappingId,
    /// Why the doctor was assigned.
    pub notes: Option<Notes>,
    /// When the doctor was assigned.
    pub assigned_at: Timestamp,
}

/// A mapping to be made.
#[derive(Clone, PartialEq, Eq)]
pub struct NewMapping {
    /// The patient, who must belong to the caller.
    pub patient: PatientId,
    /// The doctor, who must not have retired.
    pub doctor: DoctorId,
    /// Why the doctor is assigned.
    pub notes: Option<Notes>,
}

/// Which mappings a list shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MappingFilter {
    /// Only of this patient.
    pub patient: Option<PatientId>,
    /// Only of this doctor.
    pub doctor: Option<DoctorId>,
    /// Ended ones, too.
    pub include_ended: bool,
}

redacted_debug!(Mapping, MappingView, AssignedDoctor, NewMapping);

impl Mapping {
    /// True until the assignment is ended.
    pub const fn is_active(&self) -> bool {
        self.ended_at.is_none()
    }

    /// The names of the fields that are filled in, as clients know them.
    pub fn given_fields(&self) -> ChangedFields {
        ChangedFields::of([("patient", true), ("doctor", true), ("notes", self.notes.is_some())])
    }

    /// The names of the fields that differ from `before`, as clients know them. Who is assigned to whom never
    /// changes; that the assignment has ended is told by [`Act`](crate::Act).
    pub fn changed_fields(&self, before: &Self) -> ChangedFields {
        ChangedFields::of([("notes", self.notes != before.notes)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(notes: &str) -> Mapping {
        let at = Timestamp::from_micros(0).unwrap();
        Mapping {
            id: MappingId::new(1).unwrap(),
            owner: UserId::new(1).unwrap(),
            patient: PatientId::new(1).unwrap(),
            doctor: DoctorId::new(1).unwrap(),
            notes: Notes::parse(notes).ok(),
            assigned_by: None,
            assigned_at: at,
            ended_at: None,
            updated_at: at,
            version: Version::FIRST,
        }
    }

    #[test]
    fn notes_are_named_where_they_are_given_or_differ() {
        assert_eq!(mapping("").given_fields().joined(), "patient,doctor");
        assert_eq!(mapping("a").given_fields().joined(), "patient,doctor,notes");
        assert_eq!(mapping("a").changed_fields(&mapping("b")).joined(), "notes");
        assert!(mapping("a").changed_fields(&mapping("a")).is_empty());
    }
}
