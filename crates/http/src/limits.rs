//! Rates of requests, and the headers that tell a client where it stands.

use std::sync::Arc;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpRequest};
use domain::ports::RateLimiter;
use domain::{Allowance, Quota, UserId};

use crate::client_address::customer;
use crate::problem::{Code, Problem};
use crate::state::AppState;

/// Where the client stands (draft-ietf-httpapi-ratelimit-headers).
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// The rule that it stands under.
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The rates that the operator allows.
#[derive(Clone)]
pub struct Limits {
    /// Counts.
    pub limiter: Arc<dyn RateLimiter>,
    /// Of each address, for requests without a good token.
    pub anonymous: Quota,
    /// Of each user.
    pub user: Quota,
    /// Of each address, for registering, signing in and refreshing.
    pub sign_in: Quota,
}

/// Which rate a request falls under.
#[derive(Clone, Copy)]
enum Rate {
    Anonymous,
    User(UserId),
    SignIn,
}

/// Where the client stands after this request; for the headers of the answer.
#[derive(Clone, Copy)]
struct Standing {
    name: &'static str,
    quota: Quota,
    allowance: Allowance,
}

/// Counts a request of a signed-in user.
pub(crate) async fn count_user(request: &HttpRequest, state: &AppState, user: UserId) -> Result<(), Problem> {
    count(request, state, Rate::User(user)).await
}

/// Counts a request whose token does not count.
pub(crate) async fn count_anonymous(request: &HttpRequest, state: &AppState) -> Result<(), Problem> {
    count(request, state, Rate::Anonymous).await
}

/// Counts a request of somebody who is about to say who they are.
pub(crate) async fn guard_credentials(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if let Some(state) = request.app_data::<Data<AppState>>().cloned() {
        count(request.request(), &state, Rate::SignIn).await?;
    }
    next.call(request).await
}

async fn count(request: &HttpRequest, state: &AppState, rate: Rate) -> Result<(), Problem> {
    let Some(limits) = &state.limits else { return Ok(()) };
    let address = || state.trusted_proxies.client_of(request).map(customer).unwrap_or_default();
    let (name, who, quota) = match rate {
        Rate::Anonymous => ("anonymous", format!("anonymous {}", address()), limits.anonymous),
        Rate::User(user) => ("user", format!("user {user}"), limits.user),
        Rate::SignIn => ("sign-in", format!("sign-in {}", address()), limits.sign_in),
    };
    let allowance =
        limits.limiter.take(&who, quota, state.clock.now()).await.map_err(application::Error::from)?;
    request.extensions_mut().insert(Standing { name, quota, allowance });
    if allowance.is_granted { Ok(()) } else { Err(throttled(allowance.reset)) }
}

/// 429, and when to try again.
pub(crate) fn throttled(wait: Duration) -> Problem {
    Problem::new(Code::TooManyRequests).header(RETRY_AFTER, HeaderValue::from(whole_seconds(wait).max(1)))
}

/// Tells the client where it stands.
pub(crate) fn add_headers(request: &HttpRequest, headers: &mut HeaderMap) {
    let Some(Standing { name, quota, allowance }) = request.extensions().get().copied() else { return };
    let policy = format!("\"{name}\";q={};w={}", quota.requests(), quota.per().as_secs());
    let standing = format!("\"{name}\";r={};t={}", allowance.remaining, whole_seconds(allowance.reset));
    for (header, text) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, standing)] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(header, value);
        }
    }
}

/// Rounded up: who waits so long has waited long enough.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}
