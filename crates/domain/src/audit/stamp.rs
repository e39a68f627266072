//! The circumstances of a call: they go along with every write, so that it and its event are one change.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use crate::macros::redacted_debug;
use crate::{Operation, PatientId, RecordId, RequestId, SessionId, Timestamp, UserId};

/// One call from outside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call {
    /// What is called.
    pub operation: Operation,
    /// Where the call comes from, as far as it can be believed; `None` for a command on the machine itself.
    pub address: Option<IpAddr>,
    /// What the call is known by.
    pub request_id: RequestId,
    concerned: OnceLock<PatientId>,
    target: OnceLock<RecordId>,
}

impl Call {
    /// A call from `address`.
    pub const fn new(operation: Operation, address: Option<IpAddr>, request_id: RequestId) -> Self {
        Self { operation, address, request_id, concerned: OnceLock::new(), target: OnceLock::new() }
    }

    /// A call that comes from the machine itself: a command, a task of the server.
    pub fn local(operation: Operation) -> Self {
        Self::new(operation, None, RequestId::none())
    }

    /// Notes whose records the call is about, where the record that it names is not the patient. The first
    /// patient counts.
    pub fn concern(&self, patient: PatientId) {
        let _ = self.concerned.set(patient);
    }

    /// Notes which record the call is about, where its address does not tell: the account that somebody wants to
    /// sign in to. The first one counts.
    pub fn target(&self, record: RecordId) {
        let _ = self.target.set(record);
    }

    /// Which record the call is about, if that was noted.
    pub fn targeted(&self) -> Option<RecordId> {
        self.target.get().copied()
    }

    /// Whose records the call is about, if that was noted.
    pub fn concerned(&self) -> Option<PatientId> {
        self.concerned.get().copied()
    }
}

/// Whoever can write: somebody who has signed in, or a call by nobody who is known.
pub trait Caller {
    /// What the caller's writes are stamped with.
    fn stamp(&self, now: Timestamp) -> Stamp;
}

impl Caller for Arc<Call> {
    fn stamp(&self, now: Timestamp) -> Stamp {
        Stamp::anonymous(now, Self::clone(self))
    }
}

/// A key by which a client makes sure that a request that it sends twice is done once
/// (draft-ietf-httpapi-idempotency-key-header): 1 to 255 visible ASCII characters.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

redacted_debug!(IdempotencyKey);

/// The text is no idempotency key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("must be 1 to 255 visible ASCII characters")]
pub struct BadIdempotencyKey;

impl IdempotencyKey {
    /// Reads a key.
    pub fn parse(raw: &str) -> Result<Self, BadIdempotencyKey> {
        let is_key = (1..=255).contains(&raw.len()) && raw.bytes().all(|byte| byte.is_ascii_graphic());
        if is_key { Ok(Self(raw.to_owned())) } else { Err(BadIdempotencyKey) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A promise to the client: with this key, this request is done once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Once {
    /// The client's key; keys of other users are others.
    pub key: IdempotencyKey,
    /// A digest of what is asked; another one under the same key is a mistake of the client.
    pub fingerprint: [u8; 32],
}

/// Who writes, when, and as part of which call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stamp {
    /// When.
    pub at: Timestamp,
    /// Who; `None` where nobody has signed in.
    pub user: Option<UserId>,
    /// In which session.
    pub session: Option<SessionId>,
    /// The call.
    pub call: Arc<Call>,
    /// Only for writes that make a record: what makes sure that it is made once.
    pub once: Option<Once>,
}

impl Stamp {
    /// Of a call by nobody who is known.
    pub const fn anonymous(at: Timestamp, call: Arc<Call>) -> Self {
        Self { at, user: None, session: None, call, once: None }
    }

    /// The same, to be done once.
    pub fn once(self, once: Option<Once>) -> Self {
        Self { once, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_patient_that_is_noted_counts() {
        let call = Call::local(Operation::named("test"));
        assert_eq!(call.concerned(), None);
        let [first, second] = [1, 2].map(|id| PatientId::new(id).unwrap());
        call.concern(first);
        call.concern(second);
        assert_eq!(call.concerned(), Some(first));
    }

    #[test]
    fn an_idempotency_key_is_visible_ascii() {
        assert!(IdempotencyKey::parse("8e03978e-40d5-43dd-bc93-6894a57f9324").is_ok());
        let long = "k".repeat(256);
        for key in ["", "a b", "é", "\t", long.as_str()] {
            assert!(IdempotencyKey::parse(key).is_err(), "{key}");
        }
    }
}
