//! Doctors, whom everybody shares.

use serde_json::json;

use super::MISSING;
use crate::asks::{act, delete, get, head, patch, post, put};
use crate::person::Person;

const DOCTORS: &str = "/api/doctors/";

/// Returns a doctor who is still there.
pub(super) async fn walk(person: &mut Person, round: usize) -> i64 {
    let email = format!("{}-{round}@example.org", person.name);
    let body = json!({"name": "Dr. Vikram Nair", "email": email});
    let made = person.ask(post(DOCTORS, &body)).await;
    let (id, old) = (made.id(), made.etag());
    person.ask(post(DOCTORS, &body).is(409)).await;
    person.ask(post(DOCTORS, &json!({"name": ""})).is(400)).await;
    let path = format!("{DOCTORS}{id}/");
    person.ask(get(DOCTORS)).await;
    person.ask(head(format!("{DOCTORS}?specialization=Cardiology"))).await;
    person.ask(get(&path)).await;
    person.ask(head(&path)).await;
    person.ask(get(&path).header("if-none-match", &old).is(304)).await;
    person.ask(get(format!("{path}history/"))).await;
    person.ask(get(format!("{path}history/1/"))).await;
    person.ask(get(&path).by_nobody().is(401)).await;
    let replacement = json!({"name": "Dr. Vikram Nair", "email": email, "experience_years": 12});
    person.ask(put(&path, &replacement).header("if-match", &old)).await;
    person.ask(patch(&path, &json!({"phone": "022 1"})).header("if-match", &old).is(412)).await;
    person.ask(patch(&path, &json!({"phone": "022 1"}))).await;
    person.ask(patch(&path, &json!({"experience_years": "many"})).is(400)).await;
    person.ask(delete(&path).version(4)).await;
    person.ask(get(&path).is(404)).await;
    person.ask(delete(&path).is(404)).await;
    person.ask(act(format!("{path}restore/"))).await;
    person.ask(act(format!("{path}restore/")).changes_nothing()).await;
    let missing = format!("{DOCTORS}{MISSING}/");
    person.ask(get(&missing).is(404)).await;
    person.ask(put(&missing, &replacement).is(404)).await;
    person.ask(act(format!("{missing}restore/")).is(404)).await;
    person.ask(get(format!("{missing}history/")).is(404)).await;
    person.ask(get(format!("{missing}history/1/")).is(404)).await;
    id
}
