//! The trace that a request belongs to, where its caller says so (W3C Trace Context, "traceparent").
//!
//! The id of the trace stands in every log line of the request, and the answer tells it back by `traceresponse`, with
//! the id of what was done here.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use tracing::Span;

use crate::state::AppState;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// W3C Trace Context Level 2, "Trace Context HTTP Response Headers Format" (working draft).
pub(crate) const TRACERESPONSE: HeaderName = HeaderName::from_static("traceresponse");

/// A trace, and the part of it that is this request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Trace {
    id: String,
    span: String,
    flags: String,
}

impl Trace {
    /// The trace that the headers name, if they name one. Nothing of another form gets into a log.
    pub(crate) fn of(headers: &HeaderMap, state: &AppState) -> Option<Self> {
        let sent = headers.get(TRACEPARENT)?.to_str().ok()?;
        let (id, flags) = parse(sent)?;
        let chance = state.random.ten_bytes();
        let span = chance.first_chunk().map(|eight| format!("{:016x}", u64::from_be_bytes(*eight)))?;
        Some(Self { id: id.to_owned(), span, flags: flags.to_owned() })
    }

    /// What the log knows it by.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// What the answer says.
    pub(crate) fn response(&self) -> Option<HeaderValue> {
        HeaderValue::try_from(format!("00-{}-{}-{}", self.id, self.span, self.flags)).ok()
    }
}

/// Id and flags of a `traceparent`: `<version>-<trace id>-<parent id>-<flags>`, all in lower-case hexadecimal digits.
/// A later version may have more behind that.
fn parse(text: &str) -> Option<(&str, &str)> {
    let mut parts = text.trim().splitn(5, '-');
    let [version, trace, parent, flags] = [parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    let is = |part: &str, length| {
        part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_some = |part: &str| part.bytes().any(|byte| byte != b'0');
    let is_whole = version != "00" || parts.next().is_none();
    let is_good = is(version, 2) && version != "ff" && is(trace, 32) && is(parent, 16) && is(flags, 2);
    (is_good && is_whole && is_some(trace) && is_some(parent)).then_some((trace, flags))
}

/// Tells a collector of traces which span continues which trace.
pub struct TraceLink(Box<LinkSpan>);

type LinkSpan = dyn Fn(&Span, &HeaderMap) + Send + Sync;

impl TraceLink {
    /// `link` is called with the span of each request, before it is entered, and with the headers of the request.
    pub fn new(link: impl Fn(&Span, &HeaderMap) + Send + Sync + 'static) -> Self {
        Self(Box::new(link))
    }

    pub(crate) fn link(&self, span: &Span, headers: &HeaderMap) {
        (self.0)(span, headers);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0af7651916cd43dd8448eb211c80319c";

    #[test]
    fn a_trace_is_read_and_what_is_none_is_not() {
        let good = format!("00-{ID}-b7ad6b7169203331-01");
        assert_eq!(parse(&good), Some((ID, "01")));
        assert_eq!(parse(&format!("cc-{ID}-b7ad6b7169203331-00-more")), Some((ID, "00")));
        let zero = "0".repeat(32);
        let bad = [
            String::new(),
            "00-x-b7ad6b7169203331-01".to_owned(),
            good.to_uppercase(),
            format!("{good}-more"),
            format!("ff-{ID}-b7ad6b7169203331-01"),
            format!("00-{zero}-b7ad6b7169203331-01"),
            format!("00-{ID}-0000000000000000-01"),
            format!("00-{ID}-b7ad6b7169203331"),
            format!("00-{ID}-b7ad6b7169203331-0 1"),
        ];
        for text in bad {
            assert_eq!(parse(&text), None, "{text}");
        }
    }
}
