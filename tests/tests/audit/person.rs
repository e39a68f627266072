//! Somebody who calls, and keeps a ledger of what must be on record of it. What an operation is called comes from the
//! OpenAPI document, which record it is about from the table here: nothing of it from the program's own code.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Timestamp;
use reqwest::{Method, redirect};
use serde_json::{Value, json};

use crate::asks::{Ask, By, post};
use crate::client::{Answer, Client};
use crate::clinic::PASSWORD;
use crate::ledger::{Called, Entry, Ledger};

/// The program from outside: how it is asked, and what its document says.
pub(crate) struct Outside {
    client: Client,
    operations: Vec<Documented>,
}

/// An operation of the document.
pub(crate) struct Documented {
    pub(crate) id: String,
    method: Method,
    /// With names in braces where ids belong.
    parts: Vec<String>,
    /// Whether calls of it are on record: all but the document itself, keys and probes.
    pub(crate) is_audited: bool,
}

impl Outside {
    pub(crate) async fn of(address: SocketAddr) -> Arc<Self> {
        let http = reqwest::Client::builder().no_proxy().redirect(redirect::Policy::none()).build().unwrap();
        let client = Client::new(http, address);
        let document = client.get("/openapi.json").await.is(200).json();
        let mut operations = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, specification) in item.as_object().unwrap() {
                operations.push(Documented {
                    id: specification["operationId"].as_str().unwrap().to_owned(),
                    method: method.to_uppercase().parse().unwrap(),
                    parts: path.trim_end_matches('/').split('/').map(str::to_owned).collect(),
                    is_audited: path.starts_with("/api/") && path != "/api/schema/",
                });
            }
        }
        Arc::new(Self { client, operations })
    }

    /// The names of all operations that are on record.
    pub(crate) fn audited(&self) -> impl Iterator<Item = &str> {
        self.operations.iter().filter(|operation| operation.is_audited).map(|operation| operation.id.as_str())
    }

    /// The operation that a request means, and the id in its path. Of two paths that fit the more literal one counts.
    fn meant(&self, method: &Method, path: &str) -> Option<(&Documented, Option<String>)> {
        let method = if *method == Method::HEAD { &Method::GET } else { method };
        let path = path.split('?').next().unwrap_or_default();
        // An address counts with and without its last slash.
        let parts: Vec<&str> = path.trim_end_matches('/').split('/').collect();
        let fits = |operation: &&Documented| {
            operation.method == *method
                && operation.parts.len() == parts.len()
                && operation
                    .parts
                    .iter()
                    .zip(&parts)
                    .all(|(known, part)| known.starts_with('{') || known == part)
        };
        let literal = |operation: &&Documented| -> Vec<bool> {
            operation.parts.iter().map(|part| !part.starts_with('{')).collect()
        };
        let found = self.operations.iter().filter(fits).max_by_key(literal)?;
        let id = found.parts.iter().zip(&parts).find(|(known, _)| *known == "{id}");
        Some((found, id.map(|(_, id)| (*id).to_owned())))
    }
}

/// The record that the id in the path of an operation names.
fn kind_of(operation: &str) -> &'static str {
    match operation {
        "mappings_short_patient" | "mappings_patient" | "mappings_doctors" => "patient",
        "auth_sessions_delete" => "session",
        _ if operation.starts_with("patients_") => "patient",
        _ if operation.starts_with("doctors_") => "doctor",
        _ if operation.starts_with("mappings_") => "mapping",
        _ => panic!("say what {operation} is about"),
    }
}

/// The tokens of a session, and what they say.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) access: String,
    pub(crate) refresh: String,
    pub(crate) id: String,
    pub(crate) user: i64,
}

impl Session {
    pub(crate) fn of(tokens: &Value) -> Self {
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        let access = text("access");
        let claims = URL_SAFE_NO_PAD.decode(access.split('.').nth(1).unwrap()).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        let id = claims["sid"].as_str().unwrap().to_owned();
        let user = claims["sub"].as_str().unwrap().parse().unwrap();
        Self { access, refresh: text("refresh"), id, user }
    }
}

/// Somebody with an address of their own.
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) password: String,
    outside: Arc<Outside>,
    address: String,
    session: Option<Session>,
    pub(crate) ledger: Ledger,
    count: usize,
}

impl Person {
    /// Somebody who has no account.
    pub(crate) fn stranger(outside: &Arc<Outside>, name: &str, number: u8) -> Self {
        Self {
            name: name.to_owned(),
            password: PASSWORD.to_owned(),
            outside: Arc::clone(outside),
            address: format!("192.0.2.{number}"),
            session: None,
            ledger: Ledger::default(),
            count: 0,
        }
    }

    /// Somebody who has just registered.
    pub(crate) async fn registered(outside: &Arc<Outside>, name: &str, number: u8) -> Self {
        let mut person = Self::stranger(outside, name, number);
        let account = person.credentials();
        let made = person.ask(post("/api/auth/register/", &account).by_nobody()).await;
        person.session = Some(Session::of(&made.json()["tokens"]));
        person
    }

    /// Counts the ids of requests from here on: of two who go by one name.
    pub(crate) fn number_from(&mut self, count: usize) {
        self.count = count;
    }

    /// What they sign in with.
    pub(crate) fn credentials(&self) -> Value {
        json!({"username": self.name, "password": self.password})
    }

    /// Opens one more session.
    pub(crate) async fn sign_in(&mut self) -> Session {
        let credentials = self.credentials();
        let answer = self.ask(post("/api/auth/login/", &credentials).by_nobody().is(200)).await;
        Session::of(&answer.json())
    }

