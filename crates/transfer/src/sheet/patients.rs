//! Rows of patients.

use domain::ports::{Constraint, Record, RepositoryError};
use domain::{
    Address, Age, Batch, BirthDate, BloodGroup, Change, Date, EmailAddress, Gender, HumanName,
    IncomingPatient, MedicalHistory, NameChange, Patient, PatientChange, PatientId, PersonName, Phone,
    RecordId, Stamp, Timestamp, ToldAge, fold,
};

use super::fields::Fields;
use super::run::{Desk, Row};

/// The longest whole name: two parts and the blank between them.
const LONGEST_NAME: usize = 2 * PersonName::MAX_CHARS + 1;
/// Before this day nobody told an age to anybody who is a patient now.
const FIRST_TOLD: Date = Date::from_ymd_opt(1900, 1, 1).unwrap();

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
    const MADE: &'static str = "created_at";
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
        let told_on = fields.get("age_told_on", |raw| {
            let on = raw.trim().parse::<Date>().map_err(|_| "must be a date as YYYY-MM-DD")?;
            if (FIRST_TOLD..=today).contains(&on) { Ok(on) } else { Err("must be a day from 1900 to today") }
        });
        let told_at = fields.time("created_at");
        let in_sheet = fields.raw("id").and_then(|raw| raw.trim().parse().ok()).and_then(PatientId::new);
        let created_at = told_at.unwrap_or_else(|| desk.own_instant());
        let told_changed = fields.time("updated_at");
        let updated_at = told_changed.unwrap_or(created_at);
        if desk.options.is_own() {
            for (column, told) in [("created_at", told_at), ("updated_at", told_changed)] {
                if told.is_some_and(|told| told > desk.options.now) {
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

    fn kept(&self) -> Option<RecordId> {
        self.record.id.map(RecordId::Patient)
    }

    fn record(&self, keeps_id: bool) -> IncomingPatient {
        IncomingPatient { id: self.record.id.filter(|_| keeps_id), ..self.record.clone() }
    }

    /// Ids of other servers are the same numbers. When a record was made tells them apart, unless a sheet has given
    /// many of them one time: then who it is decides.
    async fn written_from(&self, desk: &Desk<'_>) -> Result<Option<RecordId>, RepositoryError> {
        let Some((id, made)) = self.written_from else { return Ok(None) };
        let found = desk.target.patients.find(self.record.owner, id).await?;
        let mine = &self.record.details;
        let is_same = |found: &Patient| {
            let born = found.details.date_of_birth;
            let is_same_person = found.details.name.key() == mine.name.key()
                || born.is_some_and(|born| mine.date_of_birth == Some(born));
            found.created_at == made && is_same_person
        };
        Ok(found.filter(is_same).map(|found| RecordId::Patient(found.id)))
    }

    async fn add(
        desk: &Desk<'_>,
        batch: Batch<IncomingPatient>,
        stamp: &Stamp,
    ) -> Result<(), RepositoryError> {
        desk.target.intake.add_patients(batch, stamp).await.map(drop)
    }

    async fn update(self, desk: &Desk<'_>, known: RecordId, stamp: &Stamp) -> Result<bool, RepositoryError> {
        let missing = || RepositoryError::Missing(Record::Patient);
        let RecordId::Patient(id) = known else { return Err(missing()) };
        let Self { record, mut change, .. } = self;
        let today = desk.options.now.date();
        let stored = desk.target.patients.find(record.owner, id).await?.ok_or_else(missing)?.details;
        // An age that is told once more was not told today.
        if stored.told_age.is_some_and(|told| matches!(&change.age, Change::Set(age) if *age == told.age)) {
            change.age = Change::Keep;
        }
        if stored == record.details || change.applied(&stored, today)? == stored {
            return Ok(false);
        }
        if desk.options.is_dry {
            return Ok(true);
        }
        desk.target.patients.update(record.owner, id, None, &change, stamp).await.map(|_| true)
    }
}

/// What a row says; the whole name only where the parts do not say it already.
fn change(fields: &mut Fields, has_parts: bool, today: Date) -> PatientChange {
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
    if whole.chars().count() > LONGEST_NAME {
        return None;
    }
    let part = |column| fields.raw(column).and_then(|raw| PersonName::parse(raw).ok());
    let (first, last) = (part("first_name"), part("last_name"));
    let joined = HumanName::from_parts(first, last)?;
    let is_same = fold::search_key(&whole) == joined.key() && !whole.chars().any(char::is_control);
    let (first, last) = (joined.first().to_owned(), joined.last().to_owned());
    if is_same { HumanName::from_stored(whole, first, last) } else { None }
}
