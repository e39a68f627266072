//! What becomes of each row, decided before anything is written.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use domain::ports::{Constraint, Intake, Record, RepositoryError};
use domain::{
    DoctorId, EmailRule, IncomingUser, MappingId, PatientId, RecordId, SourceName, Timestamp, UserId,
};

use super::doctors::DoctorDraft;
use super::family::Known as KnownTable;
use super::mappings::MappingDraft;
use super::patients::PatientDraft;
use super::source::Source;
use super::table::{Row, Table};
use super::{doctors, mappings, patients, users};
use crate::case::{Case, Ledger};
use crate::report::Report;

/// The highest id that is kept: JavaScript clients read no higher one exactly (ECMA-262, `Number.MAX_SAFE_INTEGER`),
/// and there must be room above.
const HIGHEST_ID: i64 = (1 << 53) - 1;

/// What the operator decides.
#[derive(Clone)]
pub struct Options {
    /// What the source is called. Another run under this name takes in nothing twice.
    pub source: SourceName,
    /// Superusers become administrators and staff becomes staff.
    pub keeps_rights: bool,
    /// Who counts as having added the doctors; else the first superuser of the source.
    pub doctors_by: Option<UserId>,
    /// Whether two doctors may have the same e-mail address.
    pub doctor_emails: EmailRule,
    /// The time.
    pub now: Timestamp,
    /// Whether the server verifies such a hash of a password.
    pub verifies: fn(&str) -> bool,
}

/// Why nothing can be planned.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The database into which the records go does not answer.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// Records of this name were taken in before, and they were others.
    #[error(
        "{table} {id} is another record than the one that was imported as {id} from `{source_name}` before: another \
         database needs another name (--source)"
    )]
    OtherSource {
        /// The table.
        table: &'static str,
        /// The id in the source.
        id: i64,
        /// The name of the source.
        source_name: String,
    },
}

/// What will be written, and what is to be told about it.
pub struct Plan {
    /// What becomes of each row.
    pub report: Report,
    pub(super) source: SourceName,
    pub(super) doctor_emails: EmailRule,
    pub(super) users: Vec<Draft<IncomingUser>>,
    pub(super) doctors: Vec<Draft<DoctorDraft>>,
    pub(super) patients: Vec<Draft<PatientDraft>>,
    pub(super) mappings: Vec<Draft<MappingDraft>>,
    pub(super) doctors_by: Creator,
    pub(super) known: BTreeMap<(Kind, i64), RecordId>,
    pub(super) tables: [&'static str; 4],
}

/// A record that is to be written, by its id in the source.
pub(super) struct Draft<T> {
    pub(super) id: i64,
    pub(super) origin: Option<Timestamp>,
    pub(super) record: T,
}

/// Who counts as having added the doctors.
#[derive(Clone, Copy)]
pub(super) enum Creator {
    /// A user of this database.
    Here(UserId),
    /// A user of the source.
    There(i64),
    Nobody,
}

/// The four kinds in the order in which they are taken in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    User,
    Doctor,
    Patient,
    Mapping,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::User, Self::Doctor, Self::Patient, Self::Mapping];

    pub(super) const fn record(self) -> Record {
        match self {
            Self::User => Record::User,
            Self::Doctor => Record::Doctor,
            Self::Patient => Record::Patient,
            Self::Mapping => Record::Mapping,
        }
    }

    pub(super) fn id(self, raw: i64) -> Option<RecordId> {
        match self {
            Self::User => UserId::new(raw).map(RecordId::User),
            Self::Doctor => DoctorId::new(raw).map(RecordId::Doctor),
            Self::Patient => PatientId::new(raw).map(RecordId::Patient),
            Self::Mapping => MappingId::new(raw).map(RecordId::Mapping),
        }
    }
}

