//! History: every version of a record stays.

use crate::{ChangedFields, Timestamp, UserId, UserName, Version};

/// How a version came about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Act {
    /// The record was made.
    Created,
    /// Fields changed.
    Updated,
    /// The record was taken out of sight: a patient deleted, a doctor retired, a mapping ended.
    Removed,
    /// It was brought back.
    Restored,
}

/// The text is no act.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("is not a known act")]
pub struct UnknownAct;

impl Act {
    /// Reads an act by its name.
    pub fn parse(raw: &str) -> Result<Self, UnknownAct> {
        [Self::Created, Self::Updated, Self::Removed, Self::Restored]
            .into_iter()
            .find(|act| act.as_str() == raw)
            .ok_or(UnknownAct)
    }

    /// The name in lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Removed => "removed",
            Self::Restored => "restored",
        }
    }
}

/// One version of a record, without what stood in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VersionEntry {
    /// Which version.
    pub version: Version,
    /// When it came about.
    pub at: Timestamp,
    /// Who made it; `None` for a command on the machine itself.
    pub by: Option<UserId>,
    /// The user name of who made it, as it is now.
    pub by_name: Option<UserName>,
    /// How it came about.
    pub act: Act,
    /// Which fields differ from the version before.
    pub fields: ChangedFields,
}

/// A record as it was at one of its versions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Snapshot<T> {
    /// Which version, and how it came about.
    pub entry: VersionEntry,
    /// What stood in it.
    pub record: T,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_are_read_by_the_names_that_they_are_written_by() {
        for act in [Act::Created, Act::Updated, Act::Removed, Act::Restored] {
            assert_eq!(Act::parse(act.as_str()), Ok(act));
        }
        assert!(Act::parse("deleted").is_err());
    }
}
