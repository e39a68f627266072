//! Assignments of doctors to patients as JSON.

use application::Error;
use domain::ports::{Constraint, Record};
use domain::{
    AssignedDoctor, Change, DoctorId, MappingId, MappingView, NewMapping, Notes, PatientId, Specialization,
    Timestamp, UserName, Version,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::doctor::DoctorResponse;
use crate::fields::FieldErrors;
use crate::path_id::RecordId;
use crate::problem::Problem;
use crate::sent::{Integer, Sent, Text};

/// An assignment to be made. Patient and doctor are required, each under either of its names.
#[derive(Deserialize, ToSchema)]
pub(crate) struct MappingRequest {
    /// The id of one of the caller's patients.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1)]
    patient: Sent<Integer>,
    /// The same under another name.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1)]
    patient_id: Sent<Integer>,
    /// The id of a doctor.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1)]
    doctor: Sent<Integer>,
    /// The same under another name.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1)]
    doctor_id: Sent<Integer>,
    /// Why the doctor is assigned.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 5000, format = "text")]
    notes: Sent<Text>,
}

/// How a client spells the two sides of a mapping.
#[derive(Clone, Copy)]
pub(crate) struct Spelling {
    patient: &'static str,
    doctor: &'static str,
}

impl MappingRequest {
    /// The mapping, and how the client calls its sides.
    pub(crate) fn into_new(self) -> Result<(NewMapping, Spelling), Problem> {
        let mut errors = FieldErrors::default();
        let patient = either(&mut errors, ("patient", &self.patient), ("patient_id", &self.patient_id));
        let doctor = either(&mut errors, ("doctor", &self.doctor), ("doctor_id", &self.doctor_id));
        let notes = errors.text("notes", &self.notes, Notes::parse).value();
        let mapping = patient.zip(doctor).map(|((patient, patient_name), (doctor, doctor_name))| {
            (NewMapping { patient, doctor, notes }, Spelling { patient: patient_name, doctor: doctor_name })
        });
        errors.finish(mapping)
    }
}

/// An id under one of two names; under both it must be the same.
fn either<T: RecordId + PartialEq>(
    errors: &mut FieldErrors,
    (name, sent): (&'static str, &Sent<Integer>),
    (other_name, other_sent): (&'static str, &Sent<Integer>),
) -> Option<(T, &'static str)> {
    let parse = |number| T::from_number(number).ok_or("must be a positive whole number");
    let value = errors.integer(name, sent, parse).value().map(|id| (id, name));
    let other = errors.integer(other_name, other_sent, parse).value().map(|id| (id, other_name));
    match (value, other) {
        (Some((id, _)), Some((other_id, _))) if id != other_id => {
            errors.add(name, format!("does not agree with {other_name}"));
            None
        }
        (Some(value), _) | (None, Some(value)) => Some(value),
        (None, None) => {
            if !errors.has_any(&[name, other_name]) {
                let is_other = sent.is_absent() && !other_sent.is_absent();
                errors.add(if is_other { other_name } else { name }, "is required");
            }
            None
        }
    }
}

impl Spelling {
    /// The problem that an error in making the mapping is, naming the field as the client does.
    pub(crate) fn problem(self, error: Error) -> Problem {
        match error {
            Error::Missing(record @ Record::Patient) => {
                Problem::missing(record).field(self.patient, "does not exist")
            }
            Error::Missing(record @ Record::Doctor) => {
                Problem::missing(record).field(self.doctor, "does not exist")
            }
            error @ Error::Duplicate(Constraint::ActiveMapping) => {
                Problem::from(error).rename_field("doctor", self.doctor)
            }
            error => error.into(),
        }
    }
}

/// What can be changed of a mapping.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NotesRequest {
    /// Why the doctor is assigned.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 5000, format = "text")]
    notes: Sent<Text>,
}

impl NotesRequest {
    /// The change.
    pub(crate) fn into_change(self) -> Result<Change<Notes>, Problem> {
        let mut errors = FieldErrors::default();
        let change = errors.text("notes", &self.notes, Notes::parse);
        errors.finish(Some(change))
    }
}

/// The assignment of a doctor to a patient.
#[derive(Serialize, ToSchema)]
#[schema(as = Mapping)]
pub(crate) struct MappingResponse<'a> {
    /// Its id.
    #[schema(value_type = i64, minimum = 1)]
    id: MappingId,
    /// The id of the patient.
    #[schema(value_type = i64, minimum = 1)]
    patient: PatientId,
    /// The id of the doctor.
    #[schema(value_type = i64, minimum = 1)]
    doctor: DoctorId,
    /// The name of the patient.
    #[schema(value_type = String)]
    patient_name: &'a str,
    /// The name of the doctor.
    #[schema(value_type = String)]
    doctor_name: &'a str,
    /// What the doctor is trained in.
    #[schema(value_type = Option<String>, required)]
    specialization: Option<&'a str>,
    /// Why the doctor was assigned.
    #[schema(value_type = Option<String>, required)]
    notes: Option<&'a str>,
    /// False once the assignment has ended.
    is_active: bool,
    /// The user name of who assigned the doctor.
    #[schema(value_type = Option<String>, required)]
    assigned_by: Option<&'a str>,
    /// When the doctor was assigned.
    #[schema(value_type = String, format = DateTime)]
    assigned_at: Timestamp,
    /// When the assignment ended.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    ended_at: Option<Timestamp>,
    /// When the mapping was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// How often it was written.
    #[schema(value_type = i32, minimum = 1)]
    version: Version,
}

impl<'a> From<&'a MappingView> for MappingResponse<'a> {
    fn from(view: &'a MappingView) -> Self {
        let mapping = &view.mapping;
        Self {
            id: mapping.id,
            patient: mapping.patient,
            doctor: mapping.doctor,
            patient_name: view.patient_name.full(),
            doctor_name: view.doctor_name.as_str(),
            specialization: view.specialization.as_ref().map(Specialization::as_str),
            notes: mapping.notes.as_ref().map(Notes::as_str),
            is_active: mapping.is_active(),
            assigned_by: mapping.assigned_by.as_ref().map(UserName::as_str),
            assigned_at: mapping.assigned_at,
            ended_at: mapping.ended_at,
            updated_at: mapping.updated_at,
            version: mapping.version,
        }
    }
}

/// A doctor as one of a patient's doctors.
#[derive(Serialize, ToSchema)]
#[schema(as = AssignedDoctor)]
pub(crate) struct AssignedDoctorResponse<'a> {
    #[serde(flatten)]
    #[schema(inline)]
    doctor: DoctorResponse<'a>,
    /// The id of the mapping.
    #[schema(value_type = i64, minimum = 1)]
    mapping_id: MappingId,
    /// Why the doctor was assigned.
    #[schema(value_type = Option<String>, required)]
    notes: Option<&'a str>,
    /// When the doctor was assigned.
    #[schema(value_type = String, format = DateTime)]
    assigned_at: Timestamp,
}

impl<'a> From<&'a AssignedDoctor> for AssignedDoctorResponse<'a> {
    fn from(assigned: &'a AssignedDoctor) -> Self {
        Self {
            doctor: (&assigned.doctor).into(),
            mapping_id: assigned.mapping,
            notes: assigned.notes.as_ref().map(Notes::as_str),
            assigned_at: assigned.assigned_at,
        }
    }
}
