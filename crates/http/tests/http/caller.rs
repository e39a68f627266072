//! Who makes requests.

use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE};
use actix_web::test::TestRequest;
use domain::UserId;
use serde_json::Value;
use testkit::builders::user_id;

pub(crate) const ANN_ID: UserId = user_id(7);
pub(crate) const BOB_ID: UserId = user_id(8);

/// Somebody who makes requests.
#[derive(Clone, Copy)]
pub(crate) struct Caller(Option<&'static str>);

/// A user, with each request in a session of its own: a test of many requests may end some.
pub(crate) const ANN: Caller = Caller(Some("Bearer ann"));
/// The same user, always in the session [`session_id`](crate::clinic::session_id).
pub(crate) const ANN_HERE: Caller = Caller(Some("Bearer ann-here"));
/// Another user.
pub(crate) const BOB: Caller = Caller(Some("Bearer bob"));
/// Somebody whose token is not genuine.
pub(crate) const EVE: Caller = Caller(Some("Bearer forged"));
/// Somebody who is not signed in.
pub(crate) const NOBODY: Caller = Caller(None);

impl Caller {
    /// A request without a body.
    pub(crate) fn asks(self, method: &str, path: &str) -> TestRequest {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = TestRequest::default().method(method).uri(path);
        match self.0 {
            Some(authorization) => request.insert_header((AUTHORIZATION, authorization)),
            None => request,
        }
    }

    /// A request whose body is these bytes, declared as JSON.
    pub(crate) fn sends(self, method: &str, path: &str, body: impl Into<Vec<u8>>) -> TestRequest {
        self.asks(method, path).insert_header((CONTENT_TYPE, "application/json")).set_payload(body.into())
    }

    /// A request whose body is a sheet, as CSV.
    pub(crate) fn sends_sheet(self, path: &str, sheet: impl Into<Vec<u8>>) -> TestRequest {
        self.asks("POST", path).insert_header((CONTENT_TYPE, "text/csv")).set_payload(sheet.into())
    }

    pub(crate) fn get(self, path: &str) -> TestRequest {
        self.asks("GET", path)
    }

    pub(crate) fn delete(self, path: &str) -> TestRequest {
        self.asks("DELETE", path)
    }

    pub(crate) fn post(self, path: &str, body: &Value) -> TestRequest {
        self.sends("POST", path, body.to_string())
    }

    pub(crate) fn put(self, path: &str, body: &Value) -> TestRequest {
        self.sends("PUT", path, body.to_string())
    }

    pub(crate) fn patch(self, path: &str, body: &Value) -> TestRequest {
        self.sends("PATCH", path, body.to_string())
    }
}
