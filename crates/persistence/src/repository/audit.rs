//! The audit trail.

#[path = "audit/checks.rs"]
mod checks;
#[path = "audit/list.rs"]
mod list;
#[path = "audit/prune.rs"]
mod prune;
#[path = "audit/seal.rs"]
mod seal;
#[path = "audit/slices.rs"]
mod slices;
#[path = "audit/verify.rs"]
mod verify;

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use diesel::prelude::*;
use domain::ports::{AuditTrail, RepositoryError};
use domain::{
    AuditCheck, AuditEvent, AuditEventId, AuditFilter, AuditHead, Broken, Fault, Listing, Page, Stamp,
    StoredEvent, Timestamp, Verification,
};

use super::Conn;
use super::trail::{self, Horizon};
use crate::audit::{Finding, Progress, Sealer};
use crate::error::Failure;
use crate::executor::Executor;
use crate::rows::EventColumns;
use crate::schema::audit_events;

/// How many events go into one statement.
const CHUNK: usize = 1000;

pub(super) struct Trail {
    executor: Arc<Executor<Conn>>,
    sealer: Sealer,
    /// What was not settled when it was looked at; it will be, sooner than anything later.
    unsettled: Mutex<Option<Horizon>>,
}

impl Trail {
    pub(super) const fn new(executor: Arc<Executor<Conn>>, sealer: Sealer) -> Self {
        Self { executor, sealer, unsettled: Mutex::new(None) }
    }

    /// Up to which id no event can come in any more: 0 when nobody knows yet.
    ///
    /// While writes come one after the other there is always one under way. Then what was the end a call ago is
    /// settled by now.
    async fn settled(&self) -> Result<i64, Failure> {
        let newest = self.executor.write(|c| Ok::<_, Failure>(Horizon::look(c)?)).await?;
        if self.is_settled(newest).await? {
            return Ok(newest.id);
        }
        let noted = *self.unsettled.lock().unwrap_or_else(PoisonError::into_inner);
        let (settled, unsettled) = match noted {
            Some(older) if self.is_settled(older).await? => (older.id, newest),
            Some(older) => (0, older),
            None => (0, newest),
        };
        *self.unsettled.lock().unwrap_or_else(PoisonError::into_inner) = Some(unsettled);
        Ok(settled)
    }

    async fn is_settled(&self, horizon: Horizon) -> Result<bool, Failure> {
        self.executor.read(move |c| Ok(horizon.is_settled(c)?)).await
    }

    async fn newest(&self) -> Result<Option<AuditHead>, Failure> {
        self.executor.read(seal::head).await
    }

    /// Checks as many seals as one look takes; false when there are no more.
    async fn check_some(
        &self,
        progress: &mut Progress,
        noted: &[AuditHead],
    ) -> Result<Result<bool, Finding>, Failure> {
        let after = progress.last.clone();
        let sealer = self.sealer.clone();
        let run = self.executor.read(move |c| verify::run(c, &sealer, after.as_ref())).await?;
        if run.seals.is_empty() {
            return Ok(progress.check_end(&self.sealer, noted).map(|()| false));
        }
        Ok(progress.check(&self.sealer, &run, noted)?.map(|()| true))
    }

    /// Checks the whole chain.
    async fn check(
        &self,
        progress: &mut Progress,
        noted: &[AuditHead],
    ) -> Result<Result<(), Finding>, Failure> {
        loop {
            let mut next = progress.clone();
            let mut step = self.check_some(&mut next, noted).await?;
            if step.is_err() {
                // Events may have been pruned while they were looked at. What is really wrong is so a second time.
                next = progress.clone();
                step = self.check_some(&mut next, noted).await?;
            }
            *progress = next;
            match step {
                Ok(true) => {}
                Ok(false) => return Ok(Ok(())),
                Err(finding) => return Ok(Err(finding)),
            }
        }
    }

    /// The fault with its right name: an event that was sealed elsewhere has not been changed, it was moved.
    async fn named(&self, finding: Finding) -> Result<Broken, Failure> {
        let Some(stranger) = finding.stranger else { return Ok(finding.broken) };
        let mut after = Some(0);
        while let Some(seal) = after {
            match self.executor.read(move |c| verify::search(c, &stranger, seal)).await? {
                verify::Search::Found => return Ok(Broken { fault: Fault::Swapped, ..finding.broken }),
                verify::Search::Nowhere(next) => after = next,
            }
        }
        Ok(finding.broken)
    }

