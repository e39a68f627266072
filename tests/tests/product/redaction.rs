//! Ids, times and other chance values under names by order of appearance, so that answers can be compared whole.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::client::Answer;

/// The answer's JSON with names for chance values: the first patient is `patient 1`, the first time `time 1`.
pub(crate) fn shown(answer: &Answer) -> Value {
    Redactor::default().json(&answer.json())
}

/// Names chance values; the same value gets the same name for as long as this lives.
#[derive(Default)]
pub(crate) struct Redactor {
    names: HashMap<(&'static str, String), usize>,
    counts: HashMap<&'static str, usize>,
}

const TIMES: [&str; 6] = ["created_at", "updated_at", "assigned_at", "ended_at", "date_joined", "last_login"];
const TOKENS: [&str; 2] = ["access", "refresh"];

/// Headers that tell nothing or only what the body tells.
const NOT_SHOWN: [&str; 3] = ["date", "x-request-id", "content-length"];

impl Redactor {
    /// Status, headers and body.
    pub(crate) fn answer(&mut self, answer: &Answer) -> String {
        let mut lines = vec![answer.status.to_string()];
        let mut headers: Vec<_> = answer.headers.iter().collect();
        headers.sort_by_key(|(name, _)| name.as_str());
        for (name, value) in headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            match name.as_str() {
                name if NOT_SHOWN.contains(&name) => {}
                "etag" => lines.push(format!("etag: {}", self.etag(&value))),
                "link" => lines.push("link: to the next page".to_owned()),
                "location" => lines.push(format!("location: {}", self.location(&value))),
                name => lines.push(format!("{name}: {value}")),
            }
        }
        let body = serde_json::from_slice(&answer.body).map(|body| self.json(&body));
        lines.push(body.map_or_else(|_| answer.text(), |body| format!("{body:#}")));
        lines.join("\n")
    }

    /// The JSON with names for chance values.
    pub(crate) fn json(&mut self, value: &Value) -> Value {
        match value {
            Value::Object(fields) => {
                let kind = kind(fields);
                Value::Object(
                    fields.iter().map(|(name, it)| (name.clone(), self.field(kind, name, it))).collect(),
                )
            }
            Value::Array(items) => items.iter().map(|item| self.json(item)).collect(),
            other => other.clone(),
        }
    }

    fn field(&mut self, kind: &'static str, name: &str, value: &Value) -> Value {
        match (name, value) {
            ("id", Value::Number(id)) => self.name(kind, &id.to_string()),
            ("owner", Value::Number(id)) => self.name("user", &id.to_string()),
            ("patient", Value::Number(id)) => self.name("patient", &id.to_string()),
            ("doctor", Value::Number(id)) => self.name("doctor", &id.to_string()),
            ("mapping_id", Value::Number(id)) => self.name("mapping", &id.to_string()),
            ("instance", Value::String(_)) => json!("a request"),
            (name, Value::String(_)) if TOKENS.contains(&name) => json!("a token"),
            (name, Value::String(time)) if TIMES.contains(&name) => self.time(time),
            (_, value) => self.json(value),
        }
    }

    fn name(&mut self, kind: &'static str, value: &str) -> Value {
        let count = self.counts.entry(kind).or_default();
        let number = *self.names.entry((kind, value.to_owned())).or_insert_with(|| {
            *count += 1;
            *count
        });
        json!(format!("{kind} {number}"))
    }

    fn time(&mut self, text: &str) -> Value {
        // RFC 3339 in UTC with at most microseconds: `2026-03-04T05:06:07.890123Z`.
        let shape = text
            .strip_suffix('Z')
            .and_then(|rest| rest.split_once('T'))
            .map(|(day, time)| (day.len(), time.len()));
        assert!(matches!(shape, Some((10, 8 | 10..=15))), "{text}");
        self.name("time", text)
    }

    /// The version is no chance; the checksum behind it is of a body with ids and times in it.
    fn etag(&mut self, tag: &str) -> String {
        let version = tag.split_once('-').expect("version and checksum").0;
        let name = self.name("tag", tag);
        format!("{version}-…\" {name}")
    }

    fn location(&mut self, path: &str) -> String {
        let (folder, id) = path.trim_end_matches('/').rsplit_once('/').expect("a path with an id");
        let kind = match folder {
            "/api/patients" => "patient",
            "/api/doctors" => "doctor",
            _ => "mapping",
        };
        format!("{folder}/{}/", self.name(kind, id))
    }
}

/// What a record is, by its fields.
fn kind(fields: &Map<String, Value>) -> &'static str {
    let has = |name| fields.contains_key(name);
    match () {
        () if has("assigned_by") => "mapping",
        () if has("medical_history") => "patient",
        () if has("license_number") => "doctor",
        () => "user",
    }
}
