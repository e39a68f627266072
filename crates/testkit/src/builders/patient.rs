//! Patients.

use domain::{
    Age, BirthDate, BloodGroup, Gender, HumanName, Patient, PatientDetails, PatientId, ToldAge, UserId,
    Version,
};

use super::value;
use crate::fixed;

/// Builds a patient, by default one of whom only the name "Asha Rao" is known.
#[derive(Clone)]
#[must_use]
pub struct PatientBuilder(PatientDetails);

/// A patient.
pub fn patient() -> PatientBuilder {
    PatientBuilder(PatientDetails::named(value::human_name("Asha Rao")))
}

impl PatientBuilder {
    /// The whole name.
    pub fn named(mut self, full: &str) -> Self {
        self.0.name = value::human_name(full);
        self
    }

    /// The name in two parts; an empty text is no part.
    pub fn first_last(mut self, first: &str, last: &str) -> Self {
        let part = |text: &str| (!text.is_empty()).then(|| value::person_name(text));
        self.0.name = HumanName::from_parts(part(first), part(last)).expect("a part of a name");
        self
    }

    /// The birth date, `YYYY-MM-DD`.
    pub fn born(mut self, date: &str) -> Self {
        self.0.date_of_birth = Some(BirthDate::new(date.parse().expect("a date")).expect("a birth date"));
        self
    }

    /// An age and the day on which it was told, `YYYY-MM-DD`.
    pub fn told_age(mut self, years: u8, on: &str) -> Self {
        self.0.told_age =
            Some(ToldAge { age: Age::new(years).expect("an age"), on: on.parse().expect("a date") });
        self
    }

    /// The gender, as a word or a letter.
    pub fn gender(mut self, word: &str) -> Self {
        self.0.gender = Some(Gender::parse(word).expect("a gender"));
        self
    }

    /// The blood group.
    pub fn blood_group(mut self, group: &str) -> Self {
        self.0.blood_group = Some(BloodGroup::parse(group).expect("a blood group"));
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

    /// The number of whom to call.
    pub fn emergency_contact(mut self, number: &str) -> Self {
        self.0.emergency_contact = Some(value::phone(number));
        self
    }

    /// The postal address.
    pub fn address(mut self, text: &str) -> Self {
        self.0.address = Some(value::address(text));
        self
    }

    /// Earlier illnesses.
    pub fn medical_history(mut self, text: &str) -> Self {
        self.0.medical_history = Some(value::medical_history(text));
        self
    }

    /// Fills every field.
    pub fn complete(self) -> Self {
        self.first_last("Mary Ann", "O'Neil-Smith")
            .born("1984-02-29")
            .told_age(41, "2025-12-31")
            .gender("female")
            .blood_group("AB-")
            .email("Mary.Ann+ward@Example.ORG")
            .phone("+91 (22) 1234-5678")
            .emergency_contact("022.1234.5678")
            .address("12 High Street\r\n400001 Mumbai\n")
            .medical_history("Asthma since 1999.\n\tPenicillin: rash.")
    }

    /// What is known of the patient.
    pub fn done(self) -> PatientDetails {
        self.0
    }

    /// The record as a repository returns it: made at [`fixed::instant`], never changed.
    pub fn stored(self, id: PatientId, owner: UserId) -> Patient {
        Patient {
            id,
            owner,
            created_by: value::user_name(&format!("user-{owner}")),
            details: self.0,
            created_at: fixed::instant(),
            updated_at: fixed::instant(),
            version: Version::FIRST,
        }
    }
}
