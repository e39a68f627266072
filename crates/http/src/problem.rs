//! Errors as problem documents (RFC 9457): the one place that chooses a status.

use std::borrow::Cow;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use application::{Error, SheetError};
use domain::Invalid;
use domain::ports::{Constraint, Record};
use serde::Serialize;
use utoipa::ToSchema;

use crate::fields::FieldErrors;
use crate::limits::throttled;

/// What went wrong, as clients tell it apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Code {
    /// The body is not the JSON or the sheet that is expected.
    MalformedBody,
    /// Fields of the body break rules.
    InvalidFields,
    /// Parameters of the query break rules.
    InvalidQuery,
    /// A token is needed and none was sent.
    NotAuthenticated,
    /// The token does not count (any more).
    InvalidToken,
    /// Unknown name, wrong password, or an account that may not sign in.
    WrongCredentials,
    /// The caller's role may not do this.
    Forbidden,
    /// There is no such record or address for the caller.
    NotFound,
    /// The address does not know the method.
    MethodNotAllowed,
    /// The body did not come in time.
    RequestTimeout,
    /// A value that must be unique is taken.
    Duplicate,
    /// The doctor is assigned to the patient already.
    AlreadyAssigned,
    /// The record has changed since it was read.
    Stale,
    /// The body is too large.
    PayloadTooLarge,
    /// The body is not declared as what is expected.
    UnsupportedMediaType,
    /// The idempotency key was used for another request.
    KeyReused,
    /// The server wants `If-Match`.
    PreconditionRequired,
    /// Too many requests, or too many wrong passwords.
    TooManyRequests,
    /// A header is larger than the server reads.
    HeadersTooLarge,
    /// A fault of the server.
    Internal,
    /// Try again later.
    Unavailable,
}

impl Code {
    /// Every code, in the order of the documentation.
    pub const ALL: [Self; 21] = [
        Self::MalformedBody,
        Self::InvalidFields,
        Self::InvalidQuery,
        Self::NotAuthenticated,
        Self::InvalidToken,
        Self::WrongCredentials,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::RequestTimeout,
        Self::Duplicate,
        Self::AlreadyAssigned,
        Self::Stale,
        Self::PayloadTooLarge,
        Self::UnsupportedMediaType,
        Self::KeyReused,
        Self::PreconditionRequired,
        Self::TooManyRequests,
        Self::HeadersTooLarge,
        Self::Internal,
        Self::Unavailable,
    ];

    /// The table: status, name, and title of each code.
    const fn row(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::MalformedBody => (StatusCode::BAD_REQUEST, "malformed_body", "The body cannot be read"),
            Self::InvalidFields => (StatusCode::BAD_REQUEST, "invalid_fields", "Some fields are not valid"),
            Self::InvalidQuery => (StatusCode::BAD_REQUEST, "invalid_query", "Some parameters are not valid"),
            Self::NotAuthenticated => (StatusCode::UNAUTHORIZED, "not_authenticated", "Sign in first"),
            Self::InvalidToken => (StatusCode::UNAUTHORIZED, "invalid_token", "The token is not valid"),
            Self::WrongCredentials => {
                (StatusCode::UNAUTHORIZED, "wrong_credentials", "The name or the password is wrong")
            }
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "Your role may not do this"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "Not found"),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "The method is not allowed here")
            }
            Self::RequestTimeout => {
                (StatusCode::REQUEST_TIMEOUT, "request_timeout", "The body did not arrive in time")
            }
            Self::Duplicate => (StatusCode::CONFLICT, "duplicate", "The value is already taken"),
            Self::AlreadyAssigned => {
                (StatusCode::CONFLICT, "already_assigned", "The doctor is already assigned to the patient")
            }
            Self::Stale => (StatusCode::PRECONDITION_FAILED, "stale", "The record has changed"),
            Self::PayloadTooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", "The body is too large")
            }
            Self::UnsupportedMediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "The body is of another type")
            }
            Self::KeyReused => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                "The idempotency key was used for another request",
            ),
            Self::PreconditionRequired => {
                (StatusCode::PRECONDITION_REQUIRED, "precondition_required", "If-Match is required")
            }
            Self::TooManyRequests => {
                (StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "Too many requests")
            }
            Self::HeadersTooLarge => {
                (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "headers_too_large", "A header is too large")
            }
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "The server failed"),
            Self::Unavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "The server is not available now")
            }
        }
    }

    /// The HTTP status.
    pub const fn status(self) -> StatusCode {
        self.row().0
    }

    /// The stable name, in snake case.
    pub const fn name(self) -> &'static str {
        self.row().1
    }

    /// What it means, for people.
    pub const fn title(self) -> &'static str {
        self.row().2
    }

    /// The code that says most about a bare status of the framework.
    fn of_status(status: StatusCode) -> Self {
        let named = Self::ALL.into_iter().find(|code| code.status() == status);
        named.unwrap_or(if status.is_server_error() { Self::Internal } else { Self::MalformedBody })
    }
}

