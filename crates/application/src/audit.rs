//! The audit trail: calls are put on record before they are answered, or at most a moment later.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use domain::ports::{AuditTrail, Clock};
use domain::{AuditEvent, Outcome};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{sleep, timeout};

use crate::Error;

/// How many events may wait to be written.
const QUEUE: usize = 16_384;

/// How long a call waits for room in a full queue before it is refused. When calls come faster than they can be put on
/// record, this slows them down to what the store takes.
const ROOM: Duration = Duration::from_secs(1);

/// The most events that are written at once.
const BATCH: usize = 4_096;

/// How long an event waits for others: it is durable at most this much and one write later.
const WINDOW: Duration = Duration::from_millis(50);

/// Between two attempts to write while the store is away.
const RETRY: Duration = Duration::from_millis(250);

/// How long a call waits in [`ReadAudit::Strict`] until its event is durable.
const PATIENCE: Duration = Duration::from_secs(2);

/// What happens to reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ReadAudit {
    /// On record at most a tenth of a second later; the default.
    #[default]
    Batched,
    /// On record before they are answered.
    Strict,
    /// Not on record; what was refused is.
    Off,
}

/// Puts calls on record. Clones write to one queue.
#[derive(Clone)]
pub struct Audit {
    queue: mpsc::Sender<Entry>,
    reads: ReadAudit,
    hurry: Arc<Notify>,
}

struct Entry {
    event: AuditEvent,
    durable: Option<oneshot::Sender<()>>,
}

/// Too many events wait, or the store did not take them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the audit trail cannot keep up")]
struct Behind;

impl Audit {
    /// Over a trail. The writer must run, or nothing is written.
    pub fn new(trail: Arc<dyn AuditTrail>, clock: Arc<dyn Clock>, reads: ReadAudit) -> (Self, AuditWriter) {
        let (queue, entries) = mpsc::channel(QUEUE);
        let hurry = Arc::new(Notify::new());
        let writer = AuditWriter { trail, clock, entries, hurry: Arc::clone(&hurry) };
        (Self { queue, reads, hurry }, writer)
    }

    /// Puts the event of a read or a refusal on record.
    ///
    /// # Errors
    /// `Unavailable` when too many events wait for longer than a moment and, in [`ReadAudit::Strict`], when this one was not made
    /// durable soon: then the call must not be answered. The event may still become durable later.
    pub async fn put(&self, event: AuditEvent) -> Result<(), Error> {
        if self.reads == ReadAudit::Off && event.outcome == Outcome::Done {
            return Ok(());
        }
        // What was not available tells nothing, and would wait for the very store that is away.
        if self.reads != ReadAudit::Strict || event.outcome == Outcome::Unavailable {
            return self.enqueue(event, None).await;
        }
        let (durable, wait) = oneshot::channel();
        self.enqueue(event, Some(durable)).await?;
        self.hurry.notify_one();
        timeout(PATIENCE, wait).await.map_err(|_| behind())?.map_err(|_| behind())
    }

    /// How many events wait to be written, and how many may.
    pub fn backlog(&self) -> (usize, usize) {
        let most = self.queue.max_capacity();
        (most.saturating_sub(self.queue.capacity()), most)
    }

    async fn enqueue(&self, event: AuditEvent, durable: Option<oneshot::Sender<()>>) -> Result<(), Error> {
        match self.queue.try_send(Entry { event, durable }) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(entry)) => {
                self.queue.send_timeout(entry, ROOM).await.map_err(|_| behind())
            }
            Err(TrySendError::Closed(_)) => Err(behind()),
        }
    }
}

fn behind() -> Error {
    Error::Unavailable(Box::new(Behind))
}

/// Writes what was put on record, many events at once.
pub struct AuditWriter {
    trail: Arc<dyn AuditTrail>,
    clock: Arc<dyn Clock>,
    entries: mpsc::Receiver<Entry>,
    /// Somebody waits for an event.
    hurry: Arc<Notify>,
}

impl AuditWriter {
    /// Writes until every [`Audit`] is gone and everything is written.
    pub async fn run(self) {
        self.run_until(std::future::pending()).await;
    }

    /// The same, or until `end` has come and everything that was put on record before is written; whatever is put
    /// after that is refused.
    pub async fn run_until(mut self, end: impl Future<Output = ()>) {
        let mut end = pin!(end);
        let mut is_open = true;
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let count = tokio::select! {
                () = &mut end, if is_open => {
                    is_open = false;
                    self.entries.close();
                    continue;
                }
                count = self.entries.recv_many(&mut batch, BATCH) => count,
            };
            if count == 0 {
                return;
            }
            self.gather(&mut batch).await;
            self.write(&mut batch).await;
        }
    }

    /// Lets a batch grow until its time is up or somebody waits for it.
    ///
    /// Does not look at the queue meanwhile: being woken for each event would cost more than the event.
    async fn gather(&mut self, batch: &mut Vec<Entry>) {
        if batch.len() == BATCH || batch.iter().any(|entry| entry.durable.is_some()) {
            return;
        }
        // After the time both go on with what is there.
        let _ = timeout(WINDOW, self.hurry.notified()).await;
        while batch.len() < BATCH
            && let Ok(entry) = self.entries.try_recv()
        {
            batch.push(entry);
        }
    }

    /// Tries until the store takes the events; who waits for one is told at the first failure.
    async fn write(&self, batch: &mut Vec<Entry>) {
        let (events, waiting): (Vec<_>, Vec<_>) =
            batch.drain(..).map(|entry| (entry.event, entry.durable)).unzip();
        let events: Arc<[AuditEvent]> = events.into();
        let mut waiting = Some(waiting);
        while let Err(error) = self.trail.append(Arc::clone(&events), self.clock.now()).await {
            // Dropping the senders refuses whoever waits.
            waiting = None;
            tracing::warn!(%error, events = events.len(), "the audit trail could not be written; trying again");
            sleep(RETRY).await;
        }
        for sender in waiting.into_iter().flatten().flatten() {
            let _ = sender.send(());
        }
    }
}

#[cfg(test)]
mod tests;
