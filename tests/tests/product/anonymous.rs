//! Deny by default: without a token nothing is answered but what is on the list of public operations.

use std::collections::BTreeSet;

use http_api::PUBLIC_OPERATIONS;
use reqwest::Method;

use crate::api::{Database, TestApi};
use crate::client::{Answer, Call, Client};
use crate::document::{self, Operation};

on_both_databases!(
    every_operation_that_is_not_public_needs_a_token,
    a_token_that_does_not_count_is_named_as_such
);

/// Counting takes time, on PostgreSQL a question to the database: whoever has no token learns nothing meanwhile.
const COUNTED: [(&str, &str); 2] = [("limits.enabled", "true"), ("limits.anonymous", "100000/minute")];

async fn every_operation_that_is_not_public_needs_a_token(database: Database) {
    let api = TestApi::with(database, &COUNTED).await;
    let anyone = api.anonymous();
    let mut refused = 0;
    for operation in document::operations(&api).await {
        let is_public = PUBLIC_OPERATIONS.contains(&operation.id.as_str());
        assert_eq!(operation.is_secured, !is_public, "{}", operation.id);
        for method in operation.methods() {
            for answer in ask(&anyone, &operation, &method, |call| call).await {
                if is_public {
                    assert_ne!(answer.status, 401, "{}: {}", operation.id, answer.text());
                    continue;
                }
                let answer = answer.is(401);
                assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer realm="healthcore""#));
                assert!(method == Method::HEAD || answer.json()["code"] == "not_authenticated");
                refused += 1;
            }
        }
    }
    assert!(refused > 50, "only {refused} requests were refused");
}

async fn a_token_that_does_not_count_is_named_as_such(database: Database) {
    let api = TestApi::with(database, &COUNTED).await;
    let token = api.user("ann").await.token().unwrap().to_owned();
    let (body, signature) = token.rsplit_once('.').unwrap();
    let swapped: String = signature.chars().rev().collect();
    let tokens = ["x".to_owned(), "a.b.c".to_owned(), body.to_owned(), format!("{body}.{swapped}")];
    for operation in document::operations(&api).await.into_iter().filter(|operation| operation.is_secured) {
        for token in &tokens {
            let authorize = |call: Call| call.header("authorization", &format!("Bearer {token}"));
            for answer in ask(&api.anonymous(), &operation, &operation.method, authorize).await {
                let challenge = answer.is(401).header("www-authenticate").map(str::to_owned);
                assert_eq!(
                    challenge.as_deref(),
                    Some(r#"Bearer realm="healthcore", error="invalid_token""#),
                    "{token}"
                );
            }
        }
    }
}

/// The same question with ids and bodies that are and are not right: who may not ask learns nothing of that.
async fn ask(
    who: &Client,
    operation: &Operation,
    method: &Method,
    describe: impl Fn(Call) -> Call,
) -> Vec<Answer> {
    let ids = if operation.has_id() { vec!["1", "4000000000000", "x"] } else { vec![""] };
    let bodies = if operation.fields.is_some() { vec!["{}", "{"] } else { vec![""] };
    let mut answers = Vec::new();
    for id in ids {
        for body in &bodies {
            let call = describe(who.call(method.clone(), &operation.path_of(id)));
            let call = if body.is_empty() { call } else { call.body("application/json", *body) };
            answers.push(call.send().await);
        }
    }
    answers
}

#[tokio::test]
async fn the_list_of_public_operations_names_operations_that_exist() {
    let api = TestApi::start(Database::Sqlite).await;
    let documented: BTreeSet<String> =
        document::operations(&api).await.into_iter().map(|operation| operation.id).collect();
    for name in PUBLIC_OPERATIONS {
        assert!(documented.contains(name), "{name}");
    }
}
