//! The id of a request: the client's own, when it is a sane one, else a new UUID.

use actix_web::dev::ServiceRequest;
use actix_web::http::header::HeaderName;
use domain::{RequestId, SessionId};

use crate::state::AppState;

/// The header that carries it in both directions.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id for this request.
pub(crate) fn of(request: &ServiceRequest, state: &AppState) -> RequestId {
    let sent = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    sent.and_then(|id| RequestId::parse(id).ok()).unwrap_or_else(|| {
        // Version 7 sorts by time, in a log as in a table.
        let id = SessionId::generate(state.clock.now(), state.random.ten_bytes());
        RequestId::parse(&id.to_string()).unwrap_or_else(|_| RequestId::none())
    })
}
