//! Rules of putting calls on record.

use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;
use domain::ports::RepositoryError;
use domain::{
    AuditCheck, AuditEventId, AuditFilter, AuditHead, Call, Listing, Operation, Page, RequestId, Stamp,
    StoredEvent, Timestamp, Verification,
};
use testkit::fixed::{FixedClock, instant};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::*;

/// A trail that takes events when it is let to, and refuses them as often as it was told.
struct Trail {
    written: Mutex<Vec<Vec<String>>>,
    refusals: Mutex<VecDeque<RepositoryError>>,
    /// One permit for each write.
    gate: Semaphore,
}

impl Trail {
    fn taking(writes: usize) -> Arc<Self> {
        let (written, refusals) = (Mutex::default(), Mutex::default());
        Arc::new(Self { written, refusals, gate: Semaphore::new(writes) })
    }

    /// A trail that takes everything.
    fn open() -> Arc<Self> {
        Self::taking(Semaphore::MAX_PERMITS)
    }

    /// A trail that refuses so many writes first.
    fn away(times: usize) -> Arc<Self> {
        let trail = Self::open();
        let away = || RepositoryError::Unavailable("away".into());
        trail.refusals.lock().unwrap().extend((0..times).map(|_| away()));
        trail
    }

    /// The request ids of the events of each write.
    fn writes(&self) -> Vec<Vec<String>> {
        self.written.lock().unwrap().clone()
    }

    /// The request ids of all events.
    fn all(&self) -> Vec<String> {
        self.writes().concat()
    }
}

#[async_trait]
impl AuditTrail for Trail {
    async fn append(&self, events: Arc<[AuditEvent]>, _: Timestamp) -> Result<(), RepositoryError> {
        self.gate.acquire().await.unwrap().forget();
        if let Some(error) = self.refusals.lock().unwrap().pop_front() {
            return Err(error);
        }
        let ids = events.iter().map(|event| event.request_id.as_str().to_owned()).collect();
        self.written.lock().unwrap().push(ids);
        Ok(())
    }

    async fn list(
        &self,
        _: &AuditFilter,
        _: Page<AuditEventId>,
    ) -> Result<Listing<StoredEvent, AuditEventId>, RepositoryError> {
        unreachable!("nobody reads here")
    }

    async fn seal(&self, _: Timestamp) -> Result<Option<AuditHead>, RepositoryError> {
        unreachable!("nobody seals here")
    }

    async fn verify(&self, _: &[AuditHead]) -> Result<Verification, RepositoryError> {
        unreachable!("nobody verifies here")
    }

    async fn head(&self) -> Result<(Option<AuditHead>, i64), RepositoryError> {
        unreachable!()
    }

    async fn note(&self, _: &AuditCheck) -> Result<(), RepositoryError> {
        unreachable!()
    }

    async fn last_check(&self) -> Result<Option<AuditCheck>, RepositoryError> {
        unreachable!()
    }

    async fn prune(&self, _: Timestamp, _: &Stamp) -> Result<u64, RepositoryError> {
        unreachable!("nobody prunes here")
    }
}

/// An event whose request id is this number.
fn event(number: usize, outcome: Outcome) -> AuditEvent {
    let id = RequestId::parse(&number.to_string()).unwrap();
    let call = Call::new(Operation::named("patients_get"), None, id);
    AuditEvent::of(&Stamp::anonymous(instant(), Arc::new(call)), outcome)
}

fn read(number: usize) -> AuditEvent {
    event(number, Outcome::Done)
}

fn refusal(number: usize) -> AuditEvent {
    event(number, Outcome::NotFound)
}

fn names(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers.into_iter().map(|number| number.to_string()).collect()
}

/// An audit over `trail`, and its writer.
fn over(trail: &Arc<Trail>, reads: ReadAudit) -> (Audit, AuditWriter) {
    Audit::new(Arc::<Trail>::clone(trail), Arc::new(FixedClock::default()), reads)
}

/// The same, and the writer runs.
fn running(trail: &Arc<Trail>, reads: ReadAudit) -> (Audit, JoinHandle<()>) {
    let (audit, writer) = over(trail, reads);
    (audit, tokio::spawn(writer.run()))
}

