//! Patients: records that belong to the user who made them.

use crate::macros::redacted_debug;
use crate::{
    Address, Age, BirthDate, BloodGroup, Change, ChangedFields, Date, EmailAddress, Gender, HumanName,
    Invalid, MedicalHistory, NameChange, PatientId, Phone, SearchTerms, Timestamp, UserId, UserName, Version,
};

/// The field that every record has.
const NAME: &str = "name";

/// A patient's record.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Patient {
    /// Its id.
    pub id: PatientId,
    /// Whose record it is; nobody else sees it.
    pub owner: UserId,
    /// The user name of the owner, who made the record.
    pub created_by: UserName,
    /// What is known of the patient.
    pub details: PatientDetails,
    /// When the record was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// How often it was written.
    pub version: Version,
}

/// What is known of a patient.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PatientDetails {
    /// What the patient is called.
    pub name: HumanName,
    /// Birth date.
    pub date_of_birth: Option<BirthDate>,
    /// The age, where somebody told it instead of the birth date.
    pub told_age: Option<ToldAge>,
    /// Administrative gender.
    pub gender: Option<Gender>,
    /// E-mail address; two patients may have the same.
    pub email: Option<EmailAddress>,
    /// Phone number.
    pub phone: Option<Phone>,
    /// Whom to call.
    pub emergency_contact: Option<Phone>,
    /// Postal address.
    pub address: Option<Address>,
    /// Earlier illnesses.
    pub medical_history: Option<MedicalHistory>,
    /// Blood group.
    pub blood_group: Option<BloodGroup>,
}

/// An age and the day on which it was told: it was true then.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ToldAge {
    /// The age.
    pub age: Age,
    /// The day.
    pub on: Date,
}

/// A change to a patient's record.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct PatientChange {
    /// The name, in either form.
    pub name: NameChange,
    /// Birth date.
    pub date_of_birth: Change<BirthDate>,
    /// The age, told today.
    pub age: Change<Age>,
    /// Administrative gender.
    pub gender: Change<Gender>,
    /// E-mail address.
    pub email: Change<EmailAddress>,
    /// Phone number.
    pub phone: Change<Phone>,
    /// Whom to call.
    pub emergency_contact: Change<Phone>,
    /// Postal address.
    pub address: Change<Address>,
    /// Earlier illnesses.
    pub medical_history: Change<MedicalHistory>,
    /// Blood group.
    pub blood_group: Change<BloodGroup>,
}

/// Which patients a list shows.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct PatientFilter {
    /// Only names that these words find.
    pub search: Option<SearchTerms>,
    /// Only this gender.
    pub gender: Option<Gender>,
    /// Only this blood group.
    pub blood_group: Option<BloodGroup>,
    /// Only records made after this instant.
    pub created_after: Option<Timestamp>,
    /// Only records made before this instant.
    pub created_before: Option<Timestamp>,
}

redacted_debug!(Patient, PatientDetails, ToldAge, PatientChange, PatientFilter);

impl PatientDetails {
    /// A patient of whom nothing but the name is known.
    pub const fn named(name: HumanName) -> Self {
        Self {
            name,
            date_of_birth: None,
            told_age: None,
            gender: None,
            email: None,
            phone: None,
            emergency_contact: None,
            address: None,
            medical_history: None,
            blood_group: None,
        }
    }

