//! Group commit: many writes, one transaction, one sync of the disk.
//!
//! Each job has a savepoint of its own, so one that fails or panics takes nobody with it; one that is alone needs
//! none, and is spared what a savepoint keeps of each page that is written. All are answered
//! after the commit has returned, and all fail when it does not succeed: also those that had failed on
//! their own, because what they met may just have been undone.

use std::collections::VecDeque;
use std::sync::Arc;

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::result::QueryResult;

use super::Session;
use super::job::{BoxedJob, Job, Outcome, Refusal, refuse};
use super::pool::Slot;

/// The most jobs of one group. A transaction ends when so many calls are in it, since all of them wait for its end.
pub(super) const MOST: usize = 64;

/// Takes the lock for writing at once: a transaction that gets it only later can fail half-way.
const BEGIN: &str = "BEGIN IMMEDIATE";

/// What comes back has to be queued again.
pub(super) fn run<C: Session>(slot: &mut Slot<C>, jobs: VecDeque<BoxedJob<C>>) -> Vec<BoxedJob<C>> {
    let mut waiting = jobs;
    let mut again = Vec::new();
    // What is left of a round gets a new transaction: the last one was full, or broke in the middle.
    while !waiting.is_empty() {
        let ran = match commit_some(slot, &mut waiting) {
            Ok(ran) => ran,
            Err(refusal) => {
                again.extend(waiting.into_iter().flat_map(|job| refuse(job, refusal.clone())));
                return again;
            }
        };
        again.extend(ran.into_iter().flat_map(Job::answer));
    }
    again
}

/// Runs jobs from the front of `waiting` in one transaction and gives those back that were run, ready to be
/// answered. An error means that no transaction could begin and nothing was run.
fn commit_some<C: Session>(
    slot: &mut Slot<C>,
    waiting: &mut VecDeque<BoxedJob<C>>,
) -> Result<Vec<BoxedJob<C>>, Refusal> {
    let connection = slot.ready()?;
    if let Err(error) = AnsiTransactionManager::begin_transaction_sql(connection, BEGIN) {
        slot.close();
        return Err(Refusal::NotBegun(Arc::new(error)));
    }
    let mut ran = Vec::with_capacity(waiting.len());
    let committed = if waiting.len() == 1 {
        run_alone(connection, waiting, &mut ran)
    } else {
        run_all(connection, waiting, &mut ran)
            .and_then(|()| AnsiTransactionManager::commit_transaction(connection))
    };
    match committed {
        Ok(()) => slot.trust(),
        Err(error) => {
            // Closing the connection rolls back whatever is left.
            slot.close();
            let error = Arc::new(error);
            for job in &mut ran {
                job.refuse(Refusal::NotCommitted(Arc::clone(&error)));
            }
        }
    }
    Ok(ran)
}

/// Runs the only job there is, and ends the transaction as that ends.
fn run_alone<C: Session>(
    connection: &mut C,
    waiting: &mut VecDeque<BoxedJob<C>>,
    ran: &mut Vec<BoxedJob<C>>,
) -> QueryResult<()> {
    let Some(mut job) = waiting.pop_front() else { return Ok(()) };
    let ended = run_one(connection, &mut job);
    ran.push(job);
    ended
}

/// Runs jobs until the transaction is full, each within a savepoint. An error means that the transaction itself is broken.
fn run_all<C: Session>(
    connection: &mut C,
    waiting: &mut VecDeque<BoxedJob<C>>,
    ran: &mut Vec<BoxedJob<C>>,
) -> QueryResult<()> {
    let mut calls = 0_usize;
    while calls < MOST
        && let Some(mut job) = waiting.pop_front()
    {
        calls = calls.saturating_add(job.calls());
        let ended = AnsiTransactionManager::begin_transaction(connection)
            .and_then(|()| run_one(connection, &mut job));
        ran.push(job);
        ended?;
    }
    Ok(())
}

/// Runs a job, and keeps or undoes what it did since the transaction or savepoint began.
fn run_one<C: Session>(connection: &mut C, job: &mut BoxedJob<C>) -> QueryResult<()> {
    if job.run(connection) == Outcome::Done {
        AnsiTransactionManager::commit_transaction(connection)
    } else {
        AnsiTransactionManager::rollback_transaction(connection)
    }
}
