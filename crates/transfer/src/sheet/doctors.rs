//! Rows of doctors.

use domain::ports::{Constraint, Record, RepositoryError};
use domain::{
    Address, Availability, Batch, DoctorChange, DoctorDetails, DoctorId, EmailAddress, EmailRule,
    ExperienceYears, IncomingDoctor, LicenseNumber, Money, PersonName, Phone, RecordId, Specialization,
    Stamp,
};

use super::fields::Fields;
use super::run::{Desk, Row};

pub(super) struct DoctorRow {
    record: IncomingDoctor,
    change: DoctorChange,
}

impl Row for DoctorRow {
    const RECORD: Record = Record::Doctor;
    const TABLE: &'static str = "doctors";
    const NEEDS: &'static [&'static str] = &["name"];
    const COLUMNS: &'static [&'static str] = &[
        "owner",
        "name",
        "specialization",
        "email",
        "phone",
        "address",
        "availability",
        "license_number",
        "experience_years",
        "consultation_fee",
        "created_at",
        "updated_at",
        "is_retired",
    ];
    const MADE: &'static str = "created_at";
    type Record = IncomingDoctor;

    async fn read(
        desk: &mut Desk<'_>,
        fields: &mut Fields,
        id: Option<RecordId>,
    ) -> Result<Option<Self>, RepositoryError> {
        let creator = desk.owner(fields).await?;
        let change = DoctorChange {
            name: fields.change("name", PersonName::parse),
            specialization: fields.change("specialization", Specialization::parse),
            email: fields.change("email", EmailAddress::parse),
            phone: fields.change("phone", Phone::parse),
            address: fields.change("address", Address::parse),
            availability: fields.change("availability", Availability::parse),
            license_number: fields.change("license_number", LicenseNumber::parse),
            experience_years: fields.number("experience_years", ExperienceYears::parse),
            consultation_fee: fields.change("consultation_fee", Money::parse),
        };
        let created_at = fields.time("created_at").unwrap_or(desk.options.now);
        let updated_at = fields.time("updated_at").unwrap_or(created_at);
        let is_retired = fields.switch("is_retired").unwrap_or_default();
        let Ok(details) = change.clone().into_new() else {
            if fields.raw("name").is_none() {
                fields.wrong("name", "is required");
            }
            return Ok(None);
        };
        let Some(creator) = creator else { return Ok(None) };
        let id = match id {
            Some(RecordId::Doctor(id)) => Some(id),
            _ => None,
        };
        let record = IncomingDoctor { id, creator, details, created_at, updated_at, is_retired };
        Ok(Some(Self { record, change }))
    }

    fn unique(&self, desk: &Desk<'_>) -> Vec<(Constraint, &'static str, String)> {
        let IncomingDoctor { details, is_retired, .. } = &self.record;
        if *is_retired { Vec::new() } else { keys(details, desk) }
    }

    fn id(raw: i64) -> Option<RecordId> {
        DoctorId::new(raw).map(RecordId::Doctor)
    }

    fn kept(&self) -> Option<RecordId> {
        self.record.id.map(RecordId::Doctor)
    }

    fn record(&self, keeps_id: bool) -> IncomingDoctor {
        IncomingDoctor { id: self.record.id.filter(|_| keeps_id), ..self.record.clone() }
    }

    async fn add(
        desk: &Desk<'_>,
        batch: Batch<IncomingDoctor>,
        stamp: &Stamp,
    ) -> Result<(), RepositoryError> {
        desk.target.intake.add_doctors(batch, desk.options.doctor_emails, stamp).await.map(drop)
    }

    async fn update(self, desk: &Desk<'_>, known: RecordId, stamp: &Stamp) -> Result<bool, RepositoryError> {
        let RecordId::Doctor(id) = known else { return Err(RepositoryError::Missing(Record::Doctor)) };
        let Self { record, change } = self;
        let doctors = desk.target.doctors;
        let Some(stored) = doctors.find(id).await? else {
            let is_there = !desk.target.intake.present(vec![known]).await?.is_empty();
            let has_retired = record.is_retired && is_there;
            return if has_retired { Ok(false) } else { Err(RepositoryError::Missing(Record::Doctor)) };
        };
        let after = change.applied(&stored.details)?;
        let is_same = after == stored.details;
        if desk.options.is_dry {
            let before = keys(&stored.details, desk);
            for (rule, _, key) in keys(&after, desk).into_iter().filter(|key| !before.contains(key)) {
                if !desk.target.intake.taken(rule, vec![key]).await?.is_empty() {
                    return Err(RepositoryError::Duplicate(rule));
                }
            }
            return Ok(!is_same || record.is_retired);
        }
        if !is_same {
            doctors.update(id, None, &change, desk.options.doctor_emails, stamp).await?;
        }
        if record.is_retired {
            doctors.retire(id, None, stamp).await?;
        }
        Ok(!is_same || record.is_retired)
    }
}

/// What no two doctors may share, by rule, column and key.
fn keys(details: &DoctorDetails, desk: &Desk<'_>) -> Vec<(Constraint, &'static str, String)> {
    let email = details.email.as_ref().filter(|_| desk.options.doctor_emails == EmailRule::Unique);
    let email = email.map(|email| (Constraint::DoctorEmail, "email", email.key().to_owned()));
    let license = details.license_number.as_ref();
    let license =
        license.map(|number| (Constraint::DoctorLicense, "license_number", number.as_str().to_owned()));
    email.into_iter().chain(license).collect()
}
