//! A server whose trail is looked at, and what looks at it.

use std::process::Output;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::{BigInt, Text};
use diesel::{Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::place::{PASSWORD, Place, Serving, err, exchange, out, status};

/// Longest wait for anything, on a machine that is busy with something else.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A server and a user who has signed in.
pub(crate) struct Clinic {
    pub(crate) serving: Serving,
    token: String,
}

impl Clinic {
    /// Starts a server and registers `user`; that is one event.
    pub(crate) fn open(place: &Place, user: &str, variables: &[(&str, &str)]) -> Self {
        let variables = [&[("HEALTHCORE__LIMITS__ENABLED", "false")], variables].concat();
        let serving = place.serve(&variables);
        let account = json!({"username": user, "password": PASSWORD}).to_string();
        let answer = serving.post("/api/auth/register/", &account);
        assert_eq!(status(&answer), "201", "{answer}");
        let token = body(&answer)["tokens"]["access"].as_str().unwrap().to_owned();
        Self { serving, token }
    }

    /// Asks, and returns the status and the body.
    pub(crate) fn ask(&self, method: &str, path: &str, sent: &Value) -> (String, Value) {
        let sent = if sent.is_null() { String::new() } else { sent.to_string() };
        let (token, length) = (&self.token, sent.len());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{sent}"
        );
        let answer = exchange(self.serving.addr, &request);
        (status(&answer).to_owned(), body(&answer))
    }

    /// Makes a record and returns its id.
    pub(crate) fn make(&self, path: &str, record: &Value) -> i64 {
        let (status, made) = self.ask("POST", path, record);
        assert_eq!(status, "201", "{made}");
        made["id"].as_i64().unwrap()
    }

    /// Reads so many times; each is one event.
    pub(crate) fn read(&self, times: usize) {
        for _ in 0..times {
            assert_eq!(self.ask("GET", "/api/patients/", &Value::Null).0, "200");
        }
    }

    pub(crate) fn stop(mut self) {
        self.serving.signal(Signal::TERM);
        assert_eq!(self.serving.ended(PATIENCE).code(), Some(0));
    }
}

fn body(answer: &str) -> Value {
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    serde_json::from_str(body).unwrap_or_default()
}

/// Standard output of a command that does what it should.
pub(crate) fn done(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", err(output));
    out(output)
}

/// The events that `healthcore audit export` prints with these arguments.
pub(crate) fn exported(place: &Place, arguments: &[&str]) -> Vec<Value> {
    let text = done(&place.run(&[&["audit", "export"], arguments].concat()));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Waits until something is so.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "still not so: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A way into the database past the program.
pub(crate) struct Sql(SqliteConnection);

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

impl Sql {
    pub(crate) fn open(place: &Place) -> Self {
        let file = place.path("data/healthcore.db");
        let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
        connection.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
        Self(connection)
    }

    /// The same without the triggers that refuse changes.
    pub(crate) fn forced(place: &Place) -> Self {
        let mut sql = Self::open(place);
        let triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit_%'";
        let triggers: Vec<Name> = sql_query(triggers).load(&mut sql.0).unwrap();
        assert!(triggers.len() >= 8, "{} triggers", triggers.len());
        for trigger in &triggers {
            sql.run(&format!("DROP TRIGGER {}", trigger.name));
        }
        sql
    }

    pub(crate) fn run(&mut self, statements: &str) {
        self.0.batch_execute(statements).unwrap();
    }

    pub(crate) fn refusal(&mut self, statement: &str) -> String {
        self.0.batch_execute(statement).unwrap_err().to_string()
    }

    /// What `SELECT … AS number` says.
    pub(crate) fn number(&mut self, query: &str) -> i64 {
        sql_query(query).get_result::<Number>(&mut self.0).unwrap().number
    }
}
