//! Rows of `doctors`.

use diesel::dsl::auto_type;
use diesel::prelude::*;
use domain::{
    Address, Availability, Doctor, DoctorDetails, DoctorId, EmailAddress, EmailRule, ExperienceYears,
    LicenseNumber, Money, PersonName, Phone, Specialization, UserId, UserName, Version, fold,
};
use serde::{Deserialize, Serialize};

use super::{BadValue, stored, text};
use crate::schema::{doctor_words, doctors, users};
use crate::types::At;

/// A doctor's entry.
#[derive(Queryable, Selectable)]
#[diesel(table_name = doctors)]
pub(crate) struct DoctorRow {
    id: i64,
    created_by_id: i64,
    #[diesel(embed)]
    columns: DoctorColumns,
    created_at: At,
    updated_at: At,
    version: i32,
    #[diesel(select_expression = creator_name())]
    #[diesel(select_expression_type = creator_name)]
    created_by: Option<String>,
}

/// The user name of who added a doctor. A subquery, so that it works in `RETURNING` and no lock falls on it.
#[auto_type(type_case = "snake_case")]
pub(crate) fn creator_name() -> _ {
    users::table.filter(users::id.eq(doctors::created_by_id)).select(users::username).single_value()
}

/// What is known of a doctor. As JSON, by the names of the columns, it is kept among the versions: a column may be
/// added, but none may change its name or meaning. Keys are made anew from what they stand for.
#[derive(Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize)]
#[diesel(table_name = doctors)]
#[diesel(treat_none_as_default_value = false)]
#[diesel(treat_none_as_null = true)]
pub(crate) struct DoctorColumns {
    pub(crate) name: String,
    #[serde(skip)]
    pub(crate) name_key: String,
    pub(crate) specialization: Option<String>,
    #[serde(skip)]
    pub(crate) specialization_key: Option<String>,
    pub(crate) email: Option<String>,
    #[serde(skip)]
    pub(crate) email_key: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) availability: Option<String>,
    pub(crate) license_number: Option<String>,
    pub(crate) experience_years: Option<i16>,
    pub(crate) consultation_fee_minor: Option<i64>,
}

/// A word of a doctor's name.
#[derive(Insertable)]
#[diesel(table_name = doctor_words, treat_none_as_default_value = false)]
pub(crate) struct DoctorWordRow {
    pub(crate) word: String,
    pub(crate) doctor_id: i64,
}

impl DoctorColumns {
    /// The columns of `details` as they are kept among the versions.
    pub(crate) fn kept(details: &DoctorDetails) -> Self {
        Self::new(details, EmailRule::Shared)
    }

    /// The columns of `details`. The key of the e-mail address is set only where addresses are unique.
    pub(crate) fn new(details: &DoctorDetails, rule: EmailRule) -> Self {
        let email = details.email.as_ref();
        let specialization = details.specialization.as_ref();
        Self {
            name: details.name.as_str().to_owned(),
            name_key: fold::search_key(details.name.as_str()),
            specialization: specialization.map(|text| text.as_str().to_owned()),
            specialization_key: specialization.map(|text| fold::search_key(text.as_str())),
            email: email.map(|email| email.as_str().to_owned()),
            email_key: email.filter(|_| rule == EmailRule::Unique).map(|email| email.key().to_owned()),
            phone: details.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            address: details.address.as_ref().map(|address| address.as_str().to_owned()),
            availability: details.availability.as_ref().map(|text| text.as_str().to_owned()),
            license_number: details.license_number.as_ref().map(|number| number.as_str().to_owned()),
            experience_years: details.experience_years.map(|years| years.get().into()),
            consultation_fee_minor: details.consultation_fee.map(Money::minor),
        }
    }
}

impl TryFrom<DoctorColumns> for DoctorDetails {
    type Error = BadValue;

    fn try_from(row: DoctorColumns) -> Result<Self, BadValue> {
        let years = |years: i16| u8::try_from(years).ok().and_then(ExperienceYears::new);
        Ok(Self {
            name: stored("doctors.name", PersonName::parse(&row.name))?,
            specialization: text(
                "doctors.specialization",
                row.specialization.as_ref(),
                Specialization::parse,
            )?,
            email: text("doctors.email", row.email.as_ref(), EmailAddress::parse)?,
            phone: text("doctors.phone", row.phone.as_ref(), Phone::parse)?,
            address: text("doctors.address", row.address.as_ref(), Address::parse)?,
            availability: text("doctors.availability", row.availability.as_ref(), Availability::parse)?,
            license_number: text(
                "doctors.license_number",
                row.license_number.as_ref(),
                LicenseNumber::parse,
            )?,
            experience_years: row
                .experience_years
                .map(|kept| stored("doctors.experience_years", years(kept)))
                .transpose()?,
            consultation_fee: row
                .consultation_fee_minor
                .map(|minor| stored("doctors.consultation_fee_minor", Money::from_minor(minor)))
                .transpose()?,
        })
    }
}

impl TryFrom<DoctorRow> for Doctor {
    type Error = BadValue;

    fn try_from(row: DoctorRow) -> Result<Self, BadValue> {
        let created_by = stored("users.username", row.created_by)?;
        Ok(Self {
            id: stored("doctors.id", DoctorId::new(row.id))?,
            creator: stored("doctors.created_by_id", UserId::new(row.created_by_id))?,
            created_by: stored("users.username", UserName::parse(&created_by))?,
            details: row.columns.try_into()?,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
            version: stored("doctors.version", Version::new(row.version))?,
        })
    }
}
