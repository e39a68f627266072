//! The span of a request in the log: what was done, never with what.

use actix_web::Error;
use actix_web::HttpMessage;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::web::Data;
use domain::RequestId;
use tracing::Span;
use tracing_actix_web::RootSpanBuilder;

use crate::envelope;
use crate::metrics;
use crate::trace::{Trace, TraceLink};

/// Spans by method and route template.
///
/// The usual span has the path and the query in it; `?search=` is a patient's name, and addresses in
/// headers are whatever a client likes.
pub(crate) struct RouteSpan;

impl RootSpanBuilder for RouteSpan {
    /// Here the request gets its id, before anything else looks at it.
    fn on_request_start(request: &ServiceRequest) -> Span {
        envelope::identify(request);
        // To look for it takes as long as to find it, so in the interface it is told once it is found.
        let route = if is_of_interface(request.path()) { None } else { request.match_pattern() };
        let extensions = request.extensions();
        let id = extensions.get::<RequestId>().map_or("", RequestId::as_str);
        let span = tracing::info_span!(
            "request",
            request.id = id,
            http.method = known_method(request.method()),
            http.route = route,
            trace.id = tracing::field::Empty,
            http.status = tracing::field::Empty,
            user.id = tracing::field::Empty,
        );
        if let Some(trace) = extensions.get::<Trace>() {
            span.record("trace.id", trace.id());
        }
        if let Some(link) = request.app_data::<Data<TraceLink>>() {
            link.link(&span, request.headers());
        }
        span
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        if let Ok(response) = outcome {
            span.record("http.status", response.status().as_u16());
            let request = response.request();
            // Who is refused before may not have come to a route.
            if is_of_interface(request.path()) && !metrics::is_noted(request) {
                span.record("http.route", request.match_pattern());
            }
        }
        tracing::debug!(parent: &span, "answered");
    }
}

/// Tells the span of the current request which route it has taken.
pub(crate) fn found_route(request: &ServiceRequest, route: &str) {
    if is_of_interface(request.path()) {
        Span::current().record("http.route", route);
    }
}

fn is_of_interface(path: &str) -> bool {
    path.starts_with("/api/")
}

/// The method; one of the client's own invention is `_OTHER` (OpenTelemetry's `http.request.method`).
pub(crate) fn known_method(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("_OTHER")
}
