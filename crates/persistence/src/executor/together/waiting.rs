//! The calls of one kind that wait, and where batches stand for them.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

/// Calls, the oldest first.
pub(super) struct Waiting<I, T, E> {
    calls: VecDeque<Call<I, T, E>>,
    /// How many batches stand in the queues for them: enough for all.
    batches: Batches,
}

pub(super) struct Call<I, T, E> {
    pub(super) input: I,
    pub(super) since: Instant,
    pub(super) reply: oneshot::Sender<Result<T, E>>,
}

/// The queue that a batch stands in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    Home,
    Aside,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Batches {
    home: usize,
    aside: usize,
}

impl Batches {
    const fn all(self) -> usize {
        self.home.saturating_add(self.aside)
    }

    const fn at(&mut self, place: Place) -> &mut usize {
        match place {
            Place::Home => &mut self.home,
            Place::Aside => &mut self.aside,
        }
    }
}

impl<I, T, E> Default for Waiting<I, T, E> {
    fn default() -> Self {
        Self { calls: VecDeque::new(), batches: Batches::default() }
    }
}

impl<I, T, E> Waiting<I, T, E> {
    /// Where one more batch of at most so many calls has to stand for one more call, if it has to.
    pub(super) fn place(&self, most: NonZeroUsize, has_aside: bool) -> Option<Place> {
        let are_enough = self.calls.len() < self.batches.all().saturating_mul(most.get());
        if !has_aside {
            return (!are_enough).then_some(Place::Home);
        }
        // One aside may have to wait for threads that have other things to do.
        if self.batches.home == 0 {
            return Some(Place::Home);
        }
        (!are_enough).then_some(Place::Aside)
    }

    /// A batch stands in a queue.
    pub(super) const fn stand(&mut self, place: Place) {
        let batches = self.batches.at(place);
        *batches = batches.saturating_add(1);
    }

    /// A batch stands aside as well, unless one does already; false in that case.
    pub(super) const fn stand_aside(&mut self) -> bool {
        let is_first = self.batches.aside == 0;
        if is_first {
            self.stand(Place::Aside);
        }
        is_first
    }

    /// A batch stands in a queue no more.
    const fn leave(&mut self, place: Place) {
        let batches = self.batches.at(place);
        *batches = batches.saturating_sub(1);
    }

    pub(super) fn push(&mut self, call: Call<I, T, E>) {
        self.calls.push_back(call);
    }

    /// The calls of a batch whose turn has come.
    pub(super) fn take(&mut self, place: Place, most: NonZeroUsize) -> Vec<Call<I, T, E>> {
        self.leave(place);
        let count = most.get().min(self.calls.len());
        self.calls.drain(..count).collect()
    }

    /// The calls of a batch that stood in the queue for too long, as far as they did so themselves. True when
    /// others are left without a batch: the place of this one stays theirs.
    pub(super) fn take_late(
        &mut self,
        place: Place,
        most: NonZeroUsize,
        patience: Duration,
    ) -> (Vec<Call<I, T, E>>, bool) {
        let is_late = |call: &&Call<I, T, E>| call.since.elapsed() > patience;
        let count = self.calls.iter().take(most.get()).take_while(is_late).count();
        let late = self.calls.drain(..count).collect();
        let others = self.batches.all().saturating_sub(1);
        let is_short = self.calls.len() > others.saturating_mul(most.get());
        if !is_short {
            self.leave(place);
        }
        (late, is_short)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_mins(1);
    const FOUR: NonZeroUsize = NonZeroUsize::new(4).unwrap();
    const TWO: NonZeroUsize = NonZeroUsize::new(2).unwrap();

    /// A call that has come so many seconds ago.
    fn call(age: u8) -> Call<u8, (), ()> {
        let since = Instant::now().checked_sub(Duration::from_secs(age.into())).unwrap();
        Call { input: age, since, reply: oneshot::channel().0 }
    }

    /// Such calls, with the batches that they need at home.
    fn waiting(ages: &[u8], most: NonZeroUsize) -> Waiting<u8, (), ()> {
        let batches = Batches { home: ages.len().div_ceil(most.get()), aside: 0 };
        Waiting { calls: ages.iter().map(|age| call(*age)).collect(), batches }
    }

    fn inputs(calls: Vec<Call<u8, (), ()>>) -> Vec<u8> {
        calls.into_iter().map(|call| call.input).collect()
    }

    #[test]
    fn a_batch_that_is_late_refuses_only_who_waited_too_long() {
        let mut waiting = waiting(&[90, 80, 10, 5], FOUR);
        let (late, others_wait) = waiting.take_late(Place::Home, FOUR, PATIENCE);
        assert_eq!((inputs(late), others_wait), (vec![90, 80], true));
        assert_eq!(waiting.batches.all(), 1);
        assert_eq!(inputs(waiting.take(Place::Home, FOUR)), [10, 5]);
        assert_eq!(waiting.batches.all(), 0);
    }

    #[test]
    fn a_batch_that_is_late_leaves_its_calls_to_the_next_one_where_they_fit() {
        let mut waiting = waiting(&[90, 80, 10], TWO);
        let (late, others_wait) = waiting.take_late(Place::Home, TWO, PATIENCE);
        assert_eq!((inputs(late), others_wait), (vec![90, 80], false));
        assert_eq!(inputs(waiting.take(Place::Home, TWO)), [10]);
        assert_eq!(waiting.batches.all(), 0);
    }

    #[test]
    fn one_batch_stands_aside_for_one_that_waits_for_long() {
        let mut waiting = waiting(&[10, 5], TWO);
        assert_eq!([(), ()].map(|()| waiting.stand_aside()), [true, false]);
        assert_eq!(waiting.batches, Batches { home: 1, aside: 1 });
        assert_eq!(inputs(waiting.take(Place::Aside, TWO)), [10, 5]);
        assert!(waiting.take(Place::Home, TWO).is_empty());
        assert_eq!(waiting.batches.all(), 0);
    }

    #[test]
    fn others_help_where_calls_are_too_many_for_a_batch() {
        let place = |ages: &[u8], home: usize, aside: usize| {
            let waiting = Waiting { batches: Batches { home, aside }, ..waiting(ages, TWO) };
            waiting.place(TWO, true)
        };
        for (ages, home, aside, expected) in [
            (&[][..], 0, 0, Some(Place::Home)),
            (&[], 1, 0, None),
            (&[0], 1, 0, None),
            (&[0, 0], 1, 0, Some(Place::Aside)),
            (&[0, 0], 1, 1, None),
            (&[0], 0, 1, Some(Place::Home)),
        ] {
            assert_eq!(place(ages, home, aside), expected, "{ages:?}, {home} and {aside}");
        }
    }
}
