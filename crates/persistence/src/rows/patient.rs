//! Rows of `patients`.

use chrono::NaiveDate;
use diesel::dsl::auto_type;
use diesel::prelude::*;
use domain::{
    Address, Age, BirthDate, BloodGroup, EmailAddress, Gender, HumanName, MedicalHistory, Patient,
    PatientDetails, PatientId, Phone, ToldAge, UserId, UserName, Version,
};
use serde::{Deserialize, Serialize};

use super::{BadValue, stored, text};
use crate::schema::{patient_words, patients, users};
use crate::types::At;

/// A patient's record. In a list of one owner its second part is looked up once, not for each of the rows: see
/// [`PatientRecord`].
#[derive(Queryable, Selectable)]
#[diesel(table_name = patients)]
pub(crate) struct PatientRow {
    #[diesel(embed)]
    record: PatientRecord,
    #[diesel(select_expression = owner_name())]
    #[diesel(select_expression_type = owner_name)]
    created_by: Option<String>,
}

/// What the table itself has of a patient.
#[derive(Queryable, Selectable)]
#[diesel(table_name = patients)]
pub(crate) struct PatientRecord {
    id: i64,
    owner_id: i64,
    #[diesel(embed)]
    columns: PatientColumns,
    created_at: At,
    updated_at: At,
    version: i32,
}

/// The user name of a record's owner. A subquery, so that it works in `RETURNING` and no lock falls on it.
#[auto_type(type_case = "snake_case")]
pub(crate) fn owner_name() -> _ {
    users::table.filter(users::id.eq(patients::owner_id)).select(users::username).single_value()
}

/// What is known of a patient. As JSON, by the names of the columns, it is kept among the versions: a column may be
/// added, but none may change its name or meaning. Keys are made anew from what they stand for.
#[derive(Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize)]
#[diesel(table_name = patients)]
#[diesel(treat_none_as_default_value = false)]
#[diesel(treat_none_as_null = true)]
pub(crate) struct PatientColumns {
    pub(crate) name: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    #[serde(skip)]
    pub(crate) name_key: String,
    pub(crate) date_of_birth: Option<NaiveDate>,
    pub(crate) age_told: Option<i16>,
    pub(crate) age_told_on: Option<NaiveDate>,
    pub(crate) gender: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) emergency_contact: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) medical_history: Option<String>,
    pub(crate) blood_group: Option<String>,
}

/// A word of a patient's name, with the time when the patient's record was made.
#[derive(Insertable)]
#[diesel(table_name = patient_words, treat_none_as_default_value = false)]
pub(crate) struct PatientWordRow {
    pub(crate) owner_id: i64,
    pub(crate) word: String,
    pub(crate) created_micros: i64,
    pub(crate) patient_id: i64,
}

impl From<&PatientDetails> for PatientColumns {
    fn from(details: &PatientDetails) -> Self {
        Self {
            name: details.name.full().to_owned(),
            first_name: details.name.first().to_owned(),
            last_name: details.name.last().to_owned(),
            name_key: details.name.key(),
            date_of_birth: details.date_of_birth.map(BirthDate::date),
            age_told: details.told_age.map(|told| told.age.get().into()),
            age_told_on: details.told_age.map(|told| told.on),
            gender: details.gender.map(|gender| gender.as_str().to_owned()),
            email: details.email.as_ref().map(|email| email.as_str().to_owned()),
            phone: details.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            emergency_contact: details.emergency_contact.as_ref().map(|phone| phone.as_str().to_owned()),
            address: details.address.as_ref().map(|address| address.as_str().to_owned()),
            medical_history: details.medical_history.as_ref().map(|history| history.as_str().to_owned()),
            blood_group: details.blood_group.map(|group| group.as_str().to_owned()),
        }
    }
}

impl TryFrom<PatientColumns> for PatientDetails {
    type Error = BadValue;

    fn try_from(row: PatientColumns) -> Result<Self, BadValue> {
        Ok(Self {
            told_age: told_age(&row)?,
            name: stored("patients.name", HumanName::from_stored(row.name, row.first_name, row.last_name))?,
            date_of_birth: row
                .date_of_birth
                .map(|date| stored("patients.date_of_birth", BirthDate::new(date)))
                .transpose()?,
            gender: text("patients.gender", row.gender.as_ref(), Gender::parse)?,
            email: text("patients.email", row.email.as_ref(), EmailAddress::parse)?,
            phone: text("patients.phone", row.phone.as_ref(), Phone::parse)?,
            emergency_contact: text(
                "patients.emergency_contact",
                row.emergency_contact.as_ref(),
                Phone::parse,
            )?,
            address: text("patients.address", row.address.as_ref(), Address::parse)?,
            medical_history: text(
                "patients.medical_history",
                row.medical_history.as_ref(),
                MedicalHistory::parse,
            )?,
            blood_group: text("patients.blood_group", row.blood_group.as_ref(), BloodGroup::parse)?,
        })
    }
}

impl PatientRow {
    /// What lists by the time of making are ordered by.
    pub(crate) const fn position(&self) -> (At, i64) {
        (self.record.created_at, self.record.id)
    }
}

impl TryFrom<PatientRow> for Patient {
    type Error = BadValue;

    fn try_from(row: PatientRow) -> Result<Self, BadValue> {
        let PatientRow { record, created_by } = row;
        let created_by = stored("users.username", created_by)?;
        Ok(Self {
            id: stored("patients.id", PatientId::new(record.id))?,
            owner: stored("patients.owner_id", UserId::new(record.owner_id))?,
            created_by: stored("users.username", UserName::parse(&created_by))?,
            details: record.columns.try_into()?,
            created_at: record.created_at.into(),
            updated_at: record.updated_at.into(),
            version: stored("patients.version", Version::new(record.version))?,
        })
    }
}

fn told_age(row: &PatientColumns) -> Result<Option<ToldAge>, BadValue> {
    let Some((years, on)) = row.age_told.zip(row.age_told_on) else {
        return Ok(None);
    };
    let age = stored("patients.age_told", u8::try_from(years).ok().and_then(Age::new))?;
    Ok(Some(ToldAge { age, on }))
}
