//! Doctors.

use domain::{
    Availability, Doctor, DoctorDetails, DoctorId, ExperienceYears, LicenseNumber, Money, UserId, Version,
};

use super::value;
use crate::fixed;

/// Builds a doctor, by default one of whom only the name "Dr. Meera Iyer" is known.
#[derive(Clone)]
#[must_use]
pub struct DoctorBuilder(DoctorDetails);

/// A doctor.
pub fn doctor() -> DoctorBuilder {
    DoctorBuilder(DoctorDetails::named(value::person_name("Dr. Meera Iyer")))
}

impl DoctorBuilder {
    /// The name.
    pub fn named(mut self, name: &str) -> Self {
        self.0.name = value::person_name(name);
        self
    }

    /// What the doctor is trained in.
    pub fn specialization(mut self, text: &str) -> Self {
        self.0.specialization = Some(value::specialization(text));
        self
    }

    /// The e-mail address.
    pub fn email(mut self, address: &str) -> Self {
        self.0.email = Some(value::email(address));
        self
    }

    /// The phone number.
    pub fn phone(mut self, number: &str) -> Self {
        self.0.phone = Some(value::phone(number));
        self
    }

    /// The postal address.
    pub fn address(mut self, text: &str) -> Self {
        self.0.address = Some(value::address(text));
        self
    }

    /// When the doctor can be seen.
    pub fn availability(mut self, text: &str) -> Self {
        self.0.availability = Some(Availability::parse(text).expect("an availability"));
        self
    }

    /// The number of the licence.
    pub fn license(mut self, number: &str) -> Self {
        self.0.license_number = Some(LicenseNumber::parse(number).expect("a licence"));
        self
    }

    /// Years of practice.
    pub fn experience(mut self, years: u8) -> Self {
        self.0.experience_years = Some(ExperienceYears::new(years).expect("years of practice"));
        self
    }

    /// What a consultation costs, as in `1500.00`.
    pub fn fee(mut self, amount: &str) -> Self {
        self.0.consultation_fee = Some(Money::parse(amount).expect("an amount"));
        self
    }

    /// Fills every field.
    pub fn complete(self) -> Self {
        self.named("Dr. José Álvarez-O'Brien")
            .specialization("Ear, Nose & Throat")
            .email("Jose.Alvarez@Example.ORG")
            .phone("+34 91 123 45 67")
            .address("Calle Mayor 1\r\n28013 Madrid\n")
            .availability("Mon–Fri, 9:00 to 12:30")
            .license("MH/2001-0042")
            .experience(25)
            .fee("1500.50")
    }

    /// What is known of the doctor.
    pub fn done(self) -> DoctorDetails {
        self.0
    }

    /// The entry as a repository returns it: made at [`fixed::instant`], never changed.
    pub fn stored(self, id: DoctorId, creator: UserId) -> Doctor {
        Doctor {
            id,
            creator,
            created_by: value::user_name(&format!("user-{creator}")),
            details: self.0,
            created_at: fixed::instant(),
            updated_at: fixed::instant(),
            version: Version::FIRST,
        }
    }
}
