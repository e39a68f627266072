//! Somebody who sends requests, and what comes back.

use std::net::SocketAddr;

use reqwest::header::{CONTENT_TYPE, HeaderMap, LINK};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::seal;

/// Somebody who sends requests; who it is shows in the name of the variable.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
}

impl Client {
    /// Somebody without a token.
    pub(crate) fn new(http: reqwest::Client, address: SocketAddr) -> Self {
        Self { http, base: format!("http://{address}"), token: None }
    }

    /// The same with an access token.
    pub(crate) fn bearing(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The access token.
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path).send().await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path).json(&body).send().await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, path).json(&body).send().await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path).json(&body).send().await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path).send().await
    }

    /// A request of any kind, to be described further and sent.
    pub(crate) fn call(&self, method: Method, path: &str) -> Call {
        let request = self.http.request(method.clone(), format!("{}{path}", self.base));
        let request = match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        Call { request, method, path: path.to_owned() }
    }

    /// All records of a list, page after page by `Link`.
    pub(crate) async fn all(&self, path: &str) -> Vec<Value> {
        let mut records = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next {
            let page = self.get(&path).await.is(200);
            records.extend(page.array());
            next = page.next();
        }
        records
    }
}

/// A request that was not sent yet.
pub(crate) struct Call {
    request: RequestBuilder,
    method: Method,
    path: String,
}

impl Call {
    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        Self { request: self.request.header(name, value), ..self }
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    pub(crate) fn body(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { request: self.request.header(CONTENT_TYPE, content_type).body(body.into()), ..self }
    }

    /// A body of no declared type.
    pub(crate) fn untyped(self, body: impl Into<Vec<u8>>) -> Self {
        Self { request: self.request.body(body.into()), ..self }
    }

    /// Sends it; the answer has what every answer must have.
    pub(crate) async fn send(self) -> Answer {
        let response = self.request.send().await.unwrap_or_else(|error| {
            panic!("no answer to {} {}: {error:?}", self.method, self.path);
        });
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.expect("the answer has a body to its end").to_vec();
        let answer = Answer { request: format!("{} {}", self.method, self.path), status, headers, body };
        seal::check(&answer, &self.method);
        answer
    }
}

/// An answer, whole.
#[derive(Clone)]
pub(crate) struct Answer {
    /// What it answers, for messages.
    pub(crate) request: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The answer itself, if it has this status.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.request, self.text());
        self
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{}: {error}: {}", self.request, self.text()))
    }

    /// The body as a list.
    #[track_caller]
    pub(crate) fn array(&self) -> Vec<Value> {
        self.json().as_array().expect("a bare array").clone()
    }

    /// The id of the record.
    #[track_caller]
    pub(crate) fn id(&self) -> i64 {
        self.json()["id"].as_i64().expect("an id")
    }

    /// A header that is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The tag of the record.
    #[track_caller]
    pub(crate) fn etag(&self) -> String {
        self.header("etag").expect("an ETag").to_owned()
    }

    /// The path of the next page.
    pub(crate) fn next(&self) -> Option<String> {
        let link = self.header(LINK.as_str())?;
        let path = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\""));
        Some(path.expect("a link to the next page").to_owned())
    }

    /// The fields that a problem document names.
    pub(crate) fn wrong_fields(&self) -> Vec<String> {
        let problem: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        problem["errors"].as_object().map(|errors| errors.keys().cloned().collect()).unwrap_or_default()
    }

    /// Everything that must not differ between two answers that tell nothing apart.
    pub(crate) fn without_date(&self) -> (u16, Vec<(String, String)>, String) {
        let mut headers: Vec<(String, String)> = self
            .headers
            .iter()
            .filter(|(name, _)| *name != "date")
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        headers.sort();
        (self.status, headers, self.text())
    }
}
