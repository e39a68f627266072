//! The time of an answer does not tell whether an account exists: every refused sign-in does the same work.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::api::{Database, PASSWORD, TestApi};
use crate::own_database::OwnDatabase;

#[tokio::test]
#[ignore = "measures time: make test-load"]
async fn every_refused_sign_in_takes_the_same_time_sqlite() {
    every_refused_sign_in_takes_the_same_time(Database::Sqlite).await;
}

#[tokio::test]
#[ignore = "measures time: make test-load"]
async fn every_refused_sign_in_takes_the_same_time_postgres() {
    every_refused_sign_in_takes_the_same_time(Database::Postgres).await;
}

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
/// Of each measurement.
const ROUNDS: usize = 60;
/// The medians of a measurement are no further apart than this, of the least.
const APART: f64 = 0.10;
/// Where somebody else takes the machine, more is measured.
const MEASUREMENTS: usize = 4;

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

    let mut rounds = Vec::new();
    for number in 1..=MEASUREMENTS {
        for round in 0..ROUNDS {
            rounds.push(measure(&api, round).await);
        }
        let medians = medians(&mut rounds);
        let (shortest, longest) = (medians.iter().min().unwrap(), medians.iter().max().unwrap());
        let apart = longest.as_secs_f64() / shortest.as_secs_f64() - 1.0;
        let shown: Vec<_> =
            REFUSED.iter().zip(&medians).map(|((who, _), took)| format!("{who} {took:.2?}")).collect();
        println!("{database:?}, measurement {number}: {:.1} % apart: {}", apart * 100.0, shown.join(", "));
        if apart <= APART {
            return;
        }
    }
    panic!("the medians are more than {:.0} % apart", APART * 100.0);
}

/// How long each is refused, one after the other; each round begins with another one.
async fn measure(api: &TestApi, round: usize) -> [Duration; REFUSED.len()] {
    let mut took = [Duration::ZERO; REFUSED.len()];
    for position in 0..REFUSED.len() {
        let kind = (position + round) % REFUSED.len();
        let (username, password) = REFUSED[kind];
        let body = json!({"username": username, "password": password});
        let begun = Instant::now();
        let answer = api.anonymous().post("/api/auth/login/", body).await;
        took[kind] = begun.elapsed();
        assert_eq!(answer.is(401).json()["code"], "wrong_credentials");
    }
    took
}

/// The median of each over the quieter half of the rounds: a round is left out as a whole, so that what somebody
/// else does on the machine favors none.
fn medians(rounds: &mut [[Duration; REFUSED.len()]]) -> Vec<Duration> {
    rounds.sort_by_key(|took| took.iter().sum::<Duration>());
    let quieter = &rounds[..rounds.len() / 2];
    let median = |kind: usize| {
        let mut took: Vec<Duration> = quieter.iter().map(|round| round[kind]).collect();
        took.sort_unstable();
        took[took.len() / 2]
    };
    (0..REFUSED.len()).map(median).collect()
}
