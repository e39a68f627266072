//! Rows of the audit trail.

use std::borrow::Cow;

use diesel::dsl::auto_type;
use diesel::prelude::*;
use domain::{
    AuditEvent, AuditEventId, AuditHead, ChangedFields, DoctorId, MappingId, Outcome, PatientId, Reason,
    RecordId, RequestId, SessionId, StoredEvent, UserId, UserName, Version,
};

use super::{BadValue, stored, text};
use crate::schema::{audit_events, audit_leaves, audit_prunings, audit_seals, users};
use crate::types::{At, SessionKey};

/// An event as it stands in the table.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = audit_events)]
pub(crate) struct EventRow {
    pub(crate) id: i64,
    #[diesel(embed)]
    pub(crate) columns: EventColumns,
}

/// What is written of an event: all but the id, which the database gives.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_events)]
#[diesel(treat_none_as_default_value = false)]
pub(crate) struct EventColumns {
    pub(crate) at: At,
    pub(crate) operation: Cow<'static, str>,
    pub(crate) outcome: Cow<'static, str>,
    pub(crate) user_id: Option<i64>,
    pub(crate) session_id: Option<SessionKey>,
    pub(crate) address: Option<String>,
    pub(crate) request_id: String,
    pub(crate) record_kind: Option<Cow<'static, str>>,
    pub(crate) record_id: Option<String>,
    pub(crate) version: Option<i32>,
    pub(crate) patient_id: Option<i64>,
    pub(crate) fields: String,
    pub(crate) reason: Option<String>,
}

impl From<&AuditEvent> for EventColumns {
    fn from(event: &AuditEvent) -> Self {
        Self {
            at: event.at.into(),
            operation: event.operation.as_str().into(),
            outcome: event.outcome.as_str().into(),
            user_id: event.user.map(UserId::get),
            session_id: event.session.map(SessionKey),
            address: event.address.map(|address| address.to_string()),
            request_id: event.request_id.as_str().to_owned(),
            record_kind: event.record.map(|record| record.kind_name().into()),
            record_id: event.record.map(RecordId::id),
            version: event.version.map(Version::get),
            patient_id: event.patient.map(PatientId::get),
            fields: event.fields.joined(),
            reason: event.reason.as_ref().map(|reason| reason.as_str().to_owned()),
        }
    }
}

/// An event and the user name of who called.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_events)]
pub(crate) struct EventViewRow {
    #[diesel(embed)]
    event: EventRow,
    #[diesel(select_expression = caller_name())]
    #[diesel(select_expression_type = caller_name)]
    username: Option<String>,
}

/// The user name of who called.
#[auto_type(type_case = "snake_case")]
fn caller_name() -> _ {
    users::table.filter(users::id.nullable().eq(audit_events::user_id)).select(users::username).single_value()
}

impl TryFrom<EventViewRow> for StoredEvent {
    type Error = BadValue;

    fn try_from(EventViewRow { event, username }: EventViewRow) -> Result<Self, BadValue> {
        let EventRow { id: number, columns: event } = event;
        let address = event.address.as_ref();
        Ok(Self {
            id: event_id(number)?,
            at: event.at.into(),
            outcome: stored("audit_events.outcome", Outcome::parse(&event.outcome))?,
            user: id("audit_events.user_id", event.user_id, UserId::new)?,
            username: text("users.username", username.as_ref(), UserName::parse)?,
            session: event.session_id.map(|key| key.0),
            address: text("audit_events.address", address, str::parse)?,
            request_id: stored("audit_events.request_id", RequestId::parse(&event.request_id))?,
            record: record(event.record_kind.as_deref(), event.record_id.as_deref())?,
            version: id("audit_events.version", event.version, Version::new)?,
            patient: id("audit_events.patient_id", event.patient_id, PatientId::new)?,
            fields: ChangedFields::from_joined(&event.fields),
            reason: text("audit_events.reason", event.reason.as_ref(), Reason::parse)?,
            operation: event.operation.into_owned(),
        })
    }
}

/// A seal as it stands in the table, and as it is written.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_seals)]
#[diesel(treat_none_as_default_value = false)]
pub(crate) struct SealRow {
    pub(crate) seq: i64,
    pub(crate) first_id: i64,
    pub(crate) last_id: i64,
    pub(crate) count: i64,
    pub(crate) events: i64,
    pub(crate) sealed_at: At,
    pub(crate) digest: Vec<u8>,
    pub(crate) key_id: Option<String>,
    pub(crate) hash: Vec<u8>,
}

impl TryFrom<&SealRow> for AuditHead {
    type Error = BadValue;

    fn try_from(row: &SealRow) -> Result<Self, BadValue> {
        Ok(Self {
            seal: row.seq,
            event: event_id(row.last_id)?,
            events: row.events,
            hash: stored("audit_seals.hash", <[u8; 32]>::try_from(row.hash.as_slice()))?,
            at: row.sealed_at.into(),
        })
    }
}

/// Ids and hashes of the events under a seal.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_leaves)]
pub(crate) struct LeavesRow {
    pub(crate) seal: i64,
    pub(crate) leaves: Vec<u8>,
}

/// That the events up to a seal may be gone.
#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_prunings)]
#[diesel(treat_none_as_default_value = false)]
pub(crate) struct PruningRow {
    pub(crate) seal: i64,
    pub(crate) through_id: i64,
    pub(crate) before: At,
    pub(crate) pruned_at: At,
    pub(crate) key_id: Option<String>,
    pub(crate) hash: Vec<u8>,
}

/// A stored id of an event.
fn event_id(raw: i64) -> Result<AuditEventId, BadValue> {
    stored("audit_events.id", AuditEventId::new(raw))
}

fn id<R, T>(
    column: &'static str,
    raw: Option<R>,
    new: impl FnOnce(R) -> Option<T>,
) -> Result<Option<T>, BadValue> {
    raw.map(|raw| stored(column, new(raw))).transpose()
}

fn record(kind: Option<&str>, raw: Option<&str>) -> Result<Option<RecordId>, BadValue> {
    let (Some(kind), Some(raw)) = (kind, raw) else { return Ok(None) };
    let number = raw.parse().ok();
    let record = match kind {
        "user" => number.and_then(UserId::new).map(RecordId::User),
        "patient" => number.and_then(PatientId::new).map(RecordId::Patient),
        "doctor" => number.and_then(DoctorId::new).map(RecordId::Doctor),
        "mapping" => number.and_then(MappingId::new).map(RecordId::Mapping),
        "session" => SessionId::parse(raw).map(RecordId::Session),
        _ => None,
    };
    stored("audit_events.record_id", record).map(Some)
}
