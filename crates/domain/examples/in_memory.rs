//! A store of patients in memory: all that a service needs to use this crate with a database of its own.
//!
//! `cargo run -p healthcore-domain --example in_memory` tells a short story with it, and
//! `cargo test -p healthcore-domain --example in_memory` holds it against every rule that the port promises:
//! the same rules that the stores on SQLite and PostgreSQL keep.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::ports::{PatientRepository, Record, RepositoryError};
use domain::{
    Call, Change, Direction, HumanName, Listing, Operation, Page, Patient, PatientChange, PatientDetails,
    PatientFilter, PatientId, PersonName, Phone, Position, SearchTerms, SortKey, Stamp, Timestamp, UserId,
    UserName, Version,
};

type Result<T, E = RepositoryError> = std::result::Result<T, E>;

/// Patients in memory, behind one lock: so each method is one atomic change.
pub struct InMemoryPatients {
    owners: HashMap<UserId, UserName>,
    records: Mutex<Records>,
}

/// What lists are ordered by: the time or the name, and then the id.
type Key = (Option<Timestamp>, Option<String>, PatientId);

#[derive(Default)]
struct Records {
    last_id: i64,
    by_id: BTreeMap<PatientId, Patient>,
}

impl Records {
    /// The record, if it is the owner's and has the version that is expected, if one is.
    fn find(&mut self, owner: UserId, id: PatientId, expected: Option<Version>) -> Result<&mut Patient> {
        let patient = self.by_id.get_mut(&id).filter(|patient| patient.owner == owner);
        let patient = patient.ok_or(RepositoryError::Missing(Record::Patient))?;
        let is_stale = expected.is_some_and(|version| version != patient.version);
        if is_stale { Err(RepositoryError::Stale) } else { Ok(patient) }
    }
}

impl InMemoryPatients {
    /// An empty store for these users.
    pub fn new(owners: impl IntoIterator<Item = (UserId, UserName)>) -> Self {
        Self { owners: owners.into_iter().collect(), records: Mutex::default() }
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl PatientRepository for InMemoryPatients {
    async fn insert(&self, owner: UserId, details: &PatientDetails, stamp: &Stamp) -> Result<Patient> {
        let created_by = self.owners.get(&owner).ok_or(RepositoryError::Missing(Record::User))?.clone();
        let mut records = self.records();
        records.last_id += 1;
        let id =
            PatientId::new(records.last_id).ok_or_else(|| RepositoryError::Failed("out of ids".into()))?;
        let (details, version, now) = (details.clone(), Version::FIRST, stamp.at);
        let patient = Patient { id, owner, created_by, details, created_at: now, updated_at: now, version };
        records.by_id.insert(id, patient.clone());
        Ok(patient)
    }

    async fn find(&self, owner: UserId, id: PatientId) -> Result<Option<Patient>> {
        Ok(self.records().find(owner, id, None).ok().cloned())
    }

    async fn list(
        &self,
        owner: UserId,
        filter: &PatientFilter,
        page: Page<PatientId>,
    ) -> Result<Listing<Patient, PatientId>> {
        let mut records = self.records();
        let key = |patient: &Patient| match page.order.key {
            SortKey::CreatedAt => (Some(patient.created_at), None, patient.id),
            SortKey::Name => (None, Some(patient.details.name.key()), patient.id),
        };
        let after = match page.after {
            // A position holds no name, so it is read from the record.
            Some(last) if page.order.key == SortKey::Name => {
                Some(key(records.find(owner, last.id, None).map_err(|_| RepositoryError::BadPosition)?))
            }
            last => last.map(|last| (Some(last.created_at), None, last.id)),
        };
        let is_listed = |patient: &&Patient| patient.owner == owner && filter.matches(patient);
        let mut found: Vec<_> = records.by_id.values().filter(is_listed).map(|p| (key(p), p)).collect();
        let total = page.count.then(|| u64::try_from(found.len()).unwrap_or(u64::MAX));
        let compare = |a: &Key, b: &Key| match page.order.direction {
            Direction::Ascending => a.cmp(b),
            Direction::Descending => b.cmp(a),
        };
        found.sort_by(|(a, _), (b, _)| compare(a, b));
        if let Some(last) = after {
            found.retain(|(key, _)| compare(&last, key).is_lt());
        }
        let limit = usize::from(page.limit.get());
        let items: Vec<_> = found.iter().take(limit).map(|(_, patient)| Patient::clone(patient)).collect();
        let last = items.last().filter(|_| found.len() > limit);
        let next = last.map(|patient| Position { created_at: patient.created_at, id: patient.id });
        Ok(Listing { items, next, total })
    }

    async fn update(
        &self,
        owner: UserId,
        id: PatientId,
        expected: Option<Version>,
        change: &PatientChange,
        stamp: &Stamp,
    ) -> Result<Patient> {
        let mut records = self.records();
        let patient = records.find(owner, id, expected)?;
        let details = change.applied(&patient.details, stamp.at.date())?;
        if details != patient.details {
            patient.details = details;
            patient.updated_at = stamp.at;
            patient.version = patient.version.next();
        }
        Ok(patient.clone())
    }

    async fn delete(&self, owner: UserId, id: PatientId, expected: Option<Version>, _: &Stamp) -> Result<()> {
        let mut records = self.records();
        records.find(owner, id, expected)?;
        records.by_id.remove(&id);
        Ok(())
    }
}

/// Two users, one record, one change that comes too late.
#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "it tells a story")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [ann, eve] = [1, 2].map(|id| UserId::new(id).unwrap_or_else(|| unreachable!("ids are positive")));
    let patients = InMemoryPatients::new([(ann, UserName::parse("ann")?), (eve, UserName::parse("eve")?)]);
    let now = Timestamp::parse("2026-03-04T05:06:07Z").ok_or("no instant")?;
    let stamp = Stamp::anonymous(now, Arc::new(Call::local(Operation::named("example"))));

    let name = HumanName::from_full(PersonName::parse("José Álvarez")?);
    let patient = patients.insert(ann, &PatientDetails::named(name), &stamp).await?;
    println!("Ann stores a patient: id {}, version {}", patient.id, patient.version.get());

    let stranger = patients.find(eve, patient.id).await?;
    println!("Eve asks for it: {}", if stranger.is_none() { "there is no such record" } else { "found" });

    let filter = PatientFilter { search: SearchTerms::parse("alv"), ..PatientFilter::default() };
    let found = patients.list(ann, &filter, Page::default()).await?;
    println!("Ann searches \"alv\": {} found", found.items.len());

    let change = PatientChange { phone: Change::Set(Phone::parse("999")?), ..PatientChange::default() };
    let expected = Some(patient.version);
    let changed = patients.update(ann, patient.id, expected, &change, &stamp).await?;
    println!("Ann adds a phone number: version {}", changed.version.get());

    let late = patients.update(ann, patient.id, expected, &change, &stamp).await;
    println!("Ann changes version {} again: {}", patient.version.get(), late.err().ok_or("accepted")?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use testkit::builders::{user_id, user_name};
    use testkit::contract::PatientStore;

    use super::InMemoryPatients;

    fn fresh() -> PatientStore {
        let owners = [(user_id(1), user_name("ann")), (user_id(2), user_name("eve"))];
        PatientStore::new(InMemoryPatients::new(owners.clone()), owners)
    }

    // One test for every rule of the port.
    testkit::patient_contract!(async { fresh() });
}
