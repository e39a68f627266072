//! Sheets on their way out: one line for each record, the same bytes for the same records.

use std::io;

use domain::{
    Address, Availability, BloodGroup, Doctor, EmailAddress, Gender, HumanName, LicenseNumber, Mapping,
    MedicalHistory, Notes, PasswordHash, Patient, Phone, SheetFormat as Format, Specialization, User,
    UserName,
};
use serde_json::Value;

use super::doctors::DoctorRow;
use super::formula::defused;
use super::mappings::MappingRow;
use super::patients::PatientRow;
use super::run::Row as _;
use super::users::UserRow;

/// The first column; the others are those that are read.
const ID: &str = "id";
/// The column of a user's hash.
const HASH: &str = "password_hash";
/// The column that says whose a record is.
const OWNER: &str = "owner";

/// Writes records of one kind.
pub struct Writer {
    format: Format,
    columns: &'static [&'static str],
    /// A column that is left out.
    without: Option<&'static str>,
}

impl Writer {
    /// Of users, with the hashes of their passwords or without.
    pub const fn users(format: Format, with_hashes: bool) -> Self {
        let without = if with_hashes { None } else { Some(HASH) };
        Self { format, columns: UserRow::COLUMNS, without }
    }

    /// Of patients.
    pub const fn patients(format: Format) -> Self {
        Self { format, columns: PatientRow::COLUMNS, without: None }
    }

    /// Of patients who are all the reader's own: whose they are is not said.
    pub const fn own_patients(format: Format) -> Self {
        Self { without: Some(OWNER), ..Self::patients(format) }
    }

    /// Of doctors.
    pub const fn doctors(format: Format) -> Self {
        Self { format, columns: DoctorRow::COLUMNS, without: None }
    }

    /// Of mappings.
    pub const fn mappings(format: Format) -> Self {
        Self { format, columns: MappingRow::COLUMNS, without: None }
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(ID).chain(self.columns.iter().copied())
    }

    fn is_told(&self, name: &str) -> bool {
        self.without != Some(name)
    }

    /// What stands before the first record.
    pub fn header(&self) -> io::Result<String> {
        match self.format {
            Format::Csv => csv_line(self.names().filter(|name| self.is_told(name)).map(str::to_owned)),
            Format::Ndjson => Ok(String::new()),
        }
    }

    /// A user's line.
    pub fn user(&self, user: &User, hash: Option<&PasswordHash>) -> io::Result<String> {
        let name = user.name.as_ref();
        self.line([
            Some(user.id.to_string()),
            text(Some(&user.username), UserName::as_str),
            text(user.email.as_ref(), EmailAddress::as_str),
            text(name, HumanName::full),
            text(name, HumanName::first),
            text(name, HumanName::last),
            text(user.phone.as_ref(), Phone::as_str),
            Some(user.role.to_string()),
            Some(user.is_active.to_string()),
            Some(user.date_joined.to_string()),
            user.last_login.map(|at| at.to_string()),
            text(hash, PasswordHash::expose),
        ])
    }

    /// A patient's line.
    pub fn patient(&self, patient: &Patient) -> io::Result<String> {
        let details = &patient.details;
        let told = details.told_age;
        self.line([
            Some(patient.id.to_string()),
            text(Some(&patient.created_by), UserName::as_str),
            Some(details.name.full().to_owned()),
            Some(details.name.first().to_owned()),
            Some(details.name.last().to_owned()),
            details.date_of_birth.map(|born| born.date().to_string()),
            told.map(|told| told.age.get().to_string()),
            told.map(|told| told.on.to_string()),
            details.gender.map(Gender::as_str).map(str::to_owned),
            text(details.email.as_ref(), EmailAddress::as_str),
            text(details.phone.as_ref(), Phone::as_str),
            text(details.emergency_contact.as_ref(), Phone::as_str),
            text(details.address.as_ref(), Address::as_str),
            text(details.medical_history.as_ref(), MedicalHistory::as_str),
            details.blood_group.map(BloodGroup::as_str).map(str::to_owned),
            Some(patient.created_at.to_string()),
            Some(patient.updated_at.to_string()),
        ])
    }

    /// The line of a doctor, who may have retired.
    pub fn doctor(&self, doctor: &Doctor, is_retired: bool) -> io::Result<String> {
        let details = &doctor.details;
        self.line([
            Some(doctor.id.to_string()),
            text(Some(&doctor.created_by), UserName::as_str),
            Some(details.name.as_str().to_owned()),
            text(details.specialization.as_ref(), Specialization::as_str),
            text(details.email.as_ref(), EmailAddress::as_str),
            text(details.phone.as_ref(), Phone::as_str),
            text(details.address.as_ref(), Address::as_str),
            text(details.availability.as_ref(), Availability::as_str),
            text(details.license_number.as_ref(), LicenseNumber::as_str),
            details.experience_years.map(|years| years.get().to_string()),
            details.consultation_fee.map(|fee| fee.to_string()),
            Some(doctor.created_at.to_string()),
            Some(doctor.updated_at.to_string()),
            Some(is_retired.to_string()),
        ])
    }

    /// A mapping's line.
    pub fn mapping(&self, mapping: &Mapping) -> io::Result<String> {
        self.line([
            Some(mapping.id.to_string()),
            Some(mapping.patient.to_string()),
            Some(mapping.doctor.to_string()),
            text(mapping.notes.as_ref(), Notes::as_str),
            text(mapping.assigned_by.as_ref(), UserName::as_str),
            Some(mapping.assigned_at.to_string()),
            Some(mapping.updated_at.to_string()),
            mapping.ended_at.map(|end| end.to_string()),
        ])
    }

    fn line<const N: usize>(&self, values: [Option<String>; N]) -> io::Result<String> {
        let told = self.names().zip(values).filter(|(name, _)| self.is_told(name));
        match self.format {
            Format::Csv => csv_line(told.map(|(_, value)| defused(&value.unwrap_or_default()))),
            Format::Ndjson => {
                // Written by hand: the order of the columns does not depend on how a map keeps its keys.
                let values = told.map(|(name, value)| (name, value.map_or(Value::Null, Value::String)));
                let pairs = values.map(|(name, value)| format!("\"{name}\":{value}"));
                Ok(format!("{{{}}}\n", pairs.collect::<Vec<_>>().join(",")))
            }
        }
    }
}

fn text<T>(value: Option<&T>, as_str: impl Fn(&T) -> &str) -> Option<String> {
    value.map(|value| as_str(value).to_owned())
}

fn csv_line(values: impl Iterator<Item = String>) -> io::Result<String> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(values.collect::<Vec<_>>())?;
    let bytes = writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
    String::from_utf8(bytes).map_err(io::Error::other)
}
