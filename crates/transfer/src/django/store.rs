//! Writes what was planned: batch after batch, each with its event on record. Broken off, it goes on with the next run.

use std::collections::BTreeMap;

use domain::ports::{Intake, RepositoryError};
use domain::{
    Batch, DoctorId, EmailRule, ExternalId, Incoming, IncomingDoctor, IncomingMapping, IncomingPatient,
    IncomingUser, MappingId, PatientId, Reason, RecordId, SourceName, Stamp, UserId,
};

use super::doctors::DoctorDraft;
use super::mappings::MappingDraft;
use super::patients::PatientDraft;
use super::plan::{Creator, Draft, Kind, Plan};

/// How many records go into one transaction.
const BATCH: usize = 500;

/// Which record each row has become, in this run or before.
pub struct IdMap {
    tables: [&'static str; 4],
    ids: BTreeMap<(Kind, i64), RecordId>,
}

/// One line of the map.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MappedId {
    /// The table of the source.
    pub table: &'static str,
    /// The id in the source.
    pub source: i64,
    /// The record.
    pub record: RecordId,
}

/// A record refers to one that is not there, which the plan should have ruled out.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("{0} {1} refers to a record that is not there any more")]
struct Dangling(&'static str, i64);

/// The names of a batch cannot be told.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a batch cannot be put on record")]
struct NoReason;

/// Writes. `progress` is told after each batch which table it was and how many rows of how many are written.
///
/// # Errors
/// The database does not do what it should, or somebody else writes the same records at the same time. What was
/// written before stays; another run goes on.
pub async fn store(
    plan: Plan,
    intake: &dyn Intake,
    stamp: &Stamp,
    progress: &(dyn Fn(&str, usize, usize) + Sync),
) -> Result<IdMap, RepositoryError> {
    let Plan { source, doctor_emails, users, doctors, patients, mappings, doctors_by, known, tables, .. } =
        plan;
    let map = IdMap { tables, ids: known };
    let mut run = Run { intake, stamp, source, doctor_emails, progress, map, creator: None };
    run.all(users).await?;
    run.creator = match doctors_by {
        Creator::Here(user) => Some(user),
        Creator::There(id) => run.map.user(id),
        Creator::Nobody => None,
    };
    run.all(doctors).await?;
    run.all(patients).await?;
    run.all(mappings).await?;
    Ok(run.map)
}

struct Run<'a> {
    intake: &'a dyn Intake,
    stamp: &'a Stamp,
    source: SourceName,
    doctor_emails: EmailRule,
    progress: &'a (dyn Fn(&str, usize, usize) + Sync),
    map: IdMap,
    creator: Option<UserId>,
}

/// A kind of record on its way in.
trait Arriving: Sized {
    const KIND: Kind;
    type Record;

    /// The id that it keeps.
    fn kept(&self) -> Option<i64>;

    /// The record with the ids that those it refers to have here.
    fn settled(self, run: &Run<'_>) -> Option<Self::Record>;

    async fn add(run: &Run<'_>, batch: Batch<Self::Record>) -> Result<Vec<RecordId>, RepositoryError>;
}

impl Run<'_> {
    /// Everything of one kind. The ids that are kept are reserved first, so that nobody else gets one meanwhile.
    async fn all<D: Arriving>(&mut self, drafts: Vec<Draft<D>>) -> Result<(), RepositoryError> {
        let total = drafts.len();
        if let Some(highest) =
            drafts.iter().filter_map(|draft| draft.record.kept()).max().and_then(|id| D::KIND.id(id))
        {
            self.intake.reserve(highest).await?;
        }
        let (mut rest, mut done) = (drafts.into_iter(), 0);
        while done < total {
            let (mut ids, mut records) = (Vec::new(), Vec::new());
            for Draft { id, origin, record } in rest.by_ref().take(BATCH) {
                let dangling = || RepositoryError::Failed(Dangling(self.map.table(D::KIND), id).into());
                let record = record.settled(self).ok_or_else(dangling)?;
                ids.push(id);
                records.push(Incoming { external: ExternalId::from(id), origin, record });
            }
            done += ids.len();
            let reason = self.reason(D::KIND, ids.len())?;
            let batch = Batch { source: self.source.clone(), records, reason };
            let made = D::add(self, batch).await?;
            self.map.ids.extend(ids.into_iter().map(|id| (D::KIND, id)).zip(made));
            (self.progress)(self.map.table(D::KIND), done, total);
        }
        Ok(())
    }

    fn reason(&self, kind: Kind, count: usize) -> Result<Reason, RepositoryError> {
        let text = format!("{count} rows of {} from {}", self.map.table(kind), self.source.as_str());
        Reason::parse(&text).map_err(|_| RepositoryError::Failed(NoReason.into()))
    }
}

impl Arriving for IncomingUser {
    const KIND: Kind = Kind::User;
    type Record = Self;

