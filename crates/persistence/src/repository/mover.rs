//! Patients who get another owner.
//!
//! There may be many: moving them has a connection and a thread of its own, whose statements may take their time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;

use async_trait::async_trait;
use diesel::prelude::*;
use domain::ports::{PatientMover, Record, RepositoryError};
use domain::{
    AuditEvent, ChangedFields, Mapping, Moving, Outcome, Patient, PatientId, Reason, RecordId, Stamp, UserId,
};
use tokio::sync::oneshot;

use super::dialect::{for_share, for_update};
use super::eraser::Open;
use super::versions::Subject as _;
use super::{Conn, audit, erasing, handover, once, trail};
use crate::error::Failure;
use crate::rows::stored;
use crate::schema::{mappings, patients, users};

/// How many patients go in one statement.
const CHUNK: usize = 500;

pub(super) struct Mover {
    pub(super) open: Open,
}

/// The thread ended without an answer.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("moving the patients broke off")]
struct BrokeOff;

#[async_trait]
impl PatientMover for Mover {
    async fn move_patients(
        &self,
        which: &Moving,
        to: UserId,
        reason: &Reason,
        stamp: &Stamp,
    ) -> Result<u64, RepositoryError> {
        let (which, reason, stamp) = (which.clone(), reason.clone(), stamp.clone());
        let open = Arc::clone(&self.open);
        let (sender, answer) = oneshot::channel();
        let work = move || {
            // Nobody waits any more: they are moved nevertheless.
            let _ = sender.send(by_itself(&open, &which, to, &reason, &stamp));
        };
        let thread = thread::Builder::new().name("db-move".to_owned()).spawn(work);
        thread.map_err(|error| RepositoryError::Unavailable(error.into()))?;
        answer.await.unwrap_or_else(|_| Err(RepositoryError::Failed(BrokeOff.into())))
    }
}

fn by_itself(
    open: &Open,
    which: &Moving,
    to: UserId,
    reason: &Reason,
    stamp: &Stamp,
) -> Result<u64, RepositoryError> {
    let mut c = open().map_err(|error| RepositoryError::Unavailable(error.into()))?;
    Ok(erasing::transaction(&mut c, |c| move_patients(c, which, to, reason, stamp))?)
}

fn move_patients(
    c: &mut Conn,
    which: &Moving,
    to: UserId,
    reason: &Reason,
    stamp: &Stamp,
) -> Result<u64, Failure> {
    let owner = users::table.filter(users::id.eq(to.get())).filter(users::is_active).select(users::id);
    for_share!(owner).get_result::<i64>(c).optional()?.ok_or(RepositoryError::Missing(Record::User))?;
    let mut moved: u64 = 0;
    for (from, ids) in locked(c, which)? {
        if from == to.get() {
            continue;
        }
        for ids in ids.chunks(CHUNK) {
            move_some(c, from, ids, to.get())?;
            let events = ids.iter().map(|id| event(*id, reason, stamp)).collect::<Result<Vec<_>, _>>()?;
            trail::insert(c, &events)?;
            moved = moved.saturating_add(u64::try_from(ids.len()).unwrap_or_default());
        }
    }
    if moved == 0 {
        // The call leaves an event also where there was nothing to move.
        audit::record(c, &AuditEvent::of(stamp, Outcome::Done).because(reason.clone()))?;
    }
    Ok(moved)
}

/// The patients by their owners, kept from changing until the end of the transaction.
fn locked(c: &mut Conn, which: &Moving) -> Result<BTreeMap<i64, Vec<i64>>, Failure> {
    let mut found = BTreeMap::new();
    match which {
        Moving::AllOf(owner) => {
            let all = patients::table.filter(patients::owner_id.eq(owner.get())).order(patients::id);
            let ids: Vec<i64> = for_update!(all.select(patients::id)).load(c)?;
            found.insert(owner.get(), ids);
        }
        Moving::These(named) => {
            let mut wanted: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
            for (owner, id) in named {
                wanted.entry(owner.get()).or_default().push(id.get());
            }
            for (owner, mut ids) in wanted {
                ids.sort_unstable();
                ids.dedup();
                for ids in ids.chunks(CHUNK) {
                    let its = patients::table
                        .filter(patients::owner_id.eq(owner))
                        .filter(patients::id.eq_any(ids))
                        .order(patients::id);
                    let there: Vec<i64> = for_update!(its.select(patients::id)).load(c)?;
                    if there.len() < ids.len() {
                        return Err(RepositoryError::Missing(Record::Patient).into());
                    }
                }
                found.insert(owner, ids);
            }
        }
    }
    Ok(found)
}

fn move_some(c: &mut Conn, from: i64, ids: &[i64], to: i64) -> Result<(), Failure> {
    let theirs = mappings::table
        .filter(mappings::owner_id.eq(from))
        .filter(mappings::patient_id.eq_any(ids))
        .order(mappings::id);
    let owned: Vec<i64> = for_update!(theirs.select(mappings::id)).load(c)?;
    // Who has made a record is known by its owner as long as nobody else is named.
    let unnamed = patients::table
        .filter(patients::owner_id.eq(from))
        .filter(patients::id.eq_any(ids))
        .filter(patients::created_by_id.is_null());
    diesel::update(unnamed).set(patients::created_by_id.eq(from)).execute(c)?;
    // What was made by a request of the owner before must not be answered again to them.
    once::forget(c, Patient::KIND, ids.to_vec())?;
    for owned in owned.chunks(CHUNK) {
        once::forget(c, Mapping::KIND, owned.to_vec())?;
    }
    Ok(handover::hand_over(c, from, ids, &owned, to)?)
}

fn event(id: i64, reason: &Reason, stamp: &Stamp) -> Result<AuditEvent, Failure> {
    let patient = stored("patients.id", PatientId::new(id))?;
    let event =
        AuditEvent::of(stamp, Outcome::Done).about(RecordId::Patient(patient)).because(reason.clone());
    Ok(AuditEvent { fields: ChangedFields::of([("owner", true)]), ..event })
}
