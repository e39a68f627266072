//! Rows of `mappings`.

use diesel::dsl::auto_type;
use diesel::prelude::*;
use domain::{
    AssignedDoctor, DoctorId, HumanName, Mapping, MappingId, MappingView, Notes, PatientId, PersonName,
    Specialization, Timestamp, UserId, UserName, Version,
};

use super::{BadValue, DoctorRow, stored, text};
use crate::schema::{doctors, mappings, patients, users};
use crate::types::At;

/// The assignment of a doctor to a patient.
#[derive(Queryable, Selectable)]
#[diesel(table_name = mappings)]
pub(crate) struct MappingRow {
    id: i64,
    owner_id: i64,
    patient_id: i64,
    doctor_id: i64,
    notes: Option<String>,
    assigned_at: At,
    ended_at: Option<At>,
    updated_at: At,
    version: i32,
    #[diesel(select_expression = assigner_name())]
    #[diesel(select_expression_type = assigner_name)]
    assigned_by: Option<String>,
}

/// The user name of who assigned the doctor. A subquery, so that it works in `RETURNING`.
#[auto_type(type_case = "snake_case")]
fn assigner_name() -> _ {
    users::table
        .filter(users::id.nullable().eq(mappings::assigned_by_id))
        .select(users::username)
        .single_value()
}

/// What a patient is called.
#[derive(Queryable, Selectable)]
#[diesel(table_name = patients)]
pub(crate) struct PatientNameRow {
    name: String,
    first_name: String,
    last_name: String,
}

/// What a mapping shows of its doctor.
#[derive(Queryable, Selectable)]
#[diesel(table_name = doctors)]
pub(crate) struct DoctorLabelRow {
    name: String,
    specialization: Option<String>,
}

/// A mapping with what its two sides are called.
#[derive(Queryable, Selectable)]
#[diesel(table_name = mappings)]
pub(crate) struct MappingViewRow {
    #[diesel(embed)]
    pub(crate) mapping: MappingRow,
    #[diesel(embed)]
    pub(crate) patient: PatientNameRow,
    #[diesel(embed)]
    pub(crate) doctor: DoctorLabelRow,
}

/// A doctor as one of a patient's doctors.
#[derive(Queryable, Selectable)]
#[diesel(table_name = mappings)]
pub(crate) struct AssignedDoctorRow {
    id: i64,
    notes: Option<String>,
    assigned_at: At,
    #[diesel(embed)]
    doctor: DoctorRow,
}

#[cfg(feature = "postgres")]
impl AssignedDoctorRow {
    /// What the doctors of a patient are ordered by.
    pub(crate) const fn position(&self) -> (At, i64) {
        (self.assigned_at, self.id)
    }
}

impl TryFrom<MappingRow> for Mapping {
    type Error = BadValue;

    fn try_from(row: MappingRow) -> Result<Self, BadValue> {
        Ok(Self {
            id: stored("mappings.id", MappingId::new(row.id))?,
            owner: stored("mappings.owner_id", UserId::new(row.owner_id))?,
            patient: stored("mappings.patient_id", PatientId::new(row.patient_id))?,
            doctor: stored("mappings.doctor_id", DoctorId::new(row.doctor_id))?,
            notes: text("mappings.notes", row.notes.as_ref(), Notes::parse)?,
            assigned_by: text("users.username", row.assigned_by.as_ref(), UserName::parse)?,
            assigned_at: row.assigned_at.into(),
            ended_at: row.ended_at.map(Timestamp::from),
            updated_at: row.updated_at.into(),
            version: stored("mappings.version", Version::new(row.version))?,
        })
    }
}

impl TryFrom<MappingViewRow> for MappingView {
    type Error = BadValue;

    fn try_from(row: MappingViewRow) -> Result<Self, BadValue> {
        let PatientNameRow { name, first_name, last_name } = row.patient;
        let specialization = row.doctor.specialization.as_ref();
        Ok(Self {
            mapping: row.mapping.try_into()?,
            patient_name: stored("patients.name", HumanName::from_stored(name, first_name, last_name))?,
            doctor_name: stored("doctors.name", PersonName::parse(&row.doctor.name))?,
            specialization: text("doctors.specialization", specialization, Specialization::parse)?,
        })
    }
}

impl TryFrom<AssignedDoctorRow> for AssignedDoctor {
    type Error = BadValue;

    fn try_from(row: AssignedDoctorRow) -> Result<Self, BadValue> {
        Ok(Self {
            doctor: row.doctor.try_into()?,
            mapping: stored("mappings.id", MappingId::new(row.id))?,
            notes: text("mappings.notes", row.notes.as_ref(), Notes::parse)?,
            assigned_at: row.assigned_at.into(),
        })
    }
}
