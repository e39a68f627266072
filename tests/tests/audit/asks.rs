//! Calls as the tests describe them: what is sent, and what must come of it.

use std::fmt::Display;

use reqwest::Method;
use serde_json::Value;

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) enum By {
    /// The person, in their present session.
    Own,
    /// Nobody: without a token.
    Nobody,
    /// Whoever this access token belongs to.
    Token(String),
}

/// One call and what must come of it.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// Its type and its text.
    pub(crate) body: Option<(&'static str, String)>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) by: By,
    pub(crate) status: u16,
    /// Where the status does not tell it.
    pub(crate) outcome: Option<&'static str>,
    /// The record that the event must name, where the path does not tell it.
    pub(crate) record: Option<(&'static str, String)>,
    /// The patient concerned, where the path does not tell it.
    pub(crate) patient: Option<i64>,
    /// The version that the call has made, where no tag in the answer tells it.
    pub(crate) version: Option<i64>,
    /// True for a write that finds everything as it should be.
    pub(crate) changes_nothing: bool,
    /// The writes of an import: of a batch nothing, of a patient that was changed the id and the version.
    pub(crate) rows: Vec<(Option<i64>, Option<i64>)>,
}

fn ask(method: Method, path: impl Display, status: u16) -> Ask {
    Ask {
        method,
        path: path.to_string(),
        body: None,
        headers: Vec::new(),
        by: By::Own,
        status,
        outcome: None,
        record: None,
        patient: None,
        version: None,
        changes_nothing: false,
        rows: Vec::new(),
    }
}

pub(crate) fn get(path: impl Display) -> Ask {
    ask(Method::GET, path, 200)
}

pub(crate) fn head(path: impl Display) -> Ask {
    ask(Method::HEAD, path, 200)
}

pub(crate) fn delete(path: impl Display) -> Ask {
    ask(Method::DELETE, path, 204)
}

/// Without a body.
pub(crate) fn act(path: impl Display) -> Ask {
    ask(Method::POST, path, 200)
}

pub(crate) fn post(path: impl Display, body: &Value) -> Ask {
    ask(Method::POST, path, 201).with(body)
}

pub(crate) fn put(path: impl Display, body: &Value) -> Ask {
    ask(Method::PUT, path, 200).with(body)
}

pub(crate) fn patch(path: impl Display, body: &Value) -> Ask {
    ask(Method::PATCH, path, 200).with(body)
}

impl Ask {
    fn with(self, body: &Value) -> Self {
        self.sending("application/json", body.to_string())
    }

    /// The same with this body.
    pub(crate) fn sending(self, kind: &'static str, text: impl Into<String>) -> Self {
        Self { body: Some((kind, text.into())), ..self }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Display) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    pub(crate) fn by(self, by: By) -> Self {
        Self { by, ..self }
    }

    pub(crate) fn by_nobody(self) -> Self {
        self.by(By::Nobody)
    }

    pub(crate) fn bearing(self, access: &str) -> Self {
        self.by(By::Token(access.to_owned()))
    }

    /// The same with this status.
    pub(crate) fn is(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(crate) fn outcome(self, outcome: &'static str) -> Self {
        Self { outcome: Some(outcome), ..self }
    }

    pub(crate) fn about(self, kind: &'static str, id: impl Display) -> Self {
        Self { record: Some((kind, id.to_string())), ..self }
    }

    pub(crate) fn concerning(self, patient: i64) -> Self {
        Self { patient: Some(patient), ..self }
    }

    pub(crate) fn version(self, version: i64) -> Self {
        Self { version: Some(version), ..self }
    }

    pub(crate) fn writing(self, rows: &[(Option<i64>, Option<i64>)]) -> Self {
        Self { rows: rows.to_vec(), ..self }
    }

    pub(crate) fn changes_nothing(self) -> Self {
        Self { changes_nothing: true, ..self }
    }

    /// The outcome that goes with the status.
    pub(crate) fn due_outcome(&self) -> &'static str {
        self.outcome.unwrap_or_else(|| match self.status {
            200 | 201 | 204 | 304 => "done",
            400 | 413 | 415 | 422 | 428 => "invalid",
            401 => "unauthenticated",
            403 => "forbidden",
            404 => "not_found",
            409 => "conflict",
            412 => "stale",
            429 => "throttled",
            other => panic!("say what {other} means"),
        })
    }
}