/// Lets everybody run who can, without time passing.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn batched_answers_before_anything_is_written() {
    let trail = Trail::taking(0);
    let (audit, _writer) = running(&trail, ReadAudit::Batched);
    let before = Instant::now();
    audit.put(read(1)).await.unwrap();
    audit.put(refusal(2)).await.unwrap();
    assert_eq!(before.elapsed(), Duration::ZERO);
    assert_eq!(trail.all(), names([]));
}

#[tokio::test(start_paused = true)]
async fn batched_is_at_most_a_tenth_of_a_second_behind() {
    let trail = Trail::open();
    let (audit, _writer) = running(&trail, ReadAudit::Batched);
    audit.put(read(1)).await.unwrap();
    settle().await;
    assert_eq!(trail.all(), names([]), "others may come along");
    tokio::time::advance(Duration::from_millis(100)).await;
    settle().await;
    assert_eq!(trail.all(), names([1]));
}

#[tokio::test(start_paused = true)]
async fn events_that_come_together_are_written_together_and_in_order() {
    let trail = Trail::open();
    let (audit, writer) = running(&trail, ReadAudit::Batched);
    for number in 0..100 {
        audit.put(read(number)).await.unwrap();
    }
    drop(audit);
    writer.await.unwrap();
    assert_eq!(trail.writes(), [names(0..100)]);
}