/// Judges a source. Nothing is written, and a second call says the same.
pub async fn plan(source: &Source, intake: &dyn Intake, options: &Options) -> Result<Plan, PlanError> {
    let desk = Desk { source, intake, options };
    let [users, doctors, patients, mappings] = source.family.tables();
    let mut report = Report { others: source.others.clone(), columns: unused(source), ..Report::default() };
    let mut known = BTreeMap::new();
    let mut bench = desk.bench(Kind::User, users, "date_joined").await?;
    let (user_drafts, creator) = users::judge(&desk, &mut bench).await?;
    let standing_users = bench.finish(&mut report, &mut known);
    let mut bench = desk.bench(Kind::Doctor, doctors, "created_at").await?;
    let doctor_drafts = doctors::judge(&desk, &mut bench, creator).await?;
    let standing_doctors = bench.finish(&mut report, &mut known);
    let mut bench = desk.bench(Kind::Patient, patients, "created_at").await?;
    let patient_drafts = patients::judge(&desk, &mut bench, &standing_users);
    let standing_patients = bench.finish(&mut report, &mut known);
    let begun = if mappings.columns.contains(&"created_at") { "created_at" } else { "assigned_on" };
    let mut bench = desk.bench(Kind::Mapping, mappings, begun).await?;
    let sides = mappings::Sides {
        users: &standing_users,
        doctors: &standing_doctors,
        owners: patients::owners(source, &standing_patients),
    };
    let mapping_drafts = mappings::judge(&desk, &mut bench, &sides);
    bench.finish(&mut report, &mut known);
    Ok(Plan {
        report,
        source: options.source.clone(),
        doctor_emails: options.doctor_emails,
        users: user_drafts,
        doctors: doctor_drafts,
        patients: patient_drafts,
        mappings: mapping_drafts,
        doctors_by: creator,
        known,
        tables: source.family.tables().map(|known| known.table),
    })
}

/// What is at hand for judging.
pub(super) struct Desk<'a> {
    pub(super) source: &'a Source,
    pub(super) intake: &'a dyn Intake,
    pub(super) options: &'a Options,
}

impl<'a> Desk<'a> {
    /// The rows of one kind, with what is here already.
    async fn bench(
        &self,
        kind: Kind,
        known: &'static KnownTable,
        begun: &'static str,
    ) -> Result<Bench<'a>, PlanError> {
        let name = &self.options.source;
        let before = self.intake.known(name, kind.record()).await?;
        let numbered =
            before.into_iter().filter_map(|known| Some((known.external.as_str().parse().ok()?, known)));
        let before: HashMap<i64, domain::Known> = numbered.collect();
        let mut ledger = Ledger::new(known.table);
        let rows = match self.source.tables.get(known.table) {
            Some(table) => by_id(table, known.table, &mut ledger),
            None => Vec::new(),
        };
        for (id, row) in &rows {
            if let Some(known) = before.get(id)
                && let (Some(then), Some(now)) = (known.origin, row.time(begun).map(to_millis))
                && then != now
            {
                let source_name = name.as_str().to_owned();
                return Err(PlanError::OtherSource { table: ledger.table(), id: *id, source_name });
            }
        }
        let count = self.intake.count(kind.record()).await?;
        let keeps_ids = count <= u64::try_from(before.len()).unwrap_or_default();
        let wanted = rows.iter().filter(|(id, _)| keeps_ids && count > 0 && !before.contains_key(id));
        let wanted: Vec<RecordId> = wanted.filter_map(|(id, _)| kind.id(*id)).collect();
        let present = self.intake.present(wanted).await?.into_iter().collect();
        Ok(Bench {
            kind,
            table: known.table,
            begun,
            rows,
            known: before,
            keeps_ids,
            present,
            ledger,
            standing: BTreeSet::new(),
        })
    }

    /// Those of the keys that records which are here already have.
    pub(super) async fn taken(
        &self,
        rule: Constraint,
        keys: impl Iterator<Item = String>,
    ) -> Result<HashSet<String>, PlanError> {
        let keys: Vec<String> = keys.collect();
        if keys.is_empty() {
            return Ok(HashSet::new());
        }
        Ok(self.intake.taken(rule, keys).await?.into_iter().collect())
    }
}

