//! The five client families, each from its first to its last request, with nothing but its own names and routes.

mod s0;
mod s1;
mod s2;
mod s3;
mod s4;

use serde_json::Value;

use crate::client::Answer;

/// Fails unless the answer has these fields with these values; it may have more.
#[track_caller]
fn assert_has(answer: &Answer, expected: &Value) {
    let record = answer.json();
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&record[name], value, "{} of {}: {record:#}", name, answer.request);
    }
}

/// The ids in a list.
#[track_caller]
fn ids(answer: &Answer) -> Vec<i64> {
    answer.array().iter().map(|record| record["id"].as_i64().expect("an id")).collect()
}
