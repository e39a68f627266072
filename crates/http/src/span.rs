//! The span of a request in the log: what was done, never with what.

use actix_web::Error;
use actix_web::HttpMessage;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use domain::RequestId;
use tracing::Span;
use tracing_actix_web::RootSpanBuilder;

/// Spans by method and route template.
///
/// The usual span has the path and the query in it; `?search=` is a patient's name, and addresses in
/// headers are whatever a client likes.
pub(crate) struct RouteSpan;

impl RootSpanBuilder for RouteSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let route = request.match_pattern().unwrap_or_default();
        let extensions = request.extensions();
        let id = extensions.get::<RequestId>().map_or("", RequestId::as_str);
        tracing::info_span!(
            "request",
            request.id = id,
            http.method = method(request),
            http.route = route,
            http.status = tracing::field::Empty,
            user.id = tracing::field::Empty,
        )
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        if let Ok(response) = outcome {
            span.record("http.status", response.status().as_u16());
        }
        tracing::debug!(parent: &span, "answered");
    }
}

/// The method; one of the client's own invention is `_OTHER` (OpenTelemetry's `http.request.method`).
fn method(request: &ServiceRequest) -> &str {
    match request.method().as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" | "TRACE" | "CONNECT") => {
            known
        }
        _ => "_OTHER",
    }
}
