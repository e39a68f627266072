//! Users of the tests.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::wire::{Answer, Request};

/// The password of every user of the tests.
pub(crate) const PASSWORD: &str = "violet otter 4711 bridge";

/// The tokens of a session.
#[derive(Clone)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Tokens {
    pub(crate) fn of(body: &Value) -> Self {
        let text = |name: &str| body[name].as_str().unwrap_or_else(|| panic!("no {name}: {body}")).to_owned();
        Self { access: text("access"), refresh: text("refresh") }
    }

    /// Whether the access token counts at this replica.
    pub(crate) async fn pass(&self, replica: SocketAddr) -> bool {
        let answer = Request::get("/api/patients/?limit=1").bearing(&self.access).send(replica).await;
        assert!(matches!(answer.status, 200 | 401), "{} {}", answer.status, answer.text());
        answer.status == 200
    }

    /// Trades the refresh token.
    pub(crate) async fn refresh(&self, replica: SocketAddr) -> Answer {
        Request::post("/api/auth/refresh/", &json!({"refresh": self.refresh})).send(replica).await
    }
}

/// What a user of this name signs in with.
pub(crate) fn credentials(name: &str) -> Value {
    json!({"username": name, "password": PASSWORD})
}

/// A new user, signed in.
pub(crate) async fn register(replica: SocketAddr, name: &str) -> Tokens {
    let registered = Request::post("/api/auth/register/", &credentials(name)).send(replica).await.is(201);
    Tokens::of(&registered.json()["tokens"])
}

/// One more session of a user.
pub(crate) async fn sign_in(replica: SocketAddr, name: &str) -> Tokens {
    let answer = Request::post("/api/auth/login/", &credentials(name)).send(replica).await.is(200);
    Tokens::of(&answer.json())
}

/// A patient to be made.
pub(crate) fn patient() -> Value {
    json!({"name": "Ravi Kumar", "address": "12 MG Road", "age": 42})
}
