//! Doctors: a directory that all users share.

use crate::macros::redacted_debug;
use crate::{
    Address, Availability, Change, ChangedFields, DoctorId, EmailAddress, ExperienceYears, Invalid,
    LicenseNumber, Money, PersonName, Phone, SearchTerms, Specialization, Timestamp, UserId, UserName,
    Version,
};

/// The field that every entry has.
const NAME: &str = "name";

/// A doctor's entry in the directory.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Doctor {
    /// Its id.
    pub id: DoctorId,
    /// Who added the entry.
    pub creator: UserId,
    /// The user name of the creator.
    pub created_by: UserName,
    /// What is known of the doctor.
    pub details: DoctorDetails,
    /// When the entry was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// How often it was written.
    pub version: Version,
}

/// What is known of a doctor.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct DoctorDetails {
    /// What the doctor is called.
    pub name: PersonName,
    /// What the doctor is trained in.
    pub specialization: Option<Specialization>,
    /// E-mail address; unique under [`EmailRule::Unique`].
    pub email: Option<EmailAddress>,
    /// Phone number.
    pub phone: Option<Phone>,
    /// Postal address.
    pub address: Option<Address>,
    /// When the doctor can be seen.
    pub availability: Option<Availability>,
    /// Number of the licence, unique among doctors who have not retired.
    pub license_number: Option<LicenseNumber>,
    /// Years of practice.
    pub experience_years: Option<ExperienceYears>,
    /// What a consultation costs.
    pub consultation_fee: Option<Money>,
}

/// Whether two doctors may have the same e-mail address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum EmailRule {
    /// No two doctors who have not retired; the default.
    #[default]
    Unique,
    /// They may.
    Shared,
}

/// A change to a doctor's entry.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct DoctorChange {
    /// What the doctor is called.
    pub name: Change<PersonName>,
    /// What the doctor is trained in.
    pub specialization: Change<Specialization>,
    /// E-mail address.
    pub email: Change<EmailAddress>,
    /// Phone number.
    pub phone: Change<Phone>,
    /// Postal address.
    pub address: Change<Address>,
    /// When the doctor can be seen.
    pub availability: Change<Availability>,
    /// Number of the licence.
    pub license_number: Change<LicenseNumber>,
    /// Years of practice.
    pub experience_years: Change<ExperienceYears>,
    /// What a consultation costs.
    pub consultation_fee: Change<Money>,
}

/// Which doctors a list shows.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct DoctorFilter {
    /// Only names that these words find.
    pub search: Option<SearchTerms>,
    /// Only this specialization, whatever the case and the accents ([`fold::search_key`](crate::fold::search_key)).
    pub specialization: Option<Specialization>,
    /// Only entries made after this instant.
    pub created_after: Option<Timestamp>,
    /// Only entries made before this instant.
    pub created_before: Option<Timestamp>,
}

redacted_debug!(Doctor, DoctorDetails, DoctorChange, DoctorFilter);

impl DoctorDetails {
    /// A doctor of whom nothing but the name is known.
    pub const fn named(name: PersonName) -> Self {
        Self {
            name,
            specialization: None,
            email: None,
            phone: None,
            address: None,
            availability: None,
            license_number: None,
            experience_years: None,
            consultation_fee: None,
        }
    }

    /// The names of the fields that are filled in, as clients know them.
    pub fn given_fields(&self) -> ChangedFields {
        let bare = Self::named(self.name.clone());
        ChangedFields::of(self.differing(&bare).map(|(field, differs)| (field, differs || field == NAME)))
    }

    /// The names of the fields that differ from `before`, as clients know them.
    pub fn changed_fields(&self, before: &Self) -> ChangedFields {
        ChangedFields::of(self.differing(before))
    }

    fn differing(&self, other: &Self) -> [(&'static str, bool); 9] {
        [
            (NAME, self.name != other.name),
            ("specialization", self.specialization != other.specialization),
            ("email", self.email != other.email),
            ("phone", self.phone != other.phone),
            ("address", self.address != other.address),
            ("availability", self.availability != other.availability),
            ("license_number", self.license_number != other.license_number),
            ("experience_years", self.experience_years != other.experience_years),
            ("consultation_fee", self.consultation_fee != other.consultation_fee),
        ]
    }
}

impl DoctorChange {
    /// The details of a new doctor.
    ///
    /// # Errors
    /// The name is missing.
    pub fn into_new(self) -> Result<DoctorDetails, Invalid> {
        let name = self.name.clone().value().ok_or_else(name_required)?;
        self.applied(&DoctorDetails::named(name))
    }

    /// The details after the change.
    ///
    /// # Errors
    /// The name would be removed.
    pub fn applied(&self, current: &DoctorDetails) -> Result<DoctorDetails, Invalid> {
        Ok(DoctorDetails {
            name: self.name.applied(Some(&current.name)).ok_or_else(name_required)?,
            specialization: self.specialization.applied(current.specialization.as_ref()),
            email: self.email.applied(current.email.as_ref()),
            phone: self.phone.applied(current.phone.as_ref()),
            address: self.address.applied(current.address.as_ref()),
            availability: self.availability.applied(current.availability.as_ref()),
            license_number: self.license_number.applied(current.license_number.as_ref()),
            experience_years: self.experience_years.clone().over(current.experience_years),
            consultation_fee: self.consultation_fee.clone().over(current.consultation_fee),
        })
    }
}

fn name_required() -> Invalid {
    Invalid::field("name", "is required")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doctor_has_a_name() {
        assert!(DoctorChange::default().into_new().is_err());
        let details = DoctorDetails::named(PersonName::parse("Dr. Ann").unwrap());
        let cleared = DoctorChange { name: Change::Clear, ..DoctorChange::default() };
        assert_eq!(cleared.applied(&details).unwrap_err().violations().first().unwrap().field, "name");
    }

    #[test]
    fn what_is_not_named_stays_and_null_clears() {
        let details = DoctorDetails {
            phone: Phone::parse("999").ok(),
            consultation_fee: Money::from_minor(10),
            ..DoctorDetails::named(PersonName::parse("Dr. Ann").unwrap())
        };
        let change = DoctorChange { phone: Change::Clear, ..DoctorChange::default() };
        let after = change.applied(&details).unwrap();
        assert!(after.phone.is_none());
        assert_eq!(after.consultation_fee, Money::from_minor(10));
    }

    #[test]
    fn fields_that_are_given_and_fields_that_differ_are_named() {
        let bare = DoctorDetails::named(PersonName::parse("Dr. Ann").unwrap());
        let given = DoctorDetails { consultation_fee: Money::from_minor(10), ..bare.clone() };
        assert_eq!(given.given_fields().joined(), "name,consultation_fee");
        assert_eq!(bare.changed_fields(&given).joined(), "consultation_fee");
        let renamed = DoctorDetails { name: PersonName::parse("Dr. Eve").unwrap(), ..given.clone() };
        assert_eq!(renamed.changed_fields(&given).joined(), "name");
    }
}