    /// The age on `today` where the birth date is known, else the age as it was told.
    pub fn age(&self, today: Date) -> Option<Age> {
        self.date_of_birth.map(|born| born.age_on(today)).or_else(|| self.told_age.map(|told| told.age))
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

    fn differing(&self, other: &Self) -> [(&'static str, bool); 10] {
        [
            (NAME, self.name != other.name),
            ("date_of_birth", self.date_of_birth != other.date_of_birth),
            ("age", self.told_age != other.told_age),
            ("gender", self.gender != other.gender),
            ("email", self.email != other.email),
            ("phone", self.phone != other.phone),
            ("emergency_contact", self.emergency_contact != other.emergency_contact),
            ("address", self.address != other.address),
            ("medical_history", self.medical_history != other.medical_history),
            ("blood_group", self.blood_group != other.blood_group),
        ]
    }
}

impl PatientChange {
    /// The details of a new patient.
    ///
    /// # Errors
    /// The name is missing, or its two forms disagree.
    pub fn into_new(self, today: Date) -> Result<PatientDetails, Invalid> {
        let name = self.name.applied(None)?.ok_or_else(name_required)?;
        // The name is told already: told once more over itself, a `null` in it would empty what was derived.
        Self { name: NameChange::default(), ..self }.applied(&PatientDetails::named(name), today)
    }

    /// The details after the change.
    ///
    /// # Errors
    /// Nothing would be left of the name, its two forms disagree, or the age is not the one that follows
    /// from the known birth date.
    pub fn applied(&self, current: &PatientDetails, today: Date) -> Result<PatientDetails, Invalid> {
        let date_of_birth = self.date_of_birth.clone().over(current.date_of_birth);
        Ok(PatientDetails {
            name: self.name.applied(Some(&current.name))?.ok_or_else(name_required)?,
            date_of_birth,
            told_age: self.told_age(current, date_of_birth, today)?,
            gender: self.gender.clone().over(current.gender),
            email: self.email.applied(current.email.as_ref()),
            phone: self.phone.applied(current.phone.as_ref()),
            emergency_contact: self.emergency_contact.applied(current.emergency_contact.as_ref()),
            address: self.address.applied(current.address.as_ref()),
            medical_history: self.medical_history.applied(current.medical_history.as_ref()),
            blood_group: self.blood_group.clone().over(current.blood_group),
        })
    }

    fn told_age(
        &self,
        current: &PatientDetails,
        date_of_birth: Option<BirthDate>,
        today: Date,
    ) -> Result<Option<ToldAge>, Invalid> {
        match (&self.age, date_of_birth) {
            (Change::Keep, _) => Ok(current.told_age),
            (Change::Clear, _) => Ok(None),
            // A client that sends back what it has read tells nothing new.
            (Change::Set(age), None)
                if current.date_of_birth.is_none()
                    && current.told_age.is_some_and(|told| told.age == *age) =>
            {
                Ok(current.told_age)
            }
            (Change::Set(age), None) => Ok(Some(ToldAge { age: *age, on: today })),
            // A client that knows both sends the computed age back as it read it, maybe before a birthday.
            (Change::Set(age), Some(born))
                if !self.date_of_birth.is_keep() || born.age_on(today).get().abs_diff(age.get()) <= 1 =>
            {
                Ok(current.told_age)
            }
            (Change::Set(_), Some(_)) => {
                Err(Invalid::field("age", "follows from date_of_birth; change that or set it to null"))
            }
        }
    }
}

impl PatientFilter {
    /// Whether a list with this filter shows the patient. Repositories answer the same by indexes.
    pub fn matches(&self, patient: &Patient) -> bool {
        let details = &patient.details;
        self.search.as_ref().is_none_or(|terms| terms.matches(details.name.full()))
            && (self.gender.is_none() || self.gender == details.gender)
            && (self.blood_group.is_none() || self.blood_group == details.blood_group)
            && self.created_after.is_none_or(|instant| patient.created_at > instant)
            && self.created_before.is_none_or(|instant| patient.created_at < instant)
    }
}

fn name_required() -> Invalid {
    Invalid::field("name", "is required")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PersonName;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn ann() -> PatientDetails {
        PatientDetails::named(HumanName::from_full(PersonName::parse("Ann Smith").unwrap()))
    }

    fn age(years: u8) -> Change<Age> {
        Change::Set(Age::new(years).unwrap())
    }

    fn born(text: &str) -> BirthDate {
        BirthDate::parse(text, day("2026-01-01")).unwrap()
    }

    #[test]
    fn a_patient_has_a_name() {
        let refused = PatientChange::default().into_new(day("2026-01-01")).unwrap_err();
        assert_eq!(refused.violations().first().unwrap().field, "name");
        let cleared = PatientChange {
            name: NameChange { full: Change::Clear, ..NameChange::default() },
            ..Default::default()
        };
        assert!(cleared.applied(&ann(), day("2026-01-01")).is_err());
    }

    #[test]
    fn null_for_the_other_form_of_a_new_name_takes_nothing_away() {
        let full = Change::Set(PersonName::parse("Ann Smith").unwrap());
        let name = NameChange { full, first: Change::Clear, last: Change::Clear };
        let new = PatientChange { name, ..PatientChange::default() }.into_new(day("2026-01-01")).unwrap();
        assert_eq!(new.name.first(), "Ann");
    }

    #[test]
    fn an_age_is_kept_with_the_day_it_was_told() {
        let change = PatientChange { age: age(30), ..PatientChange::default() };
        let told = change.applied(&ann(), day("2026-01-01")).unwrap().told_age.unwrap();
        assert_eq!((told.age.get(), told.on), (30, day("2026-01-01")));
        // Who sends back what they have read tells nothing new.
        let known = PatientDetails { told_age: Some(told), ..ann() };
        assert!(change.applied(&known, day("2027-01-01")).unwrap() == known);
        let older = PatientChange { age: age(31), ..PatientChange::default() };
        let told = older.applied(&known, day("2027-01-01")).unwrap().told_age.unwrap();
        assert_eq!((told.age.get(), told.on), (31, day("2027-01-01")));
    }

    #[test]
    fn an_age_that_a_birth_date_had_hidden_is_told_anew_when_the_date_goes() {
        let told = ToldAge { age: Age::new(30).unwrap(), on: day("2020-01-01") };
        let hidden =
            PatientDetails { told_age: Some(told), date_of_birth: Some(born("1985-06-01")), ..ann() };
        let change = PatientChange { age: age(30), date_of_birth: Change::Clear, ..PatientChange::default() };
        let details = change.applied(&hidden, day("2026-01-01")).unwrap();
        assert_eq!(details.told_age.unwrap().on, day("2026-01-01"));
    }

    #[test]
    fn the_age_follows_from_a_known_birth_date() {
        let details = PatientDetails { date_of_birth: Some(born("2000-06-01")), ..ann() };
        assert_eq!(details.age(day("2026-05-31")).unwrap().get(), 25);
        assert_eq!(details.age(day("2026-06-01")).unwrap().get(), 26);
    }

    #[test]
    fn an_age_against_the_known_birth_date_is_refused() {
        let details = PatientDetails { date_of_birth: Some(born("2000-06-01")), ..ann() };
        let change = PatientChange { age: age(60), ..PatientChange::default() };
        let refused = change.applied(&details, day("2026-01-01")).unwrap_err();
        assert_eq!(refused.violations().first().unwrap().field, "age");
        let same = PatientChange { age: age(25), ..PatientChange::default() };
        assert!(same.applied(&details, day("2026-01-01")).unwrap() == details);
    }

    #[test]
    fn a_birth_date_in_the_same_request_beats_the_age() {
        let change = PatientChange {
            age: age(60),
            date_of_birth: Change::Set(born("2000-06-01")),
            ..Default::default()
        };
        let details = change.applied(&ann(), day("2026-01-01")).unwrap();
        assert!(details.told_age.is_none());
        assert_eq!(details.age(day("2026-01-01")).unwrap().get(), 25);
    }

    #[test]
    fn what_is_not_named_stays_and_null_clears() {
        let details =
            PatientDetails { gender: Some(Gender::Female), phone: Phone::parse("999").ok(), ..ann() };
        let change = PatientChange { phone: Change::Clear, ..PatientChange::default() };
        let after = change.applied(&details, day("2026-01-01")).unwrap();
        assert_eq!(after.gender, Some(Gender::Female));
        assert!(after.phone.is_none());
    }

    #[test]
    fn fields_that_are_given_and_fields_that_differ_are_named() {
        let given = PatientDetails { gender: Some(Gender::Female), phone: Phone::parse("999").ok(), ..ann() };
        assert_eq!(given.given_fields().joined(), "name,gender,phone");
        assert_eq!(ann().changed_fields(&given).joined(), "gender,phone");
        let change = PatientChange { age: age(30), ..PatientChange::default() };
        let older = change.applied(&given, day("2026-01-01")).unwrap();
        assert_eq!(older.changed_fields(&given).joined(), "age");
        assert!(given.changed_fields(&given).is_empty());
    }
}
