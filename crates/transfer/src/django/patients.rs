//! Patients: records that stay with their owners.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Address, Age, BirthDate, BloodGroup, HumanName, MedicalHistory, PatientDetails, PatientId, PersonName,
    RecordId, Timestamp, ToldAge,
};

use super::doctors::{placeholder, times};
use super::family::Kind as FamilyKind;
use super::plan::{Bench, Desk, Draft};
use super::source::Source;
use super::table::Row;
use super::users;
use crate::case::Case;
use crate::repair::{Field, filled};

/// A record that is to be made.
pub(super) struct PatientDraft {
    pub(super) id: Option<PatientId>,
    /// The id of the owner in the source.
    pub(super) owner: i64,
    pub(super) details: PatientDetails,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

const fn owner_column(kind: FamilyKind) -> &'static str {
    match kind {
        FamilyKind::S0 | FamilyKind::S2 => "created_by_id",
        FamilyKind::S1 => "owner_id",
    }
}

/// The owner of each patient who is or will be here, by ids of the source.
pub(super) fn owners(source: &Source, standing: &BTreeSet<i64>) -> BTreeMap<i64, i64> {
    let Some(table) = source.tables.get(source.family.patients.table) else { return BTreeMap::new() };
    let column = owner_column(source.family.kind);
    let owner = |row: Row<'_>| Some((row.number("id")?, row.number(column)?));
    table.rows().filter_map(owner).filter(|(id, _)| standing.contains(id)).collect()
}

pub(super) fn judge(
    desk: &Desk<'_>,
    bench: &mut Bench<'_>,
    users: &BTreeSet<i64>,
) -> Vec<Draft<PatientDraft>> {
    let column = owner_column(desk.source.family.kind);
    let mut drafts = Vec::new();
    for (id, row) in std::mem::take(&mut bench.rows) {
        if bench.is_known(id) {
            bench.close_known(id);
            continue;
        }
        let mut case = bench.case(id);
        let Some(owner) = row.number(column).filter(|owner| users.contains(owner)) else {
            case.refuse(column, "is no user that was imported", row.get(column));
            bench.ledger.close(case);
            continue;
        };
        let details = details(desk, &mut case, id, row);
        let (created_at, updated_at) = times(desk, &mut case, row);
        let kept = match bench.id(&mut case, id) {
            Some(RecordId::Patient(id)) => Some(id),
            _ => None,
        };
        let draft = PatientDraft { id: kept, owner, details, created_at, updated_at };
        drafts.push(bench.close(id, row, case, draft));
    }
    drafts
}

fn details(desk: &Desk<'_>, case: &mut Case<'_>, id: i64, row: Row<'_>) -> PatientDetails {
    let phone = if row.get("contact").is_some() { "contact" } else { "phone" };
    let address = Field::lines("address", Address::MAX_CHARS);
    let history = Field::lines("medical_history", MedicalHistory::MAX_CHARS);
    let name = match desk.source.family.kind {
        FamilyKind::S0 => name_in_parts(case, id, row),
        FamilyKind::S1 | FamilyKind::S2 => whole_name(case, id, row),
    };
    PatientDetails {
        date_of_birth: birth_date(desk, case, row.get("date_of_birth")),
        told_age: told_age(desk, case, row),
        gender: case.gender(row.get("gender")),
        email: case.email(row.get("email")),
        phone: case.phone(phone, row.get(phone)),
        emergency_contact: case.phone("emergency_contact", row.get("emergency_contact")),
        address: case.text(address, row.get("address"), Address::parse),
        medical_history: case.text(history, row.get("medical_history"), MedicalHistory::parse),
        blood_group: blood_group(case, row.get("blood_group")),
        ..PatientDetails::named(name)
    }
}

fn name_in_parts(case: &mut Case<'_>, id: i64, row: Row<'_>) -> HumanName {
    let name = users::name(case, row);
    if name.as_ref().is_some_and(|name| name.first().is_empty()) {
        case.repair("first_name", "is empty", "the last name is the name", row.get("first_name"));
    }
    name.unwrap_or_else(|| HumanName::from_full(placeholder(case, "Patient", id, row.get("first_name"))))
}

fn whole_name(case: &mut Case<'_>, id: i64, row: Row<'_>) -> HumanName {
    let raw = row.get("name");
    let name = case.text(Field::line("name", PersonName::MAX_CHARS), raw, PersonName::parse);
    HumanName::from_full(name.unwrap_or_else(|| placeholder(case, "Patient", id, raw)))
}

/// An age was true when the row was last written: S0 tells when that was, S1 only when it was made.
fn told_age(desk: &Desk<'_>, case: &mut Case<'_>, row: Row<'_>) -> Option<ToldAge> {
    let raw = filled(row.get("age"))?;
    let Some(age) = raw.trim().parse().ok().and_then(|age| Age::parse(age).ok()) else {
        case.repair("age", "is not from 0 to 150", "left empty", Some(raw));
        return None;
    };
    let on = row.day("updated_at").or_else(|| row.day("created_at"));
    Some(ToldAge { age, on: on.unwrap_or_else(|| desk.options.now.date()) })
}

fn birth_date(desk: &Desk<'_>, case: &mut Case<'_>, raw: Option<&str>) -> Option<BirthDate> {
    let raw = filled(raw)?;
    let date = BirthDate::parse(raw.trim(), desk.options.now.date());
    if let Err(error) = date {
        case.repair("date_of_birth", error.to_string(), "left empty", Some(raw));
    }
    date.ok()
}

fn blood_group(case: &mut Case<'_>, raw: Option<&str>) -> Option<BloodGroup> {
    let raw = filled(raw)?;
    let group = BloodGroup::parse(raw);
    if let Err(error) = group {
        case.repair("blood_group", error.to_string(), "left empty", Some(raw));
    }
    group.ok()
}
