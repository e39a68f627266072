//! Reading JSON bodies: bounded in size and time, strict, without echo.

use std::collections::HashSet;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::problem::{Code, Problem};

/// The largest JSON body, in bytes.
pub(crate) const BODY_LIMIT: usize = 64 * 1024;

/// How long a body may take to arrive: 15 seconds with everything around it.
const BODY_DEADLINE: Duration = Duration::from_secs(14);

/// A JSON object as the body of a request.
///
/// Unknown fields are ignored; a field given twice is refused wherever it stands, because two readers of
/// such a body can disagree about it (RFC 8259, section 4).
pub(crate) struct ValidJson<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest for ValidJson<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = receive(request, payload);
        Box::pin(async move { parse(&body.await?).map(Self) })
    }
}

/// The bytes of a body that is declared as JSON.
pub(crate) fn receive(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<Vec<u8>, Problem>> + use<> {
    let is_json = is_json(request);
    let payload = payload.take();
    async move {
        if !is_json {
            return Err(Problem::new(Code::UnsupportedMediaType).detail("The body must be JSON."));
        }
        let body = tokio::time::timeout(BODY_DEADLINE, read(payload, BODY_LIMIT));
        body.await.map_err(|_| Problem::new(Code::RequestTimeout))?
    }
}

fn is_json(request: &HttpRequest) -> bool {
    let declared = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let mime = declared.and_then(|value| value.parse::<mime::Mime>().ok());
    mime.is_some_and(|mime| {
        mime.type_() == mime::APPLICATION
            && (mime.subtype() == mime::JSON || mime.suffix() == Some(mime::JSON))
    })
}

/// The bytes of a body, at most so many.
async fn read(mut payload: Payload, limit: usize) -> Result<Vec<u8>, Problem> {
    let mut body = Vec::new();
    while let Some(chunk) = payload.next().await {
        append(&mut body, chunk, limit)?;
    }
    Ok(body)
}

/// Adds what has come of a body, which has at most so many bytes.
pub(crate) fn append(
    body: &mut Vec<u8>,
    chunk: Result<Bytes, PayloadError>,
    limit: usize,
) -> Result<(), Problem> {
    let chunk = chunk.map_err(|_| malformed("The body broke off."))?;
    if body.len() + chunk.len() > limit {
        return Err(Problem::new(Code::PayloadTooLarge));
    }
    body.extend_from_slice(&chunk);
    Ok(())
}

/// Reads the body. The parser's own messages quote what was sent, so none of them goes out.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(body).map_err(|_| malformed("The body is not UTF-8."))?;
    if text.trim().is_empty() {
        return Err(malformed("The body is empty; a JSON object is expected."));
    }
    match serde_json::from_str::<Strict>(text) {
        Ok(Strict::Object) => {}
        Ok(Strict::Other) => return Err(malformed("A JSON object is expected.")),
        Err(error) if error.is_data() => return Err(malformed("The body gives a field twice.")),
        Err(error) => {
            let detail =
                format!("The body is not valid JSON (line {}, column {}).", error.line(), error.column());
            return Err(malformed(detail));
        }
    }
    serde_json::from_str(text).map_err(|_| malformed("The body is not the object that is expected."))
}

fn malformed(detail: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem::new(Code::MalformedBody).detail(detail)
}

/// What stands at the top of a JSON text that gives no field twice at any depth.
enum Strict {
    Object,
    Other,
}

impl<'de> serde::Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Strict;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Strict, A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if !seen.insert(key) {
                return Err(serde::de::Error::custom("field given twice"));
            }
            map.next_value::<Strict>()?;
        }
        Ok(Strict::Object)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Strict, A::Error> {
        while items.next_element::<Strict>()?.is_some() {}
        Ok(Strict::Other)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Strict, D::Error> {
        IgnoredAny.visit_some(deserializer).map(|_| Strict::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Strict, E> {
        Ok(Strict::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Strict, E> {
        Ok(Strict::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Strict, E> {
        Ok(Strict::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Strict, E> {
        Ok(Strict::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Strict, E> {
        Ok(Strict::Other)
    }

    fn visit_unit<E>(self) -> Result<Strict, E> {
        Ok(Strict::Other)
    }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests {
    use super::*;

    fn code(body: &[u8]) -> Option<Code> {
        parse::<serde_json::Value>(body).err().map(|problem| problem.code())
    }

    #[test]
    fn an_object_is_read_and_unknown_fields_are_no_fault() {
        assert_eq!(code(br#"{"a": [1, {"b": null}], "c": 1.5, "d": "x", "e": true}"#), None);
    }

    #[test]
    fn a_field_given_twice_is_refused_at_any_depth() {
        assert_eq!(code(br#"{"a": 1, "a": 1}"#), Some(Code::MalformedBody));
        assert_eq!(code(br#"{"x": [{"a": 1, "\u0061": 2}]}"#), Some(Code::MalformedBody));
    }

    #[test]
    fn what_is_no_json_object_is_refused() {
        let deep = "[".repeat(5000);
        for body in ["", " ", "[]", "1", "\"x\"", "null", "{", "{\"a\": NaN}", "{\"a\": 1}x", deep.as_str()] {
            assert_eq!(code(body.as_bytes()), Some(Code::MalformedBody), "{body}");
        }
        assert_eq!(code(b"{\"a\": \"\xff\"}"), Some(Code::MalformedBody));
    }

    #[test]
    fn numbers_of_any_size_are_json() {
        assert_eq!(code(br#"{"a": 123456789012345678901234567890, "b": 1e308}"#), None);
    }
}