/// An error on its way to the client.
///
/// The body is written where the request's id is known, by the outermost middleware.
#[derive(Clone, Debug)]
pub struct Problem {
    code: Code,
    detail: Cow<'static, str>,
    errors: FieldErrors,
    headers: HeaderMap,
}

impl Problem {
    /// A problem without more to say than its title.
    pub fn new(code: Code) -> Self {
        let mut problem = Self {
            code,
            detail: code.title().into(),
            errors: FieldErrors::default(),
            headers: HeaderMap::new(),
        };
        match code {
            Code::NotAuthenticated | Code::WrongCredentials => {
                problem.set_header(WWW_AUTHENTICATE, r#"Bearer realm="healthcore""#);
            }
            // RFC 6750, section 3.1.
            Code::InvalidToken => {
                problem.set_header(WWW_AUTHENTICATE, r#"Bearer realm="healthcore", error="invalid_token""#);
            }
            Code::Unavailable | Code::TooManyRequests => problem.set_header(RETRY_AFTER, "1"),
            _ => {}
        }
        problem
    }

    /// The problem that a bare status of the framework stands for.
    pub fn of_status(status: StatusCode) -> Self {
        Self::new(Code::of_status(status))
    }

    /// What is wrong in this case. Never a value that was sent.
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = detail.into();
        self
    }

    /// The fields that are wrong, by the names that the client used.
    pub fn errors(mut self, errors: FieldErrors) -> Self {
        self.errors = errors;
        self
    }

    /// One field that is wrong.
    pub fn field(self, name: &str, message: &str) -> Self {
        self.errors(FieldErrors::one(name, message))
    }

    /// A header of the answer.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    fn set_header(&mut self, name: HeaderName, value: &'static str) {
        self.headers.insert(name, HeaderValue::from_static(value));
    }

    /// A record that is not there for the caller: whatever the reason, the same words.
    pub fn missing(record: Record) -> Self {
        Self::new(Code::NotFound).detail(match record {
            Record::User => "There is no such user.",
            Record::Patient => "There is no such patient.",
            Record::Doctor => "There is no such doctor.",
            Record::Mapping => "There is no such mapping.",
            Record::Session => "There is no such session.",
            Record::Invitation => "There is no such invitation.",
        })
    }

    /// What kind of problem it is.
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The field errors under other names: those that the client used.
    pub fn rename_field(mut self, from: &str, to: &str) -> Self {
        self.errors = self.errors.renamed(from, to);
        self
    }

