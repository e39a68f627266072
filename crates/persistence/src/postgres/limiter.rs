//! Rates of requests that all replicas on one database count together.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel::data_types::PgInterval;
use diesel::prelude::*;
use diesel::sql_types::Interval;
use domain::ports::{RateLimiter, RepositoryError};
use domain::{Allowance, Quota, Timestamp};

use self::rate_limits as table;
use super::Conn;
use super::dialect::for_removal;
use crate::error::Failure;
use crate::executor::Executor;
use crate::limits::{Turns, key};
use crate::types::{At, Instant};

/// After so many requests old rows are removed. Each request adds one at most, so no pile can grow.
const PRUNED_EVERY: u32 = 1024;
/// So many of them at once.
const PRUNED: i64 = 4096;

diesel::table! {
    rate_limits (key) {
        key -> Text,
        /// When all requests of the caller will have come back.
        arrives_at -> crate::types::Instant,
    }
}

diesel::define_sql_function! {
    /// The later of the two.
    fn greatest(a: Instant, b: Instant) -> Instant;
}

diesel::define_sql_function! {
    /// The function behind `at + by`.
    #[sql_name = "timestamptz_pl_interval"]
    fn later(at: Instant, by: Interval) -> Instant;
}

pub(super) struct Limiter {
    executor: Arc<Executor<Conn>>,
    turns: Turns,
}

impl Limiter {
    pub(super) fn new(executor: Arc<Executor<Conn>>) -> Self {
        Self { executor, turns: Turns::every(PRUNED_EVERY) }
    }

    async fn prune(&self, now: Timestamp) {
        if let Err(failure) = self.executor.write(move |c| prune(c, now)).await {
            // It is done again soon; the request at hand has nothing to do with it.
            tracing::debug!(error = %RepositoryError::from(failure), "old rates could not be removed");
        }
    }
}

#[async_trait]
impl RateLimiter for Limiter {
    async fn take(&self, who: &str, quota: Quota, now: Timestamp) -> Result<Allowance, RepositoryError> {
        let key = key("rate", &[&quota.to_string(), who]);
        // One statement is whole by itself: without a transaction around it, it is one round trip instead of
        // three. Should a connection break and the statement be repeated, one request is counted twice.
        let allowance = self.executor.read(move |c| take(c, &key, quota, now)).await?;
        if self.turns.is_due() {
            self.prune(now).await;
        }
        Ok(allowance)
    }
}

/// The generic cell rate algorithm: a request is granted if then all requests come back no later than after the
/// whole time of the quota.
fn take(c: &mut Conn, key: &str, quota: Quota, now: Timestamp) -> Result<Allowance, Failure> {
    let interval = quota.interval();
    let latest = now.plus(quota.whole().saturating_sub(interval));
    let next = later(greatest(table::arrives_at, At(now)), microseconds(interval));
    let taking = diesel::insert_into(table::table)
        .values((table::key.eq(key), table::arrives_at.eq(At(now.plus(interval)))))
        .on_conflict(table::key)
        .do_update()
        .set(table::arrives_at.eq(next));
    let taking = diesel::query_dsl::methods::FilterDsl::filter(taking, table::arrives_at.le(At(latest)))
        .returning(table::arrives_at);
    let granted: Option<At> = taking.get_result(c).optional()?;
    let arrives_at = match granted {
        Some(At(arrives_at)) => arrives_at,
        None => refused(c, key)?.unwrap_or_else(|| now.plus(quota.whole())),
    };
    Ok(quota.allowance(arrives_at.since(now), granted.is_some()))
}

fn refused(c: &mut Conn, key: &str) -> Result<Option<Timestamp>, Failure> {
    let arrives_at = table::table.find(key).select(table::arrives_at).get_result::<At>(c).optional()?;
    Ok(arrives_at.map(Timestamp::from))
}

fn microseconds(duration: Duration) -> PgInterval {
    PgInterval::from_microseconds(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX))
}

/// Removes rows of callers that have all of their requests again, passing over those that others have locked.
fn prune(c: &mut Conn, now: Timestamp) -> Result<(), Failure> {
    let over = table::table.filter(table::arrives_at.le(At(now))).limit(PRUNED);
    let keys: Vec<String> = for_removal!(over.select(table::key)).load(c)?;
    diesel::delete(table::table.filter(table::key.eq_any(&keys))).execute(c)?;
    Ok(())
}
