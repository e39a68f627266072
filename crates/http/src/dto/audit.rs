//! Events of the audit trail as JSON, and which ones a list shows.

use std::net::IpAddr;

use domain::{
    AuditEventId, AuditFilter, DoctorId, MappingId, Outcome, PatientId, Reason, RecordId, RequestId,
    SessionId, StoredEvent, Timestamp, UserId, UserName, Version,
};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::listing::ListQuery;
use crate::path_id::{RecordId as Numbered, parse_id};

/// The longest name of an operation that is asked for.
const OPERATION_MAX: usize = 64;

/// Which events, and in which order.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; `event_filter` reads them")]
pub(crate) struct EventParams {
    /// `created_at`, with `-` in front for descending order: when the event took place.
    #[param(default = "-created_at", pattern = "^-?created_at$")]
    ordering: Option<String>,
    /// Only calls of this operation, by its name in this document (`operationId`).
    #[param(pattern = "^[a-z][a-z0-9_-]{0,63}$")]
    operation: Option<String>,
    /// Only calls with this outcome.
    #[param(
        pattern = "^(done|repeated|invalid|unauthenticated|forbidden|not_found|conflict|stale|throttled|unavailable|failed)$"
    )]
    outcome: Option<String>,
    /// Only calls of the user with this id.
    #[param(minimum = 1)]
    user: Option<i64>,
    /// Only events after this time (RFC 3339) or date.
    #[param(format = "time")]
    after: Option<String>,
    /// Only events before this time (RFC 3339) or date.
    #[param(format = "time")]
    before: Option<String>,
}

/// Whose and which record.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; `trail_filter` reads them")]
pub(crate) struct TrailParams {
    /// Only events that concern the patient with this id.
    #[param(minimum = 1)]
    patient: Option<i64>,
    /// Only events about this record: its kind and its id with a colon between, such as `doctor:7`.
    #[param(
        pattern = "^((user|patient|doctor|mapping):[1-9][0-9]{0,17}|session:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$"
    )]
    record: Option<String>,
}

/// The filters of [`EventParams`].
pub(crate) const EVENT_FILTERS: [&str; 5] = ["operation", "outcome", "user", "after", "before"];

/// Reads the filter of a list of events.
pub(crate) fn event_filter(query: &mut ListQuery) -> AuditFilter {
    AuditFilter {
        operation: query.parsed("operation", operation),
        outcome: query.parsed("outcome", Outcome::parse),
        user: query.parsed("user", id::<UserId>),
        after: query.instant("after"),
        before: query.instant("before"),
        ..AuditFilter::default()
    }
}

/// The filters of [`EventParams`] and [`TrailParams`].
pub(crate) const TRAIL_FILTERS: [&str; 7] =
    ["operation", "outcome", "user", "after", "before", "patient", "record"];

/// Reads the filter of a list of events of the whole trail.
pub(crate) fn trail_filter(query: &mut ListQuery) -> AuditFilter {
    AuditFilter {
        patient: query.parsed("patient", id::<PatientId>),
        record: query.parsed("record", record),
        ..event_filter(query)
    }
}

/// An operation of another version of the server may have had any name.
fn operation(text: &str) -> Result<String, &'static str> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
    let begins = text.starts_with(|first: char| first.is_ascii_lowercase());
    let is_name = begins && text.len() <= OPERATION_MAX && text.bytes().all(is_plain);
    if is_name { Ok(text.to_owned()) } else { Err("must be the name of an operation") }
}

fn id<T: Numbered>(text: &str) -> Result<T, &'static str> {
    parse_id(text).ok_or("must be a positive whole number")
}

fn record(text: &str) -> Result<RecordId, &'static str> {
    let found = text.split_once(':').and_then(|(kind, id)| match kind {
        "user" => parse_id::<UserId>(id).map(RecordId::User),
        "patient" => parse_id::<PatientId>(id).map(RecordId::Patient),
        "doctor" => parse_id::<DoctorId>(id).map(RecordId::Doctor),
        "mapping" => parse_id::<MappingId>(id).map(RecordId::Mapping),
        "session" => SessionId::parse(id).filter(|parsed| parsed.to_string() == id).map(RecordId::Session),
        _ => None,
    });
    found.ok_or("must be kind:id, where kind is user, patient, doctor, mapping or session")
}

/// One event of the audit trail: who called what, about which record, and what came of it.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditEvent)]
pub(crate) struct AuditEventResponse<'a> {
    /// Its place in the trail.
    #[schema(value_type = i64, minimum = 1)]
    id: AuditEventId,
    /// When it took place.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// What was called: an operation of this document or a command.
    #[schema(value_type = String, example = "patients_get")]
    operation: &'a str,
    /// What came of it: `done`, `repeated`, `invalid`, `unauthenticated`, `forbidden`, `not_found`, `conflict`,
    /// `stale`, `throttled`, `unavailable` or `failed`.
    #[schema(value_type = String, example = "done")]
    outcome: Outcome,
    /// The id of the user who called; `null` where nobody had signed in.
    #[schema(value_type = Option<i64>, minimum = 1, required)]
    user: Option<UserId>,
    /// The user name of that user, as it is now.
    #[schema(value_type = Option<String>, required)]
    username: Option<&'a str>,
    /// The id of the session. Of other users only administrators see it.
    #[schema(value_type = Option<String>, format = Uuid, required)]
    session: Option<SessionId>,
    /// The address that the call came from. Of other users only administrators see it.
    #[schema(value_type = Option<String>, required)]
    address: Option<IpAddr>,
    /// The id of the request, as in `X-Request-Id`.
    #[schema(value_type = String)]
    request_id: &'a RequestId,
    /// The kind of record that it was about: `user`, `patient`, `doctor`, `mapping` or `session`.
    #[schema(value_type = Option<String>, required, example = "patient")]
    record_kind: Option<&'static str>,
    /// The id of that record.
    #[schema(value_type = Option<String>, required, example = "7")]
    record_id: Option<String>,
    /// The version of the record that the call has made.
    #[schema(value_type = Option<i32>, minimum = 1, required)]
    version: Option<Version>,
    /// The id of the patient concerned.
    #[schema(value_type = Option<i64>, minimum = 1, required)]
    patient: Option<PatientId>,
    /// The names of the fields that have changed.
    #[schema(value_type = Vec<String>)]
    fields: Vec<&'a str>,
    /// Why, where a reason was asked for.
    #[schema(value_type = Option<String>, required)]
    reason: Option<&'a str>,
}

impl<'a> AuditEventResponse<'a> {
    /// The event as an administrator sees it.
    pub(crate) fn whole(event: &'a StoredEvent) -> Self {
        Self {
            id: event.id,
            at: event.at,
            operation: &event.operation,
            outcome: event.outcome,
            user: event.user,
            username: event.username.as_ref().map(UserName::as_str),
            session: event.session,
            address: event.address,
            request_id: &event.request_id,
            record_kind: event.record.map(RecordId::kind_name),
            record_id: event.record.map(RecordId::id),
            version: event.version,
            patient: event.patient,
            fields: event.fields.names().collect(),
            reason: event.reason.as_ref().map(Reason::as_str),
        }
    }

    /// The event as `viewer` sees it, whose patient it concerns: who it was, but not where others were.
    pub(crate) fn seen_by(event: &'a StoredEvent, viewer: UserId) -> Self {
        let whole = Self::whole(event);
        if event.user == Some(viewer) { whole } else { Self { session: None, address: None, ..whole } }
    }
}
