//! Mappings: which concern the patient wherever it is known who that is.

use serde_json::json;

use super::{Foreign, MISSING};
use crate::asks::{delete, get, head, patch, post};
use crate::person::Person;

const MAPPINGS: &str = "/api/mappings/";

pub(super) async fn walk(person: &mut Person, foreign: &Foreign, patient: i64, doctor: i64, round: usize) {
    let pair = json!({"patient": patient, "doctor": doctor});
    let key = format!("{}-mapping-{round}", person.name);
    let create = post(MAPPINGS, &pair).concerning(patient);
    let made = person.ask(create.clone().header("idempotency-key", &key)).await;
    let id = made.json()["id"].as_i64().unwrap();
    let again = create.clone().header("idempotency-key", &key);
    person.ask(again.outcome("repeated").about("mapping", id)).await;
    person.ask(create.is(409)).await;
    person.ask(post(MAPPINGS, &json!({"patient": patient})).is(400)).await;
    for not_theirs in [foreign.patient, MISSING] {
        let body = json!({"patient": not_theirs, "doctor": doctor});
        person.ask(post(MAPPINGS, &body).concerning(not_theirs).is(404)).await;
    }
    read(person, id, patient).await;
    change(person, id, patient).await;
    not_theirs(person, foreign).await;
}

async fn read(person: &mut Person, id: i64, patient: i64) {
    person.ask(get(MAPPINGS)).await;
    person.ask(get(format!("{MAPPINGS}?patient={patient}")).concerning(patient)).await;
    person.ask(get(format!("{MAPPINGS}?doctor=x")).is(400)).await;
    for list in [format!("{patient}/"), format!("{patient}/doctors/"), format!("patient/{patient}/")] {
        person.ask(get(format!("{MAPPINGS}{list}"))).await;
    }
    person.ask(head(format!("{MAPPINGS}patient/{patient}/"))).await;
    let path = format!("{MAPPINGS}detail/{id}/");
    let tag = person.ask(get(&path).concerning(patient)).await.etag();
    person.ask(head(&path).concerning(patient)).await;
    person.ask(get(&path).concerning(patient).header("if-none-match", &tag).is(304)).await;
    for place in [path.clone(), format!("{MAPPINGS}{id}/")] {
        person.ask(get(format!("{place}history/")).concerning(patient)).await;
        person.ask(get(format!("{place}history/1/")).concerning(patient)).await;
    }
    person.ask(get(&path).by_nobody().is(401)).await;
}

async fn change(person: &mut Person, id: i64, patient: i64) {
    let path = format!("{MAPPINGS}{id}/");
    let notes = json!({"notes": "Second opinion"});
    person.ask(patch(&path, &notes).concerning(patient)).await;
    person.ask(patch(&path, &json!({"notes": 7})).is(400)).await;
    person.ask(patch(&path, &notes).header("if-match", "\"1-0000000000000000\"").is(412)).await;
    person.ask(delete(&path).concerning(patient).version(3)).await;
    person.ask(delete(&path).is(404)).await;
    person.ask(get(format!("{MAPPINGS}detail/{id}/")).is(404)).await;
    let ended = format!("{MAPPINGS}detail/{id}/?include_inactive=true");
    person.ask(get(ended).concerning(patient)).await;
}

async fn not_theirs(person: &mut Person, foreign: &Foreign) {
    for id in [foreign.mapping, MISSING] {
        person.ask(get(format!("{MAPPINGS}detail/{id}/")).is(404)).await;
        person.ask(patch(format!("{MAPPINGS}{id}/"), &json!({"notes": "x"})).is(404)).await;
        person.ask(delete(format!("{MAPPINGS}{id}/")).is(404)).await;
        person.ask(get(format!("{MAPPINGS}{id}/history/")).is(404)).await;
        person.ask(get(format!("{MAPPINGS}detail/{id}/history/1/")).is(404)).await;
    }
    for list in ["", "/doctors"] {
        person.ask(get(format!("{MAPPINGS}{}{list}/", foreign.patient)).is(404)).await;
    }
    person.ask(get(format!("{MAPPINGS}patient/{}/", foreign.patient)).is(404)).await;
    let filter = format!("{MAPPINGS}?patient={}", foreign.patient);
    person.ask(get(filter).concerning(foreign.patient)).await;
}
