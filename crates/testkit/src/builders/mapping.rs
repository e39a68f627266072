//! Mappings.

use domain::{
    DoctorId, HumanName, Mapping, MappingId, MappingView, NewMapping, Notes, PatientId, PersonName,
    Specialization, Timestamp, UserId, Version,
};

use super::value;
use crate::fixed;

/// Builds the assignment of a doctor to a patient, by default without notes and active.
#[derive(Clone)]
#[must_use]
pub struct MappingBuilder {
    patient: PatientId,
    doctor: DoctorId,
    notes: Option<Notes>,
    ended_at: Option<Timestamp>,
    patient_name: HumanName,
    doctor_name: PersonName,
    specialization: Option<Specialization>,
}

/// The assignment of `doctor` to `patient`.
pub fn mapping(patient: PatientId, doctor: DoctorId) -> MappingBuilder {
    MappingBuilder {
        patient,
        doctor,
        notes: None,
        ended_at: None,
        patient_name: value::human_name("Asha Rao"),
        doctor_name: value::person_name("Dr. Meera Iyer"),
        specialization: None,
    }
}

impl MappingBuilder {
    /// Why the doctor is assigned.
    pub fn notes(mut self, text: &str) -> Self {
        self.notes = Some(value::notes(text));
        self
    }

    /// When the assignment ended.
    pub const fn ended(mut self, at: Timestamp) -> Self {
        self.ended_at = Some(at);
        self
    }

    /// What the patient is called.
    pub fn patient_named(mut self, full: &str) -> Self {
        self.patient_name = value::human_name(full);
        self
    }

    /// What the doctor is called.
    pub fn doctor_named(mut self, name: &str) -> Self {
        self.doctor_name = value::person_name(name);
        self
    }

    /// What the doctor is trained in.
    pub fn specialization(mut self, text: &str) -> Self {
        self.specialization = Some(value::specialization(text));
        self
    }

    /// The mapping to be made.
    pub fn done(self) -> NewMapping {
        NewMapping { patient: self.patient, doctor: self.doctor, notes: self.notes }
    }

    /// The mapping as a repository returns it: assigned by its owner at [`fixed::instant`].
    pub fn stored(self, id: MappingId, owner: UserId) -> MappingView {
        MappingView {
            mapping: Mapping {
                id,
                owner,
                patient: self.patient,
                doctor: self.doctor,
                notes: self.notes,
                assigned_by: Some(value::user_name(&format!("user-{owner}"))),
                assigned_at: fixed::instant(),
                ended_at: self.ended_at,
                updated_at: self.ended_at.unwrap_or_else(fixed::instant),
                version: if self.ended_at.is_some() { Version::FIRST.next() } else { Version::FIRST },
            },
            patient_name: self.patient_name,
            doctor_name: self.doctor_name,
            specialization: self.specialization,
        }
    }
}
