//! The counters of attempts to sign in.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::upsert::excluded;
use domain::ports::{RepositoryError, SignInThrottle};
use domain::{Attempt, Attempts, ThrottleRule, Timestamp};

use super::Conn;
use super::dialect::{for_removal, for_update};
use crate::error::Failure;
use crate::executor::Executor;
use crate::limits::{Turns, key};
use crate::rows::AttemptsRow;
use crate::schema::sign_in_attempts as table;
use crate::types::At;

/// After so many attempts old rows are removed. Each attempt adds three at most, so no pile can grow.
const PRUNED_EVERY: u32 = 256;
/// So many of them at once.
const PRUNED: i64 = 1024;

pub(super) struct Throttle {
    executor: Arc<Executor<Conn>>,
    turns: Turns,
}

impl Throttle {
    pub(super) fn new(executor: Arc<Executor<Conn>>) -> Self {
        Self { executor, turns: Turns::every(PRUNED_EVERY) }
    }

    async fn prune(&self, now: Timestamp) {
        if let Err(failure) = self.executor.write(move |c| prune(c, now)).await {
            // It is done again soon; the attempt at hand has nothing to do with it.
            tracing::debug!(error = %RepositoryError::from(failure), "old attempts could not be removed");
        }
    }
}

#[async_trait]
impl SignInThrottle for Throttle {
    async fn admit(
        &self,
        attempt: &Attempt,
        now: Timestamp,
    ) -> Result<Result<(), Duration>, RepositoryError> {
        let counters = Counter::all(attempt);
        // Who is blocked is told so without a lock and without a write: a flood of guesses costs reads only.
        let seen = counters.clone();
        if let Err(wait) = self.executor.read(move |c| look(c, &seen, now)).await? {
            return Ok(Err(wait));
        }
        let admitted = self.executor.write(move |c| admit(c, &counters, now)).await?;
        if self.turns.is_due() {
            self.prune(now).await;
        }
        Ok(admitted)
    }

    async fn forgive(&self, attempt: &Attempt, now: Timestamp) -> Result<(), RepositoryError> {
        let counters = Counter::all(attempt);
        Ok(self.executor.write(move |c| forgive(c, &counters, now)).await?)
    }
}

/// One of the counters that an attempt counts in.
#[derive(Clone)]
struct Counter {
    key: String,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Pair,
    Account,
    Address,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Pair, Self::Account, Self::Address];

    const fn rule(self) -> ThrottleRule {
        match self {
            Self::Pair => ThrottleRule::PAIR,
            Self::Account => ThrottleRule::ACCOUNT,
            Self::Address => ThrottleRule::ADDRESS,
        }
    }
}

impl Counter {
    /// In the order of their keys, in which everybody locks them: no two can wait for each other.
    fn all(attempt: &Attempt) -> Vec<Self> {
        let (account, address) = (attempt.account.as_str(), attempt.address.as_str());
        let mut counters = vec![Self { key: key("address", &[address]), kind: Kind::Address }];
        // No account has an empty name; it stands for all names that nobody can have.
        if !account.is_empty() {
            counters.push(Self { key: key("account", &[account]), kind: Kind::Account });
            counters.push(Self { key: key("pair", &[account, address]), kind: Kind::Pair });
        }
        counters.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        counters
    }
}

/// The rows of the counters once one more attempt is counted in each; the longest wait if any refuses.
fn counted(counters: &[Counter], rows: &[AttemptsRow], now: Timestamp) -> Result<Vec<AttemptsRow>, Duration> {
    let mut counted = Vec::with_capacity(counters.len());
    let mut longest = None;
    for counter in counters {
        let row = rows.iter().find(|row| row.key == counter.key);
        let attempts = row.map_or(Attempts::none(now), AttemptsRow::attempts);
        match attempts.admitted(counter.kind.rule(), now) {
            Ok(attempts) => counted.push(AttemptsRow::new(&counter.key, attempts)),
            Err(wait) => longest = longest.max(Some(wait)),
        }
    }
    longest.map_or(Ok(counted), Err)
}

