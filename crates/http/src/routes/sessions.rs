//! `/api/auth/`: the sessions of an account, and its password, which guards them.

use actix_web::HttpRequest;
use actix_web::web::Data;

use crate::auth::{SignedIn, client};
use crate::body::ValidJson;
use crate::dto::{PasswordRequest, SessionResponse, TokensResponse};
use crate::path_id::PathSession;
use crate::problem::Problem;
use crate::record::{NoContent, Plain};
use crate::registry::{Operation, operations};
use crate::state::AppState;

pub(super) fn operations() -> Vec<Operation> {
    operations![auth_logout, auth_logout_all, auth_password, auth_sessions, auth_sessions_delete]
}

/// Sign out.
///
/// Ends the session of the token; its access and refresh tokens are dead at once.
#[utoipa::path(post, path = "/api/auth/logout/", tag = "accounts",
    responses((status = 204, description = "Signed out")))]
pub(crate) async fn auth_logout(actor: SignedIn, app: Data<AppState>) -> Result<NoContent, Problem> {
    app.accounts.end_session(&actor.0, actor.0.session).await?;
    Ok(NoContent)
}

/// Sign out everywhere.
#[utoipa::path(post, path = "/api/auth/logout-all/", tag = "accounts",
    responses((status = 204, description = "Signed out on every device")))]
pub(crate) async fn auth_logout_all(actor: SignedIn, app: Data<AppState>) -> Result<NoContent, Problem> {
    app.accounts.end_all_sessions(&actor.0).await?;
    Ok(NoContent)
}

/// Change the password.
///
/// Every other session of the account ends; this one goes on with the tokens of the answer.
#[utoipa::path(post, path = "/api/auth/password/", tag = "accounts", request_body = PasswordRequest,
    responses((status = 200, body = TokensResponse, description = "The next tokens of this session")))]
pub(crate) async fn auth_password(
    actor: SignedIn,
    app: Data<AppState>,
    request: HttpRequest,
    body: ValidJson<PasswordRequest>,
) -> Result<Plain, Problem> {
    let (current, new) = body.0.into_passwords()?;
    let tokens = app.accounts.change_password(&actor.0, current, &new, &client(&request, &app)).await?;
    Plain::ok(&TokensResponse::from(&tokens))
}

/// The own sessions, newest first.
#[utoipa::path(get, path = "/api/auth/sessions/", tag = "accounts",
    responses((status = 200, body = Vec<SessionResponse>, description = "The sessions that go on")))]
pub(crate) async fn auth_sessions(actor: SignedIn, app: Data<AppState>) -> Result<Plain, Problem> {
    let sessions = app.accounts.sessions(&actor.0).await?;
    let shown: Vec<_> =
        sessions.iter().map(|session| SessionResponse::new(session, actor.0.session)).collect();
    Plain::ok(&shown)
}

/// End one of the own sessions.
#[utoipa::path(delete, path = "/api/auth/sessions/{id}/", tag = "accounts",
    params(("id" = String, Path, format = Uuid)), responses((status = 204, description = "Ended")))]
pub(crate) async fn auth_sessions_delete(
    actor: SignedIn,
    app: Data<AppState>,
    id: PathSession,
) -> Result<NoContent, Problem> {
    app.accounts.end_session(&actor.0, id.0).await?;
    Ok(NoContent)
}