    /// The session that they call in.
    #[track_caller]
    pub(crate) fn session(&self) -> &Session {
        self.session.as_ref().expect("somebody who has signed in")
    }

    /// Goes on in this session.
    pub(crate) fn go_on(&mut self, session: Session) {
        self.session = Some(session);
    }

    /// The id of the account.
    #[track_caller]
    pub(crate) fn id(&self) -> i64 {
        self.session().user
    }

    /// Calls, checks the status, and writes down what must be on record.
    pub(crate) async fn ask(&mut self, ask: Ask) -> Answer {
        let (id, sent, answer) = self.send(&ask).await;
        assert_eq!(answer.status, ask.status, "{} as {}: {}", answer.request, self.name, answer.text());
        let entry = self.due(&ask, &answer);
        let rows = ask.rows.iter().map(|(patient, version)| Entry {
            operation: format!("{}_rows", entry.operation),
            record: patient.map(|id| ("patient".to_owned(), id.to_string())),
            patient: *patient,
            version: *version,
            ..entry.clone()
        });
        let rows = rows.collect();
        self.ledger.calls.insert(id, Called { entry, rows, sent, answered: now() });
        answer
    }

    /// Calls what must leave nothing on record, whatever comes of it.
    pub(crate) async fn ask_in_silence(&mut self, ask: Ask) {
        let (id, _, _) = self.send(&ask).await;
        self.ledger.silent.insert(id);
    }

    async fn send(&mut self, ask: &Ask) -> (String, Timestamp, Answer) {
        self.count += 1;
        let id = format!("{}-{}", self.name, self.count);
        let client = match &ask.by {
            By::Own => self.outside.client.bearing(&self.session().access),
            By::Nobody => self.outside.client.clone(),
            By::Token(access) => self.outside.client.bearing(access),
        };
        let mut call = client.call(ask.method.clone(), &ask.path);
        call = call.header("x-request-id", &id).header("x-forwarded-for", &self.address);
        for (name, value) in &ask.headers {
            call = call.header(name, value);
        }
        if let Some((kind, text)) = &ask.body {
            call = call.body(kind, text.as_str());
        }
        let sent = now();
        let answer = call.send().await;
        assert_eq!(answer.header("x-request-id"), Some(id.as_str()));
        (id, sent, answer)
    }

    /// What must be on record of a call.
    fn due(&self, ask: &Ask, answer: &Answer) -> Entry {
        let (operation, path_id) = self.outside.meant(&ask.method, &ask.path).expect("an operation");
        assert!(operation.is_audited, "{}", operation.id);
        let name = operation.id.as_str();
        let outcome = ask.due_outcome();
        let caller = self.caller(ask, answer, name);
        let named = path_id.and_then(|id| {
            let kind = kind_of(name);
            let is_id =
                if kind == "session" { id.len() == 36 } else { id.parse().is_ok_and(|id: i64| id > 0) };
            is_id.then(|| (kind.to_owned(), id))
        });
        let mut record = ask.record.clone().map(|(kind, id)| (kind.to_owned(), id)).or(named);
        match (name, &caller) {
            ("auth_register", Some(made)) => record = Some(("user".to_owned(), made.user.to_string())),
            ("auth_login" | "auth_refresh" | "auth_token_refresh", Some(made)) => {
                record = Some(("session".to_owned(), made.id.clone()));
            }
            ("auth_me" | "auth_me_update" | "auth_password" | "auth_logout_all", Some(caller)) => {
                record = Some(("user".to_owned(), caller.user.to_string()));
            }
            ("auth_logout", Some(caller)) => record = Some(("session".to_owned(), caller.id.clone())),
            _ => {}
        }
        let is_write = ![Method::GET, Method::HEAD].contains(&ask.method);
        if is_write && answer.status == 201 && record.is_none() {
            record = Some((name.trim_end_matches("s_create").to_owned(), answer.id().to_string()));
        }
        let patient = match &record {
            Some((kind, id)) if kind == "patient" => id.parse().ok(),
            _ => ask.patient,
        };
        let makes_version = is_write && outcome == "done" && !ask.changes_nothing;
        let made =
            answer.header("etag").and_then(|tag| tag.trim_matches('"').split('-').next()?.parse().ok());
        Entry {
            operation: name.to_owned(),
            outcome: outcome.to_owned(),
            user: caller.as_ref().map(|caller| caller.user),
            session: caller.map(|caller| caller.id),
            address: Some(self.address.clone()),
            record,
            patient,
            version: if makes_version { ask.version.or(made) } else { None },
        }
    }

    /// Who is on record: whoever the token belongs to, or who has just come in. Of a call whose token did not count,
    /// nobody.
    fn caller(&self, ask: &Ask, answer: &Answer, operation: &str) -> Option<Session> {
        match operation {
            "auth_register" | "auth_login" | "auth_refresh" | "auth_token_refresh" => {
                let body = (answer.status < 300).then(|| answer.json())?;
                Some(Session::of(body.get("tokens").unwrap_or(&body)))
            }
            _ if ask.status == 401 => None,
            _ => match &ask.by {
                By::Own => self.session.clone(),
                By::Nobody => None,
                By::Token(access) => Some(Session::of(&json!({"access": access, "refresh": ""}))),
            },
        }
    }
}

/// The present, by the clock that the program has, too.
pub(crate) fn now() -> Timestamp {
    #[expect(
        clippy::disallowed_methods,
        reason = "what the program says is held against the machine's own clock"
    )]
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap()).unwrap()
}
