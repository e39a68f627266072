//! Ids in paths.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use domain::ports::Record;
use domain::{AuditEventId, DoctorId, MappingId, PatientId, SessionId, UserId, Version};
use uuid::Uuid;

use crate::problem::Problem;

/// The id in the path, `{id}`. What is no id is answered like an id that does not exist.
#[derive(Clone, Copy)]
pub(crate) struct PathId<T>(pub(crate) T);

/// A kind of id that is a number.
pub(crate) trait RecordId: Sized {
    /// The id of this number.
    fn from_number(number: i64) -> Option<Self>;
}

/// A kind of id that paths can hold.
pub(crate) trait InPath: RecordId {
    /// What it is the id of.
    const RECORD: Record;
}

macro_rules! record_ids {
    ($($id:ident),+ $(,)?) => {$(
        impl RecordId for $id {
            fn from_number(number: i64) -> Option<Self> {
                Self::new(number)
            }
        }
    )+};
}

record_ids!(PatientId, DoctorId, MappingId, UserId, AuditEventId);

macro_rules! in_path {
    ($($id:ident => $record:ident),+ $(,)?) => {$(
        impl InPath for $id {
            const RECORD: Record = Record::$record;
        }
    )+};
}

in_path!(PatientId => Patient, DoctorId => Doctor, MappingId => Mapping);

impl<T: InPath> FromRequest for PathId<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").and_then(parse_id).map(Self);
        ready(id.ok_or_else(|| Problem::missing(T::RECORD)))
    }
}

/// One version of the record in the path, `{id}` and `{version}`.
#[derive(Clone, Copy)]
pub(crate) struct PathVersion<T>(pub(crate) T, pub(crate) Version);

impl RecordId for Version {
    fn from_number(number: i64) -> Option<Self> {
        i32::try_from(number).ok().and_then(Self::new)
    }
}

impl<T: InPath> FromRequest for PathVersion<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let path = request.match_info();
        let id = path.get("id").and_then(parse_id);
        let version = path.get("version").and_then(parse_id);
        let found = id.zip(version).map(|(id, version)| Self(id, version));
        ready(found.ok_or_else(|| Problem::missing(T::RECORD)))
    }
}

/// The id of a session in the path, `{id}`: a UUID.
#[derive(Clone, Copy)]
pub(crate) struct PathSession(pub(crate) SessionId);

impl FromRequest for PathSession {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").and_then(|text| Uuid::parse_str(text).ok());
        ready(id.map(|id| Self(SessionId::from_uuid(id))).ok_or_else(|| Problem::missing(Record::Session)))
    }
}

/// Reads an id from its decimal digits, without sign or blanks.
pub(crate) fn parse_id<T: RecordId>(text: &str) -> Option<T> {
    let is_number = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| is_number).and_then(T::from_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_are_an_id() {
        assert_eq!(parse_id::<PatientId>("42").map(PatientId::get), Some(42));
        for text in ["", "0", "-1", "+1", "1.0", " 1", "x", "9223372036854775808", "٣"] {
            assert!(parse_id::<PatientId>(text).is_none(), "{text}");
        }
    }
}
