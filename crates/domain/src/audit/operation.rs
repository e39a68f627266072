//! What is called, and the name of one call.

use std::fmt;
use std::sync::Arc;

use crate::macros::serde_as_text;

/// The longest request id.
const REQUEST_ID_MAX: usize = 128;

/// The stable name of something that can be called, such as `patients_get`: of an operation of an interface or of a
/// command.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Operation(&'static str);

impl Operation {
    /// The operation of that name.
    pub const fn named(name: &'static str) -> Self {
        Self(name)
    }

    /// The name.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// What one call is known by, in the trail, in the log and to the client: 1 to 128 ASCII letters, digits and
/// `. _ : -`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RequestId(Arc<str>);

/// The text is no request id.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("is not a request id")]
pub struct BadRequestId;

serde_as_text!(RequestId);

impl RequestId {
    /// Reads an id: it stands in logs and is echoed, so it is short and plain.
    pub fn parse(raw: &str) -> Result<Self, BadRequestId> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
        let is_sane = (1..=REQUEST_ID_MAX).contains(&raw.len()) && raw.bytes().all(is_plain);
        if is_sane { Ok(Self(raw.into())) } else { Err(BadRequestId) }
    }

    /// The id of a call that nobody has made from outside, such as a task of the server itself.
    pub fn none() -> Self {
        Self("-".into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_is_short_and_plain() {
        assert_eq!(RequestId::parse("0190a-b.c:d_E").unwrap().as_str(), "0190a-b.c:d_E");
        let long = "a".repeat(129);
        for id in ["", "a b", "a\nb", "é", "<script>", long.as_str()] {
            assert!(RequestId::parse(id).is_err(), "{id}");
        }
    }
}
