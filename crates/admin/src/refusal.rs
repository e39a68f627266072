//! Why a page does not come, and the page that says so.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use application::Error;
use domain::ports::Constraint;

use crate::panel::Panel;
use crate::{cookie, page};

/// What htmx obeys: a redirect that it would follow itself would put a page inside a page.
const HX_REDIRECT: HeaderName = HeaderName::from_static("hx-redirect");

/// Why a page does not come.
pub(crate) enum Refusal {
    /// Nobody has signed in; the address to come back to.
    SignIn(String),
    /// The form was not on a page of this session.
    Forged,
    /// The form is not one, is too large or came too slowly.
    Malformed(StatusCode, &'static str),
    /// What the services say.
    Failed(Error),
    /// The program is at fault.
    Broken,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// What became of one of several records; `None` where it is gone already, which hinders nobody.
pub(crate) fn unless_gone<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(done) => Ok(Some(done)),
        Err(Error::Missing(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Refusal {
    /// There is nothing at this address.
    pub(crate) const NOT_FOUND: Self = Self::Malformed(StatusCode::NOT_FOUND, "There is no such record.");

    /// A button was pressed that does something with selected rows.
    pub(crate) const NOTHING_SELECTED: Self = Self::Malformed(
        StatusCode::UNPROCESSABLE_ENTITY,
        "Nothing was selected. Go back, and tick the boxes of some rows first.",
    );

    /// The answer.
    pub(crate) fn answer(self, panel: &Panel, is_htmx: bool) -> HttpResponse {
        let (status, text) = match self {
            Self::SignIn(next) => return to_sign_in(panel, &next, is_htmx),
            Self::Forged => (
                StatusCode::FORBIDDEN,
                "This form did not come from a page of your present session. Nothing was changed. Go back, load the page anew and try again.",
            ),
            Self::Malformed(status, text) => (status, text),
            Self::Broken => (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong."),
            Self::Failed(error) => {
                let (status, text) = told(&error);
                if status.is_server_error() {
                    tracing::error!(error = cause(&error), "a page of the panel failed");
                }
                let mut answer = page::message(panel, status, title(status), text);
                if let Error::Throttled(wait) = error {
                    let seconds = HeaderValue::from(wait.as_secs().saturating_add(1));
                    answer.headers_mut().insert(RETRY_AFTER, seconds);
                }
                return answer;
            }
        };
        page::message(panel, status, title(status), text)
    }
}

fn to_sign_in(panel: &Panel, next: &str, is_htmx: bool) -> HttpResponse {
    let target = crate::query::Query::default().with("next", next).href("/admin/sign-in");
    let mut answer = if is_htmx { HttpResponse::Ok().finish() } else { HttpResponse::SeeOther().finish() };
    if let Ok(target) = HeaderValue::from_str(&target) {
        answer.headers_mut().insert(if is_htmx { HX_REDIRECT } else { LOCATION }, target);
    }
    // A cookie that does not count is taken away; whether it was there does not matter.
    let _ = answer.add_removal_cookie(&cookie::taken(panel.is_tls));
    answer
}

fn title(status: StatusCode) -> &'static str {
    match status.as_u16() {
        403 => "Not allowed",
        404 => "Not found",
        409 => "Not possible",
        412 => "Changed meanwhile",
        429 => "Too many attempts",
        503 => "Not available just now",
        500.. => "Something went wrong",
        _ => "Not understood",
    }
}

/// What goes into the log: the whole chain.
fn cause(error: &Error) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// The status and the text of what a service says. Causes are logged, never shown.
pub(crate) fn told(error: &Error) -> (StatusCode, &'static str) {
    match error {
        Error::Invalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, "Some fields are not valid."),
        Error::Missing(_) => (StatusCode::NOT_FOUND, "There is no such record."),
        Error::Duplicate(constraint) => (StatusCode::CONFLICT, duplicate(*constraint)),
        Error::Stale => {
            (StatusCode::PRECONDITION_FAILED, "The record has changed meanwhile. Nothing was saved.")
        }
        Error::KeyReused => (StatusCode::CONFLICT, "This was sent before."),
        Error::BadPosition => {
            (StatusCode::BAD_REQUEST, "This page of the list is gone. Start at the first page.")
        }
        Error::WrongCredentials => (StatusCode::UNAUTHORIZED, "The name or the password is wrong."),
        Error::BadToken => (StatusCode::UNAUTHORIZED, "Your session has ended. Sign in again."),
        Error::Throttled(_) => {
            (StatusCode::TOO_MANY_REQUESTS, "Too many attempts. Wait a while and try again.")
        }
        Error::Forbidden => (StatusCode::FORBIDDEN, "Your account may not do this."),
        Error::Unavailable(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "The system is busy or its database is away. Try again in a moment.",
        ),
        Error::Failed(_) => (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong."),
    }
}

/// Which unique rule is broken, in words.
pub(crate) const fn duplicate(constraint: Constraint) -> &'static str {
    match constraint {
        Constraint::UserName => "This user name is taken.",
        Constraint::UserEmail | Constraint::DoctorEmail => "This e-mail address is taken.",
        Constraint::DoctorLicense => "This licence is that of another doctor.",
        Constraint::ActiveMapping => "This doctor is assigned to the patient already.",
    }
}
