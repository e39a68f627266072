//! Requests that are done once, however often they are sent (draft-ietf-httpapi-idempotency-key-header).

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpRequest};
use domain::{IdempotencyKey, Once};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::body::{parse, receive};
use crate::problem::{Code, Problem};

/// The name of the header, as it is documented.
pub(crate) const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");

/// A JSON object of which a record is to be made, and the promise to make it once, where the client has asked for
/// that by a key.
pub(crate) struct OnceJson<T> {
    /// The object, read as by [`ValidJson`](crate::body::ValidJson).
    pub(crate) body: T,
    /// The key with a digest of the request.
    pub(crate) once: Option<Once>,
}

impl<T: DeserializeOwned> FromRequest for OnceJson<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let key = key(request);
        let digest = Fingerprint::of(request);
        let body = receive(request, payload);
        Box::pin(async move {
            let key = key?;
            let bytes = body.await?;
            let once = key.map(|key| Once { key, fingerprint: digest.with_body(&bytes) });
            Ok(Self { body: parse(&bytes)?, once })
        })
    }
}

fn key(request: &HttpRequest) -> Result<Option<IdempotencyKey>, Problem> {
    let mut values = request.headers().get_all(HEADER);
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(bad("is given twice"));
    }
    read(value).map(Some).ok_or_else(|| bad("must be 1 to 255 visible ASCII characters"))
}

fn bad(message: &str) -> Problem {
    Problem::new(Code::InvalidFields).detail("A header is not valid.").field(IDEMPOTENCY_KEY, message)
}

/// Reads a key, either as it is or as a string of structured fields (RFC 9651, section 3.3.3), which the draft asks
/// for and few clients send.
fn read(value: &HeaderValue) -> Option<IdempotencyKey> {
    let text = value.to_str().ok()?;
    let Some(quoted) = text.strip_prefix('"') else { return IdempotencyKey::parse(text).ok() };
    let mut escaped = quoted.strip_suffix('"')?.chars();
    let mut plain = String::new();
    while let Some(character) = escaped.next() {
        plain.push(match character {
            '"' => return None,
            '\\' => escaped.next().filter(|next| matches!(next, '"' | '\\'))?,
            other => other,
        });
    }
    IdempotencyKey::parse(&plain).ok()
}

/// A digest of what is asked, in the making.
struct Fingerprint(Sha256);

impl Fingerprint {
    fn of(request: &HttpRequest) -> Self {
        let path = request.path().trim_end_matches('/');
        // Neither a method nor a path has a line end in it.
        Self(Sha256::new().chain_update(format!("{} {path}\n", request.method())))
    }

    fn with_body(self, body: &[u8]) -> [u8; 32] {
        self.0.chain_update(body).finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn read_text(text: &str) -> Option<String> {
        read(&HeaderValue::from_str(text).unwrap()).map(|key| key.as_str().to_owned())
    }

    #[test]
    fn a_key_is_read_plain_and_quoted() {
        for text in ["8e03978e-40d5", "\"8e03978e-40d5\""] {
            assert_eq!(read_text(text).as_deref(), Some("8e03978e-40d5"), "{text}");
        }
        assert_eq!(read_text(r#""a\"b\\c""#).as_deref(), Some(r#"a"b\c"#));
        assert_eq!(read_text("a\"b").as_deref(), Some("a\"b"));
        assert_eq!(read_text(&"k".repeat(255)), Some("k".repeat(255)));
    }

    #[test]
    fn what_is_no_key_is_none() {
        let long = "k".repeat(256);
        for text in
            ["", " ", "a b", "\"", "\"\"", "\"a", "\"a\"b\"", r#""a\""#, r#""a\n""#, "\"a b\"", "é", &long]
        {
            assert_eq!(read_text(text), None, "{text}");
        }
    }

    #[test]
    fn a_fingerprint_is_of_method_path_and_body() {
        let of =
            |request: TestRequest, body: &[u8]| Fingerprint::of(&request.to_http_request()).with_body(body);
        let first = of(TestRequest::post().uri("/api/patients/"), b"{}");
        assert_eq!(of(TestRequest::post().uri("/api/patients?x=y"), b"{}"), first);
        for other in [
            of(TestRequest::put().uri("/api/patients/"), b"{}"),
            of(TestRequest::post().uri("/api/doctors/"), b"{}"),
            of(TestRequest::post().uri("/api/patients/"), b"{ }"),
        ] {
            assert_ne!(other, first);
        }
    }
}
