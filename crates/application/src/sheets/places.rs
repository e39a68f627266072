//! How many sheets may be under way at once.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::UserId;

/// Why there is no place.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum Full {
    #[error("too many sheets are under way")]
    All,
    #[error("a sheet of this user is under way")]
    Own,
}

#[derive(Clone)]
pub(super) struct Places {
    most: usize,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Default)]
struct Taken {
    last: u64,
    places: Vec<(u64, UserId)>,
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

    pub(super) fn enter(&self, user: UserId) -> Result<Place, Full> {
        let mut taken = lock(&self.taken);
        if taken.places.iter().any(|(_, holder)| *holder == user) {
            return Err(Full::Own);
        }
        if taken.places.len() >= self.most {
            return Err(Full::All);
        }
        taken.last += 1;
        let number = taken.last;
        taken.places.push((number, user));
        Ok(Place { number, taken: Arc::clone(&self.taken) })
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
        let places = Places::new(2);
        let ann = places.enter(user(1)).unwrap();
        assert_eq!(places.enter(user(1)).err(), Some(Full::Own));
        let _bob = places.enter(user(2)).unwrap();
        assert_eq!(places.enter(user(3)).err(), Some(Full::All));
        drop(ann);
        assert!(places.enter(user(3)).is_ok());
    }
}
