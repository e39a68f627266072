//! Rows of `sign_in_attempts`.

use diesel::prelude::*;
use domain::{Attempts, Timestamp};

use crate::schema::sign_in_attempts;
use crate::types::At;

/// The attempts that count under one key.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = sign_in_attempts)]
#[diesel(treat_none_as_default_value = false)]
pub(crate) struct AttemptsRow {
    pub(crate) key: String,
    count: i64,
    since: At,
    blocked_until: At,
}

impl AttemptsRow {
    pub(crate) fn new(key: &str, attempts: Attempts) -> Self {
        Self {
            key: key.to_owned(),
            count: attempts.count.into(),
            since: attempts.since.into(),
            blocked_until: attempts.blocked_until.into(),
        }
    }

    /// None so far.
    pub(crate) fn none(key: &str, now: Timestamp) -> Self {
        Self::new(key, Attempts::none(now))
    }

    pub(crate) fn attempts(&self) -> Attempts {
        Attempts {
            // Too many to be counted is too many.
            count: u32::try_from(self.count).unwrap_or(u32::MAX),
            since: self.since.into(),
            blocked_until: self.blocked_until.into(),
        }
    }
}
