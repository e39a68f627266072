//! The right to act, as the type of a handler's argument.

use std::future::{Ready, ready};

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, USER_AGENT};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest};
use application::Client;
use domain::Actor;

use crate::audit;
use crate::client_address::customer;
use crate::limits;
use crate::problem::{Code, Problem};
use crate::state::AppState;

/// The longest `Authorization` that is looked at, in bytes: a token of ours has a tenth of it.
const AUTHORIZATION_MAX: usize = 8 * 1024;

/// Any signed-in user: the request bears a good access token (RFC 6750, section 2.1).
#[derive(Clone)]
pub(crate) struct SignedIn(pub(crate) Actor);

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    /// What [`require_sign_in`] has found.
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.extensions().get().cloned().ok_or_else(|| Problem::new(Code::NotAuthenticated)))
    }
}

/// Lets only signed-in users pass. It stands before the handler, whose arguments are read all together: nobody
/// is to learn from a bad id or body before it is known who asks.
pub(crate) async fn require_sign_in(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    authenticate(request.request()).await?;
    next.call(request).await
}

/// Notes who asks, also where they ask too often: it goes on record who did.
async fn authenticate(request: &HttpRequest) -> Result<(), Problem> {
    let state = request.app_data::<Data<AppState>>().ok_or_else(|| Problem::new(Code::Internal))?;
    match actor(request, state).await {
        Ok(actor) => {
            tracing::Span::current().record("user.id", actor.user.get());
            let user = actor.user;
            request.extensions_mut().insert(SignedIn(actor));
            limits::count_user(request, state, user).await
        }
        // Who tries out tokens is counted, too.
        Err(problem) => {
            limits::count_anonymous(request, state).await?;
            Err(problem)
        }
    }
}

async fn actor(request: &HttpRequest, state: &AppState) -> Result<Actor, Problem> {
    Ok(state.accounts.authenticate(bearer(request)?, audit::call(request)).await?)
}

/// The token that the request shows.
fn bearer(request: &HttpRequest) -> Result<&str, Problem> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let header = headers.next().ok_or_else(|| Problem::new(Code::NotAuthenticated))?;
    if header.len() > AUTHORIZATION_MAX {
        return Err(Problem::new(Code::HeadersTooLarge));
    }
    // Of two tokens nobody can say which one counts.
    if headers.next().is_some() {
        return Err(Problem::new(Code::InvalidToken));
    }
    let (scheme, token) = header.to_str().ok().and_then(|value| value.split_once(' ')).unwrap_or_default();
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Problem::new(Code::NotAuthenticated));
    }
    Ok(token.trim())
}

/// Who is on the other end, as far as the connection tells.
pub(crate) fn client(request: &HttpRequest, state: &AppState) -> Client {
    let address = state.trusted_proxies.client_of(request);
    let user_agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
    Client {
        call: audit::call(request),
        address: address.map(|address| address.to_string()),
        customer: address.map(customer).unwrap_or_default(),
        // Long enough to tell one's devices apart.
        user_agent: user_agent.map(|text| text.chars().take(200).collect()),
    }
}