#[tokio::test(start_paused = true)]
async fn one_write_has_its_bounds() {
    let trail = Trail::open();
    let (audit, writer) = running(&trail, ReadAudit::Batched);
    for number in 0..QUEUE {
        audit.put(read(number)).await.unwrap();
    }
    drop(audit);
    writer.await.unwrap();
    assert!(trail.writes().iter().all(|write| write.len() <= BATCH));
    assert_eq!(trail.all(), names(0..QUEUE));
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_refuses_and_loses_nothing_that_it_took() {
    for reads in [ReadAudit::Batched, ReadAudit::Off] {
        let trail = Trail::open();
        let (audit, writer) = over(&trail, reads);
        for number in 0..QUEUE {
            audit.put(refusal(number)).await.unwrap();
        }
        assert!(matches!(audit.put(refusal(QUEUE)).await, Err(Error::Unavailable(_))));
        drop(audit);
        writer.run().await;
        assert_eq!(trail.all(), names(0..QUEUE));
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_finds_the_queue_full_waits_for_room() {
    let trail = Trail::open();
    let (audit, writer) = over(&trail, ReadAudit::Batched);
    for number in 0..QUEUE {
        audit.put(read(number)).await.unwrap();
    }
    let late = audit.clone();
    let waiting = tokio::spawn(async move { late.put(read(QUEUE)).await });
    settle().await;
    assert!(!waiting.is_finished());
    drop(audit);
    writer.run().await;
    assert!(waiting.await.unwrap().is_ok());
    assert_eq!(trail.all(), names(0..=QUEUE));
}

#[tokio::test(start_paused = true)]
async fn without_a_writer_nothing_is_taken() {
    let (audit, writer) = over(&Trail::open(), ReadAudit::Batched);
    drop(writer);
    assert!(matches!(audit.put(read(1)).await, Err(Error::Unavailable(_))));
}

#[tokio::test(start_paused = true)]
async fn strict_answers_when_the_event_is_durable_and_not_before() {
    let trail = Trail::taking(0);
    let (audit, _writer) = running(&trail, ReadAudit::Strict);
    for put in [read(1), refusal(2)] {
        let name = put.request_id.as_str().to_owned();
        let audit = audit.clone();
        let waiting = tokio::spawn(async move { audit.put(put).await });
        settle().await;
        assert!(!waiting.is_finished(), "{name}");
        trail.gate.add_permits(1);
        waiting.await.unwrap().unwrap();
        assert_eq!(trail.all().last(), Some(&name));
    }
}

#[tokio::test(start_paused = true)]
async fn strict_does_not_wait_for_others() {
    let trail = Trail::open();
    let (audit, _writer) = running(&trail, ReadAudit::Strict);
    let before = Instant::now();
    audit.put(read(1)).await.unwrap();
    assert_eq!(before.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn strict_shares_writes_among_those_who_wait() {
    let trail = Trail::taking(0);
    let (audit, _writer) = running(&trail, ReadAudit::Strict);
    let put = |number| {
        let audit = audit.clone();
        tokio::spawn(async move { audit.put(read(number)).await })
    };
    let mut waiting = vec![put(0)];
    settle().await;
    waiting.extend((1..100).map(put));
    settle().await;
    trail.gate.add_permits(2);
    for put in waiting {
        put.await.unwrap().unwrap();
    }
    assert_eq!(trail.writes().len(), 2, "one for who came first, one for all who came meanwhile");
    assert_eq!(trail.all().len(), 100);
}

#[tokio::test(start_paused = true)]
async fn strict_refuses_at_the_first_failure_and_writes_the_event_all_the_same() {
    let trail = Trail::away(1);
    let (audit, writer) = running(&trail, ReadAudit::Strict);
    let before = Instant::now();
    assert!(matches!(audit.put(read(1)).await, Err(Error::Unavailable(_))));
    assert_eq!(before.elapsed(), Duration::ZERO);
    drop(audit);
    writer.await.unwrap();
    assert_eq!(trail.all(), names([1]));
}

#[tokio::test(start_paused = true)]
async fn strict_refuses_whoever_waits_too_long() {
    let trail = Trail::taking(0);
    let (audit, _writer) = running(&trail, ReadAudit::Strict);
    let before = Instant::now();
    assert!(matches!(audit.put(read(1)).await, Err(Error::Unavailable(_))));
    assert!(before.elapsed() <= Duration::from_secs(2), "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn strict_refuses_in_time_while_an_earlier_event_is_tried_again() {
    let trail = Trail::away(1_000);
    let (audit, _writer) = running(&trail, ReadAudit::Strict);
    assert!(audit.put(read(1)).await.is_err());
    let before = Instant::now();
    assert!(audit.put(read(2)).await.is_err());
    assert!(before.elapsed() <= Duration::from_secs(2), "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_was_not_available_is_not_waited_for() {
    let trail = Trail::taking(0);
    let (audit, writer) = running(&trail, ReadAudit::Strict);
    let before = Instant::now();
    audit.put(event(1, Outcome::Unavailable)).await.unwrap();
    assert_eq!(before.elapsed(), Duration::ZERO);
    trail.gate.add_permits(1);
    drop(audit);
    writer.await.unwrap();
    assert_eq!(trail.all(), names([1]));
}

#[tokio::test(start_paused = true)]
async fn while_the_store_is_away_events_wait_and_keep_their_order() {
    let trail = Trail::away(20);
    let (audit, writer) = running(&trail, ReadAudit::Batched);
    for number in 0..10 {
        audit.put(read(number)).await.unwrap();
        tokio::time::advance(Duration::from_millis(60)).await;
        settle().await;
    }
    assert_eq!(trail.all(), names([]));
    drop(audit);
    writer.await.unwrap();
    assert_eq!(trail.all(), names(0..10));
}

#[tokio::test(start_paused = true)]
async fn off_leaves_reads_out_and_refusals_in() {
    let trail = Trail::open();
    let (audit, writer) = running(&trail, ReadAudit::Off);
    for (number, outcome) in Outcome::ALL.into_iter().enumerate() {
        audit.put(event(number, outcome)).await.unwrap();
    }
    drop(audit);
    writer.await.unwrap();
    assert_eq!(Outcome::ALL[0], Outcome::Done);
    assert_eq!(trail.all(), names(1..Outcome::ALL.len()));
}

#[tokio::test(start_paused = true)]
async fn the_writer_ends_with_the_last_audit_and_not_before() {
    let trail = Trail::open();
    let (audit, writer) = running(&trail, ReadAudit::Batched);
    let last = audit.clone();
    audit.put(read(1)).await.unwrap();
    drop(audit);
    tokio::time::advance(Duration::from_secs(10)).await;
    settle().await;
    assert!(!writer.is_finished());
    last.put(read(2)).await.unwrap();
    drop(last);
    writer.await.unwrap();
    assert_eq!(trail.all(), names([1, 2]));
}
