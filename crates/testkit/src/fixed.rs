//! Time, chance and passwords without surprises.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{Clock, HashingPlace, PasswordError, PasswordHasher, Random, Verdict};
use domain::{Call, NewPassword, Operation, Password, PasswordHash, Stamp, Timestamp};

/// 2026-03-04T05:06:07.890123Z in microseconds: each part of it is another number.
const INSTANT_MICROS: i64 = 1_772_600_767_890_123;

/// The instant at which tests take place: 2026-03-04T05:06:07.890123Z.
pub fn instant() -> Timestamp {
    at_micros(INSTANT_MICROS)
}

/// So many seconds after [`instant`].
pub fn seconds_later(seconds: u64) -> Timestamp {
    instant().plus(Duration::from_secs(seconds))
}

/// What the write of a test is stamped with: nobody, nowhere, at that time.
pub fn stamped(at: Timestamp) -> Stamp {
    Stamp::anonymous(at, call())
}

/// What a test calls.
pub fn call() -> Arc<Call> {
    Arc::new(Call::local(Operation::named("test")))
}

/// So many microseconds after [`instant`]; before it, when the number is negative.
pub fn micros_later(micros: i64) -> Timestamp {
    at_micros(INSTANT_MICROS.saturating_add(micros))
}

fn at_micros(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros).unwrap_or_else(|| unreachable!("no calendar shows {micros}"))
}

/// A clock that stands still until it is set. Clones are the same clock.
#[derive(Clone, Debug)]
pub struct FixedClock(Arc<AtomicI64>);

impl FixedClock {
    /// A clock that shows `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(now.micros())))
    }

    /// Shows `now` from now on.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.micros(), Ordering::SeqCst);
    }

    /// Shows a time that is `duration` later.
    pub fn advance(&self, duration: Duration) {
        self.set(self.now().plus(duration));
    }
}

impl Default for FixedClock {
    /// Shows [`instant`].
    fn default() -> Self {
        Self::at(instant())
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        at_micros(self.0.load(Ordering::SeqCst))
    }
}

/// Chance that everybody can predict: 1, 2, 3 … as ten bytes. Clones go on together.
#[derive(Clone, Default, Debug)]
pub struct FixedRandom(Arc<AtomicU64>);

impl Random for FixedRandom {
    fn ten_bytes(&self) -> [u8; 10] {
        let number = self.0.fetch_add(1, Ordering::SeqCst).saturating_add(1);
        let mut bytes = [0; 10];
        bytes.iter_mut().rev().zip(number.to_le_bytes()).for_each(|(byte, digit)| *byte = digit);
        bytes
    }
}

/// Keeps passwords as they are, behind `plain:`, so that tests do not wait for a real hash.
///
/// A hash that begins with `old:` is one of an older scheme.
#[derive(Clone, Copy, Default, Debug)]
pub struct PlainHasher;

impl PlainHasher {
    /// What it makes of `password`.
    pub fn hash_of(password: &str) -> PasswordHash {
        PasswordHash::new(format!("plain:{password}"))
    }

    /// What an older scheme has made of `password`.
    pub fn old_hash_of(password: &str) -> PasswordHash {
        PasswordHash::new(format!("old:{password}"))
    }
}

#[async_trait]
impl PasswordHasher for PlainHasher {
    async fn hash(&self, password: &NewPassword) -> Result<PasswordHash, PasswordError> {
        Ok(Self::hash_of(password.password().expose()))
    }

    fn place(&self) -> Result<HashingPlace, PasswordError> {
        Ok(HashingPlace::new(()))
    }

    async fn verify(
        &self,
        _: HashingPlace,
        password: Password,
        hash: Option<PasswordHash>,
    ) -> Result<Verdict, PasswordError> {
        let typed = password.expose();
        Ok(match hash {
            Some(hash) if hash == Self::hash_of(typed) => Verdict::Right,
            Some(hash) if hash == Self::old_hash_of(typed) => Verdict::RightButOld(Self::hash_of(typed)),
            _ => Verdict::Wrong,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_instant_is_what_its_comment_says() {
        assert_eq!(instant().to_string(), "2026-03-04T05:06:07.890123Z");
        assert!(micros_later(-1) < instant());
    }

    #[test]
    fn a_clock_moves_only_when_it_is_told_to() {
        let clock = FixedClock::default();
        let same = clock.clone();
        assert_eq!(clock.now(), instant());
        clock.advance(Duration::from_secs(5));
        assert_eq!(same.now(), seconds_later(5));
    }

    #[test]
    fn chance_differs_from_call_to_call() {
        let random = FixedRandom::default();
        assert_eq!(random.ten_bytes(), [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(random.clone().ten_bytes()[9], 2);
        assert_eq!(random.ten_bytes()[9], 3);
    }

    #[tokio::test]
    async fn the_plain_hasher_tells_right_old_and_wrong() {
        let place = PlainHasher.place().unwrap();
        let verify =
            async |hash| PlainHasher.verify(place.clone(), Password::new("secret"), hash).await.unwrap();
        let hash = PlainHasher::hash_of("secret");
        assert_eq!(verify(Some(hash.clone())).await, Verdict::Right);
        assert_eq!(verify(Some(PlainHasher::old_hash_of("secret"))).await, Verdict::RightButOld(hash));
        assert_eq!(verify(Some(PlainHasher::hash_of("other"))).await, Verdict::Wrong);
        assert_eq!(verify(None).await, Verdict::Wrong);
    }
}
