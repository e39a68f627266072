//! Jobs one by one: reads plainly, writes in a transaction each.

use std::sync::Arc;

use diesel::connection::{AnsiTransactionManager, TransactionManager};

use super::Session;
use super::job::{BoxedJob, Kind, Outcome, Refusal, refuse};
use super::pool::Slot;

/// What comes back has to be queued again.
pub(super) fn run<C: Session>(slot: &mut Slot<C>, job: BoxedJob<C>) -> Vec<BoxedJob<C>> {
    match job.kind() {
        Kind::Read => read(slot, job),
        Kind::Write => write(slot, job),
    }
}

/// A read that met a dead connection is tried once more, on another one.
fn read<C: Session>(slot: &mut Slot<C>, mut job: BoxedJob<C>) -> Vec<BoxedJob<C>> {
    let mut outcome = match slot.ready() {
        // Nobody waits any more when it took long to get the connection.
        Ok(_) if job.is_abandoned() => return Vec::new(),
        Ok(connection) => job.run(connection),
        Err(refusal) => return refuse(job, refusal),
    };
    if outcome == Outcome::Lost && !job.is_abandoned() {
        slot.lose();
        outcome = match slot.ready() {
            Ok(connection) => job.run(connection),
            Err(refusal) => return refuse(job, refusal),
        };
    }
    let again = job.answer();
    slot.settle(outcome);
    again
}

/// A write is run once: on a lost connection nobody knows how far it came. Only a transaction that could
/// not even begin is tried again.
///
/// What was done for a caller that the watcher has answered already is undone: it was told a failure, and
/// may have tried again.
fn write<C: Session>(slot: &mut Slot<C>, mut job: BoxedJob<C>) -> Vec<BoxedJob<C>> {
    let connection = match begun(slot) {
        Ok(connection) => connection,
        Err(refusal) => return refuse(job, refusal),
    };
    let outcome = if job.is_refused() { Outcome::Failed } else { job.run(connection) };
    let ended = if outcome == Outcome::Done && !job.is_refused() {
        AnsiTransactionManager::commit_transaction(connection)
    } else {
        AnsiTransactionManager::rollback_transaction(connection)
    };
    let outcome = match (outcome, ended) {
        (Outcome::Done, Err(error)) => {
            job.refuse(Refusal::NotCommitted(Arc::new(error)));
            Outcome::Lost
        }
        (Outcome::Failed, Err(_)) => Outcome::Lost,
        (outcome, _) => outcome,
    };
    let again = job.answer();
    slot.settle(outcome);
    again
}

/// A connection with an open transaction.
fn begun<C: Session>(slot: &mut Slot<C>) -> Result<&mut C, Refusal> {
    if AnsiTransactionManager::begin_transaction(slot.ready()?).is_err() {
        slot.lose();
        if let Err(error) = AnsiTransactionManager::begin_transaction(slot.ready()?) {
            slot.lose();
            return Err(Refusal::NotBegun(Arc::new(error)));
        }
    }
    slot.connection()
}
