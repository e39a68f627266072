//! Ids of records: a type for each kind, so that a doctor's id is never taken for a patient's.

use std::fmt;

use uuid::Uuid;

use crate::Timestamp;
use crate::macros::serde_as_number;

macro_rules! typed_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        ///
        /// A positive number, made by the database.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(i64);

        impl $name {
            /// The id, unless `raw` is zero or negative.
            pub const fn new(raw: i64) -> Option<Self> {
                if raw > 0 { Some(Self(raw)) } else { None }
            }

            /// The plain number, for adapters.
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl From<$name> for i64 {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        serde_as_number!($name: i64);
    )+};
}

typed_id! {
    /// Which user.
    UserId,
    /// Which patient.
    PatientId,
    /// Which doctor.
    DoctorId,
    /// Which assignment of a doctor to a patient.
    MappingId,
    /// Which invitation to make an account.
    InvitationId,
    /// Which event of the audit trail.
    AuditEventId,
}

/// Which signed-in session: a version 7 UUID (RFC 9562, section 5.7), made by the service.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SessionId(Uuid);

impl SessionId {
    /// A new id from the time and ten random bytes.
    pub fn generate(now: Timestamp, random: [u8; 10]) -> Self {
        let millis = u64::try_from(now.micros().div_euclid(1000)).unwrap_or_default();
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// The id behind a UUID that an adapter has read.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// Reads the text form of the UUID.
    pub fn parse(raw: &str) -> Option<Self> {
        Uuid::try_parse(raw).ok().map(Self)
    }

    /// The plain UUID, for adapters.
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for SessionId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for SessionId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <Uuid as serde::Deserialize>::deserialize(deserializer).map(Self)
    }
}

/// How often a record has been written: 1 when new, one more with each change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Version(i32);

impl Version {
    /// The version of a new record.
    pub const FIRST: Self = Self(1);

    /// The version, unless `raw` is below 1.
    pub const fn new(raw: i32) -> Option<Self> {
        if raw >= 1 { Some(Self(raw)) } else { None }
    }

    /// The plain number.
    pub const fn get(self) -> i32 {
        self.0
    }

    /// The version after one more change.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

serde_as_number!(Version: i32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_positive() {
        assert!(PatientId::new(0).is_none());
        assert!(PatientId::new(-1).is_none());
        assert_eq!(PatientId::new(i64::MAX).map(PatientId::get), Some(i64::MAX));
    }

    #[test]
    fn a_session_id_is_a_version_7_uuid_that_sorts_by_time() {
        let early = SessionId::generate(Timestamp::from_micros(1_000_000).unwrap(), [255; 10]);
        let late = SessionId::generate(Timestamp::from_micros(2_000_000).unwrap(), [0; 10]);
        assert_eq!(early.uuid().get_version_num(), 7);
        assert!(early < late);
    }
}
