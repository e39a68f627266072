//! The right to act, as the type of a handler's argument.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, USER_AGENT};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use application::Client;
use domain::Actor;

use crate::problem::{Code, Problem};
use crate::state::AppState;

/// Any signed-in user: the request bears a good access token (RFC 6750, section 2.1).
#[derive(Clone, Copy)]
pub(crate) struct SignedIn(pub(crate) Actor);

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(authenticate(request).map(Self))
    }
}

fn authenticate(request: &HttpRequest) -> Result<Actor, Problem> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let header = headers.next().ok_or_else(|| Problem::new(Code::NotAuthenticated))?;
    // Of two tokens nobody can say which one counts.
    if headers.next().is_some() {
        return Err(Problem::new(Code::InvalidToken));
    }
    let (scheme, token) = header.to_str().ok().and_then(|value| value.split_once(' ')).unwrap_or_default();
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Problem::new(Code::NotAuthenticated));
    }
    let state = request.app_data::<Data<AppState>>().ok_or_else(|| Problem::new(Code::Internal))?;
    let actor = state.accounts.authenticate(token.trim())?;
    tracing::Span::current().record("user.id", actor.user.get());
    Ok(actor)
}

/// Who is on the other end, as far as the connection tells.
pub(crate) fn client(request: &HttpRequest) -> Client {
    let user_agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
    Client {
        address: request.peer_addr().map(|address| address.ip().to_string()),
        // Long enough to tell one's devices apart.
        user_agent: user_agent.map(|text| text.chars().take(200).collect()),
    }
}
