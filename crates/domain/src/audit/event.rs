//! Events of the audit trail.

use std::net::IpAddr;

use crate::audit::{Operation, RequestId, Stamp};
use crate::macros::serde_as_text;
use crate::ports::Record;
use crate::{DoctorId, MappingId, PatientId, Reason, SessionId, Timestamp, UserId, UserName, Version};

pub use crate::id::AuditEventId;

/// What came of a call.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    /// It was done.
    Done,
    /// A request that was done before was answered again, by its idempotency key.
    Repeated,
    /// Fields or parameters broke rules.
    Invalid,
    /// Nobody has signed in, or the token or the password does not count.
    Unauthenticated,
    /// The role may not.
    Forbidden,
    /// There is no such record for the caller.
    NotFound,
    /// A unique rule is broken.
    Conflict,
    /// The record has changed meanwhile.
    Stale,
    /// Too many requests or attempts.
    Throttled,
    /// Something was away; of a write nobody may know what became of it.
    Unavailable,
    /// A fault of the server.
    Failed,
}

/// The text is no outcome.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("is not a known outcome")]
pub struct UnknownOutcome;

serde_as_text!(Outcome);

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Done,
        Self::Repeated,
        Self::Invalid,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::Conflict,
        Self::Stale,
        Self::Throttled,
        Self::Unavailable,
        Self::Failed,
    ];

    /// Reads an outcome by its name.
    pub fn parse(raw: &str) -> Result<Self, UnknownOutcome> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == raw).ok_or(UnknownOutcome)
    }

    /// The name, in snake case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Repeated => "repeated",
            Self::Invalid => "invalid",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Stale => "stale",
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
            Self::Failed => "failed",
        }
    }
}

/// Which record an event is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RecordId {
    /// An account.
    User(UserId),
    /// A patient.
    Patient(PatientId),
    /// A doctor.
    Doctor(DoctorId),
    /// A mapping.
    Mapping(MappingId),
    /// A session.
    Session(SessionId),
}

impl RecordId {
    /// The kind of record.
    pub const fn kind(self) -> Record {
        match self {
            Self::User(_) => Record::User,
            Self::Patient(_) => Record::Patient,
            Self::Doctor(_) => Record::Doctor,
            Self::Mapping(_) => Record::Mapping,
            Self::Session(_) => Record::Session,
        }
    }

    /// The name of the kind, in snake case.
    pub const fn kind_name(self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Patient(_) => "patient",
            Self::Doctor(_) => "doctor",
            Self::Mapping(_) => "mapping",
            Self::Session(_) => "session",
        }
    }

    /// The id as text: a number, or the UUID of a session.
    pub fn id(self) -> String {
        match self {
            Self::User(id) => id.to_string(),
            Self::Patient(id) => id.to_string(),
            Self::Doctor(id) => id.to_string(),
            Self::Mapping(id) => id.to_string(),
            Self::Session(id) => id.to_string(),
        }
    }
}

/// Names of the fields that a change has touched, never their values.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ChangedFields(Vec<std::borrow::Cow<'static, str>>);

impl ChangedFields {
    /// No field.
    pub const NONE: Self = Self(Vec::new());

    /// Those of the pairs whose two values differ.
    pub fn of(fields: impl IntoIterator<Item = (&'static str, bool)>) -> Self {
        Self(fields.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name.into()).collect())
    }

    /// Reads what [`Self::joined`] wrote.
    pub fn from_joined(text: &str) -> Self {
        Self(text.split(',').filter(|name| !name.is_empty()).map(|name| name.to_owned().into()).collect())
    }

