//! The time of an answer does not tell whether an account exists: every refused sign-in does the same work.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::api::{Database, PASSWORD, TestApi};
use crate::own_database::OwnDatabase;

on_both_databases!(every_refused_sign_in_takes_the_same_time);

/// Who tries, with which password: each is refused for another reason.
const REFUSED: [(&str, &str); 6] = [
    ("known", "not the password 17"),
    ("unknown", "not the password 17"),
    ("disabled", "not the password 17"),
    ("disabled", PASSWORD),
    ("passwordless", "not the password 17"),
    // No user can have this name.
    ("not a name", "not the password 17"),
];
const ROUNDS: usize = 101;
/// The medians of a measurement are no further apart than this, of the least.
const APART: f64 = 0.10;
/// Somebody else may take the machine in the middle of one measurement, but not of each.
const MEASUREMENTS: usize = 3;

async fn every_refused_sign_in_takes_the_same_time(database: Database) {
    // Dear enough to stand out from everything else that a request costs in a build for tests.
    let own = OwnDatabase::new(database).await;
    let api = TestApi::with(database, &[("auth.password_cost", "9"), ("database.url", &own.url)]).await;
    for name in ["known", "disabled", "passwordless"] {
        let account = json!({"username": name, "password": PASSWORD});
        api.anonymous().post("/api/auth/register/", account).await.is(201);
    }
    // Neither can be done over the interface yet.
    own.execute("UPDATE users SET is_active = FALSE WHERE username_key = 'disabled'").await;
    own.execute("UPDATE users SET password_hash = NULL WHERE username_key = 'passwordless'").await;

    let mut least = f64::INFINITY;
    for number in 1..=MEASUREMENTS {
        let medians = measure(&api).await;
        let (shortest, longest) = (medians.iter().min().unwrap(), medians.iter().max().unwrap());
        let apart = longest.as_secs_f64() / shortest.as_secs_f64() - 1.0;
        let shown: Vec<_> =
            REFUSED.iter().zip(&medians).map(|((who, _), took)| format!("{who} {took:.2?}")).collect();
        println!("{database:?}, measurement {number}: {:.1} % apart: {}", apart * 100.0, shown.join(", "));
        least = least.min(apart);
        if least <= APART {
            return;
        }
    }
    panic!("the medians are {:.1} % apart at best", least * 100.0);
}

/// The median of each, measured in turns, so that what slows down one slows down all.
async fn measure(api: &TestApi) -> Vec<Duration> {
    let mut samples = vec![Vec::new(); REFUSED.len()];
    for round in 0..ROUNDS {
        for position in 0..REFUSED.len() {
            // Each kind follows each other kind alike.
            let kind = (position * (1 + round % 2 * 4) + round) % REFUSED.len();
            let (username, password) = REFUSED[kind];
            let body = json!({"username": username, "password": password});
            let begun = Instant::now();
            let answer = api.anonymous().post("/api/auth/login/", body).await;
            samples[kind].push(begun.elapsed());
            assert_eq!(answer.is(401).json()["code"], "wrong_credentials");
        }
    }
    for took in &mut samples {
        took.sort_unstable();
    }
    samples.iter().map(|took| took[took.len() / 2]).collect()
}
