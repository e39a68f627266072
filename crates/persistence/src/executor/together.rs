//! Calls of one kind, answered together: whoever comes while the connections are busy shares the next statement.
//!
//! A call joins those of its kind that wait, and only the first of them takes a place in the queue: the thread that
//! comes to it takes all that wait by then. When a thread is free, that is one, and nothing is different from a job
//! of its own. So sharing costs nothing while there is little to do, and grows with what there is.
//!
//! Where few threads take the calls of a kind, so that they meet, others help: with those that are too many for a batch,
//! and with a batch that has waited for long.
//!
//! Nobody suffers from the company. What fails as a whole is undone, and each call is done again as a job of its
//! own, so that it gets the answer it would have had alone; so is a call that the shared statement cannot answer.
//! Each answer goes to the call that it was made for, and whoever has left is left out.

mod waiting;

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use self::waiting::{Call, Place, Waiting};
use super::Session;
use super::job::{BoxedJob, Caller, Job, JobError, Kind, Outcome, Refusal};
use super::queue::{NotQueued, Queue};

/// What calls that share statements are about, and by that which threads do them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Company {
    /// Single records.
    Finds,
    /// Many records each.
    Lists,
    Writes,
}

impl Company {
    const fn kind(self) -> Kind {
        match self {
            Self::Finds | Self::Lists => Kind::Read,
            Self::Writes => Kind::Write,
        }
    }
}

/// What shared work says to one of the calls.
#[derive(Debug)]
pub(crate) enum Share<T, E> {
    /// Its answer. Where that is an error, nothing of the call may have been done.
    Given(Result<T, E>),
    /// Nothing of it was done: it needs a job of its own.
    Alone,
}

impl<T, E> Share<T, E> {
    /// The answer, where it is no error.
    pub(crate) fn given(&self) -> Option<&T> {
        match self {
            Self::Given(Ok(answer)) => Some(answer),
            Self::Given(Err(_)) | Self::Alone => None,
        }
    }
}

/// Does one call.
type Alone<C, I, T, E> = dyn Fn(&mut C, &I) -> Result<T, E> + Send + Sync;
/// Does several calls, and answers them in the same order. After an error nothing of it may stay.
type Shared<C, I, T, E> = dyn Fn(&mut C, &[I]) -> Result<Vec<Share<T, E>>, E> + Send + Sync;

/// Calls of one kind.
pub(crate) struct Together<C, I, T, E>(Arc<Kin<C, I, T, E>>);

/// Where calls of a kind wait for threads.
pub(super) struct Queues<'a, C> {
    /// The threads of their own.
    pub(super) home: &'a Queue<BoxedJob<C>>,
    /// Threads that help, if there are any.
    pub(super) aside: Option<&'a Queue<BoxedJob<C>>>,
}

impl<C> Queues<'_, C> {
    /// Puts a batch into that queue, or into the other one where it is not let in; tells where it stands.
    fn push(&self, place: Place, batch: impl Fn(Place) -> BoxedJob<C>) -> Result<Place, NotQueued> {
        let home = || self.home.push_new(|| batch(Place::Home)).map(|()| Place::Home);
        let Some(aside) = self.aside else { return home() };
        let aside = || aside.push_new(|| batch(Place::Aside)).map(|()| Place::Aside);
        match place {
            Place::Home => home().or_else(|refused| aside().map_err(|_| refused)),
            Place::Aside => aside().or_else(|_| home()),
        }
    }
}

/// Bounds of the calls that wait.
pub(super) struct Bounds {
    /// How many share a statement.
    pub(super) most: NonZeroUsize,
    /// How long one may wait.
    pub(super) patience: Duration,
    /// All of them.
    pub(super) crowd: Arc<Crowd>,
}

/// Counts the calls that wait, of all kinds.
pub(super) struct Crowd {
    waiting: AtomicUsize,
    capacity: usize,
}

impl Crowd {
    pub(super) fn new(capacity: NonZeroUsize) -> Self {
        Self { waiting: AtomicUsize::new(0), capacity: capacity.get() }
    }

    fn enter(&self) -> Result<(), Refusal> {
        let grown = |waiting: usize| (waiting < self.capacity).then(|| waiting.saturating_add(1));
        match self.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grown) {
            Ok(_) => Ok(()),
            Err(_) => Err(Refusal::QueueFull),
        }
    }

    /// How many wait now.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    fn leave(&self, count: usize) {
        self.waiting.fetch_sub(count, Ordering::Relaxed);
    }
}

/// What the calls of one kind have in common.
struct Kin<C, I, T, E> {
    company: Company,
    bounds: Bounds,
    alone: Box<Alone<C, I, T, E>>,
    shared: Box<Shared<C, I, T, E>>,
    waiting: Mutex<Waiting<I, T, E>>,
}

