//! What a caller gets.

use actix_web::http::header::HeaderMap;
use serde_json::Value;

/// What every answer has, whatever it is.
pub(crate) const SEAL: [&str; 5] =
    ["x-request-id", "cache-control", "x-content-type-options", "referrer-policy", "content-security-policy"];

/// One answer, read to its end.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// A header, or nothing where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// All headers, in the order of their names.
    pub(crate) fn all_headers(&self) -> Vec<(String, String)> {
        let pair = |(name, value): (&_, &actix_web::http::header::HeaderValue)| {
            (ToString::to_string(name), String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let mut headers: Vec<_> = self.headers.iter().map(pair).collect();
        headers.sort();
        headers
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        let text = self.text();
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{}: not JSON: {text}", self.status))
    }

    /// Status and code of a problem document, such as `404 not_found`.
    pub(crate) fn refusal(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "status {}", self.status);
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "the body and the status line agree");
        assert_eq!(problem["instance"], self.header("x-request-id"), "the instance is the request's id");
        format!("{} {}", self.status, problem["code"].as_str().unwrap())
    }

    /// The fields that a problem document names, with what is wrong with them.
    pub(crate) fn errors(&self) -> Value {
        self.json()["errors"].clone()
    }

    /// The target of `Link: <…>; rel="next"`, if there is one.
    pub(crate) fn next_page(&self) -> Option<String> {
        let link = self.headers.get("link")?.to_str().unwrap();
        Some(link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap().to_owned())
    }
}
