//! What every answer has in common: the request's id, the security headers, and errors as problem documents.

use std::panic::AssertUnwindSafe;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpResponse};
use domain::RequestId;
use futures_util::FutureExt;

use crate::limits;
use crate::problem::{Code, Problem};
use crate::request_id::{self, REQUEST_ID};
use crate::state::AppState;
use crate::trace::{TRACERESPONSE, Trace};

/// Gives the request its id, and that of its trace.
pub(crate) fn identify(request: &ServiceRequest) {
    let Some(state) = request.app_data::<Data<AppState>>() else { return };
    let id = request_id::of(request, state);
    let trace = Trace::of(request.headers(), state);
    let mut extensions = request.extensions_mut();
    extensions.insert(id);
    if let Some(trace) = trace {
        extensions.insert(trace);
    }
}

/// Answers by `run`; a panic in it is a 500 problem, and the connection lives on.
///
/// This wraps each resource and not the app, because the router needs the request for itself: only behind it may
/// a copy be kept, and without one there is nothing to answer to.
pub(crate) async fn contain<F, B>(
    request: ServiceRequest,
    run: impl FnOnce(ServiceRequest) -> F,
) -> Result<ServiceResponse<BoxBody>, Error>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody + 'static,
{
    let original = request.request().clone();
    match AssertUnwindSafe(run(request)).catch_unwind().await {
        Ok(Ok(response)) => Ok(response.map_into_boxed_body()),
        Ok(Err(error)) => Ok(ServiceResponse::from_err(error, original)),
        // What the panic says may hold anything; the panic hook has logged where it was.
        Err(_) => Ok(ServiceResponse::from_err(Problem::new(Code::Internal), original)),
    }
}

/// Runs the request and seals the answer.
pub(crate) async fn seal(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let response = next.call(request).await?;
    Ok(with_headers(render_problem(response)))
}

/// Writes the body of an answer that is only a status so far.
fn render_problem(response: ServiceResponse<impl MessageBody + 'static>) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let problem = match response.response().error() {
        Some(error) => error.as_error::<Problem>().cloned().or_else(|| Some(Problem::of_status(status))),
        None => None,
    };
    match problem {
        Some(problem) => {
            let (request, bare) = response.into_parts();
            // What was added on the way, such as which origin may see the answer, stays.
            let mut headers = bare.headers().clone();
            let mut rendered = problem.response(request.extensions().get().map_or("", RequestId::as_str));
            for (name, value) in rendered.headers() {
                headers.insert(name.clone(), value.clone());
            }
            *rendered.headers_mut() = headers;
            ServiceResponse::new(request, rendered)
        }
        None => response.map_into_boxed_body(),
    }
}

fn with_headers(mut response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let request = response.request().clone();
    limits::add_headers(&request, response.headers_mut());
    let state = request.app_data::<Data<AppState>>();
    let is_tls = state.is_some_and(|state| state.settings.is_tls);
    if state.is_some_and(|state| state.draining.has_begun()) {
        // Who keeps the connection would send the next request into a closed door.
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    let headers = response.headers_mut();
    let extensions = request.extensions();
    let id = extensions.get::<RequestId>().map(|id| HeaderValue::from_str(id.as_str()));
    if let Some(Ok(id)) = id {
        headers.insert(REQUEST_ID, id);
    }
    if let Some(trace) = extensions.get::<Trace>().and_then(Trace::response) {
        headers.insert(TRACERESPONSE, trace);
    }
    drop(extensions);
    if is_tls {
        default(headers, STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    default(headers, CACHE_CONTROL, "no-store");
    default(headers, X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(headers, REFERRER_POLICY, "no-referrer");
    // Data is no page: whatever a browser makes of it, it may load and run nothing.
    default(headers, CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    response
}

fn default(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    if !headers.contains_key(&name) {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// The answer to a path that nothing serves.
pub(crate) async fn unknown_path() -> Result<HttpResponse, Problem> {
    Err(Problem::new(Code::NotFound).detail("There is nothing at this address."))
}
