//! Time and chance.

use crate::{Date, Timestamp};

/// Tells the time.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Clock: Send + Sync {
    /// The present instant, in whole microseconds.
    fn now(&self) -> Timestamp;

    /// The present date in UTC.
    fn today(&self) -> Date {
        self.now().date()
    }
}

/// A source of chance that nobody can predict.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait Random: Send + Sync {
    /// Ten random bytes.
    fn ten_bytes(&self) -> [u8; 10];
}