fn look(c: &mut Conn, counters: &[Counter], now: Timestamp) -> Result<Result<(), Duration>, Failure> {
    let keys = counters.iter().map(|counter| counter.key.as_str());
    let rows = table::table.filter(table::key.eq_any(keys)).select(AttemptsRow::as_select()).load(c)?;
    Ok(counted(counters, &rows, now).map(drop))
}

fn admit(c: &mut Conn, counters: &[Counter], now: Timestamp) -> Result<Result<(), Duration>, Failure> {
    let rows = locked(c, counters, now)?;
    match counted(counters, &rows, now) {
        Ok(rows) => save(c, &rows).map(Ok),
        Err(wait) => Ok(Err(wait)),
    }
}

/// All rows of the counters, locked in the order of their keys. Those that are missing are made: what does not exist
/// cannot be locked. Those that exist are written as they are, which locks each in its turn: were only the missing ones
/// made first, somebody could hold a later one and wait for an earlier one.
fn locked(c: &mut Conn, counters: &[Counter], now: Timestamp) -> Result<Vec<AttemptsRow>, Failure> {
    let fresh: Vec<AttemptsRow> =
        counters.iter().map(|counter| AttemptsRow::none(&counter.key, now)).collect();
    diesel::insert_into(table::table)
        .values(&fresh)
        .on_conflict(table::key)
        .do_update()
        .set(table::count.eq(table::count))
        .execute(c)?;
    existing(c, counters)
}

/// The rows there are, locked.
fn existing(c: &mut Conn, counters: &[Counter]) -> Result<Vec<AttemptsRow>, Failure> {
    let keys = counters.iter().map(|counter| counter.key.as_str());
    let rows = table::table.filter(table::key.eq_any(keys)).order(table::key);
    Ok(for_update!(rows.select(AttemptsRow::as_select())).load(c)?)
}

/// Writes the rows, which are locked.
fn save(c: &mut Conn, rows: &Vec<AttemptsRow>) -> Result<(), Failure> {
    diesel::insert_into(table::table)
        .values(rows)
        .on_conflict(table::key)
        .do_update()
        .set((
            table::count.eq(excluded(table::count)),
            table::since.eq(excluded(table::since)),
            table::blocked_until.eq(excluded(table::blocked_until)),
        ))
        .execute(c)?;
    Ok(())
}

fn forgive(c: &mut Conn, counters: &[Counter], now: Timestamp) -> Result<(), Failure> {
    let rows = existing(c, counters)?;
    let pair = counters.iter().find(|counter| counter.kind == Kind::Pair).map(|counter| &counter.key);
    if let Some(pair) = pair {
        diesel::delete(table::table.filter(table::key.eq(pair))).execute(c)?;
    }
    let kept = rows.iter().filter(|row| Some(&row.key) != pair);
    let forgiven: Vec<AttemptsRow> =
        kept.map(|row| AttemptsRow::new(&row.key, row.attempts().forgiven(now))).collect();
    if forgiven.is_empty() { Ok(()) } else { save(c, &forgiven) }
}

/// Removes rows that count for nothing any more, passing over those that others have locked.
fn prune(c: &mut Conn, now: Timestamp) -> Result<(), Failure> {
    let longest = Kind::ALL.map(|kind| kind.rule().window).into_iter().max().unwrap_or_default();
    let over = table::table
        .filter(table::since.le(At(now.minus(longest))))
        .filter(table::blocked_until.le(At(now)))
        .order(table::since)
        .limit(PRUNED);
    let keys: Vec<String> = for_removal!(over.select(table::key)).load(c)?;
    diesel::delete(table::table.filter(table::key.eq_any(&keys))).execute(c)?;
    Ok(())
}