    /// The whole answer to the request with this id.
    pub fn response(&self, request_id: &str) -> HttpResponse {
        let mut response = HttpResponse::build(self.code.status());
        for (name, value) in &self.headers {
            response.insert_header((name.clone(), value.clone()));
        }
        response.content_type("application/problem+json").json(ProblemResponse {
            r#type: format!("urn:healthcore:problem:{}", self.code.name()),
            title: self.code.title(),
            status: self.code.status().as_u16(),
            detail: &self.detail,
            instance: request_id,
            code: self.code.name(),
            errors: if self.errors.is_empty() { None } else { Some(&self.errors) },
        })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.name())
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    /// Status only; see [`Problem::response`].
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.code.status())
    }
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        let mut errors = FieldErrors::default();
        errors.add_all(&invalid, &[]);
        Self::new(Code::InvalidFields).errors(errors)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid(invalid) => invalid.into(),
            Error::Missing(record) => Self::missing(record),
            Error::Duplicate(constraint) => duplicate(constraint),
            Error::Stale => Self::new(Code::Stale).detail("The record has changed since you read it."),
            Error::KeyReused => Self::new(Code::KeyReused),
            Error::BadPosition => {
                Self::new(Code::InvalidQuery).field("cursor", "is not valid any more; start the list anew")
            }
            Error::WrongCredentials => Self::new(Code::WrongCredentials),
            Error::BadToken => Self::new(Code::InvalidToken),
            Error::Forbidden => Self::new(Code::Forbidden),
            Error::Throttled(wait) => throttled(wait),
            Error::Unavailable(cause) => {
                tracing::warn!(error = %cause, "not available");
                Self::new(Code::Unavailable)
            }
            Error::Failed(cause) => {
                tracing::error!(error = %cause, "a request failed");
                Self::new(Code::Internal)
            }
        }
    }
}

impl From<SheetError> for Problem {
    fn from(error: SheetError) -> Self {
        match error {
            SheetError::Unreadable(why) => Self::new(Code::MalformedBody).detail(format!("The sheet {why}.")),
            SheetError::TooManyRows(most) => {
                Self::new(Code::PayloadTooLarge).detail(format!("The sheet has more than {most} rows."))
            }
            SheetError::Other(error) => error.into(),
        }
    }
}

fn duplicate(constraint: Constraint) -> Problem {
    let problem = Problem::new(Code::Duplicate);
    match constraint {
        Constraint::UserName => problem.field("username", "is already taken"),
        Constraint::UserEmail => problem.field("email", "is already taken"),
        Constraint::DoctorEmail => problem.field("email", "is already used by another doctor"),
        Constraint::DoctorLicense => problem.field("license_number", "is already used by another doctor"),
        Constraint::ActiveMapping => {
            Problem::new(Code::AlreadyAssigned).field("doctor", "is already assigned to this patient")
        }
    }
}

/// A problem document (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemResponse<'a> {
    /// Identifies the kind of problem.
    #[schema(value_type = String, example = "urn:healthcore:problem:invalid_fields")]
    r#type: String,
    /// The kind of problem, for people.
    #[schema(example = "Some fields are not valid")]
    title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599, example = 400)]
    status: u16,
    /// What is wrong in this case.
    #[schema(value_type = String)]
    detail: &'a str,
    /// The request's id, as in `X-Request-Id`.
    #[schema(value_type = String)]
    instance: &'a str,
    /// The kind of problem, for programs; stable.
    #[schema(value_type = String, example = "invalid_fields")]
    code: &'static str,
    /// For invalid input: each field, by the name that was sent, with what is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<std::collections::BTreeMap<String, Vec<String>>>, nullable = false)]
    errors: Option<&'a FieldErrors>,
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_has_a_name_of_its_own() {
        let names: HashSet<_> = Code::ALL.into_iter().map(Code::name).collect();
        assert_eq!(names.len(), Code::ALL.len());
    }

    #[test]
    fn every_401_says_how_to_authenticate() {
        for code in Code::ALL.into_iter().filter(|code| code.status() == StatusCode::UNAUTHORIZED) {
            assert!(Problem::new(code).response("id").headers().contains_key(WWW_AUTHENTICATE), "{code:?}");
        }
    }

    #[test]
    fn an_unknown_cause_is_500_and_is_not_told() {
        let problem = Problem::from(Error::Failed("secret cause".into()));
        assert_eq!(problem.code(), Code::Internal);
        assert!(!format!("{problem:?}").contains("secret"));
    }
}
