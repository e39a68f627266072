//! Every call of an operation goes on record, here and nowhere else: one event each. A write that succeeded has left
//! its event already, as part of the write itself; everything else is told by its answer.

use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpRequest};
use domain::ports::Record;
use domain::{
    Actor, AuditEvent, Call, Caller, DoctorId, MappingId, Operation, Outcome, PatientId, RecordId, RequestId,
    SessionId, Stamp,
};
use tracing::Instrument as _;

use crate::auth::SignedIn;
use crate::envelope;
use crate::path_id::parse_id;
use crate::problem::{Code, Problem};
use crate::state::AppState;

/// An operation as it is on record.
#[derive(Clone, Copy)]
pub(crate) struct Audited {
    operation: Operation,
    /// The store keeps the event of a call that has succeeded.
    is_stored: bool,
    /// Once begun, it goes on to its end, also for a client that is gone.
    goes_on: bool,
}

impl Audited {
    /// The operation of that name. The store keeps the event of a write. Many writes or none have an event each, and the
    /// call leaves one besides.
    pub(crate) const fn new(operation: Operation, is_write: bool, is_many_writes: bool) -> Self {
        Self { operation, is_stored: is_write && !is_many_writes, goes_on: is_many_writes }
    }

    /// Which kind of record `{id}` in the path names.
    pub(crate) fn record(self) -> Option<Record> {
        let name = self.operation.as_str();
        match name {
            "mappings_patient" | "mappings_doctors" | "mappings_short_patient" => Some(Record::Patient),
            "auth_sessions_delete" => Some(Record::Session),
            _ if name.starts_with("patients_") => Some(Record::Patient),
            _ if name.starts_with("doctors_") => Some(Record::Doctor),
            _ if name.starts_with("mappings_") => Some(Record::Mapping),
            _ => None,
        }
    }

    /// The record that the call is about; `None` for lists, and where the path names none that could be.
    fn record_of(self, request: &HttpRequest, actor: Option<&Actor>) -> Option<RecordId> {
        match self.operation.as_str() {
            "auth_me" | "auth_me_update" | "auth_password" | "auth_logout_all" => {
                return actor.map(|actor| RecordId::User(actor.user));
            }
            "auth_logout" => return actor.map(|actor| RecordId::Session(actor.session)),
            _ => {}
        }
        let id = request.match_info().get("id")?;
        match self.record()? {
            Record::Patient => parse_id::<PatientId>(id).map(RecordId::Patient),
            Record::Doctor => parse_id::<DoctorId>(id).map(RecordId::Doctor),
            Record::Mapping => parse_id::<MappingId>(id).map(RecordId::Mapping),
            Record::Session => SessionId::parse(id).map(RecordId::Session),
            Record::User | Record::Invitation => None,
        }
    }
}

/// Answers by `run`, and puts the operation on record.
///
/// # Errors
/// 503 when the trail cannot keep up: what is not on record is not answered.
pub(crate) async fn on_record<F, B>(
    audited: Audited,
    request: ServiceRequest,
    run: impl FnOnce(ServiceRequest) -> F + 'static,
) -> Result<ServiceResponse<BoxBody>, Error>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>> + 'static,
    B: MessageBody + 'static,
{
    let recorded = recorded(audited, request, run);
    if !audited.goes_on {
        return recorded.await;
    }
    // The framework drops what it answers nobody any more.
    let task = actix_web::rt::spawn(recorded.in_current_span());
    task.await.map_err(|_| Problem::new(Code::Internal))?
}

async fn recorded<F, B>(
    audited: Audited,
    request: ServiceRequest,
    run: impl FnOnce(ServiceRequest) -> F,
) -> Result<ServiceResponse<BoxBody>, Error>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody + 'static,
{
    let original = request.request().clone();
    let Some(state) = request.app_data::<Data<AppState>>().cloned() else {
        return envelope::contain(request, run).await;
    };
    let id = original.extensions().get().cloned().unwrap_or_else(RequestId::none);
    let call = Call::new(audited.operation, state.trusted_proxies.client_of(&original), id);
    let call = Arc::new(call);
    original.extensions_mut().insert(Arc::clone(&call));
    let response = envelope::contain(request, run).await?;
    let outcome = outcome(response.status());
    if audited.is_stored && outcome == Outcome::Done {
        return Ok(response);
    }
    let event = event(audited, &original, &state, call, outcome);
    match state.audit.put(event).await {
        Ok(()) => Ok(response),
        Err(error) => Ok(ServiceResponse::from_err(Problem::from(error), original)),
    }
}

fn event(
    audited: Audited,
    request: &HttpRequest,
    state: &AppState,
    call: Arc<Call>,
    outcome: Outcome,
) -> AuditEvent {
    let now = state.clock.now();
    let extensions = request.extensions();
    let actor = extensions.get::<SignedIn>().map(|signed_in| &signed_in.0);
    let stamp = actor.map_or_else(|| Stamp::anonymous(now, call), |actor| actor.stamp(now));
    let event = AuditEvent::of(&stamp, outcome);
    match audited.record_of(request, actor) {
        Some(record) => event.about(record),
        None => event,
    }
}

/// What the call is known by; `Call::local` where it is not on record.
pub(crate) fn call(request: &HttpRequest) -> Arc<Call> {
    let noted = request.extensions().get::<Arc<Call>>().cloned();
    noted.unwrap_or_else(|| Arc::new(Call::local(Operation::named("unknown"))))
}

fn outcome(status: StatusCode) -> Outcome {
    match status.as_u16() {
        200..400 => Outcome::Done,
        401 => Outcome::Unauthenticated,
        403 => Outcome::Forbidden,
        404 => Outcome::NotFound,
        409 => Outcome::Conflict,
        412 => Outcome::Stale,
        429 => Outcome::Throttled,
        400..500 => Outcome::Invalid,
        503 => Outcome::Unavailable,
        _ => Outcome::Failed,
    }
}
