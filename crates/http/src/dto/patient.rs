//! Patients as JSON.

use domain::{
    Address, Age, BirthDate, BloodGroup, Date, EmailAddress, Gender, MedicalHistory, Patient, PatientChange,
    PatientDetails, PatientId, Phone, Timestamp, UserId, Version,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::name;
use crate::fields::FieldErrors;
use crate::problem::Problem;
use crate::sent::{Integer, Sent, Text};

/// What a client says of a patient. `name`, or `first_name` with or without `last_name`, is required for a new
/// one and in `PUT`; every other field is optional, and `null` or blank text empties it.
#[derive(Deserialize, ToSchema)]
pub(crate) struct PatientRequest {
    /// The whole name.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 150, example = "Asha Rao", format = "line")]
    name: Sent<Text>,
    /// The first name, for clients that keep two.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 150, format = "line")]
    first_name: Sent<Text>,
    /// The last name, for clients that keep two.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 150, format = "line")]
    last_name: Sent<Text>,
    /// Birth date, from 1900-01-01 to today.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "birth-date", example = "1984-05-17")]
    date_of_birth: Sent<Text>,
    /// Age in years, for clients that do not know the birth date. Where it is known the age follows from it.
    #[serde(default)]
    #[schema(value_type = Option<i32>, minimum = 0, maximum = 150)]
    age: Sent<Integer>,
    /// `male`, `female`, `other`, `unknown` or the first letter of one, in any case.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "female", format = "gender")]
    gender: Sent<Text>,
    /// E-mail address.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 254, example = "asha@example.org", format = "e-mail")]
    email: Sent<Text>,
    /// Phone number: digits, blanks, `( ) - .` and a leading `+`, with at least 3 digits.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 20, example = "+91 22 5550 1234", format = "phone")]
    phone: Sent<Text>,
    /// Whom to call: a phone number.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 20, format = "phone")]
    emergency_contact: Sent<Text>,
    /// Postal address.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 2000, format = "text")]
    address: Sent<Text>,
    /// Earlier illnesses.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 20000, format = "text")]
    medical_history: Sent<Text>,
    /// `A+ A- B+ B- AB+ AB- O+ O-`, in any case.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "O+", format = "blood-group")]
    blood_group: Sent<Text>,
}

impl PatientRequest {
    /// The details of a new patient.
    pub(crate) fn into_new(self, today: Date) -> Result<PatientDetails, Problem> {
        let mut errors = FieldErrors::default();
        self.require_name(&mut errors);
        let details = self.change(today, &mut errors).into_new(today);
        let details = details.map_err(|invalid| errors.add_all(&invalid, &name::NAME_FIELDS)).ok();
        errors.finish(details).map_err(|problem| problem.rename_field("name", self.name_field()))
    }

    /// A change that names the patient anew (`PUT`).
    pub(crate) fn into_replacement(self, today: Date) -> Result<PatientChange, Problem> {
        let mut errors = FieldErrors::default();
        self.require_name(&mut errors);
        self.finish_change(today, errors)
    }

    /// A change of the fields that are named (`PATCH`).
    pub(crate) fn into_change(self, today: Date) -> Result<PatientChange, Problem> {
        self.finish_change(today, FieldErrors::default())
    }

    fn finish_change(&self, today: Date, mut errors: FieldErrors) -> Result<PatientChange, Problem> {
        let change = self.change(today, &mut errors);
        if change.name.is_clear() && !errors.has_any(&name::NAME_FIELDS) {
            errors.add(self.name_field(), "is required");
        }
        errors.finish(Some(change))
    }

    /// A last name alone is no name.
    fn require_name(&self, errors: &mut FieldErrors) {
        if self.name.is_absent() && self.first_name.is_absent() {
            errors.add("name", "is required");
        }
    }

    /// What this client calls the field that the domain calls `name`.
    pub(crate) const fn name_field(&self) -> &'static str {
        name::spelling(&self.name, &self.first_name)
    }

    fn change(&self, today: Date, errors: &mut FieldErrors) -> PatientChange {
        PatientChange {
            name: name::change(errors, &self.name, &self.first_name, &self.last_name),
            date_of_birth: errors
                .text("date_of_birth", &self.date_of_birth, |text| BirthDate::parse(text, today)),
            age: errors.integer("age", &self.age, Age::parse),
            gender: errors.text("gender", &self.gender, Gender::parse),
            email: errors.text("email", &self.email, EmailAddress::parse),
            phone: errors.text("phone", &self.phone, Phone::parse),
            emergency_contact: errors.text("emergency_contact", &self.emergency_contact, Phone::parse),
            address: errors.text("address", &self.address, Address::parse),
            medical_history: errors.text("medical_history", &self.medical_history, MedicalHistory::parse),
            blood_group: errors.text("blood_group", &self.blood_group, BloodGroup::parse),
        }
    }
}