    /// The last seal with nothing but events before `before` under it and those before it.
    async fn prunable(&self, before: Timestamp) -> Result<Option<i64>, Failure> {
        let sealer = self.sealer.clone();
        let mut end = self.executor.read(move |c| prune::pruned(c, &sealer)).await?;
        loop {
            let from = end.clone();
            let more = self.executor.read(move |c| prune::older(c, from.as_ref(), before)).await?;
            let is_end = more.is_none();
            end = more.or(end);
            if is_end {
                return Ok(end.map(|seal| seal.seq));
            }
        }
    }
}

#[async_trait]
impl AuditTrail for Trail {
    async fn append(&self, events: Arc<[AuditEvent]>, now: Timestamp) -> Result<(), RepositoryError> {
        if events.is_empty() {
            return Ok(());
        }
        let (sealer, written) = (self.sealer.clone(), Arc::clone(&events));
        let appended = self.executor.write(move |c| append(c, &written, Some((&sealer, now)))).await;
        match appended.map_err(RepositoryError::from) {
            // What is wrong with the chain holds no event up: whoever seals and checks tells of it.
            Err(RepositoryError::Failed(error)) if trail::SEALS_WHAT_IT_WRITES => {
                tracing::warn!(%error, "events could not be sealed as they were written; writing them without a seal");
                Ok(self.executor.write(move |c| append(c, &events, None)).await?)
            }
            result => result,
        }
    }

    async fn list(
        &self,
        filter: &AuditFilter,
        page: Page<AuditEventId>,
    ) -> Result<Listing<StoredEvent, AuditEventId>, RepositoryError> {
        let filter = filter.clone();
        Ok(self.executor.read(move |c| list::list(c, &filter, page)).await?)
    }

    async fn seal(&self, now: Timestamp) -> Result<Option<AuditHead>, RepositoryError> {
        if self.executor.read(seal::is_due).await? {
            let through = self.settled().await?;
            let mut is_more = true;
            while is_more {
                let sealer = self.sealer.clone();
                is_more = self.executor.write(move |c| seal::seal(c, &sealer, through, now)).await?;
            }
        }
        Ok(self.newest().await?)
    }

    async fn verify(&self, noted: &[AuditHead]) -> Result<Verification, RepositoryError> {
        let mut progress = Progress::default();
        let broken = match self.check(&mut progress, noted).await? {
            Ok(()) => None,
            Err(finding) => Some(self.named(finding).await?),
        };
        let unsealed = self.executor.read(seal::unsealed).await?;
        let head = progress.last.as_ref().map(AuditHead::try_from).transpose().map_err(Failure::from)?;
        Ok(Verification {
            seals: progress.seals,
            events: head.as_ref().map_or(0, |head| head.events),
            pruned: progress.pruned,
            unsealed,
            head,
            broken,
        })
    }

    async fn head(&self) -> Result<(Option<AuditHead>, i64), RepositoryError> {
        Ok(self.executor.read(|c| Ok::<_, Failure>((seal::head(c)?, seal::unsealed(c)?))).await?)
    }

    async fn note(&self, check: &AuditCheck) -> Result<(), RepositoryError> {
        let check = *check;
        Ok(self.executor.write(move |c| checks::note(c, &check)).await?)
    }

    async fn last_check(&self) -> Result<Option<AuditCheck>, RepositoryError> {
        Ok(self.executor.read(checks::last).await?)
    }

    async fn prune(&self, before: Timestamp, stamp: &Stamp) -> Result<u64, RepositoryError> {
        let through = self.prunable(before).await?;
        let (sealer, stamp) = (self.sealer.clone(), stamp.clone());
        self.executor.write(move |c| prune::mark(c, &sealer, through, before, &stamp)).await?;
        // From here on the events may be gone. They go little by little, so that nobody waits for long; what a
        // crash leaves behind goes with the next pruning.
        let mut pruned = 0_u64;
        loop {
            let sealer = self.sealer.clone();
            match self.executor.write(move |c| prune::delete_some(c, &sealer)).await? {
                Some(deleted) => pruned = pruned.saturating_add(deleted),
                None => return Ok(pruned),
            }
        }
    }
}

/// Inserts the events, and puts seals over those that [`trail::insert`] knows.
fn append(c: &mut Conn, events: &[AuditEvent], sealing: Option<(&Sealer, Timestamp)>) -> Result<(), Failure> {
    for chunk in events.chunks(CHUNK) {
        let written = trail::insert(c, chunk)?;
        if let Some((sealer, now)) = sealing {
            seal::seal_written(c, sealer, &written, now)?;
        }
    }
    Ok(())
}

/// Puts an event on record, as part of the transaction that is under way: the last statement of every write.
pub(super) fn record(c: &mut Conn, event: &AuditEvent) -> Result<(), Failure> {
    diesel::insert_into(audit_events::table).values(EventColumns::from(event)).execute(c)?;
    Ok(())
}
