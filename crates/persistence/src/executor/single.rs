//! Jobs one by one: reads plainly, writes in a transaction each.

use std::sync::Arc;

use diesel::connection::{AnsiTransactionManager, TransactionManager};

use super::Session;
use super::job::{BoxedJob, Kind, Outcome, Refusal};
use super::lane::refuse;
use super::pool::{Lease, Pool};

pub(super) fn run<C: Session>(pool: &Pool<C>, job: BoxedJob<C>) {
    match job.kind() {
        Kind::Read => read(pool, job),
        Kind::Write => write(pool, job),
    }
}

/// A read that met a dead connection is tried once more, on another one.
fn read<C: Session>(pool: &Pool<C>, mut job: BoxedJob<C>) {
    let mut lease = match pool.lease() {
        Ok(lease) => lease,
        Err(refusal) => return refuse(job, refusal),
    };
    let mut outcome = job.run(&mut lease);
    if outcome == Outcome::Lost {
        discard(pool, lease);
        lease = match pool.lease() {
            Ok(lease) => lease,
            Err(refusal) => return refuse(job, refusal),
        };
        outcome = job.run(&mut lease);
    }
    job.answer();
    give_back(pool, lease, outcome);
}

/// A write is run once: on a lost connection nobody knows how far it came. Only a transaction that could
/// not even begin is tried again.
fn write<C: Session>(pool: &Pool<C>, mut job: BoxedJob<C>) {
    let mut lease = match begun(pool) {
        Ok(lease) => lease,
        Err(refusal) => return refuse(job, refusal),
    };
    let outcome = job.run(&mut lease);
    let ended = if outcome == Outcome::Done {
        AnsiTransactionManager::commit_transaction(&mut *lease)
    } else {
        AnsiTransactionManager::rollback_transaction(&mut *lease)
    };
    let outcome = match (outcome, ended) {
        (Outcome::Done, Err(error)) => {
            job.refuse(Refusal::NotCommitted(Arc::new(error)));
            Outcome::Lost
        }
        (Outcome::Failed, Err(_)) => Outcome::Lost,
        (outcome, _) => outcome,
    };
    job.answer();
    give_back(pool, lease, outcome);
}

/// A connection with an open transaction.
fn begun<C: Session>(pool: &Pool<C>) -> Result<Lease<C>, Refusal> {
    let mut lease = pool.lease()?;
    if AnsiTransactionManager::begin_transaction(&mut *lease).is_ok() {
        return Ok(lease);
    }
    discard(pool, lease);
    let mut lease = pool.lease()?;
    match AnsiTransactionManager::begin_transaction(&mut *lease) {
        Ok(()) => Ok(lease),
        Err(error) => {
            discard(pool, lease);
            Err(Refusal::NotBegun(Arc::new(error)))
        }
    }
}

fn give_back<C: Session>(pool: &Pool<C>, mut lease: Lease<C>, outcome: Outcome) {
    match outcome {
        Outcome::Done => lease.trust(),
        // The failure may be one that the connection has not noticed yet: let it be asked in time.
        Outcome::Failed => {}
        Outcome::Lost => discard(pool, lease),
        Outcome::Panicked => lease.condemn(),
    }
}

fn discard<C: Session>(pool: &Pool<C>, mut lease: Lease<C>) {
    lease.condemn();
    pool.suspect_all();
}
