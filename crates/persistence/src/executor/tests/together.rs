//! The promises of calls that are done together.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, mpsc};

use tokio::task::JoinHandle;

use super::{COUNT, Executor, Fault, Refusal, TestSession, block, settle};
use crate::executor::{Company, Share, Together};

/// Fails, also when it is done alone.
const FAILING: i64 = -1;
/// Panics, also when it is done alone.
const PANICKING: i64 = -2;
/// Nothing that several can share.
const PECULIAR: i64 = -3;

/// Calls that give back their number, or the table of notes one more row. What was run is kept: which numbers at once.
struct Calls<C: TestSession> {
    executor: Arc<Executor<C>>,
    kin: Arc<Together<C, i64, i64, Fault>>,
    runs: Arc<Mutex<Vec<Vec<i64>>>>,
}

impl<C: TestSession> Calls<C> {
    fn reads(executor: &Arc<Executor<C>>, most: usize) -> Self {
        Self::new(executor, most, Company::Lists, |_, _| Ok(()))
    }

    fn writes(executor: &Arc<Executor<C>>, most: usize) -> Self {
        Self::new(executor, most, Company::Writes, |c, number| {
            c.run(&format!("INSERT INTO notes VALUES ('{number}')"))
        })
    }

    fn new(
        executor: &Arc<Executor<C>>,
        most: usize,
        company: Company,
        work: impl Fn(&mut C, i64) -> Result<(), Fault> + Clone + Send + Sync + 'static,
    ) -> Self {
        let runs = Arc::<Mutex<Vec<_>>>::default();
        let most = NonZeroUsize::new(most).unwrap();
        let (one, several, also_work) = (Arc::clone(&runs), Arc::clone(&runs), work.clone());
        let alone = move |c: &mut C, number: &i64| {
            one.lock().unwrap().push(vec![*number]);
            work(c, *number)?;
            broken(*number).map(|()| *number)
        };
        let shared = move |c: &mut C, numbers: &[i64]| {
            several.lock().unwrap().push(numbers.to_vec());
            let mut shares = Vec::new();
            for number in numbers {
                if *number == PECULIAR {
                    shares.push(Share::Alone);
                    continue;
                }
                also_work(c, *number)?;
                broken(*number)?;
                shares.push(Share::Given(Ok(*number)));
            }
            Ok(shares)
        };
        let kin = executor.together(company, most, alone, shared);
        Self { executor: Arc::clone(executor), kin: Arc::new(kin), runs }
    }

    fn call(&self, number: i64) -> JoinHandle<Result<i64, Fault>> {
        let (executor, kin) = (Arc::clone(&self.executor), Arc::clone(&self.kin));
        tokio::spawn(async move { executor.join(&kin, number).await })
    }

    /// A call that a thread has taken.
    async fn begun(&self, number: i64) -> JoinHandle<Result<i64, Fault>> {
        let call = self.call(number);
        while self.runs().is_empty() {
            assert!(!call.is_finished(), "nobody takes it");
            tokio::task::yield_now().await;
        }
        call
    }

    fn runs(&self) -> Vec<Vec<i64>> {
        self.runs.lock().unwrap().clone()
    }
}

fn broken(number: i64) -> Result<(), Fault> {
    assert_ne!(number, PANICKING, "wanted");
    if number == FAILING { Err(Fault::Wanted) } else { Ok(()) }
}

async fn answers(calls: Vec<JoinHandle<Result<i64, Fault>>>) -> Vec<Result<i64, Fault>> {
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.await.unwrap());
    }
    answers
}

pub(super) async fn whoever_waits_shares_a_turn<C: TestSession>(executor: Arc<Executor<C>>) {
    for (calls, writes) in [(Calls::reads(&executor, 8), false), (Calls::writes(&executor, 8), true)] {
        let block = block(&executor, writes).await;
        let waiting = (1..=20).map(|number| calls.call(number)).collect();
        settle().await;
        drop(block);
        for (answer, number) in answers(waiting).await.into_iter().zip(1..) {
            assert_eq!(answer.unwrap(), number);
        }
        let sizes: Vec<_> = calls.runs().iter().map(Vec::len).collect();
        assert_eq!(sizes, [8, 8, 4]);
    }
    assert_eq!(executor.read(|c: &mut C| c.count(COUNT)).await.unwrap(), 20);
}

