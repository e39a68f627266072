//! Accounts and sessions: signing in and out, rightly and wrongly.

use serde_json::json;

use super::Foreign;
use crate::asks::{act, delete, get, head, patch, post};
use crate::person::Person;

const LOGIN: &str = "/api/auth/login/";
const ME: &str = "/api/auth/me/";
const PASSWORD: &str = "/api/auth/password/";
const REFRESH: &str = "/api/auth/refresh/";
const SESSIONS: &str = "/api/auth/sessions/";

pub(super) async fn walk(person: &mut Person, foreign: &Foreign, round: usize) {
    sign_in(person).await;
    me(person).await;
    password(person, round).await;
    sessions(person, foreign).await;
    refresh(person).await;
    sign_out(person).await;
}

async fn sign_in(person: &mut Person) {
    let (name, me) = (person.name.clone(), person.id());
    let wrong = json!({"username": name, "password": "not the password"});
    person.ask(post(LOGIN, &wrong).by_nobody().about("user", me).is(401)).await;
    let unknown = json!({"username": format!("no-{name}"), "password": "not the password"});
    person.ask(post(LOGIN, &unknown).by_nobody().is(401)).await;
    person.ask(post(LOGIN, &json!({})).by_nobody().is(400)).await;
    person.sign_in().await;
    let again = person.credentials();
    person.ask(post("/api/auth/register/", &again).by_nobody().is(409)).await;
    person.ask(post("/api/auth/register/", &json!({})).by_nobody().is(400)).await;
}

async fn me(person: &mut Person) {
    person.ask(get(ME)).await;
    person.ask(head(ME)).await;
    person.ask(patch(ME, &json!({"first_name": "Asha"}))).await;
    person.ask(patch(ME, &json!({"first_name": 7})).is(400)).await;
    person.ask(get(ME).by_nobody().is(401)).await;
}

async fn password(person: &mut Person, round: usize) {
    let other = person.sign_in().await;
    let new = format!("amber walrus 22{round:02} tunnel");
    let wrong = json!({"current_password": "not the password", "new_password": new});
    person.ask(post(PASSWORD, &wrong).is(400)).await;
    let right = json!({"current_password": person.password, "new_password": new});
    let tokens = person.ask(post(PASSWORD, &right).is(200)).await.json();
    person.password = new;
    person.go_on(crate::person::Session::of(&tokens));
    person.ask(get(ME).bearing(&other.access).is(401)).await;
}

async fn sessions(person: &mut Person, foreign: &Foreign) {
    let other = person.sign_in().await;
    person.ask(get(SESSIONS)).await;
    person.ask(head(SESSIONS)).await;
    person.ask(delete(format!("{SESSIONS}{}/", other.id))).await;
    person.ask(delete(format!("{SESSIONS}{}/", other.id)).is(404)).await;
    person.ask(delete(format!("{SESSIONS}{}/", foreign.session)).is(404)).await;
    person.ask(delete(format!("{SESSIONS}x/")).is(404)).await;
    person.ask(get("/api/patients/").bearing(&other.access).is(401)).await;
    let dead = json!({"refresh": other.refresh});
    person.ask(post(REFRESH, &dead).by_nobody().about("session", &other.id).is(401)).await;
}

async fn refresh(person: &mut Person) {
    let first = person.sign_in().await;
    let one = json!({"refresh": first.refresh});
    let two = person.ask(post(REFRESH, &one).by_nobody().is(200)).await.json()["refresh"].clone();
    let two = json!({"refresh": two});
    let three = person.ask(post("/api/auth/token/refresh/", &two).by_nobody().is(200)).await.json();
    // An old one ends the session, and with it the newest one.
    for token in [one, json!({"refresh": three["refresh"]})] {
        person.ask(post(REFRESH, &token).by_nobody().about("session", &first.id).is(401)).await;
    }
    person.ask(post(REFRESH, &json!({"refresh": "nonsense"})).by_nobody().is(401)).await;
    person.ask(post("/api/auth/token/refresh/", &json!({})).by_nobody().is(400)).await;
}

async fn sign_out(person: &mut Person) {
    let other = person.sign_in().await;
    person.ask(act("/api/auth/logout/").bearing(&other.access).is(204)).await;
    person.ask(act("/api/auth/logout/").bearing(&other.access).is(401)).await;
    person.ask(get("/api/audit/").is(403)).await;
    person.ask(act("/api/auth/logout-all/").is(204)).await;
    let next = person.sign_in().await;
    person.go_on(next);
}