impl<C, I, T, E> Together<C, I, T, E>
where
    C: Session,
    I: Send + 'static,
    T: Send + 'static,
    E: JobError,
{
    /// Calls that `alone` does one by one, and `shared` several at a time.
    pub(super) fn new(
        company: Company,
        bounds: Bounds,
        alone: impl Fn(&mut C, &I) -> Result<T, E> + Send + Sync + 'static,
        shared: impl Fn(&mut C, &[I]) -> Result<Vec<Share<T, E>>, E> + Send + Sync + 'static,
    ) -> Self {
        let waiting = Mutex::default();
        Self(Arc::new(Kin { company, bounds, alone: Box::new(alone), shared: Box::new(shared), waiting }))
    }

    pub(super) fn company(&self) -> Company {
        self.0.company
    }

    /// Waits for the answer to one call.
    pub(super) async fn submit(&self, queues: Queues<'_, C>, input: I) -> Result<T, E> {
        let (reply, answer) = oneshot::channel();
        self.join(&queues, Call { input, since: Instant::now(), reply })?;
        answer.await.unwrap_or_else(|_| Err(Refusal::Stopped.into()))
    }

    fn join(&self, queues: &Queues<'_, C>, call: Call<I, T, E>) -> Result<(), Refusal> {
        let Bounds { most, crowd, .. } = &self.0.bounds;
        crowd.enter()?;
        let mut waiting = self.0.lock();
        // Under the lock: a batch that is in the queue finds every call that it was put there for.
        if let Some(place) = waiting.place(*most, queues.aside.is_some()) {
            let batch = |place| -> BoxedJob<C> { Box::new(Batch::new(Arc::clone(&self.0), place)) };
            let place = queues.push(place, batch).inspect_err(|_| crowd.leave(1))?;
            waiting.stand(place);
        }
        waiting.push(call);
        Ok(())
    }
}

impl<C, I, T, E> Kin<C, I, T, E> {
    /// The calls of a batch whose turn has come.
    fn take(&self, place: Place) -> Vec<Call<I, T, E>> {
        let calls = self.lock().take(place, self.bounds.most);
        self.bounds.crowd.leave(calls.len());
        calls
    }