    fn kept(&self) -> Option<i64> {
        self.id.map(UserId::get)
    }

    fn settled(self, _: &Run<'_>) -> Option<Self> {
        Some(self)
    }

    async fn add(run: &Run<'_>, batch: Batch<Self>) -> Result<Vec<RecordId>, RepositoryError> {
        let made = run.intake.add_users(batch, run.stamp).await?;
        Ok(made.into_iter().map(RecordId::User).collect())
    }
}

impl Arriving for DoctorDraft {
    const KIND: Kind = Kind::Doctor;
    type Record = IncomingDoctor;

    fn kept(&self) -> Option<i64> {
        self.id.map(DoctorId::get)
    }

    fn settled(self, run: &Run<'_>) -> Option<IncomingDoctor> {
        let Self { id, details, created_at, updated_at } = self;
        Some(IncomingDoctor { id, creator: run.creator?, details, created_at, updated_at, is_retired: false })
    }

    async fn add(run: &Run<'_>, batch: Batch<IncomingDoctor>) -> Result<Vec<RecordId>, RepositoryError> {
        let made = run.intake.add_doctors(batch, run.doctor_emails, run.stamp).await?;
        Ok(made.into_iter().map(RecordId::Doctor).collect())
    }
}

impl Arriving for PatientDraft {
    const KIND: Kind = Kind::Patient;
    type Record = IncomingPatient;

    fn kept(&self) -> Option<i64> {
        self.id.map(PatientId::get)
    }

    fn settled(self, run: &Run<'_>) -> Option<IncomingPatient> {
        let Self { id, owner, details, created_at, updated_at } = self;
        Some(IncomingPatient { id, owner: run.map.user(owner)?, details, created_at, updated_at })
    }

    async fn add(run: &Run<'_>, batch: Batch<IncomingPatient>) -> Result<Vec<RecordId>, RepositoryError> {
        let made = run.intake.add_patients(batch, run.stamp).await?;
        Ok(made.into_iter().map(RecordId::Patient).collect())
    }
}

impl Arriving for MappingDraft {
    const KIND: Kind = Kind::Mapping;
    type Record = IncomingMapping;

    fn kept(&self) -> Option<i64> {
        self.id.map(MappingId::get)
    }

    fn settled(self, run: &Run<'_>) -> Option<IncomingMapping> {
        Some(IncomingMapping {
            id: self.id,
            owner: run.map.user(self.owner)?,
            patient: run.map.patient(self.patient)?,
            doctor: run.map.doctor(self.doctor)?,
            notes: self.notes,
            assigned_by: self.assigned_by.and_then(|user| run.map.user(user)),
            assigned_at: self.assigned_at,
            updated_at: self.updated_at,
            ended_at: self.ended_at,
        })
    }

    async fn add(run: &Run<'_>, batch: Batch<IncomingMapping>) -> Result<Vec<RecordId>, RepositoryError> {
        let made = run.intake.add_mappings(batch, run.stamp).await?;
        Ok(made.into_iter().map(RecordId::Mapping).collect())
    }
}

impl IdMap {
    /// The map, by table and id.
    pub fn lines(&self) -> impl Iterator<Item = MappedId> {
        self.ids.iter().map(|((kind, source), record)| MappedId {
            table: self.table(*kind),
            source: *source,
            record: *record,
        })
    }

    /// How many records keep the id that they had.
    pub fn kept(&self) -> usize {
        self.ids.iter().filter(|((kind, source), record)| kind.id(*source) == Some(**record)).count()
    }

    fn table(&self, kind: Kind) -> &'static str {
        let mut tables = Kind::ALL.into_iter().zip(self.tables);
        tables.find(|(each, _)| *each == kind).map_or("", |(_, table)| table)
    }

    fn user(&self, id: i64) -> Option<UserId> {
        match self.ids.get(&(Kind::User, id)) {
            Some(RecordId::User(id)) => Some(*id),
            _ => None,
        }
    }

    fn patient(&self, id: i64) -> Option<PatientId> {
        match self.ids.get(&(Kind::Patient, id)) {
            Some(RecordId::Patient(id)) => Some(*id),
            _ => None,
        }
    }

    fn doctor(&self, id: i64) -> Option<DoctorId> {
        match self.ids.get(&(Kind::Doctor, id)) {
            Some(RecordId::Doctor(id)) => Some(*id),
            _ => None,
        }
    }
}
