//! Both databases give the same answers: one script of generated requests, run on each, compared answer by answer.

mod chance;
mod script;
mod values;

use std::collections::{BTreeMap, HashMap};

use reqwest::Method;
use serde_json::Value;

use self::script::Step;
use crate::api::{Database, TestApi};
use crate::client::Answer;
use crate::redaction::Redactor;

/// How many requests are generated, apart from those that read everything at the end.
const REQUESTS: usize = 500;

/// Two scripts, so that one lucky order of requests does not hide a difference.
#[tokio::test]
async fn generated_requests_are_answered_alike_first_script() {
    compare(0x5eed_0001).await;
}

#[tokio::test]
async fn generated_requests_are_answered_alike_second_script() {
    compare(0x5eed_0002).await;
}

async fn compare(seed: u64) {
    let script = script::generate(seed, REQUESTS);
    let (sqlite, postgres) = tokio::join!(run(Database::Sqlite, &script), run(Database::Postgres, &script));
    let pairs = script.iter().zip(sqlite.iter().zip(&postgres));
    let differences: Vec<String> = pairs
        .filter(|(_, (sqlite, postgres))| sqlite != postgres)
        .map(|(step, (sqlite, postgres))| {
            format!("{step:?}\n--- SQLite\n{sqlite}\n--- PostgreSQL\n{postgres}")
        })
        .collect();
    let first = differences.iter().take(3).cloned().collect::<Vec<_>>().join("\n\n");
    assert!(differences.is_empty(), "{} of {} answers differ:\n{first}", differences.len(), script.len());
    // The script has a bit of everything, or its agreement says little.
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for answer in &sqlite {
        *counts.entry(answer.lines().next().unwrap_or_default()).or_default() += 1;
    }
    let expected =
        [("200", 150), ("201", 80), ("204", 8), ("400", 60), ("401", 5), ("404", 20), ("409", 5), ("412", 2)];
    for (status, fewest) in expected {
        assert!(counts.get(status).is_some_and(|count| *count >= fewest), "{status}: {counts:?}");
    }
}

/// Runs the script and returns the answers with names for ids and times.
async fn run(database: Database, script: &[Step]) -> Vec<String> {
    let api = TestApi::start(database).await;
    let mut known = Known::default();
    let mut redactor = Redactor::default();
    let mut shown = Vec::new();
    for step in script {
        let answer = send(&api, &known, step).await;
        known.learn(step, &answer);
        shown.push(redactor.answer(&answer));
    }
    shown
}

async fn send(api: &TestApi, known: &Known, step: &Step) -> Answer {
    let who = match step.who.and_then(|who| known.0.get(&format!("u{who}.access"))) {
        Some(token) => api.anonymous().bearing(token),
        None => api.anonymous(),
    };
    let method: Method = step.method.parse().unwrap();
    let mut call = who.call(method, &known.fill(&step.path));
    for (name, value) in &step.headers {
        call = call.header(name, &known.fill(value));
    }
    match &step.body {
        Some((content_type, body)) => call.body(content_type, known.fill(body)),
        None => call,
    }
    .send()
    .await
}

/// What the answers so far have told: `p3` is the id of the patient of that name in the script.
#[derive(Default)]
struct Known(HashMap<String, String>);

impl Known {
    /// The text with what is known in the place of each `@name@`; what is not known is an id of nothing.
    fn fill(&self, text: &str) -> String {
        let parts = text.split('@').enumerate().map(|(position, part)| {
            if position % 2 == 0 { part } else { self.0.get(part).map_or("4000000000000", String::as_str) }
        });
        parts.collect()
    }

    fn learn(&mut self, step: &Step, answer: &Answer) {
        let Some(name) = step.learn.as_ref().filter(|_| matches!(answer.status, 200 | 201)) else { return };
        let body = answer.json();
        let mut learn = |what: &str, value: Option<String>| {
            if let Some(value) = value {
                let before = self.0.insert(format!("{name}{what}"), value);
                // What went stale is known as such.
                before.and_then(|before| self.0.insert(format!("{name}{what}.before"), before));
            }
        };
        learn("", body["id"].as_i64().map(|id| id.to_string()));
        learn(".etag", answer.header("etag").map(str::to_owned));
        learn(".cursor", answer.next().map(|path| path.split_once("cursor=").unwrap().1.to_owned()));
        let text = |value: &Value| value.as_str().map(str::to_owned);
        learn(".created", text(&body["created_at"]));
        for tokens in [&body, &body["tokens"]] {
            learn(".access", text(&tokens["access"]));
            learn(".refresh", text(&tokens["refresh"]));
        }
    }
}
