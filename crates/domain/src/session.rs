//! Sessions: one sign-in on one device, kept alive by refresh tokens.

use std::time::Duration;

use crate::macros::redacted_debug;
use crate::{SessionId, Timestamp, UserId};

/// How many refresh tokens of a session came before the current one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RefreshCounter(i64);

impl RefreshCounter {
    /// The counter of the first refresh token.
    pub const FIRST: Self = Self(0);

    /// The counter, unless `raw` is negative.
    pub const fn new(raw: i64) -> Option<Self> {
        if raw >= 0 { Some(Self(raw)) } else { None }
    }

    /// The plain number.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The counter of the successor.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// A session that goes on, as its user sees it.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// When the user signed in.
    pub created_at: Timestamp,
    /// When it was last refreshed.
    pub last_used_at: Timestamp,
    /// The end that no refresh moves.
    pub expires_at: Timestamp,
    /// The client's address at the sign-in.
    pub address: Option<String>,
    /// What the client called itself then.
    pub user_agent: Option<String>,
}

/// A session to be opened.
#[derive(Clone, PartialEq, Eq)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// The end that no refresh moves.
    pub expires_at: Timestamp,
    /// The client's address, as far as it can be believed.
    pub address: Option<String>,
    /// What the client calls itself.
    pub user_agent: Option<String>,
}

redacted_debug!(Session, NewSession);

/// How refresh tokens follow one another (RFC 9700, section 4.14.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RotationRule {
    /// Each refresh makes a new token; off for clients that keep their first one.
    pub rotates: bool,
    /// How long the direct predecessor is still honored, for clients that lost the answer.
    pub grace: Duration,
    /// How long a refresh token may lie unused.
    pub idle: Duration,
}

/// What came of a refresh.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rotation {
    /// The session goes on.
    Granted {
        /// Whose session it is.
        user: UserId,
        /// The counter of the token to hand out.
        counter: RefreshCounter,
    },
    /// No such session, or it is over.
    Refused,
    /// A token older than the predecessor was shown: somebody has a copy, so the session was ended.
    Replayed,
}
