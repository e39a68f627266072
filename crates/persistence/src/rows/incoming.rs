//! What is written of records that come from elsewhere: everything, with ids and times of their own.

use diesel::prelude::*;
use domain::{
    DoctorId, EmailAddress, EmailRule, HumanName, IncomingDoctor, IncomingMapping, IncomingPatient,
    IncomingUser, MappingId, Notes, PasswordHash, PatientId, Phone, UserId, Version,
};

use super::{DoctorColumns, PatientColumns};
use crate::schema::{doctors, imported_records, mappings, patients, users};
use crate::types::At;

/// An account.
#[derive(Insertable)]
#[diesel(table_name = users)]
#[diesel(treat_none_as_default_value = false)]
pub(crate) struct IncomingUserColumns {
    id: i64,
    username: String,
    username_key: String,
    email: Option<String>,
    email_key: Option<String>,
    password_hash: Option<String>,
    name: String,
    first_name: String,
    last_name: String,
    phone: Option<String>,
    role: String,
    is_active: bool,
    date_joined: At,
    last_login: Option<At>,
    version: i32,
}

/// A patient's record.
#[derive(Insertable)]
#[diesel(table_name = patients)]
#[diesel(treat_none_as_default_value = false)]
pub(crate) struct IncomingPatientColumns {
    id: i64,
    owner_id: i64,
    #[diesel(embed)]
    columns: PatientColumns,
    created_at: At,
    updated_at: At,
    version: i32,
}

/// A doctor's entry.
#[derive(Insertable)]
#[diesel(table_name = doctors)]
#[diesel(treat_none_as_default_value = false)]
pub(crate) struct IncomingDoctorColumns {
    id: i64,
    #[diesel(embed)]
    columns: DoctorColumns,
    created_by_id: i64,
    created_at: At,
    updated_at: At,
    retired_at: Option<At>,
    version: i32,
}

/// An assignment.
#[derive(Insertable)]
#[diesel(table_name = mappings)]
#[diesel(treat_none_as_default_value = false)]
pub(crate) struct IncomingMappingColumns {
    id: i64,
    owner_id: i64,
    patient_id: i64,
    doctor_id: i64,
    notes: Option<String>,
    assigned_by_id: Option<i64>,
    assigned_at: At,
    ended_at: Option<At>,
    updated_at: At,
    version: i32,
}

/// Which record of its source a record was.
#[derive(Insertable)]
#[diesel(table_name = imported_records)]
#[diesel(treat_none_as_default_value = false)]
pub(crate) struct ImportedRow<'a> {
    pub(crate) source: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) external_id: &'a str,
    pub(crate) record_id: i64,
    pub(crate) origin: Option<At>,
    pub(crate) imported_at: At,
}

impl IncomingUserColumns {
    pub(crate) fn new(id: UserId, user: &IncomingUser) -> Self {
        let account = &user.account;
        let name = account.name.as_ref();
        let part = |of: fn(&HumanName) -> &str| name.map_or("", of).to_owned();
        Self {
            id: id.get(),
            username: account.username().as_str().to_owned(),
            username_key: account.username().key().to_owned(),
            email: account.email().map(|email| email.as_str().to_owned()),
            email_key: account.email().map(EmailAddress::key).map(str::to_owned),
            password_hash: account.password_hash.as_ref().map(PasswordHash::expose).map(str::to_owned),
            name: part(HumanName::full),
            first_name: part(HumanName::first),
            last_name: part(HumanName::last),
            phone: account.phone.as_ref().map(Phone::as_str).map(str::to_owned),
            role: account.role.as_str().to_owned(),
            is_active: user.is_active,
            date_joined: user.date_joined.into(),
            last_login: user.last_login.map(At),
            version: Version::FIRST.get(),
        }
    }
}

impl IncomingPatientColumns {
    pub(crate) fn new(id: PatientId, patient: &IncomingPatient) -> Self {
        Self {
            id: id.get(),
            owner_id: patient.owner.get(),
            columns: PatientColumns::from(&patient.details),
            created_at: patient.created_at.into(),
            updated_at: patient.updated_at.into(),
            version: Version::FIRST.get(),
        }
    }
}

impl IncomingDoctorColumns {
    pub(crate) fn new(id: DoctorId, doctor: &IncomingDoctor, rule: EmailRule) -> Self {
        Self {
            id: id.get(),
            columns: DoctorColumns::new(&doctor.details, rule),
            created_by_id: doctor.creator.get(),
            created_at: doctor.created_at.into(),
            updated_at: doctor.updated_at.into(),
            retired_at: doctor.is_retired.then(|| doctor.updated_at.into()),
            version: Version::FIRST.get(),
        }
    }
}

impl IncomingMappingColumns {
    pub(crate) fn new(id: MappingId, mapping: &IncomingMapping) -> Self {
        Self {
            id: id.get(),
            owner_id: mapping.owner.get(),
            patient_id: mapping.patient.get(),
            doctor_id: mapping.doctor.get(),
            notes: mapping.notes.as_ref().map(Notes::as_str).map(str::to_owned),
            assigned_by_id: mapping.assigned_by.map(UserId::get),
            assigned_at: mapping.assigned_at.into(),
            ended_at: mapping.ended_at.map(At),
            updated_at: mapping.updated_at.into(),
            version: Version::FIRST.get(),
        }
    }
}
