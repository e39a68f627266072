//! Patients: made, read, changed, deleted, brought back; those of others; those who do not exist.

use serde_json::json;

use super::{Foreign, MISSING};
use crate::asks::{act, delete, get, head, patch, post, put};
use crate::person::Person;

const PATIENTS: &str = "/api/patients/";

/// Returns a patient who is still there.
pub(super) async fn walk(person: &mut Person, foreign: &Foreign, round: usize) -> i64 {
    let id = create(person, round).await;
    read(person, id).await;
    change(person, id).await;
    remove_and_restore(person, id).await;
    sheets(person, id, round).await;
    not_theirs(person, foreign).await;
    id
}

async fn create(person: &mut Person, round: usize) -> i64 {
    let body = json!({"name": "Ravi Kumar", "address": "12 MG Road", "age": 42});
    person.ask(post(PATIENTS, &json!({"age": 42})).is(400)).await;
    person.ask(post(PATIENTS, &body).sending("application/json", "{\"name\": ").is(400)).await;
    person.ask(post(PATIENTS, &body).sending("text/plain", body.to_string()).is(415)).await;
    person.ask(post(PATIENTS, &body).sending("application/json", " ".repeat(70_000)).is(413)).await;
    person.ask(post(PATIENTS, &body).by_nobody().is(401)).await;
    let key = format!("{}-patient-{round}", person.name);
    let first = person.ask(post(PATIENTS, &body).header("idempotency-key", &key)).await;
    let again = post(PATIENTS, &body).header("idempotency-key", &key).outcome("repeated");
    assert_eq!(person.ask(again).await.id(), first.id());
    let other = post(PATIENTS, &json!({"name": "Somebody Else"})).header("idempotency-key", &key);
    person.ask(other.is(422)).await;
    first.id()
}

async fn read(person: &mut Person, id: i64) {
    let path = format!("{PATIENTS}{id}/");
    let tag = person.ask(get(&path)).await.etag();
    person.ask(head(&path)).await;
    person.ask(get(path.trim_end_matches('/'))).await;
    person.ask(get(&path).header("if-none-match", &tag).is(304)).await;
    person.ask(head(&path).header("if-none-match", &tag).is(304)).await;
    person.ask(get(format!("{PATIENTS}?search=ravi&count=true"))).await;
    person.ask(head(format!("{PATIENTS}?limit=1"))).await;
    person.ask(get(format!("{PATIENTS}?limit=0")).is(400)).await;
    for part in ["doctors", "audit", "history", "history/1"] {
        person.ask(get(format!("{path}{part}/"))).await;
    }
    person.ask(head(format!("{path}audit/?outcome=done"))).await;
    person.ask(get(format!("{path}audit/?outcome=fine")).is(400)).await;
    person.ask(get(format!("{path}history/99/")).is(404)).await;
    person.ask(get(&path).by_nobody().is(401)).await;
    person.ask(get(&path).bearing("of.nobody.here").is(401)).await;
}

async fn change(person: &mut Person, id: i64) {
    let path = format!("{PATIENTS}{id}/");
    let old = person.ask(get(&path)).await.etag();
    let body = json!({"name": "Ravi Kumar", "address": "14 MG Road"});
    person.ask(put(&path, &body).header("if-match", &old)).await;
    person.ask(put(&path, &body).header("if-match", &old).is(412)).await;
    person.ask(patch(&path, &json!({"phone": "022 1234"}))).await;
    person.ask(patch(&path, &json!({"phone": "022 1234"})).changes_nothing()).await;
    person.ask(patch(&path, &json!({"gender": 7})).is(400)).await;
    person.ask(patch(&path, &json!({"name": "X"})).header("if-match", "nonsense").is(412)).await;
    person.ask(delete(&path).header("if-match", &old).is(412)).await;
}

async fn remove_and_restore(person: &mut Person, id: i64) {
    let path = format!("{PATIENTS}{id}/");
    let version = person.ask(get(&path)).await.json()["version"].as_i64();
    let tag = person.ask(get(&path)).await.etag();
    let now: i64 = tag.trim_matches('"').split('-').next().unwrap().parse().unwrap();
    assert!(version.is_none_or(|version| version == now));
    person.ask(delete(&path).version(now + 1)).await;
    person.ask(delete(&path).is(404)).await;
    person.ask(get(&path).is(404)).await;
    person.ask(patch(&path, &json!({"name": "X"})).is(404)).await;
    for part in ["audit", "history"] {
        person.ask(get(format!("{path}{part}/"))).await;
    }
    person.ask(act(format!("{path}restore/"))).await;
    person.ask(act(format!("{path}restore/")).changes_nothing()).await;
}

/// A batch leaves one event and each patient that is changed another one; the call leaves its own in any case.
async fn sheets(person: &mut Person, id: i64, round: usize) {
    let import = |query: &str, sheet: &str| {
        act(format!("{PATIENTS}import/{query}")).sending("text/csv", sheet).changes_nothing()
    };
    let sheet =
        format!("external_id,name,age\n{round}-1,Ann One,30\n{round}-2,Ann Two,31\n{round}-3,Ann Three,x\n");
    person.ask(import("?dry_run=true", &sheet)).await;
    person.ask(import("", &sheet).writing(&[(None, None)])).await;
    person.ask(import("", &sheet)).await;
    let path = format!("{PATIENTS}{id}/");
    let patient = person.ask(get(&path)).await.json();
    let made = patient["created_at"].as_str().unwrap();
    let version = patient["version"].as_i64().unwrap();
    let sheet = format!("id,created_at,name,phone\n{id},{made},Ravi Kumar,{round}999\n");
    person.ask(import("?on_conflict=update", &sheet).writing(&[(Some(id), Some(version + 1))])).await;
    person.ask(import("?on_conflict=perhaps", &sheet).is(400)).await;
    person.ask(import("", "").is(400)).await;
    person.ask(import("", &sheet).sending("application/json", "{}").is(415)).await;
    person.ask(import("", &sheet).by_nobody().is(401)).await;
    person.ask(get(format!("{PATIENTS}export/"))).await;
    person.ask(head(format!("{PATIENTS}export/?format=ndjson"))).await;
    person.ask(get(format!("{PATIENTS}export/?format=x")).is(400)).await;
    person.ask(get(format!("{PATIENTS}export/")).by_nobody().is(401)).await;
}

/// Somebody else's patient and one who does not exist.
async fn not_theirs(person: &mut Person, foreign: &Foreign) {
    for id in [foreign.patient, MISSING] {
        let path = format!("{PATIENTS}{id}/");
        person.ask(get(&path).is(404)).await;
        person.ask(head(&path).is(404)).await;
        person.ask(put(&path, &json!({"name": "X"})).is(404)).await;
        person.ask(patch(&path, &json!({"name": "X"})).is(404)).await;
        person.ask(delete(&path).is(404)).await;
        person.ask(act(format!("{path}restore/")).is(404)).await;
        for part in ["doctors", "audit", "history", "history/1"] {
            person.ask(get(format!("{path}{part}/")).is(404)).await;
        }
    }
    for id in ["x", "0", "-1", "99999999999999999999"] {
        person.ask(get(format!("{PATIENTS}{id}/")).is(404)).await;
    }
}
