//! What makes the trail provable: seals, each over a run of events and the seal before it.

use crate::{AuditEventId, Timestamp, UserId};

/// The newest seal, to be noted where whoever can write to the database cannot: in the log, in a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditHead {
    /// The number of the seal, from 1.
    pub seal: i64,
    /// The last event under it.
    pub event: AuditEventId,
    /// How many events are sealed in all.
    pub events: i64,
    /// The hash of the chain up to here: SHA-256, or HMAC-SHA-256 under a key.
    pub hash: [u8; 32],
    /// When it was sealed.
    pub at: Timestamp,
}

/// What is wrong with the trail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The event is not what was sealed.
    Changed,
    /// The event is gone.
    Deleted,
    /// Another event stands in its place.
    Swapped,
    /// The event was never sealed, but stands among those that were.
    Inserted,
    /// The trail ends before a head that was noted.
    CutOff,
    /// The seal itself does not follow from the one before it.
    Unsealed,
}

impl Fault {
    /// All of them.
    const ALL: [Self; 6] =
        [Self::Changed, Self::Deleted, Self::Swapped, Self::Inserted, Self::CutOff, Self::Unsealed];

    /// Reads what [`Self::as_str`] wrote.
    pub fn parse(raw: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.as_str() == raw)
    }

    /// What happened, for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Deleted => "deleted",
            Self::Swapped => "swapped",
            Self::Inserted => "inserted",
            Self::CutOff => "cut off",
            Self::Unsealed => "broken seal",
        }
    }
}

/// The first place where the trail is not what it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Broken {
    /// The seal over the place.
    pub seal: i64,
    /// The event.
    pub event: Option<AuditEventId>,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What a check of the whole trail found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verification {
    /// How many seals were checked.
    pub seals: i64,
    /// How many events are under them.
    pub events: i64,
    /// How many of these were pruned, after their time: their seals still stand.
    pub pruned: i64,
    /// How many events are not sealed yet.
    pub unsealed: i64,
    /// The newest seal.
    pub head: Option<AuditHead>,
    /// The first fault; `None` when all is well.
    pub broken: Option<Broken>,
}

/// What a check of the whole trail found, noted for whoever asks later. For people to see: the proof is the trail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AuditCheck {
    /// When.
    pub at: Timestamp,
    /// Who has checked; `None` for a command on the machine itself.
    pub user: Option<UserId>,
    /// How many seals were checked.
    pub seals: i64,
    /// How many events are under them.
    pub events: i64,
    /// The first fault; `None` when all was well.
    pub broken: Option<Broken>,
}

impl AuditCheck {
    /// What was found, by whom and when.
    pub fn of(found: &Verification, user: Option<UserId>, at: Timestamp) -> Self {
        Self { at, user, seals: found.seals, events: found.events, broken: found.broken }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_by_the_names_that_they_are_written_by() {
        for fault in Fault::ALL {
            assert_eq!(Fault::parse(fault.as_str()), Some(fault));
        }
        assert_eq!(Fault::parse("none"), None);
    }
}
