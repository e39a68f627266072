//! `/api/auth/`: registering, signing in, and the own account.

use actix_web::HttpRequest;
use actix_web::web::Data;
use domain::Registration;

use crate::auth::{SignedIn, client};
use crate::body::ValidJson;
use crate::dto::{
    LoginRequest, RefreshRequest, RegisterRequest, RegisteredResponse, SignedInResponse, TokensResponse,
    UpdateMeRequest, UserResponse,
};
use crate::problem::{Code, Problem, ProblemResponse};
use crate::record::Plain;
use crate::registry::{Operation, operations};
use crate::state::AppState;

pub(super) fn operations() -> Vec<Operation> {
    operations![auth_register, auth_login, auth_refresh, auth_token_refresh, auth_me, auth_me_update]
}

/// Register.
///
/// Makes an account and signs its user in. Where the operator lets only invited people register, `invitation` is
/// needed.
#[utoipa::path(post, path = "/api/auth/register/", tag = "accounts", request_body = RegisterRequest,
    responses((status = 201, body = RegisteredResponse, description = "The account and its first tokens",
            headers(("Location" = String, description = "Path of the own account."))),
        (status = 403, body = ProblemResponse, content_type = "application/problem+json",
            description = "Registration is closed"),
        (status = 409, body = ProblemResponse, content_type = "application/problem+json",
            description = "The user name or the e-mail address is taken")))]
pub(crate) async fn auth_register(
    app: Data<AppState>,
    request: HttpRequest,
    body: ValidJson<RegisterRequest>,
) -> Result<Plain, Problem> {
    if app.accounts.registration() == Registration::Closed {
        return Err(Problem::new(Code::Forbidden).detail("Accounts are made by the administrator."));
    }
    let (username_field, email_field) = body.0.login_fields();
    let (user, password, invitation) = body.0.into_new(&app.accounts)?;
    let registered = app.accounts.register(user, &password, invitation, client(&request, &app)).await;
    let registered = registered.map_err(|error| {
        Problem::from(error).rename_field("username", username_field).rename_field("email", email_field)
    })?;
    Plain::created("/api/auth/me/", &RegisteredResponse::from(&registered))
}

/// Sign in.
///
/// The name may be a user name or an e-mail address, under either key and in any case.
#[utoipa::path(post, path = "/api/auth/login/", tag = "accounts", request_body = LoginRequest,
    responses((status = 200, body = SignedInResponse, description = "The tokens of a new session"),
        (status = 401, body = ProblemResponse, content_type = "application/problem+json",
            description = "The name or the password is wrong",
            headers(("www-authenticate" = String)))))]
pub(crate) async fn auth_login(
    app: Data<AppState>,
    request: HttpRequest,
    body: ValidJson<LoginRequest>,
) -> Result<Plain, Problem> {
    let (login, password) = body.0.into_credentials()?;
    let signed_in = app.accounts.sign_in(login.as_ref(), password, client(&request, &app)).await?;
    Plain::ok(&SignedInResponse::from(&signed_in))
}

/// Refresh.
///
/// Trades a refresh token for a new pair of tokens; from then on only the new one counts.
#[utoipa::path(post, path = "/api/auth/refresh/", tag = "accounts", request_body = RefreshRequest,
    responses((status = 200, body = TokensResponse, description = "The next tokens of the session"),
        (status = 401, body = ProblemResponse, content_type = "application/problem+json",
            description = "The refresh token does not count",
            headers(("www-authenticate" = String)))))]
pub(crate) async fn auth_refresh(
    app: Data<AppState>,
    request: HttpRequest,
    body: ValidJson<RefreshRequest>,
) -> Result<Plain, Problem> {
    let tokens = app.accounts.refresh(&body.0.into_token()?, &client(&request, &app)).await?;
    Plain::ok(&TokensResponse::from(&tokens))
}

/// Refresh (another address of it).
#[utoipa::path(post, path = "/api/auth/token/refresh/", tag = "accounts", request_body = RefreshRequest,
    responses((status = 200, body = TokensResponse, description = "The next tokens of the session"),
        (status = 401, body = ProblemResponse, content_type = "application/problem+json",
            description = "The refresh token does not count",
            headers(("www-authenticate" = String)))))]
pub(crate) async fn auth_token_refresh(
    app: Data<AppState>,
    request: HttpRequest,
    body: ValidJson<RefreshRequest>,
) -> Result<Plain, Problem> {
    auth_refresh(app, request, body).await
}

/// The own account.
#[utoipa::path(get, path = "/api/auth/me/", tag = "accounts",
    responses((status = 200, body = UserResponse, description = "The account")))]
pub(crate) async fn auth_me(actor: SignedIn, app: Data<AppState>) -> Result<Plain, Problem> {
    Plain::ok(&UserResponse::from(&app.accounts.me(&actor.0).await?))
}

/// Change the own account.
#[utoipa::path(patch, path = "/api/auth/me/", tag = "accounts", request_body = UpdateMeRequest,
    responses((status = 200, body = UserResponse, description = "The account as it is now"),
        (status = 409, body = ProblemResponse, content_type = "application/problem+json",
            description = "The e-mail address is taken")))]
pub(crate) async fn auth_me_update(
    actor: SignedIn,
    app: Data<AppState>,
    request: HttpRequest,
    body: ValidJson<UpdateMeRequest>,
) -> Result<Plain, Problem> {
    let (change, current_password) = body.0.into_change()?;
    let updated = app.accounts.update_me(&actor.0, change, current_password, &client(&request, &app)).await;
    // A user name that is the e-mail address moves with it, and may be taken.
    let user = updated.map_err(|error| Problem::from(error).rename_field("username", "email"))?;
    Plain::ok(&UserResponse::from(&user))
}
