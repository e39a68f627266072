//! Refresh tokens that come twice: an old one is a theft and ends the session, the same one at once is no theft.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::api::{Database, PASSWORD, TestApi, login};

on_both_databases!(
    every_replay_of_an_old_token_ends_its_session,
    every_replay_after_the_grace_ends_its_session,
    parallel_refreshes_have_one_successor_and_the_session_lives,
);

const REPLAYS: usize = 100;
const PARALLEL: usize = 20;

/// A pair of tokens.
#[derive(Clone)]
struct Pair {
    access: Value,
    refresh: Value,
}

impl Pair {
    fn of(body: &Value) -> Self {
        Self { access: body["access"].clone(), refresh: body["refresh"].clone() }
    }
}

async fn sign_in(api: &TestApi) -> Pair {
    Pair::of(&api.anonymous().post("/api/auth/login/", login("ann")).await.is(200).json())
}

async fn refreshed(api: &TestApi, pair: &Pair) -> Pair {
    let body = json!({"refresh": pair.refresh});
    Pair::of(&api.anonymous().post("/api/auth/refresh/", body).await.is(200).json())
}

/// Whether this refresh token is taken.
async fn is_taken(api: &TestApi, pair: &Pair) -> bool {
    let answer = api.anonymous().post("/api/auth/refresh/", json!({"refresh": pair.refresh})).await;
    if answer.status == 401 {
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(challenge.contains(r#"error="invalid_token""#), "{challenge}");
    }
    answer.status == 200
}

async fn counts(api: &TestApi, pair: &Pair) -> bool {
    let answer = api.bearing(&pair.access).get("/api/auth/me/").await;
    assert!(matches!(answer.status, 200 | 401), "{}", answer.status);
    answer.status == 200
}

/// Signs in, refreshes so often, shows the first refresh token again; whether that was found and everything of the
/// session is dead.
async fn replay(api: &TestApi, refreshes: usize) -> bool {
    let mut pairs = vec![sign_in(api).await];
    for _ in 0..refreshes {
        pairs.push(refreshed(api, &pairs[pairs.len() - 1]).await);
    }
    assert!(counts(api, &pairs[refreshes]).await, "the session lives until then");
    let mut is_found = !is_taken(api, &pairs[0]).await;
    for pair in &pairs {
        is_found &= !counts(api, pair).await;
        is_found &= !is_taken(api, pair).await;
    }
    is_found
}

async fn replays(api: &TestApi, refreshes: impl Fn(usize) -> usize) -> usize {
    let account = json!({"username": "ann", "password": PASSWORD});
    api.anonymous().post("/api/auth/register/", account).await.is(201);
    let bystander = sign_in(api).await;
    let mut found = 0;
    for number in 0..REPLAYS {
        found += usize::from(replay(api, refreshes(number)).await);
    }
    assert!(counts(api, &bystander).await && is_taken(api, &bystander).await, "another session has ended");
    found
}

async fn every_replay_of_an_old_token_ends_its_session(database: Database) {
    let api = TestApi::start(database).await;
    let found = replays(&api, |number| 2 + number % 3).await;
    println!("{database:?}: {found} of {REPLAYS} replays of an old refresh token were found");
    assert_eq!(found, REPLAYS);
}

async fn every_replay_after_the_grace_ends_its_session(database: Database) {
    let api = TestApi::with(database, &[("auth.refresh_grace_seconds", "0")]).await;
    let found = replays(&api, |_| 1).await;
    println!(
        "{database:?}: {found} of {REPLAYS} replays of the last refresh token after its grace were found"
    );
    assert_eq!(found, REPLAYS);
}

async fn parallel_refreshes_have_one_successor_and_the_session_lives(database: Database) {
    let api = TestApi::start(database).await;
    let account = json!({"username": "ann", "password": PASSWORD});
    api.anonymous().post("/api/auth/register/", account).await.is(201);
    let mut most = 0;
    for _ in 0..10 {
        let first = sign_in(&api).await;
        let calls = (0..PARALLEL).map(|_| {
            let (anyone, body) = (api.anonymous(), json!({"refresh": first.refresh}));
            async move { anyone.post("/api/auth/refresh/", body).await }
        });
        let answers = calls.collect::<JoinSet<_>>().join_all().await;
        let pairs: Vec<Pair> = answers
            .iter()
            .filter(|answer| answer.status == 200)
            .map(|answer| Pair::of(&answer.json()))
            .collect();
        let successors: BTreeSet<_> = pairs.iter().map(|pair| pair.refresh.to_string()).collect();
        most = most.max(successors.len());
        assert_eq!((pairs.len(), successors.len()), (PARALLEL, 1));
        for pair in &pairs {
            assert!(counts(&api, pair).await);
        }
        let next = refreshed(&api, &pairs[0]).await;
        assert!(counts(&api, &next).await, "the session lives");
    }
    println!("{database:?}: {PARALLEL} parallel refreshes, 10 times: at most {most} distinct successor");
}
