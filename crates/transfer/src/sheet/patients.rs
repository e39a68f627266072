//! Rows of patients.

use domain::ports::{Constraint, Record, RepositoryError};
use domain::{
    Address, Age, Batch, BirthDate, BloodGroup, Change, EmailAddress, Gender, HumanName, IncomingPatient,
    MedicalHistory, NameChange, PatientChange, PatientId, PersonName, Phone, RecordId, Stamp, Timestamp,
    ToldAge, fold,
};

use super::fields::Fields;
use super::run::{Desk, Row};

pub(super) struct PatientRow {
    record: IncomingPatient,
    change: PatientChange,
    /// The id in the sheet and when the record was made, where the sheet tells both.
    written_from: Option<(PatientId, Timestamp)>,
}

impl Row for PatientRow {
    const RECORD: Record = Record::Patient;
    const TABLE: &'static str = "patients";
    const NEEDS: &'static [&'static str] = &["name", "first_name", "last_name"];
    const COLUMNS: &'static [&'static str] = &[
        "owner",
        "name",
        "first_name",
        "last_name",
        "date_of_birth",
        "age",
        "age_told_on",
        "gender",
        "email",
        "phone",
        "emergency_contact",
        "address",
        "medical_history",
        "blood_group",
        "created_at",
        "updated_at",
    ];
    type Record = IncomingPatient;

    async fn read(
        desk: &mut Desk<'_>,
        fields: &mut Fields,
        id: Option<RecordId>,
    ) -> Result<Option<Self>, RepositoryError> {
        let owner = desk.owner(fields).await?;
        let today = desk.options.now.date();
        let exact = exact_name(fields);
        let change = change(fields, exact.is_some(), today);
        let told_on =
            fields.get("age_told_on", |raw| raw.trim().parse().map_err(|_| "must be a date as YYYY-MM-DD"));
        let told_at = fields.time("created_at");
        let in_sheet = fields.raw("id").and_then(|raw| raw.trim().parse().ok()).and_then(PatientId::new);
        let created_at = told_at.unwrap_or(desk.options.now);
        let updated_at = fields.time("updated_at").unwrap_or(created_at);
        if desk.options.is_own() {
            for (column, at) in [("created_at", created_at), ("updated_at", updated_at)] {
                if at > desk.options.now {
                    fields.wrong(column, "must not be in the future");
                }
            }
        }
        let details = match change.clone().into_new(today) {
            Ok(details) => details,
            Err(invalid) => {
                for violation in invalid.violations() {
                    fields.wrong(violation.field, &violation.message);
                }
                return Ok(None);
            }
        };
        let mut details = details;
        if let (Some(told), Some(on)) = (details.told_age, told_on) {
            details.told_age = Some(ToldAge { on, ..told });
        }
        if let Some(name) = exact {
            details.name = name;
        }
        let Some(owner) = owner else { return Ok(None) };
        let id = match id {
            Some(RecordId::Patient(id)) => Some(id),
            _ => None,
        };
        let record = IncomingPatient { id, owner, details, created_at, updated_at };
        Ok(Some(Self { record, change, written_from: in_sheet.zip(told_at) }))
    }

    fn unique(&self, _: &Desk<'_>) -> Vec<(Constraint, &'static str, String)> {
        Vec::new()
    }

    fn id(raw: i64) -> Option<RecordId> {
        PatientId::new(raw).map(RecordId::Patient)
    }

    fn record_without_id(&self) -> IncomingPatient {
        IncomingPatient { id: None, ..self.record() }
    }

    fn kept(&self) -> Option<RecordId> {
        self.record.id.map(RecordId::Patient)
    }

    fn record(&self) -> IncomingPatient {
        self.record.clone()
    }

    /// Ids of other servers are the same numbers; when a record was made tells them apart.
    async fn written_from(&self, desk: &Desk<'_>) -> Result<Option<RecordId>, RepositoryError> {
        let Some((id, made)) = self.written_from else { return Ok(None) };
        let found = desk.target.patients.find(self.record.owner, id).await?;
        Ok(found.filter(|found| found.created_at == made).map(|found| RecordId::Patient(found.id)))
    }

    async fn add(
        desk: &Desk<'_>,
        batch: Batch<IncomingPatient>,
        stamp: &Stamp,
    ) -> Result<(), RepositoryError> {
        desk.target.intake.add_patients(batch, stamp).await.map(drop)
    }

    async fn update(self, desk: &Desk<'_>, known: RecordId, stamp: &Stamp) -> Result<(), RepositoryError> {
        let RecordId::Patient(id) = known else { return Err(RepositoryError::Missing(Record::Patient)) };
        desk.target.patients.update(self.record.owner, id, None, &self.change, stamp).await.map(drop)
    }
}

/// What a row says; the whole name only where the parts do not say it already.
fn change(fields: &mut Fields, has_parts: bool, today: domain::Date) -> PatientChange {
    PatientChange {
        name: NameChange {
            full: if has_parts { Change::Keep } else { fields.change("name", PersonName::parse) },
            first: fields.change("first_name", PersonName::parse),
            last: fields.change("last_name", PersonName::parse),
        },
        date_of_birth: fields.change("date_of_birth", |raw| BirthDate::parse(raw.trim(), today)),
        age: fields.number("age", Age::parse),
        gender: fields.change("gender", Gender::parse),
        email: fields.change("email", EmailAddress::parse),
        phone: fields.change("phone", Phone::parse),
        emergency_contact: fields.change("emergency_contact", Phone::parse),
        address: fields.change("address", Address::parse),
        medical_history: fields.change("medical_history", MedicalHistory::parse),
        blood_group: fields.change("blood_group", BloodGroup::parse),
    }
}

/// A name that is given whole and in parts is kept as it is in all three, where they tell the same name. The whole may be
/// longer than a name that is given alone.
pub(super) fn exact_name(fields: &mut Fields) -> Option<HumanName> {
    let whole = fields.raw("name")?.trim().to_owned();
    let part = |column| fields.raw(column).and_then(|raw| PersonName::parse(raw).ok());
    let (first, last) = (part("first_name"), part("last_name"));
    let joined = HumanName::from_parts(first, last)?;
    let is_same = fold::search_key(&whole) == joined.key() && !whole.chars().any(char::is_control);
    let (first, last) = (joined.first().to_owned(), joined.last().to_owned());
    if is_same { HumanName::from_stored(whole, first, last) } else { None }
}
