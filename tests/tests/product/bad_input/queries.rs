//! Parameters of lists that break rules: named, not echoed; unknown ones are ignored.

use super::{CANARY, Case, assert_no_echo};
use crate::api::{Database, TestApi};
use crate::document::Operation;

on_both_databases!(
    a_bad_parameter_is_named,
    a_parameter_given_twice_is_named,
    any_query_is_answered_and_unknown_parameters_are_ignored,
);

/// Values that a parameter cannot have, percent-encoded.
const BAD: [(&str, &[&str]); 18] = [
    (
        "limit",
        &["0", "1001", "-1", "1.5", "", "x", "99999999999999999999", "%00", "%EF%BC%91", "+5x", CANARY],
    ),
    ("cursor", &["", "x", "AAAA", "%00", "====", "4oKs", CANARY]),
    ("count", &["", "yes", "2", "TRUEE", CANARY]),
    ("ordering", &["", "-", "--name", "nam", "name,created_at", "id", "password", "-%00", CANARY]),
    ("search", &["%00", "a%01", "a%0Ab"]),
    (
        "created_after",
        &["", "yesterday", "2026-13-01", "2026-02-30", "2026-01-01T25:00:00Z", "12345", "%00", CANARY],
    ),
    ("created_before", &["x", "2026-01-01T00:00:00", "0000-00-00", "99999-01-01", CANARY]),
    ("gender", &["x", "%00", "male,female", CANARY]),
    ("blood_group", &["C%2B", "A", CANARY]),
    ("patient", &["0", "-1", "x", "1.5", "", "9223372036854775808", "%00", CANARY]),
    ("doctor", &["0", "-1", "%D9%A3", "1%20", CANARY]),
    ("include_inactive", &["", "yes", "2", CANARY]),
    ("operation", &["", "Patients", "patients get", "1", "%00", "%C3%A9"]),
    ("outcome", &["", "fine", "DONE", "done,stale", "%00", CANARY]),
    ("user", &["", "0", "-1", "x", "9223372036854775808", CANARY]),
    ("after", &["", "yesterday", "2026-13-01", "%00", CANARY]),
    ("before", &["", "x", "2026-01-01T00:00:00", CANARY]),
    ("record", &["", "patient", "patient:", "patient:0", "bed:1", "session:1", "%00", CANARY]),
];

/// The status where nothing is wrong with the question.
fn good(operation: &Operation) -> u16 {
    // The whole trail is for administrators; what is wrong with a question is told to everybody.
    if operation.id == "audit_list" { 403 } else { 200 }
}

fn lists(case: &Case) -> Vec<(&Operation, String)> {
    let lists = case.operations.iter().filter(|operation| operation.is_list());
    let lists: Vec<_> = lists.map(|operation| (operation, operation.path_of(case.patient))).collect();
    assert!(lists.len() >= 9, "{lists:?}");
    lists
}

async fn a_bad_parameter_is_named(database: Database) {
    let case = Case::new(TestApi::start(database).await).await;
    for (operation, path) in lists(&case) {
        for (name, values) in BAD {
            for value in values {
                let answer = case.ann.get(&format!("{path}?{name}={value}")).await;
                if operation.query.iter().any(|known| known == name) {
                    assert_eq!(
                        (answer.status, answer.wrong_fields()),
                        (400, vec![name.to_owned()]),
                        "{}",
                        answer.request
                    );
                    assert_eq!(answer.json()["code"], "invalid_query");
                } else {
                    assert_eq!(answer.status, good(operation), "{}", answer.request);
                }
                assert_no_echo(&answer);
            }
        }
    }
    let answer = case.ann.get("/api/patients/?limit=0&ordering=x&gender=x&count=x&cursor=x").await.is(400);
    assert_eq!(answer.wrong_fields(), ["count", "cursor", "gender", "limit", "ordering"]);
}

async fn a_parameter_given_twice_is_named(database: Database) {
    let case = Case::new(TestApi::start(database).await).await;
    for (_, path) in lists(&case) {
        let answer = case.ann.get(&format!("{path}?limit=1&limit=2")).await.is(400);
        assert_eq!(answer.wrong_fields(), ["limit"], "{path}");
    }
}

async fn any_query_is_answered_and_unknown_parameters_are_ignored(database: Database) {
    let case = Case::new(TestApi::start(database).await).await;
    let many = "a=1&".repeat(1_000);
    let long = format!("search={}", "x".repeat(151));
    let words = format!("search={}", "a%20".repeat(40));
    for (operation, path) in lists(&case) {
        for query in [
            "",
            "&",
            "&&&=&",
            "=",
            "=x",
            "?",
            "??limit",
            "limit",
            "%",
            "%zz=1",
            "%ff=%ff",
            "search=%ff%fe",
            "search=%25",
            "search=_",
            "search=%27%3B--",
            "search=%20",
            "search=",
            "gender=",
            "blood_group=",
            "search=%F0%9F%92%89",
            "search=%E0%A4%85",
            "a[]=1&a[]=2",
            "offset=5&page=3",
            "filter[name]=x",
            "__proto__=1",
            "limit=5&unknown=canary-7f3a9c51",
            many.as_str(),
            long.as_str(),
            words.as_str(),
        ] {
            let answer = case.ann.get(&format!("{path}?{query}")).await;
            assert!([good(operation), 400].contains(&answer.status), "{} {}", answer.request, answer.status);
            if answer.status == 400 {
                let known = answer.wrong_fields().iter().all(|name| operation.query.contains(name));
                assert!(known && !answer.wrong_fields().is_empty(), "{}: {}", answer.request, answer.text());
            }
            assert_no_echo(&answer);
        }
        case.ann.get(&format!("{path}?unknown={CANARY}&Limit=0&LIMIT=x")).await.is(good(operation));
    }
}