/// The rows of one kind while they are judged.
pub(super) struct Bench<'a> {
    kind: Kind,
    table: &'static str,
    begun: &'static str,
    pub(super) rows: Vec<(i64, Row<'a>)>,
    known: HashMap<i64, domain::Known>,
    keeps_ids: bool,
    present: HashSet<RecordId>,
    pub(super) ledger: Ledger<'static>,
    /// The ids that are or will be records here.
    standing: BTreeSet<i64>,
}

impl Bench<'_> {
    pub(super) fn is_known(&self, id: i64) -> bool {
        self.known.contains_key(&id)
    }

    pub(super) fn case(&self, id: i64) -> Case<'static> {
        Case::new(self.table, id)
    }

    /// The id that a record keeps.
    pub(super) fn id(&self, case: &mut Case<'_>, id: i64) -> Option<RecordId> {
        if !(1..=HIGHEST_ID).contains(&id) {
            case.note("id", "is not positive, or too high for clients", "a new id");
            return None;
        }
        let wish = self.kind.id(id).filter(|_| self.keeps_ids)?;
        if self.present.contains(&wish) {
            case.note("id", "is that of another record here", "a new id");
            return None;
        }
        Some(wish)
    }

    /// A row that was taken in before.
    pub(super) fn close_known(&mut self, id: i64) {
        self.standing.insert(id);
        self.ledger.close_known();
    }

    /// A row that is taken in now.
    pub(super) fn close<T>(&mut self, id: i64, row: Row<'_>, case: Case<'_>, record: T) -> Draft<T> {
        self.standing.insert(id);
        self.ledger.close(case);
        Draft { id, origin: row.time(self.begun).map(to_millis), record }
    }

    fn finish(self, report: &mut Report, known: &mut BTreeMap<(Kind, i64), RecordId>) -> BTreeSet<i64> {
        self.ledger.finish(report);
        known.extend(self.known.into_iter().map(|(id, before)| ((self.kind, id), before.record)));
        self.standing
    }
}

impl Plan {
    /// How many records will be written.
    pub fn records(&self) -> usize {
        self.users.len() + self.doctors.len() + self.patients.len() + self.mappings.len()
    }
}

/// `dumpdata` cuts times to milliseconds; what is compared is what every kind of source has.
fn to_millis(at: Timestamp) -> Timestamp {
    Timestamp::from_micros(at.micros().div_euclid(1000) * 1000).unwrap_or(at)
}

/// The rows in the order of their ids. Those without an id, or with one that is there already, are refused.
fn by_id<'a>(table: &'a Table, name: &'static str, ledger: &mut Ledger<'_>) -> Vec<(i64, Row<'a>)> {
    let mut rows = BTreeMap::new();
    for row in table.rows() {
        let raw = row.get("id");
        let Some(id) = row.number("id") else {
            let mut case = Case::new(name, raw.unwrap_or("-"));
            case.refuse("id", "is no number", raw);
            ledger.close(case);
            continue;
        };
        match rows.entry(id) {
            Entry::Vacant(place) => {
                place.insert(row);
            }
            Entry::Occupied(_) => {
                let mut case = Case::new(name, id);
                case.refuse("id", "is that of another row of the source", raw);
                ledger.close(case);
            }
        }
    }
    rows.into_iter().collect()
}

/// Columns that no family has, where they hold something.
fn unused(source: &Source) -> BTreeMap<(String, String), u64> {
    let mut unused = BTreeMap::new();
    for known in source.family.tables() {
        let Some(table) = source.tables.get(known.table) else { continue };
        for column in table.columns().filter(|column| !known.columns.contains(column)) {
            let filled =
                table.rows().filter(|row| row.get(column).is_some_and(|value| !value.is_empty())).count();
            if filled > 0 {
                let filled = u64::try_from(filled).unwrap_or(u64::MAX);
                unused.insert((known.table.to_owned(), column.to_owned()), filled);
            }
        }
    }
    unused
}
