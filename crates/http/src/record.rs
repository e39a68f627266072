//! Answers that hold one record, and conditions on its version (RFC 9110, section 13).

use std::fmt::Write as _;
use std::future::{Ready, ready};

use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder};
use domain::Version;
use serde::Serialize;
use twox_hash::XxHash64;

use crate::problem::{Code, Problem};
use crate::state::AppState;

/// One record: 200 with its `ETag`, or 304 when the client has it already.
pub(crate) struct Record {
    etag: String,
    body: Vec<u8>,
}

impl Record {
    /// A record of this version.
    pub(crate) fn new(version: Version, body: &impl Serialize) -> Result<Self, Problem> {
        let body = to_json(body)?;
        Ok(Self { etag: etag(version, &body), body })
    }

    /// The answer to the request that has made the record, which is at this path from now on.
    pub(crate) fn created(self, location: String) -> Created {
        Created { record: self, location }
    }

    fn response(self, status: StatusCode) -> HttpResponse {
        HttpResponse::build(status).insert_header((ETAG, self.etag)).content_type(JSON).body(self.body)
    }
}

impl Responder for Record {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        if request.method().is_safe() && is_known(request, &self.etag) {
            return HttpResponse::NotModified().insert_header((ETAG, self.etag)).finish();
        }
        self.response(StatusCode::OK)
    }
}

/// A new record: 201 with its `ETag` and where to find it.
pub(crate) struct Created {
    record: Record,
    location: String,
}

impl Responder for Created {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = self.record.response(StatusCode::CREATED);
        if let Ok(location) = self.location.parse() {
            response.headers_mut().insert(LOCATION, location);
        }
        response
    }
}

/// An answer without a version: 200, or 201 with where to find what was made.
pub(crate) struct Plain {
    location: Option<&'static str>,
    body: Vec<u8>,
}

impl Plain {
    /// 200 with this body.
    pub(crate) fn ok(body: &impl Serialize) -> Result<Self, Problem> {
        Ok(Self { location: None, body: to_json(body)? })
    }

    /// 201 with this body, for what is at this path from now on.
    pub(crate) fn created(location: &'static str, body: &impl Serialize) -> Result<Self, Problem> {
        Ok(Self { location: Some(location), body: to_json(body)? })
    }
}

impl Responder for Plain {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = match self.location {
            Some(location) => HttpResponse::Created().insert_header((LOCATION, location)).take(),
            None => HttpResponse::Ok(),
        };
        response.content_type(JSON).body(self.body)
    }
}

pub(crate) const JSON: &str = "application/json";

/// Room for most records, so that it need not grow field by field.
const USUAL: usize = 512;

pub(crate) fn to_json(body: &impl Serialize) -> Result<Vec<u8>, Problem> {
    let mut json = Vec::with_capacity(USUAL);
    serde_json::to_writer(&mut json, body).map_err(|error| {
        tracing::error!(%error, "an answer could not be written");
        Problem::new(Code::Internal)
    })?;
    Ok(json)
}

/// 204: done, and nothing to show.
pub(crate) struct NoContent;

impl Responder for NoContent {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::NoContent().finish()
    }
}

/// The strong tag of a record: its version, and a checksum of the body, because an age or a doctor's name
/// in it can change while the record itself does not.
fn etag(version: Version, body: &[u8]) -> String {
    let mut tag = String::with_capacity(32);
    // Writing into text does not fail.
    let _ = write!(tag, "\"{}-{:016x}\"", version.get(), XxHash64::oneshot(0, body));
    tag
}

/// Whether `If-None-Match` names the tag; it compares weakly (RFC 9110, section 13.1.2).
fn is_known(request: &HttpRequest, etag: &str) -> bool {
    let values = request.headers().get_all(IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    tags(values).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

fn tags<'a>(values: impl Iterator<Item = &'a str>) -> impl Iterator<Item = &'a str> {
    values.flat_map(|value| value.split(',')).map(str::trim)
}

/// The version that `If-Match` expects the record to have; `None` when any will do.
///
/// Only the version of the tag counts: what a change protects is the record, not a doctor's name beside it.
#[derive(Clone, Copy)]
pub(crate) struct Expected(pub(crate) Option<Version>);

impl FromRequest for Expected {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let required =
            request.app_data::<Data<AppState>>().is_some_and(|state| state.settings.require_if_match);
        ready(expected(request, required).map(Self))
    }
}

fn expected(request: &HttpRequest, required: bool) -> Result<Option<Version>, Problem> {
    let mut values = request.headers().get_all(IF_MATCH).peekable();
    if values.peek().is_none() {
        return if required { Err(Problem::new(Code::PreconditionRequired)) } else { Ok(None) };
    }
    let tags: Vec<_> = tags(values.filter_map(|value| value.to_str().ok())).collect();
    if tags.contains(&"*") {
        return Ok(None);
    }
    // Versions only grow, so of several tags the newest is the one that can still match. Weak tags never
    // do (RFC 9110, section 13.1.1), and a condition that cannot hold is left for the store to refuse: it
    // knows whether the record exists at all.
    let newest = tags.into_iter().filter_map(version_of).max();
    Ok(newest.or(Version::new(i32::MAX)))
}

fn version_of(tag: &str) -> Option<Version> {
    let inner = tag.strip_prefix('"')?.strip_suffix('"')?;
    let (version, _checksum) = inner.split_once('-')?;
    version.parse().ok().and_then(Version::new)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn expect(value: &'static str) -> Option<i32> {
        let request = TestRequest::default().insert_header((IF_MATCH, value)).to_http_request();
        expected(&request, false).unwrap().map(Version::get)
    }

    #[test]
    fn if_match_expects_the_version_of_the_tag() {
        assert_eq!(expect("\"3-0123456789abcdef\""), Some(3));
        assert_eq!(expect("\"x\", \"2-a\", \"3-b\""), Some(3));
        assert_eq!(expect("*"), None);
    }

    #[test]
    fn what_is_no_strong_tag_of_ours_matches_nothing() {
        for value in ["W/\"3-a\"", "3", "\"3\"", "", "\"-1-a\""] {
            assert_eq!(expect(value), Some(i32::MAX), "{value}");
        }
    }

    #[test]
    fn a_missing_condition_is_428_only_where_it_is_required() {
        let request = TestRequest::default().to_http_request();
        assert_eq!(expected(&request, false).unwrap(), None);
        assert_eq!(expected(&request, true).unwrap_err().code(), Code::PreconditionRequired);
    }

    #[test]
    fn if_none_match_compares_weakly() {
        let tag = "\"1-0000000000000000\"";
        for value in [tag, "W/\"1-0000000000000000\"", "*", "\"x\", \"1-0000000000000000\""] {
            let request = TestRequest::default().insert_header((IF_NONE_MATCH, value)).to_http_request();
            assert!(is_known(&request, tag), "{value}");
        }
    }
}