    /// The names with commas between them.
    pub fn joined(&self) -> String {
        self.0.join(",")
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What happened, as it is put on record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditEvent {
    /// When.
    pub at: Timestamp,
    /// What was called.
    pub operation: Operation,
    /// What came of it.
    pub outcome: Outcome,
    /// Who called; `None` where nobody had signed in.
    pub user: Option<UserId>,
    /// In which session.
    pub session: Option<SessionId>,
    /// From where.
    pub address: Option<IpAddr>,
    /// As part of which request.
    pub request_id: RequestId,
    /// Which record it was about; `None` for lists.
    pub record: Option<RecordId>,
    /// The version that the call has made.
    pub version: Option<Version>,
    /// The patient concerned, also where the record is one of their mappings.
    pub patient: Option<PatientId>,
    /// Which fields have changed.
    pub fields: ChangedFields,
    /// Why, where a reason was asked for.
    pub reason: Option<Reason>,
}

impl AuditEvent {
    /// The event of a call with this outcome, about the record that the call has noted.
    pub fn of(stamp: &Stamp, outcome: Outcome) -> Self {
        Self {
            at: stamp.at,
            operation: stamp.call.operation,
            outcome,
            user: stamp.user,
            session: stamp.session,
            address: stamp.call.address,
            request_id: stamp.call.request_id.clone(),
            record: stamp.call.targeted(),
            version: None,
            patient: stamp.call.concerned(),
            fields: ChangedFields::NONE,
            reason: None,
        }
    }

    /// The same by `user` in `session`: for calls that make a session, where nobody had signed in before.
    pub fn by(self, user: UserId, session: Option<SessionId>) -> Self {
        Self { user: Some(user), session, ..self }
    }

    /// The same about `record`. A patient is the one concerned, too.
    pub fn about(self, record: RecordId) -> Self {
        let patient = if let RecordId::Patient(id) = record { Some(id) } else { self.patient };
        Self { record: Some(record), patient, ..self }
    }

    /// The same concerning `patient`.
    pub fn concerning(self, patient: PatientId) -> Self {
        Self { patient: Some(patient), ..self }
    }

    /// The same for this reason.
    pub fn because(self, reason: Reason) -> Self {
        Self { reason: Some(reason), ..self }
    }

    /// The same for a change that has made `version` and touched `fields`.
    pub fn changed(self, version: Version, fields: ChangedFields) -> Self {
        Self { version: Some(version), fields, ..self }
    }
}

/// An event as the trail keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredEvent {
    /// Its place in the trail.
    pub id: AuditEventId,
    /// When.
    pub at: Timestamp,
    /// What was called; the name may be one that this version does not know any more.
    pub operation: String,
    /// What came of it.
    pub outcome: Outcome,
    /// Who called.
    pub user: Option<UserId>,
    /// The user name of who called, as it is now.
    pub username: Option<UserName>,
    /// In which session.
    pub session: Option<SessionId>,
    /// From where.
    pub address: Option<IpAddr>,
    /// As part of which request.
    pub request_id: RequestId,
    /// Kind and id of the record.
    pub record: Option<RecordId>,
    /// The version that the call has made.
    pub version: Option<Version>,
    /// The patient concerned.
    pub patient: Option<PatientId>,
    /// Which fields have changed.
    pub fields: ChangedFields,
    /// Why, where a reason was asked for.
    pub reason: Option<Reason>,
}

/// Which events a list shows.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct AuditFilter {
    /// Only those that concern this patient.
    pub patient: Option<PatientId>,
    /// Only calls of this user.
    pub user: Option<UserId>,
    /// Only about this record.
    pub record: Option<RecordId>,
    /// Only calls of this operation.
    pub operation: Option<String>,
    /// Only with this outcome.
    pub outcome: Option<Outcome>,
    /// Only after this instant.
    pub after: Option<Timestamp>,
    /// Only before this instant.
    pub before: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_read_by_the_names_that_they_are_written_by() {
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::parse(outcome.as_str()), Ok(outcome));
        }
        assert!(Outcome::parse("Done").is_err());
    }

    #[test]
    fn only_fields_that_differ_are_named() {
        let fields = ChangedFields::of([("name", true), ("phone", false), ("email", true)]);
        assert_eq!(fields.joined(), "name,email");
        assert_eq!(ChangedFields::from_joined("name,email").names().collect::<Vec<_>>(), ["name", "email"]);
        assert!(ChangedFields::from_joined("").is_empty());
    }
}
