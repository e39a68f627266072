//! The id of a request: the client's own, when it is a sane one, else a new UUID.

use actix_web::dev::ServiceRequest;
use actix_web::http::header::HeaderName;
use domain::SessionId;

use crate::state::AppState;

/// The header that carries it in both directions.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of one request.
#[derive(Clone)]
pub(crate) struct RequestId(pub(crate) String);

impl RequestId {
    /// The id for this request.
    pub(crate) fn of(request: &ServiceRequest, state: &AppState) -> Self {
        let sent = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
        let sane = sent.filter(|id| is_sane(id)).map(str::to_owned);
        // Version 7 sorts by time, in a log as in a table.
        Self(
            sane.unwrap_or_else(|| {
                SessionId::generate(state.clock.now(), state.random.ten_bytes()).to_string()
            }),
        )
    }
}

/// Ids stand in logs and are echoed, so they are short and plain.
fn is_sane(id: &str) -> bool {
    (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:-".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_short_and_plain() {
        assert!(is_sane("0190a-b.c:d_E"));
        let long = "a".repeat(129);
        for id in ["", "a b", "a\nb", "é", "<script>", long.as_str()] {
            assert!(!is_sane(id), "{id}");
        }
    }
}
