//! Mappings: active ones, and ended ones as history.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{MappingId, Notes, RecordId, Timestamp};

use super::family::Kind as FamilyKind;
use super::plan::{Bench, Desk, Draft};
use super::table::Row;
use crate::case::Case;
use crate::repair::{Field, filled};

/// An assignment that is to be made. Users, patients and doctors by their ids in the source.
pub(super) struct MappingDraft {
    pub(super) id: Option<MappingId>,
    pub(super) owner: i64,
    pub(super) patient: i64,
    pub(super) doctor: i64,
    pub(super) notes: Option<Notes>,
    pub(super) assigned_by: Option<i64>,
    pub(super) assigned_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) ended_at: Option<Timestamp>,
}

/// Who is or will be here, by ids of the source.
pub(super) struct Sides<'a> {
    pub(super) users: &'a BTreeSet<i64>,
    pub(super) doctors: &'a BTreeSet<i64>,
    /// The owner of each patient.
    pub(super) owners: BTreeMap<i64, i64>,
}

/// What the columns of a family mean.
struct Columns {
    assigned_at: &'static str,
    assigned_by: Option<&'static str>,
    notes: Option<&'static str>,
    /// Where an assignment can end.
    active: Option<&'static str>,
}

const fn columns(kind: FamilyKind) -> Columns {
    match kind {
        FamilyKind::S0 => Columns {
            assigned_at: "created_at",
            assigned_by: Some("assigned_by_id"),
            notes: None,
            active: None,
        },
        FamilyKind::S1 => {
            Columns { assigned_at: "assigned_on", assigned_by: None, notes: Some("reason"), active: None }
        }
        FamilyKind::S2 => Columns {
            assigned_at: "assigned_date",
            assigned_by: Some("created_by_id"),
            notes: Some("notes"),
            active: Some("is_active"),
        },
    }
}

pub(super) fn judge(desk: &Desk<'_>, bench: &mut Bench<'_>, sides: &Sides<'_>) -> Vec<Draft<MappingDraft>> {
    let columns = columns(desk.source.family.kind);
    let rows = std::mem::take(&mut bench.rows);
    let first = first_of_pairs(&columns, &rows);
    let mut drafts = Vec::new();
    for (id, row) in rows {
        if bench.is_known(id) {
            bench.close_known(id);
            continue;
        }
        let mut case = bench.case(id);
        let Some((owner, patient, doctor)) = pair(sides, &mut case, row) else {
            bench.ledger.close(case);
            continue;
        };
        let assigned_at = row.time(columns.assigned_at).unwrap_or_else(|| {
            let raw = row.get(columns.assigned_at);
            case.repair(columns.assigned_at, "is no time", "the time of the import", raw);
            desk.options.now
        });
        let updated_at = row.time("updated_at").unwrap_or(assigned_at);
        let mut ended_at = is_ended(&columns, row).then(|| updated_at.max(assigned_at));
        if let Some(first) = first.get(&(patient, doctor)).filter(|first| **first != id && ended_at.is_none())
        {
            let rule = format!("the pair is that of row {first}, which is active");
            case.repair("patient_id", rule, "kept as ended", None);
            ended_at = Some(assigned_at);
        }
        let notes = columns
            .notes
            .and_then(|notes| case.text(Field::lines(notes, Notes::MAX_CHARS), row.get(notes), Notes::parse));
        let draft = MappingDraft {
            id: match bench.id(&mut case, id) {
                Some(RecordId::Mapping(id)) => Some(id),
                _ => None,
            },
            owner,
            patient,
            doctor,
            notes,
            assigned_by: assigned_by(&columns, sides, &mut case, row),
            assigned_at,
            updated_at,
            ended_at,
        };
        drafts.push(bench.close(id, row, case, draft));
    }
    drafts
}

fn is_ended(columns: &Columns, row: Row<'_>) -> bool {
    columns.active.is_some_and(|active| !row.is_true(active))
}

/// Of the active rows of each pair the first, by time and id.
fn first_of_pairs(columns: &Columns, rows: &[(i64, Row<'_>)]) -> HashMap<(i64, i64), i64> {
    let mut first: HashMap<(i64, i64), (Option<Timestamp>, i64)> = HashMap::new();
    for (id, row) in rows.iter().filter(|(_, row)| !is_ended(columns, *row)) {
        let Some(pair) = row.number("patient_id").zip(row.number("doctor_id")) else { continue };
        let this = (row.time(columns.assigned_at), *id);
        first.entry(pair).and_modify(|first| *first = (*first).min(this)).or_insert(this);
    }
    first.into_iter().map(|(pair, (_, id))| (pair, id)).collect()
}

/// Owner, patient and doctor.
fn pair(sides: &Sides<'_>, case: &mut Case<'_>, row: Row<'_>) -> Option<(i64, i64, i64)> {
    let patient = row.number("patient_id");
    let owner = patient.and_then(|patient| sides.owners.get(&patient));
    let doctor = row.number("doctor_id").filter(|doctor| sides.doctors.contains(doctor));
    if owner.is_none() {
        case.refuse("patient_id", "is no patient that was imported", row.get("patient_id"));
    }
    if doctor.is_none() {
        case.refuse("doctor_id", "is no doctor who was imported", row.get("doctor_id"));
    }
    Some((*owner?, patient?, doctor?))
}

fn assigned_by(columns: &Columns, sides: &Sides<'_>, case: &mut Case<'_>, row: Row<'_>) -> Option<i64> {
    let column = columns.assigned_by?;
    let raw = filled(row.get(column))?;
    let user = row.number(column).filter(|user| sides.users.contains(user));
    if user.is_none() {
        case.repair(column, "is no user that was imported", "left empty", Some(raw));
    }
    user
}
