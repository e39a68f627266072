//! How many sheets may be under way at once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{Timestamp, UserId};

/// Nobody keeps a place for longer, so that clients who do not read what they asked for take it from nobody.
const LONGEST: Duration = Duration::from_mins(10);

/// Why there is no place.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum Full {
    #[error("too many sheets are under way")]
    All,
    #[error("a sheet of this user is under way")]
    Own,
    #[error("the sheet took too long")]
    TookTooLong,
}

#[derive(Clone)]
pub(super) struct Places {
    most: usize,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Default)]
struct Taken {
    last: u64,
    places: Vec<(u64, UserId, Timestamp)>,
}

/// The place of a sheet that is under way; free again when it is dropped.
pub struct Place {
    number: u64,
    taken: Arc<Mutex<Taken>>,
}

fn lock(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Places {
    pub(super) fn new(most: usize) -> Self {
        Self { most, taken: Arc::default() }
    }

    pub(super) fn enter(&self, user: UserId, now: Timestamp) -> Result<Place, Full> {
        let mut taken = lock(&self.taken);
        taken.places.retain(|(.., since)| since.plus(LONGEST) > now);
        if taken.places.iter().any(|(_, holder, _)| *holder == user) {
            return Err(Full::Own);
        }
        if taken.places.len() >= self.most {
            return Err(Full::All);
        }
        taken.last += 1;
        let number = taken.last;
        taken.places.push((number, user, now));
        Ok(Place { number, taken: Arc::clone(&self.taken) })
    }
}

impl Place {
    /// False once somebody else may have it.
    pub(super) fn is_held(&self) -> bool {
        lock(&self.taken).places.iter().any(|(number, ..)| *number == self.number)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.taken).places.retain(|(number, ..)| *number != self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: i64) -> UserId {
        UserId::new(id).unwrap()
    }

    #[test]
    fn each_user_has_one_place_and_all_have_so_many() {
        let (places, now) = (Places::new(2), Timestamp::from_micros(0).unwrap());
        let ann = places.enter(user(1), now);
        assert_eq!(places.enter(user(1), now).err(), Some(Full::Own));
        let bob = places.enter(user(2), now);
        assert_eq!(places.enter(user(3), now).err(), Some(Full::All));
        drop(ann);
        assert!(places.enter(user(3), now).is_ok());
        assert!(bob.is_ok_and(|bob| bob.is_held()));
    }

    #[test]
    fn a_place_that_was_kept_for_too_long_is_anothers() {
        let (places, now) = (Places::new(1), Timestamp::from_micros(0).unwrap());
        let ann = places.enter(user(1), now).unwrap();
        let later = now.plus(LONGEST);
        let bob = places.enter(user(2), later).unwrap();
        assert!(!ann.is_held() && bob.is_held());
        drop(ann);
        assert_eq!(places.enter(user(3), later).err(), Some(Full::All));
    }
}
