//! What should be on record, kept by the test itself, and how the trail is held against it.

use std::collections::{BTreeMap, BTreeSet};

use domain::Timestamp;
use serde_json::Value;

/// What the event of a call must say.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Entry {
    pub(crate) operation: String,
    pub(crate) outcome: String,
    pub(crate) user: Option<i64>,
    pub(crate) session: Option<String>,
    pub(crate) address: Option<String>,
    /// Kind and id.
    pub(crate) record: Option<(String, String)>,
    pub(crate) patient: Option<i64>,
    pub(crate) version: Option<i64>,
}

impl Entry {
    /// What an event says.
    pub(crate) fn of(event: &Value) -> Self {
        let text = |name: &str| event[name].as_str().map(str::to_owned);
        Self {
            operation: text("operation").unwrap_or_default(),
            outcome: text("outcome").unwrap_or_default(),
            user: event["user"].as_i64(),
            session: text("session"),
            address: text("address"),
            record: text("record_kind").zip(text("record_id")),
            patient: event["patient"].as_i64(),
            version: event["version"].as_i64(),
        }
    }
}

/// What the events of an import's writes have behind the name of the operation.
const ROWS: &str = "_rows";

/// A call that must leave one event.
#[derive(Clone, Debug)]
pub(crate) struct Called {
    pub(crate) entry: Entry,
    /// Of an import also one for each of its writes, in their order.
    pub(crate) rows: Vec<Entry>,
    /// The event's time lies between these.
    pub(crate) sent: Timestamp,
    pub(crate) answered: Timestamp,
}

/// Everything that was called, by the ids of the requests.
#[derive(Clone, Default, Debug)]
pub(crate) struct Ledger {
    pub(crate) calls: BTreeMap<String, Called>,
    /// Calls that must leave none.
    pub(crate) silent: BTreeSet<String>,
}

impl Ledger {
    pub(crate) fn add(&mut self, other: Self) {
        for (id, called) in other.calls {
            assert!(self.calls.insert(id.clone(), called).is_none(), "two calls are {id}");
        }
        self.silent.extend(other.silent);
    }

    /// Every way in which the trail is not what it should be; nothing when each call has exactly one right event.
    pub(crate) fn differences(&self, trail: &[Value]) -> Vec<String> {
        let mut events: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for event in trail {
            events.entry(event["request_id"].as_str().unwrap_or_default()).or_default().push(event);
        }
        let mut wrong = Vec::new();
        for (id, called) in &self.calls {
            let (rows, events): (Vec<_>, Vec<_>) = events
                .remove(id.as_str())
                .unwrap_or_default()
                .into_iter()
                .partition(|event| event["operation"] == called.entry.operation.clone() + ROWS);
            let written: Vec<Entry> = rows.into_iter().map(Entry::of).collect();
            if written != called.rows {
                wrong.push(format!("{id}: wrote {written:?}, and not {:?}", called.rows));
            }
            match events[..] {
                [event] => wrong.extend(called.differences(event).map(|what| format!("{id}: {what}"))),
                ref many => {
                    wrong.push(format!("{id}: {} events of {:?}: {many:?}", many.len(), called.entry));
                }
            }
        }
        for (id, events) in events {
            let what = if self.silent.contains(id) { "should leave nothing" } else { "was never called" };
            wrong.push(format!("{id} {what}: {events:?}"));
        }
        wrong
    }
}

impl Called {
    fn differences(&self, event: &Value) -> impl Iterator<Item = String> {
        let found = Entry::of(event);
        let entry = (found != self.entry).then(|| format!("expected {:?}, found {found:?}", self.entry));
        let at = event["at"].as_str().and_then(Timestamp::parse);
        let is_timely = at.is_some_and(|at| (self.sent..=self.answered).contains(&at));
        let time = (!is_timely).then(|| format!("at {at:?}, not in {:?} to {:?}", self.sent, self.answered));
        entry.into_iter().chain(time)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(id: &str, record: i64) -> Value {
        json!({
            "id": record, "at": "2026-03-04T05:06:07.890123Z", "operation": "patients_get", "outcome": "done", "user": 7,
            "session": "s", "address": "192.0.2.1", "request_id": id, "record_kind": "patient",
            "record_id": record.to_string(), "patient": record, "version": null,
        })
    }

    /// A trail of some calls, and what should be on record.
    fn good() -> (Ledger, Vec<Value>) {
        let at = Timestamp::parse("2026-03-04T05:06:07.890123Z").unwrap();
        let trail: Vec<Value> = (1..=5).map(|number| event(&format!("r-{number}"), number)).collect();
        let calls = trail.iter().map(|event| {
            let id = event["request_id"].as_str().unwrap().to_owned();
            (id, Called { entry: Entry::of(event), rows: Vec::new(), sent: at, answered: at })
        });
        (Ledger { calls: calls.collect(), silent: ["quiet".to_owned()].into() }, trail)
    }

    #[test]
    fn a_right_trail_differs_in_nothing() {
        let (ledger, mut trail) = good();
        assert_eq!(ledger.differences(&trail), [""; 0]);
        trail.reverse();
        assert_eq!(ledger.differences(&trail), [""; 0]);
    }

    #[test]
    fn every_wrong_trail_differs() {
        let (ledger, trail) = good();
        let mut dropped = trail.clone();
        dropped.remove(2);
        let mut twice = trail.clone();
        twice.push(trail[2].clone());
        let mut more = trail.clone();
        more.push(event("r-6", 6));
        let mut loud = trail.clone();
        loud.push(event("quiet", 6));
        for (what, wrong) in [("dropped", dropped), ("twice", twice), ("more", more), ("loud", loud)] {
            assert_eq!(ledger.differences(&wrong).len(), 1, "{what}");
        }
        for (name, value) in [
            ("operation", json!("patients_list")),
            ("outcome", json!("not_found")),
            ("user", json!(8)),
            ("user", Value::Null),
            ("session", json!("t")),
            ("address", json!("192.0.2.2")),
            ("record_kind", json!("doctor")),
            ("record_id", json!("33")),
            ("patient", Value::Null),
            ("version", json!(1)),
            ("at", json!("2026-03-04T05:06:07.890124Z")),
        ] {
            let mut wrong = trail.clone();
            wrong[2][name] = value;
            assert_eq!(ledger.differences(&wrong).len(), 1, "{name}");
        }
        let mut other = trail.clone();
        other[2]["request_id"] = json!("r-7");
        assert_eq!(ledger.differences(&other).len(), 2, "one is missing and one is too many");
    }
}