/// A patient's record.
#[derive(Serialize, ToSchema)]
#[schema(as = Patient)]
pub(crate) struct PatientResponse<'a> {
    /// Its id.
    #[schema(value_type = i64, minimum = 1)]
    id: PatientId,
    /// The id of the user who owns the record.
    #[schema(value_type = i64, minimum = 1)]
    owner: UserId,
    /// The user name of the owner.
    #[schema(value_type = String)]
    created_by: &'a str,
    /// The whole name.
    #[schema(value_type = String)]
    name: &'a str,
    /// The first name; may be empty.
    #[schema(value_type = String)]
    first_name: &'a str,
    /// The last name; may be empty.
    #[schema(value_type = String)]
    last_name: &'a str,
    /// Birth date.
    #[schema(value_type = Option<String>, format = Date, required)]
    date_of_birth: Option<BirthDate>,
    /// Age in years: computed where the birth date is known, else as it was told.
    #[schema(value_type = Option<i32>, minimum = 0, maximum = 150, required)]
    age: Option<Age>,
    /// Administrative gender.
    #[schema(value_type = Option<String>, required, example = "female")]
    gender: Option<Gender>,
    /// E-mail address.
    #[schema(value_type = Option<String>, required)]
    email: Option<&'a str>,
    /// Phone number.
    #[schema(value_type = Option<String>, required)]
    phone: Option<&'a str>,
    /// Whom to call.
    #[schema(value_type = Option<String>, required)]
    emergency_contact: Option<&'a str>,
    /// Postal address.
    #[schema(value_type = Option<String>, required)]
    address: Option<&'a str>,
    /// Earlier illnesses.
    #[schema(value_type = Option<String>, required)]
    medical_history: Option<&'a str>,
    /// Blood group.
    #[schema(value_type = Option<String>, required, example = "O+")]
    blood_group: Option<BloodGroup>,
    /// When the record was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// How often it was written.
    #[schema(value_type = i32, minimum = 1)]
    version: Version,
}

impl<'a> PatientResponse<'a> {
    /// The record as it is shown on `today`.
    pub(crate) fn new(patient: &'a Patient, today: Date) -> Self {
        let details = &patient.details;
        Self {
            id: patient.id,
            owner: patient.owner,
            created_by: patient.created_by.as_str(),
            name: details.name.full(),
            first_name: details.name.first(),
            last_name: details.name.last(),
            date_of_birth: details.date_of_birth,
            age: details.age(today),
            gender: details.gender,
            email: details.email.as_ref().map(EmailAddress::as_str),
            phone: details.phone.as_ref().map(Phone::as_str),
            emergency_contact: details.emergency_contact.as_ref().map(Phone::as_str),
            address: details.address.as_ref().map(Address::as_str),
            medical_history: details.medical_history.as_ref().map(MedicalHistory::as_str),
            blood_group: details.blood_group,
            created_at: patient.created_at,
            updated_at: patient.updated_at,
            version: patient.version,
        }
    }
}
