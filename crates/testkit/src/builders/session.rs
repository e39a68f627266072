//! Sessions.

use domain::ports::Random as _;
use domain::{NewSession, SessionId, Timestamp};

use crate::fixed::{self, FixedRandom};

/// Days after [`fixed::instant`] at which a session ends by default.
const DAYS: u64 = 30;

/// Builds a session with an id of its own, by default one that ends 30 days after [`fixed::instant`].
#[derive(Clone)]
#[must_use]
pub struct SessionBuilder(NewSession);

/// A session with an id of its own.
pub fn session() -> SessionBuilder {
    static RANDOM: std::sync::LazyLock<FixedRandom> = std::sync::LazyLock::new(FixedRandom::default);
    SessionBuilder(NewSession {
        id: SessionId::generate(fixed::instant(), RANDOM.ten_bytes()),
        expires_at: fixed::seconds_later(DAYS * 24 * 60 * 60),
        address: None,
        user_agent: None,
    })
}

impl SessionBuilder {
    /// The end that no refresh moves.
    pub fn expires(mut self, at: Timestamp) -> Self {
        self.0.expires_at = at;
        self
    }

    /// The client's address.
    pub fn address(mut self, address: &str) -> Self {
        self.0.address = Some(address.to_owned());
        self
    }

    /// What the client calls itself.
    pub fn user_agent(mut self, name: &str) -> Self {
        self.0.user_agent = Some(name.to_owned());
        self
    }

    /// The session to be opened.
    pub fn done(self) -> NewSession {
        self.0
    }
}
