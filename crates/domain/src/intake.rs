//! Records that come from elsewhere and were something there already: they have ids, times and an end of their own.

use crate::macros::redacted_debug;
use crate::{
    DoctorDetails, DoctorId, MappingId, NewUser, Notes, PatientDetails, PatientId, Reason, RecordId,
    Timestamp, UserId,
};

/// What a source of records is called: 1 to 64 ASCII letters, digits and `. _ -`. Two sources whose ids mean
/// different records have different names.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SourceName(String);

/// The text is no name of a source.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("must be 1 to 64 ASCII letters, digits and . _ -")]
pub struct BadSourceName;

/// What a record is known by in its source: 1 to 200 characters, no control characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExternalId(String);

/// The text is no external id.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("must have 1 to 200 characters and no control characters")]
pub struct BadExternalId;

/// A record that was taken in before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Known {
    /// What it is known by in its source.
    pub external: ExternalId,
    /// When it was made there: if the source now gives another time, the record is another one.
    pub origin: Option<Timestamp>,
    /// The record that it has become.
    pub record: RecordId,
}

/// A record and what it is known by in its source.
#[derive(Clone, PartialEq, Eq)]
pub struct Incoming<T> {
    /// What it is known by there.
    pub external: ExternalId,
    /// When it was made there.
    pub origin: Option<Timestamp>,
    /// The record.
    pub record: T,
}

/// Records of one kind that are taken in together or not at all.
#[derive(Clone, PartialEq, Eq)]
pub struct Batch<T> {
    /// Where they come from.
    pub source: SourceName,
    /// The records.
    pub records: Vec<Incoming<T>>,
    /// What the audit trail says of the batch: counts, no values.
    pub reason: Reason,
}

/// An account.
#[derive(Clone, PartialEq, Eq)]
pub struct IncomingUser {
    /// The id that it keeps; `None` for a new one.
    pub id: Option<UserId>,
    /// The account, with the hash that its password had.
    pub account: NewUser,
    /// A user who is not active cannot sign in.
    pub is_active: bool,
    /// When the account was made.
    pub date_joined: Timestamp,
    /// When the user last signed in with a password.
    pub last_login: Option<Timestamp>,
}

/// A patient's record.
#[derive(Clone, PartialEq, Eq)]
pub struct IncomingPatient {
    /// The id that it keeps; `None` for a new one.
    pub id: Option<PatientId>,
    /// Whose record it is, active or not.
    pub owner: UserId,
    /// What is known of the patient.
    pub details: PatientDetails,
    /// When the record was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A doctor's entry.
#[derive(Clone, PartialEq, Eq)]
pub struct IncomingDoctor {
    /// The id that it keeps; `None` for a new one.
    pub id: Option<DoctorId>,
    /// Who counts as having added the entry.
    pub creator: UserId,
    /// What is known of the doctor.
    pub details: DoctorDetails,
    /// When the entry was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// The last change was that the doctor has retired.
    pub is_retired: bool,
}

/// The assignment of a doctor to a patient, active or ended.
#[derive(Clone, PartialEq, Eq)]
pub struct IncomingMapping {
    /// The id that it keeps; `None` for a new one.
    pub id: Option<MappingId>,
    /// The owner of the patient.
    pub owner: UserId,
    /// The patient.
    pub patient: PatientId,
    /// The doctor.
    pub doctor: DoctorId,
    /// Why the doctor was assigned.
    pub notes: Option<Notes>,
    /// Who assigned the doctor, where it is known; not always the owner.
    pub assigned_by: Option<UserId>,
    /// When the doctor was assigned.
    pub assigned_at: Timestamp,
    /// When the mapping was last changed.
    pub updated_at: Timestamp,
    /// When the assignment ended; `None` while it is active.
    pub ended_at: Option<Timestamp>,
}

redacted_debug!(ExternalId, IncomingUser, IncomingPatient, IncomingDoctor, IncomingMapping);

impl SourceName {
    /// Reads a name.
    pub fn parse(raw: &str) -> Result<Self, BadSourceName> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let is_name = (1..=64).contains(&raw.len()) && raw.bytes().all(is_plain);
        if is_name { Ok(Self(raw.to_owned())) } else { Err(BadSourceName) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ExternalId {
    /// Reads an id.
    pub fn parse(raw: &str) -> Result<Self, BadExternalId> {
        let text = raw.trim();
        let is_id = (1..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if is_id { Ok(Self(text.to_owned())) } else { Err(BadExternalId) }
    }

    /// The id of which only a digest is to be kept.
    pub fn from_digest(digest: [u8; 32]) -> Self {
        let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        Self(digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<i64> for ExternalId {
    fn from(number: i64) -> Self {
        Self(number.to_string())
    }
}

impl<T> std::fmt::Debug for Incoming<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Incoming(…)")
    }
}

impl<T> std::fmt::Debug for Batch<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Batch({} of {})", self.records.len(), self.source.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_has_a_short_and_plain_name() {
        assert_eq!(SourceName::parse("django-s0").unwrap().as_str(), "django-s0");
        let long = "a".repeat(65);
        for name in ["", "a b", "é", "a/b", long.as_str()] {
            assert!(SourceName::parse(name).is_err(), "{name}");
        }
    }

    #[test]
    fn an_external_id_is_trimmed_and_has_no_control_characters() {
        assert_eq!(ExternalId::parse("  MRN 0815/7 ").unwrap().as_str(), "MRN 0815/7");
        let long = "a".repeat(201);
        for id in ["", "  ", "a\tb", long.as_str()] {
            assert!(ExternalId::parse(id).is_err(), "{id}");
        }
        assert_eq!(ExternalId::from(-7).as_str(), "-7");
    }
}