    /// As [`Waiting::take_late`].
    fn take_late(&self, place: Place) -> (Vec<Call<I, T, E>>, bool) {
        let (calls, are_others) = self.lock().take_late(place, self.bounds.most, self.bounds.patience);
        self.bounds.crowd.leave(calls.len());
        (calls, are_others)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<I, T, E>> {
        // Nothing in here panics half-way, so a poisoned state is a whole one.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the queue for whatever calls wait when its turn comes.
struct Batch<C, I, T, E> {
    kin: Arc<Kin<C, I, T, E>>,
    place: Place,
    /// What the calls ask for; `None` until the turn has come.
    inputs: Option<Vec<I>>,
    shares: Vec<Share<T, E>>,
    replies: Arc<Replies<T, E>>,
    /// For calls that came too late for a batch that is refused.
    next: Option<BoxedJob<C>>,
}

/// Where the answers of a batch go: the first ones count.
struct Replies<T, E>(Mutex<Senders<T, E>>);

struct Senders<T, E> {
    since: Instant,
    waiting: Vec<(Instant, oneshot::Sender<Result<T, E>>)>,
    is_refused: bool,
}

impl<T, E> Replies<T, E> {
    fn lock(&self) -> MutexGuard<'_, Senders<T, E>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Vec<(Instant, oneshot::Sender<Result<T, E>>)> {
        std::mem::take(&mut self.lock().waiting)
    }
}

impl<T: Send, E: JobError> Caller for Replies<T, E> {
    fn since(&self) -> Instant {
        self.lock().since
    }

    fn refuse(&self, refusal: Refusal) {
        self.lock().is_refused = true;
        for (_, sender) in self.take() {
            // Nobody waits any more: their loss.
            let _ = sender.send(Err(refusal.clone().into()));
        }
    }
}

impl<C, I, T, E> Batch<C, I, T, E> {
    fn new(kin: Arc<Kin<C, I, T, E>>, place: Place) -> Self {
        let senders = Senders { since: Instant::now(), waiting: Vec::new(), is_refused: false };
        let replies = Arc::new(Replies(Mutex::new(senders)));
        Self { kin, place, inputs: None, shares: Vec::new(), replies, next: None }
    }

    /// Has these calls in it, but for those who have left.
    fn hold(&mut self, calls: Vec<Call<I, T, E>>) {
        let calls = calls.into_iter().filter(|call| !call.reply.is_closed());
        let (inputs, waiting): (_, Vec<_>) = calls.map(|call| (call.input, (call.since, call.reply))).unzip();
        let mut senders = self.replies.lock();
        senders.since = waiting.first().map_or(senders.since, |(since, _)| *since);
        senders.waiting = waiting;
        drop(senders);
        self.inputs = Some(inputs);
    }
}

impl<C, I, T, E> Job<C> for Batch<C, I, T, E>
where
    C: Session,
    I: Send + 'static,
    T: Send + 'static,
    E: JobError,
{
    fn kind(&self) -> Kind {
        self.kin.company.kind()
    }

    fn prepare(&mut self) {
        if self.inputs.is_none() {
            self.hold(self.kin.take(self.place));
        }
    }

    fn calls(&self) -> usize {
        self.inputs.as_ref().map_or(0, Vec::len)
    }

    fn helper(&self) -> Option<BoxedJob<C>> {
        if self.inputs.is_some() || !self.kin.lock().stand_aside() {
            return None;
        }
        Some(Box::new(Self::new(Arc::clone(&self.kin), Place::Aside)))
    }

    fn is_abandoned(&self) -> bool {
        self.inputs.is_some() && self.replies.lock().waiting.iter().all(|(_, sender)| sender.is_closed())
    }

    fn is_refused(&self) -> bool {
        self.replies.lock().is_refused
    }

    fn caller(&self) -> Arc<dyn Caller> {
        Arc::<Replies<T, E>>::clone(&self.replies)
    }

    fn run(&mut self, connection: &mut C) -> Outcome {
        self.prepare();
        let (outcome, shares) = match self.inputs.as_deref() {
            None | Some([]) => (Outcome::Failed, Vec::new()),
            Some([one]) => self.kin.do_alone(connection, one),
            Some(several) => self.kin.do_shared(connection, several),
        };
        self.shares = shares;
        outcome
    }

    fn refuse(&mut self, refusal: Refusal) {
        if matches!(refusal, Refusal::Late) && self.inputs.is_none() {
            let (late, others_wait) = self.kin.take_late(self.place);
            self.hold(late);
            self.next = others_wait
                .then(|| -> BoxedJob<C> { Box::new(Self::new(Arc::clone(&self.kin), self.place)) });
        }
        self.prepare();
        let count = self.inputs.as_ref().map_or(0, Vec::len);
        self.shares = (0..count).map(|_| Share::Given(Err(refusal.clone().into()))).collect();
    }

    fn answer(mut self: Box<Self>) -> Vec<BoxedJob<C>> {
        let calls = self.inputs.take().unwrap_or_default().into_iter().zip(self.replies.take());
        let mut again = Vec::from_iter(self.next.take());
        for ((input, (since, reply)), share) in calls.zip(std::mem::take(&mut self.shares)) {
            match share {
                Share::Given(result) => {
                    let _ = reply.send(result);
                }
                Share::Alone => {
                    let mut alone = Self::new(Arc::clone(&self.kin), self.place);
                    alone.hold(vec![Call { input, since, reply }]);
                    again.push(Box::new(alone));
                }
            }
        }
        // Nobody is left to be found by `drop`.
        self.inputs = Some(Vec::new());
        again
    }
}

impl<C, I, T, E> Drop for Batch<C, I, T, E> {
    /// A batch that is thrown away with its queue leaves nobody behind who waits for it.
    fn drop(&mut self) {
        if self.inputs.is_none() {
            self.kin.take(self.place);
        }
    }
}

impl<C, I, T, E: JobError> Kin<C, I, T, E> {
    fn do_alone(&self, connection: &mut C, input: &I) -> (Outcome, Vec<Share<T, E>>) {
        // The caller rolls back or throws the connection away, so nobody sees what a panic left half done.
        let (outcome, result) = match catch_unwind(AssertUnwindSafe(|| (self.alone)(connection, input))) {
            Ok(Ok(value)) => (Outcome::Done, Ok(value)),
            Ok(Err(error)) if error.connection_lost() => (Outcome::Lost, Err(error)),
            Ok(Err(error)) => (Outcome::Failed, Err(error)),
            Err(_) => (Outcome::Panicked, Err(Refusal::Panicked.into())),
        };
        (outcome, vec![Share::Given(result)])
    }

    fn do_shared(&self, connection: &mut C, inputs: &[I]) -> (Outcome, Vec<Share<T, E>>) {
        let each_alone = || inputs.iter().map(|_| Share::Alone).collect();
        match catch_unwind(AssertUnwindSafe(|| (self.shared)(connection, inputs))) {
            Ok(Ok(shares)) if shares.len() == inputs.len() => {
                let is_any_done = shares.iter().any(|share| matches!(share, Share::Given(Ok(_))));
                (if is_any_done { Outcome::Done } else { Outcome::Failed }, shares)
            }
            Ok(Err(error)) if error.connection_lost() => (Outcome::Lost, all_lost(error, inputs.len())),
            Ok(Ok(_) | Err(_)) => (Outcome::Failed, each_alone()),
            Err(_) => (Outcome::Panicked, each_alone()),
        }
    }
}

/// Tells everybody that the connection was lost; only one can be told by the error itself.
fn all_lost<T, E: JobError>(error: E, count: usize) -> Vec<Share<T, E>> {
    let lost = || Refusal::NoConnection("it was lost".into());
    let others = (1..count).map(|_| Share::Given(Err(lost().into())));
    std::iter::once(Share::Given(Err(error))).chain(others).collect()
}
