//! Doctors: the directory that all users share.

use std::collections::{HashMap, HashSet};

use domain::ports::Constraint;
use domain::{
    Address, Availability, DoctorDetails, DoctorId, EmailAddress, EmailRule, ExperienceYears, LicenseNumber,
    Money, MoneyError, PersonName, RecordId, Specialization, Timestamp,
};

use super::plan::{Bench, Creator, Desk, Draft, PlanError};
use super::table::Row;
use crate::case::Case;
use crate::repair::{Field, filled};

/// An entry that is to be made.
pub(super) struct DoctorDraft {
    pub(super) id: Option<DoctorId>,
    pub(super) details: DoctorDetails,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

/// Values of which each is one doctor's: which row has which, and which are those of doctors who were here before.
struct Unique {
    holders: HashMap<String, i64>,
    taken: HashSet<String>,
}

pub(super) async fn judge(
    desk: &Desk<'_>,
    bench: &mut Bench<'_>,
    creator: Creator,
) -> Result<Vec<Draft<DoctorDraft>>, PlanError> {
    let email = |row: Row<'_>| Some(EmailAddress::parse(row.get("email")?).ok()?.key().to_owned());
    let emails = Unique::of(desk, bench, Constraint::DoctorEmail, email).await?;
    let license = |row: Row<'_>| Some(LicenseNumber::parse(row.get("license_number")?).ok()?.into_string());
    let licenses = Unique::of(desk, bench, Constraint::DoctorLicense, license).await?;
    let mut drafts = Vec::new();
    for (id, row) in std::mem::take(&mut bench.rows) {
        if bench.is_known(id) {
            bench.close_known(id);
            continue;
        }
        let mut case = bench.case(id);
        if matches!(creator, Creator::Nobody) {
            case.refuse("id", "nobody is there in whose name doctors could be added (--doctors-by)", None);
            bench.ledger.close(case);
            continue;
        }
        let mut details = details(&mut case, id, row);
        if desk.options.doctor_emails == EmailRule::Unique {
            let raw = row.get("email");
            details.email =
                details.email.filter(|email| emails.keeps(&mut case, "email", id, email.key(), raw));
        }
        let raw = row.get("license_number");
        details.license_number = details
            .license_number
            .filter(|number| licenses.keeps(&mut case, "license_number", id, number.as_str(), raw));
        let (created_at, updated_at) = times(desk, &mut case, row);
        let kept = match bench.id(&mut case, id) {
            Some(RecordId::Doctor(id)) => Some(id),
            _ => None,
        };
        let draft = DoctorDraft { id: kept, details, created_at, updated_at };
        drafts.push(bench.close(id, row, case, draft));
    }
    Ok(drafts)
}

/// When the record was made and last changed. Times in the future and an end before the beginning stay as they are.
pub(super) fn times(desk: &Desk<'_>, case: &mut Case<'_>, row: Row<'_>) -> (Timestamp, Timestamp) {
    let created_at = row.time("created_at").unwrap_or_else(|| {
        case.repair("created_at", "is no time", "the time of the import", row.get("created_at"));
        desk.options.now
    });
    (created_at, row.time("updated_at").unwrap_or(created_at))
}

/// What a record without a name is called.
#[expect(clippy::expect_used, reason = "a word and a number are a name")]
pub(super) fn placeholder(case: &mut Case<'_>, kind: &str, id: i64, raw: Option<&str>) -> PersonName {
    let name = format!("{kind} {id}");
    let called = PersonName::parse(&name).expect("it is short and has no control characters");
    case.repair("name", "has no name", format!("called {name}"), raw);
    called
}

fn details(case: &mut Case<'_>, id: i64, row: Row<'_>) -> DoctorDetails {
    let raw = row.get("name");
    let name = case.text(Field::line("name", PersonName::MAX_CHARS), raw, PersonName::parse);
    let name = name.unwrap_or_else(|| placeholder(case, "Doctor", id, raw));
    let phone = if row.get("contact").is_some() { "contact" } else { "phone" };
    let specialization = Field::line("specialization", Specialization::MAX_CHARS);
    let address = Field::lines("address", Address::MAX_CHARS);
    let availability = Field::line("availability", Availability::MAX_CHARS);
    let license = Field::line("license_number", LicenseNumber::MAX_CHARS);
    DoctorDetails {
        specialization: case.text(specialization, row.get("specialization"), Specialization::parse),
        email: case.email(row.get("email")),
        phone: case.phone(phone, row.get(phone)),
        address: case.text(address, row.get("address"), Address::parse),
        availability: case.text(availability, row.get("availability"), Availability::parse),
        license_number: case.text(license, row.get("license_number"), LicenseNumber::parse),
        experience_years: experience(case, row.get("experience_years")),
        consultation_fee: fee(case, row.get("consultation_fee")),
        ..DoctorDetails::named(name)
    }
}

fn experience(case: &mut Case<'_>, raw: Option<&str>) -> Option<ExperienceYears> {
    let raw = filled(raw)?;
    let years = raw.trim().parse().ok().and_then(|years| ExperienceYears::parse(years).ok());
    if years.is_none() {
        case.repair("experience_years", "is not from 0 to 80", "left empty", Some(raw));
    }
    years
}

/// SQLite keeps amounts as binary fractions: what has more than two decimals is read to two.
fn fee(case: &mut Case<'_>, raw: Option<&str>) -> Option<Money> {
    let raw = filled(raw)?;
    let fee = Money::parse(raw).or_else(|error| match (error, raw.trim().parse::<f64>()) {
        (MoneyError::TooPrecise, Ok(amount)) => Money::parse(&format!("{amount:.2}")),
        _ => Err(error),
    });
    if let Err(error) = fee {
        case.repair("consultation_fee", error.to_string(), "left empty", Some(raw));
    }
    fee.ok()
}

impl Unique {
    /// Of equal values the lowest id has it.
    async fn of(
        desk: &Desk<'_>,
        bench: &Bench<'_>,
        rule: Constraint,
        key: impl Fn(Row<'_>) -> Option<String>,
    ) -> Result<Self, PlanError> {
        let mut holders = HashMap::new();
        for (id, row) in &bench.rows {
            if let Some(key) = key(*row) {
                holders.entry(key).or_insert(*id);
            }
        }
        let new = holders.iter().filter(|(_, id)| !bench.is_known(**id)).map(|(key, _)| key.clone());
        let taken = desk.taken(rule, new).await?;
        Ok(Self { holders, taken })
    }

    /// Whether the row keeps its value.
    fn keeps(&self, case: &mut Case<'_>, field: &'static str, id: i64, key: &str, raw: Option<&str>) -> bool {
        let rule = match self.holders.get(key) {
            Some(holder) if *holder != id => format!("is that of doctor {holder}"),
            _ if self.taken.contains(key) => "is that of a doctor who was here before".to_owned(),
            _ => return true,
        };
        case.repair(field, rule, "left empty", raw);
        false
    }
}
