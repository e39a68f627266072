//! Doctors as JSON.

use domain::{
    Address, Availability, Doctor, DoctorChange, DoctorDetails, DoctorId, EmailAddress, ExperienceYears,
    LicenseNumber, Money, PersonName, Phone, Specialization, Timestamp, Version,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::fields::FieldErrors;
use crate::problem::Problem;
use crate::sent::{Amount, Integer, Sent, Text};

/// What a client says of a doctor. `name` is required for a new one and in `PUT`; every other field is
/// optional, and `null` or blank text empties it.
#[derive(Deserialize, ToSchema)]
pub(crate) struct DoctorRequest {
    /// The name.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 150, example = "Dr. Meera Iyer", format = "line")]
    name: Sent<Text>,
    /// What the doctor is trained in.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 150, example = "Cardiology", format = "line")]
    specialization: Sent<Text>,
    /// E-mail address; no two doctors have the same unless the server is set up otherwise.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 254, format = "e-mail")]
    email: Sent<Text>,
    /// Phone number: digits, blanks, `( ) - .` and a leading `+`, with at least 3 digits.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 20, format = "phone")]
    phone: Sent<Text>,
    /// Postal address.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 2000, format = "text")]
    address: Sent<Text>,
    /// When the doctor can be seen.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 200, example = "Mon to Fri, 9 to 12", format = "line")]
    availability: Sent<Text>,
    /// Number of the licence; no two doctors have the same.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 50, format = "line")]
    license_number: Sent<Text>,
    /// Years of practice.
    #[serde(default)]
    #[schema(value_type = Option<i32>, minimum = 0, maximum = 80)]
    experience_years: Sent<Integer>,
    /// What a consultation costs, from 0.00 to 99999999.99: text or a number.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "1500.00", format = "amount")]
    consultation_fee: Sent<Amount>,
}

impl DoctorRequest {
    /// The details of a new doctor.
    pub(crate) fn into_new(self) -> Result<DoctorDetails, Problem> {
        let mut errors = FieldErrors::default();
        let details = self.change(&mut errors).into_new();
        let details = details.map_err(|invalid| errors.add_all(&invalid, &["name"])).ok();
        errors.finish(details)
    }

    /// A change that names the doctor anew (`PUT`).
    pub(crate) fn into_replacement(self) -> Result<DoctorChange, Problem> {
        let mut errors = FieldErrors::default();
        let change = self.change(&mut errors);
        errors.required("name", change.name.clone());
        errors.finish(Some(change))
    }

    /// A change of the fields that are named (`PATCH`).
    pub(crate) fn into_change(self) -> Result<DoctorChange, Problem> {
        let mut errors = FieldErrors::default();
        let change = self.change(&mut errors);
        if change.name.is_clear() {
            errors.add("name", "is required");
        }
        errors.finish(Some(change))
    }

    fn change(&self, errors: &mut FieldErrors) -> DoctorChange {
        DoctorChange {
            name: errors.text("name", &self.name, PersonName::parse),
            specialization: errors.text("specialization", &self.specialization, Specialization::parse),
            email: errors.text("email", &self.email, EmailAddress::parse),
            phone: errors.text("phone", &self.phone, Phone::parse),
            address: errors.text("address", &self.address, Address::parse),
            availability: errors.text("availability", &self.availability, Availability::parse),
            license_number: errors.text("license_number", &self.license_number, LicenseNumber::parse),
            experience_years: errors.integer(
                "experience_years",
                &self.experience_years,
                ExperienceYears::parse,
            ),
            consultation_fee: errors.amount("consultation_fee", &self.consultation_fee, Money::parse),
        }
    }
}

/// A doctor's entry in the directory.
#[derive(Serialize, ToSchema)]
#[schema(as = Doctor)]
pub(crate) struct DoctorResponse<'a> {
    /// Its id.
    #[schema(value_type = i64, minimum = 1)]
    id: DoctorId,
    /// The name.
    #[schema(value_type = String)]
    name: &'a str,
    /// What the doctor is trained in.
    #[schema(value_type = Option<String>, required)]
    specialization: Option<&'a str>,
    /// E-mail address.
    #[schema(value_type = Option<String>, required)]
    email: Option<&'a str>,
    /// Phone number.
    #[schema(value_type = Option<String>, required)]
    phone: Option<&'a str>,
    /// Postal address.
    #[schema(value_type = Option<String>, required)]
    address: Option<&'a str>,
    /// When the doctor can be seen.
    #[schema(value_type = Option<String>, required)]
    availability: Option<&'a str>,
    /// Number of the licence.
    #[schema(value_type = Option<String>, required)]
    license_number: Option<&'a str>,
    /// Years of practice.
    #[schema(value_type = Option<i32>, minimum = 0, maximum = 80, required)]
    experience_years: Option<ExperienceYears>,
    /// What a consultation costs, with two decimals.
    #[schema(value_type = Option<String>, required, example = "1500.00")]
    consultation_fee: Option<Money>,
    /// The user name of who added the entry.
    #[schema(value_type = String)]
    created_by: &'a str,
    /// When the entry was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// How often it was written.
    #[schema(value_type = i32, minimum = 1)]
    version: Version,
}

impl<'a> From<&'a Doctor> for DoctorResponse<'a> {
    fn from(doctor: &'a Doctor) -> Self {
        let details = &doctor.details;
        Self {
            id: doctor.id,
            name: details.name.as_str(),
            specialization: details.specialization.as_ref().map(Specialization::as_str),
            email: details.email.as_ref().map(EmailAddress::as_str),
            phone: details.phone.as_ref().map(Phone::as_str),
            address: details.address.as_ref().map(Address::as_str),
            availability: details.availability.as_ref().map(Availability::as_str),
            license_number: details.license_number.as_ref().map(LicenseNumber::as_str),
            experience_years: details.experience_years,
            consultation_fee: details.consultation_fee,
            created_by: doctor.created_by.as_str(),
            created_at: doctor.created_at,
            updated_at: doctor.updated_at,
            version: doctor.version,
        }
    }
}
