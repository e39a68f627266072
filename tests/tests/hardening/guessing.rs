//! Guessing passwords: the throttle counts before anything is hashed, and so do a hundred guesses at once find out.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::api::{Database, PASSWORD, TestApi};
use crate::client::{Answer, Client};

on_both_databases!(
    of_100_parallel_guesses_at_most_10_are_hashed,
    unknown_names_are_throttled_alike,
    guesses_of_the_current_password_are_throttled_alike,
    what_is_refused_was_not_hashed,
);

const GUESSES: usize = 100;
const MOST_HASHED: usize = 10;

/// The throttle at work, and no general limit in its way.
async fn start(database: Database, cost: &str) -> TestApi {
    let settings = [
        ("limits.enabled", "true"),
        ("limits.sign_in", "100000/second"),
        ("limits.user", "100000/second"),
        ("auth.password_cost", cost),
    ];
    TestApi::with(database, &settings).await
}

async fn register(api: &TestApi) -> Client {
    let account = json!({"username": "ann", "email": "ann@example.com", "password": PASSWORD});
    let registered = api.anonymous().post("/api/auth/register/", account).await.is(201);
    api.bearing(&registered.json()["tokens"]["access"])
}

/// A password that is looked at is answered with `hashed`, one that is not with 429.
async fn guesses(hashed: u16, call: impl Fn(usize) -> (Client, &'static str, Value)) -> usize {
    let calls = (0..GUESSES).map(|number| {
        let (who, path, body) = call(number);
        async move { who.post(path, body).await }
    });
    let answers = calls.collect::<JoinSet<Answer>>().join_all().await;
    let mut counts: BTreeMap<u16, usize> = BTreeMap::new();
    for answer in &answers {
        *counts.entry(answer.status).or_default() += 1;
        if answer.status == 429 {
            assert!(answer.header("retry-after").unwrap().parse::<u32>().unwrap() >= 1);
        }
    }
    let count = |status| counts.get(&status).copied().unwrap_or_default();
    assert_eq!(count(hashed) + count(429), GUESSES, "{counts:?}");
    count(hashed)
}

fn guess(username: &str, number: usize) -> Value {
    json!({"username": username, "password": format!("wrong guess {number}")})
}

/// Guesses on until nothing passes for some seconds, however busy the machine is; the last refusal.
async fn until_blocked(who: &Client, path: &str, guess: Value) -> Answer {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let answer = who.post(path, guess.clone()).await;
        let wait = answer.header("retry-after").and_then(|wait| wait.parse::<u32>().ok());
        if answer.status == 429 && wait >= Some(4) {
            return answer;
        }
        assert!(Instant::now() < deadline, "guessing is never blocked");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn of_100_parallel_guesses_at_most_10_are_hashed(database: Database) {
    let api = start(database, "10").await;
    register(&api).await;
    // One account, however its name is typed.
    let names = ["ann", "ANN", "ann@example.com", "Ann@EXAMPLE.com"];
    let hashed =
        guesses(401, |number| (api.anonymous(), "/api/auth/login/", guess(names[number % 4], number))).await;
    println!("{database:?}: {hashed} of {GUESSES} parallel guesses were hashed");
    assert!((1..=MOST_HASHED).contains(&hashed), "{hashed}");
    until_blocked(&api.anonymous(), "/api/auth/login/", guess("ann", 0)).await;
    let right = json!({"username": "ann", "password": PASSWORD});
    api.anonymous().post("/api/auth/login/", right).await.is(429);
}

async fn unknown_names_are_throttled_alike(database: Database) {
    let api = start(database, "10").await;
    register(&api).await;
    let known = guesses(401, |number| (api.anonymous(), "/api/auth/login/", guess("ann", number))).await;
    let unknown = guesses(401, |number| (api.anonymous(), "/api/auth/login/", guess("eve", number))).await;
    println!("{database:?}: hashed of {GUESSES}: {known} for a known name, {unknown} for an unknown one");
    assert!((1..=MOST_HASHED).contains(&known) && (1..=MOST_HASHED).contains(&unknown));
    // The first block is of a second: each may let one more pass that came late.
    assert!(known.abs_diff(unknown) <= 1, "known {known}, unknown {unknown}");
    let anyone = api.anonymous();
    let blocked = async |name| until_blocked(&anyone, "/api/auth/login/", guess(name, 0)).await.json();
    let (known, unknown) = (blocked("ann").await, blocked("eve").await);
    assert_eq!((&known["code"], &known["title"]), (&unknown["code"], &unknown["title"]));
}

async fn guesses_of_the_current_password_are_throttled_alike(database: Database) {
    let api = start(database, "10").await;
    let ann = register(&api).await;
    let change =
        |current: String| json!({"current_password": current, "new_password": "harbour 99 lantern moss"});
    let path = "/api/auth/password/";
    let hashed = guesses(400, |number| (ann.clone(), path, change(format!("wrong guess {number}")))).await;
    println!("{database:?}: {hashed} of {GUESSES} parallel guesses of the current password were hashed");
    assert!((1..=MOST_HASHED).contains(&hashed), "{hashed}");
    until_blocked(&ann, path, change("wrong guess".to_owned())).await;
    ann.post(path, change(PASSWORD.to_owned())).await.is(429);
    // Another route is no other count.
    let right = json!({"username": "ann", "password": PASSWORD});
    api.anonymous().post("/api/auth/login/", right).await.is(429);
}

/// The quickest answers of each kind: a hash takes its time on any machine, and a refusal must not.
async fn what_is_refused_was_not_hashed(database: Database) {
    let api = start(database, "12").await;
    register(&api).await;
    let mut quickest: BTreeMap<u16, Duration> = BTreeMap::new();
    for number in 0..15 {
        let begun = Instant::now();
        let status = api.anonymous().post("/api/auth/login/", guess("ann", number)).await.status;
        let took = begun.elapsed();
        quickest.entry(status).and_modify(|least| *least = took.min(*least)).or_insert(took);
    }
    println!("{database:?}: quickest answers by status: {quickest:?}");
    assert!(quickest[&429] * 2 < quickest[&401], "{quickest:?}");
}
