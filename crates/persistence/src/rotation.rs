//! What a refresh does to a session (RFC 9700, section 4.14.2).

use domain::{RefreshCounter, RotationRule, Timestamp};

use crate::rows::{BadValue, SessionRow};

/// What to do about a refresh token that was shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// Hand out the next counter and make it the current one.
    Advance(RefreshCounter),
    /// Hand out this counter; nothing but the time of use changes.
    Repeat(RefreshCounter),
    /// End the session: the token is an old copy.
    End,
    /// Do nothing.
    Refuse,
}

impl Step {
    /// The step for the counter that was `presented`.
    pub(crate) fn choose(
        session: &SessionRow,
        presented: RefreshCounter,
        rule: RotationRule,
        now: Timestamp,
    ) -> Result<Self, BadValue> {
        let current = session.counter()?;
        let is_in_grace = now.since(session.rotated_at()) <= rule.grace;
        Ok(if session.is_over(rule.idle, now) || presented > current {
            Self::Refuse
        } else if presented == current {
            if rule.rotates { Self::Advance(current.next()) } else { Self::Repeat(current) }
        } else if presented.next() == current && is_in_grace {
            Self::Repeat(current)
        } else {
            Self::End
        })
    }
}