pub(super) async fn who_comes_alone_is_served_alone<C: TestSession>(executor: Arc<Executor<C>>) {
    let calls = Calls::reads(&executor, 8);
    for number in 1..=3 {
        assert_eq!(calls.call(number).await.unwrap().unwrap(), number);
    }
    assert_eq!(calls.runs(), [[1], [2], [3]]);
}

/// Work on the number 1 takes until the sender is dropped.
fn held<C>() -> (mpsc::Sender<()>, impl Fn(&mut C, i64) -> Result<(), Fault> + Clone + Send + Sync + 'static)
{
    let (release, released) = mpsc::channel::<()>();
    let released = Arc::new(Mutex::new(released));
    let work = move |_: &mut C, number| {
        if number == 1 {
            let _ = released.lock().unwrap().recv();
        }
        Ok(())
    };
    (release, work)
}

/// More lists than there are threads for them, until the sender is dropped.
fn held_lists<C: TestSession>(
    executor: &Arc<Executor<C>>,
) -> (mpsc::Sender<()>, Vec<JoinHandle<Result<i64, Fault>>>) {
    let (release, work) = held();
    let lists = Calls::new(executor, 1, Company::Lists, work);
    (release, (0..4).map(|_| lists.call(1)).collect())
}

/// The executor has eight connections for reads.
pub(super) async fn single_records_wait_for_no_list_but_for_one_another<C: TestSession>(
    executor: Arc<Executor<C>>,
) {
    let (release_lists, lists) = held_lists(&executor);
    let (release_finds, work) = held();
    let finds = Calls::new(&executor, 8, Company::Finds, work);
    let first = finds.begun(1).await;
    let next = (2..=5).map(|number| finds.call(number)).collect();
    settle().await;
    drop(release_finds);
    assert_eq!(first.await.unwrap().unwrap(), 1);
    assert!(answers(next).await.iter().all(Result::is_ok));
    assert_eq!(finds.runs(), [vec![1], vec![2, 3, 4, 5]]);
    drop(release_lists);
    assert!(answers(lists).await.iter().all(Result::is_ok));
}

/// The executor has eight connections for reads.
pub(super) async fn single_records_that_wait_for_long_or_are_too_many_go_where_lists_go<C: TestSession>(
    executor: Arc<Executor<C>>,
) {
    for count in [2, 6] {
        let (release, work) = held();
        let finds = Calls::new(&executor, 4, Company::Finds, work);
        let first = finds.begun(1).await;
        let others = (2..2 + count).map(|number| finds.call(number)).collect();
        assert!(answers(others).await.iter().all(Result::is_ok));
        assert!(!first.is_finished());
        drop(release);
        assert_eq!(first.await.unwrap().unwrap(), 1);
        assert!(finds.runs().concat().into_iter().eq(1..2 + count), "{:?}", finds.runs());
    }
}

/// The executor has eight connections for reads.
pub(super) async fn single_records_have_their_thread_while_lists_hold_up_those_that_help<C: TestSession>(
    executor: Arc<Executor<C>>,
) {
    let (release_lists, lists) = held_lists(&executor);
    let (release_finds, work) = held();
    let finds = Calls::new(&executor, 4, Company::Finds, work);
    let first = finds.begun(1).await;
    let mut next: Vec<_> = (2..=6).map(|number| finds.call(number)).collect();
    // This one is what the others were asked to help with.
    let too_many = next.split_off(4);
    settle().await;
    drop(release_finds);
    assert_eq!(first.await.unwrap().unwrap(), 1);
    assert!(answers(next).await.iter().all(Result::is_ok));
    assert_eq!(finds.call(7).await.unwrap().unwrap(), 7);
    assert!(answers(too_many).await.iter().all(Result::is_ok));
    assert_eq!(finds.runs(), [vec![1], vec![2, 3, 4, 5], vec![6, 7]]);
    drop(release_lists);
    assert!(answers(lists).await.iter().all(Result::is_ok));
}

pub(super) async fn a_broken_call_hurts_nobody_else<C: TestSession>(executor: Arc<Executor<C>>) {
    for broken in [FAILING, PANICKING, PECULIAR] {
        let before = executor.read(|c: &mut C| c.count(COUNT)).await.unwrap();
        for (calls, writes) in [(Calls::reads(&executor, 8), false), (Calls::writes(&executor, 8), true)] {
            let block = block(&executor, writes).await;
            let waiting = [1, 2, broken, 4].map(|number| calls.call(number)).into();
            settle().await;
            drop(block);
            let answers = answers(waiting).await;
            for (answer, number) in answers.iter().zip([1, 2, broken, 4]) {
                match (answer, number) {
                    (Err(Fault::Wanted), FAILING) | (Err(Fault::Refused(Refusal::Panicked)), PANICKING) => {}
                    (Ok(answer), _) if *answer == number => {}
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!(calls.runs()[0], [1, 2, broken, 4]);
        }
        let kept = if broken == PECULIAR { 4 } else { 3 };
        assert_eq!(executor.read(|c: &mut C| c.count(COUNT)).await.unwrap() - before, kept);
    }
}

pub(super) async fn who_has_left_is_left_out<C: TestSession>(executor: Arc<Executor<C>>) {
    let calls = Calls::writes(&executor, 8);
    let first = block(&executor, true).await;
    let (stays, leaves, also_stays) = (calls.call(1), calls.call(2), calls.call(3));
    settle().await;
    leaves.abort();
    settle().await;
    drop(first);
    assert_eq!((stays.await.unwrap().unwrap(), also_stays.await.unwrap().unwrap()), (1, 3));
    assert_eq!(calls.runs(), [[1, 3]]);

    let second = block(&executor, true).await;
    let leaves = calls.call(4);
    settle().await;
    leaves.abort();
    settle().await;
    drop(second);
    assert_eq!(calls.call(5).await.unwrap().unwrap(), 5);
    assert_eq!(calls.runs(), [vec![1, 3], vec![5]]);
}

/// The executor has a queue of two and one thread for writes.
pub(super) async fn no_more_than_so_many_calls_wait<C: TestSession>(executor: Arc<Executor<C>>) {
    let [calls, others] = [(); 2].map(|()| Calls::writes(&executor, 8));
    let block = block(&executor, true).await;
    let waiting = vec![calls.call(1), others.call(2)];
    settle().await;
    for refused in [calls.call(3), others.call(4)] {
        let refused = refused.await.unwrap();
        assert!(matches!(refused, Err(Fault::Refused(Refusal::QueueFull))), "{refused:?}");
    }
    drop(block);
    assert!(answers(waiting).await.iter().all(Result::is_ok));
    // Their places are free again.
    assert!(answers(vec![calls.call(5), others.call(6)]).await.iter().all(Result::is_ok));
}

/// The executor has little patience and one thread for writes, which stays busy for all of the test.
pub(super) async fn calls_that_wait_too_long_are_refused<C: TestSession>(executor: Arc<Executor<C>>) {
    let calls = Calls::writes(&executor, 2);
    let block = block(&executor, true).await;
    for answer in answers((1..=5).map(|number| calls.call(number)).collect()).await {
        assert!(matches!(answer, Err(Fault::Refused(Refusal::Late))), "{answer:?}");
    }
    assert!(!block.job.is_finished());
    assert!(calls.runs().is_empty());
}

/// The executor waits for no answer for long.
pub(super) async fn calls_that_take_too_long_are_refused_while_they_run<C: TestSession>(
    executor: Arc<Executor<C>>,
) {
    let (release, work) = held();
    let calls = Calls::new(&executor, 8, Company::Lists, work);
    let block = block(&executor, false).await;
    let waiting = (1..=3).map(|number| calls.call(number)).collect();
    settle().await;
    drop(block);
    for answer in answers(waiting).await {
        assert!(matches!(answer, Err(Fault::Refused(Refusal::NoAnswer))), "{answer:?}");
    }
    assert_eq!(calls.runs(), [[1, 2, 3]]);
    drop(release);
    assert_eq!(calls.call(4).await.unwrap().unwrap(), 4);
}

pub(super) async fn dropping_the_executor_finishes_calls_that_wait<C: TestSession>(
    executor: Arc<Executor<C>>,
) {
    let Calls { kin, runs, .. } = Calls::writes(&executor, 2);
    let block = block(&executor, true).await;
    let executor_of_calls = Arc::clone(&executor);
    let waiting = tokio::spawn(async move {
        let calls = [1, 2, 3].map(|number| executor_of_calls.join(&kin, number));
        let [one, two, three] = calls;
        tokio::join!(one, two, three)
    });
    settle().await;
    drop(block);
    let dropped = tokio::task::spawn_blocking(move || drop(executor));
    let (one, two, three) = waiting.await.unwrap();
    assert_eq!([one, two, three].map(Result::unwrap), [1, 2, 3]);
    dropped.await.unwrap();
    assert_eq!(*runs.lock().unwrap(), [vec![1, 2], vec![3]]);
}
