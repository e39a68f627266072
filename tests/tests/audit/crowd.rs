//! Everybody at once: people who go everywhere, one who asks too much, one who guesses, one without an account.

use std::sync::Arc;

use serde_json::json;
use tokio::task::JoinSet;

use crate::asks::{act, get, head, post};
use crate::clinic::Clinic;
use crate::ledger::Ledger;
use crate::person::{Outside, Person};
use crate::walks::{self, Foreign, MISSING};

/// How often the program lets them ask.
pub(crate) const LIMITS: [(&str, &str); 6] = [
    ("server.trusted_proxies", "127.0.0.1/32"),
    ("limits.enabled", "true"),
    ("limits.user", "360/day"),
    ("limits.anonymous", "30/day"),
    ("limits.sign_in", "60/day"),
    // A refresh token that was used is an old one at once.
    ("auth.refresh_grace_seconds", "0"),
];
/// The figures in them.
const OF_USER: usize = 360;
const OF_ANONYMOUS: usize = 30;
const OF_SIGN_IN: usize = 60;

/// How many people go everywhere, and how often.
const PEOPLE: [&str; 4] = ["asha", "bina", "chand", "dev"];
const ROUNDS: usize = 2;

/// What everybody has called.
pub(crate) async fn calls(clinic: &Clinic, outside: &Arc<Outside>) -> Ledger {
    let mut host = Person::registered(outside, "host", 1).await;
    let foreign = belongings(&mut host).await;
    let mut tasks = JoinSet::new();
    for (number, name) in PEOPLE.into_iter().enumerate() {
        let (outside, foreign) = (Arc::clone(outside), foreign.clone());
        let number = u8::try_from(10 + number).unwrap();
        tasks.spawn(async move {
            let mut person = Person::registered(&outside, name, number).await;
            for round in 0..ROUNDS {
                walks::everywhere(&mut person, &foreign, round).await;
            }
            person.ledger
        });
    }
    tasks.spawn(asks_too_much(Arc::clone(outside), foreign.clone()));
    tasks.spawn(guesses(Arc::clone(outside)));
    tasks.spawn(has_no_account(Arc::clone(outside), foreign.clone()));
    tasks.spawn(administers(Arc::clone(outside), foreign));
    let mut ledger = host.ledger;
    while let Some(other) = tasks.join_next().await {
        ledger.add(other.expect("every call is answered as expected"));
    }
    assert!(clinic.program.log().iter().all(|line| !line.contains("panicked")));
    ledger
}

async fn belongings(host: &mut Person) -> Foreign {
    let patient = host.ask(post("/api/patients/", &json!({"name": "Meera"}))).await.id();
    let doctor = host.ask(post("/api/doctors/", &json!({"name": "Dr. Iyer"}))).await.id();
    let pair = json!({"patient": patient, "doctor": doctor});
    let mapping = host.ask(post("/api/mappings/", &pair).concerning(patient)).await.id();
    Foreign { patient, mapping, session: host.session().id.clone() }
}

/// Reads anything, until the program has enough of it.
async fn asks_too_much(outside: Arc<Outside>, foreign: Foreign) -> Ledger {
    let mut person = Person::registered(&outside, "greedy", 20).await;
    let own = person.ask(post("/api/patients/", &json!({"name": "Ravi"}))).await.id();
    // As good as chance, and the same each time.
    let mut chance = 4711_u32;
    for count in 1..OF_USER + 20 {
        chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let ask = match (chance >> 16) % 6 {
            0 => get("/api/patients/"),
            1 => get(format!("/api/patients/{own}/")),
            2 => head(format!("/api/patients/{own}/history/")),
            3 => get(format!("/api/patients/{}/", foreign.patient)).is(404),
            4 => get(format!("/api/doctors/{MISSING}/")).is(404),
            _ => get("/api/doctors/?limit=1"),
        };
        person.ask(if count < OF_USER { ask } else { ask.is(429) }).await;
    }
    person.ledger
}

/// Guesses the own password, then tries it.
async fn guesses(outside: Arc<Outside>) -> Ledger {
    let mut person = Person::registered(&outside, "guesser", 21).await;
    let me = person.id();
    let login = |password: &str| {
        let body = json!({"username": "guesser", "password": password});
        post("/api/auth/login/", &body).by_nobody().about("user", me)
    };
    for number in 0..5 {
        person.ask(login(&format!("guess number {number}")).is(401)).await;
    }
    for password in ["guess number 5", crate::clinic::PASSWORD] {
        person.ask(login(password).is(429)).await;
    }
    person.ledger
}

/// Calls without a token until there are too many of it; and what is no operation on record.
async fn has_no_account(outside: Arc<Outside>, foreign: Foreign) -> Ledger {
    let mut person = Person::stranger(&outside, "stranger", 22);
    for count in 0..OF_ANONYMOUS + 10 {
        let ask = match count % 4 {
            0 => get("/api/patients/"),
            1 => get(format!("/api/patients/{}/", foreign.patient)),
            2 => act("/api/auth/logout/"),
            _ => get("/api/audit/").bearing("of.nobody.here"),
        };
        person.ask(ask.by_nobody().is(if count < OF_ANONYMOUS { 401 } else { 429 })).await;
    }
    for count in 0..OF_SIGN_IN + 5 {
        let ask = post("/api/auth/register/", &json!({})).by_nobody();
        person.ask(ask.is(if count < OF_SIGN_IN { 400 } else { 429 })).await;
    }
    let documents =
        ["/livez", "/readyz", "/openapi.json", "/api/schema/", "/.well-known/jwks.json", "/api/docs/"];
    for path in documents.into_iter().chain(["/", "/api/nothing/", "/api/patients/1/nothing/"]) {
        person.ask_in_silence(get(path).by_nobody()).await;
    }
    person.ask_in_silence(act(format!("/api/patients/{}/", foreign.patient)).by_nobody()).await;
    person.ledger
}

/// Looks at the trail while it grows.
async fn administers(outside: Arc<Outside>, foreign: Foreign) -> Ledger {
    let mut admin = Person::stranger(&outside, "admin", 23);
    let session = admin.sign_in().await;
    admin.go_on(session);
    let (patient, user) = (foreign.patient, admin.id());
    for _ in 0..3 {
        admin.ask(get("/api/audit/?limit=50")).await;
        admin.ask(head("/api/audit/?count=true")).await;
        admin.ask(get(format!("/api/audit/?patient={patient}")).concerning(patient)).await;
        admin.ask(get(format!("/api/audit/?record=patient:{patient}")).concerning(patient)).await;
        admin.ask(get(format!("/api/audit/?user={user}&outcome=done"))).await;
        admin.ask(get("/api/audit/?record=bed:7").is(400)).await;
        admin.ask(get("/api/audit/").by_nobody().is(401)).await;
        admin.ask(get(format!("/api/patients/{patient}/audit/")).is(404)).await;
    }
    admin.ledger
}
