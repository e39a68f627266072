//! `ETag`, `If-None-Match` and `If-Match`: nothing is read twice for nothing, and no change is lost.

use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Database, TestApi};
use crate::client::{Answer, Client};

on_both_databases!(
    a_record_goes_through_200_304_200_412_and_204,
    what_is_no_tag_of_the_record_matches_nothing,
    a_tag_changes_with_what_is_shown,
    where_the_operator_wants_it_a_change_needs_a_condition,
);

async fn call(
    who: &Client,
    method: Method,
    path: &str,
    condition: (&str, &str),
    body: Option<&Value>,
) -> Answer {
    let call = who.call(method, path).header(condition.0, condition.1);
    if let Some(body) = body { call.json(body) } else { call }.send().await
}

/// One record of each kind: where it is read, where it is changed, and a change.
async fn records(ann: &Client) -> [(String, String, Value); 3] {
    let patient = ann.post("/api/patients/", json!({"name": "Ravi Kumar", "age": 40})).await.is(201);
    let doctor = ann.post("/api/doctors/", json!({"name": "Dr. Nair"})).await.is(201);
    let mapping =
        ann.post("/api/mappings/", json!({"patient": patient.id(), "doctor": doctor.id()})).await.is(201);
    let (patient_path, doctor_path) =
        (format!("/api/patients/{}/", patient.id()), format!("/api/doctors/{}/", doctor.id()));
    for (made, path) in [
        (&patient, &patient_path),
        (&doctor, &doctor_path),
        (&mapping, &format!("/api/mappings/detail/{}/", mapping.id())),
    ] {
        assert_eq!(made.header("location"), Some(path.as_str()));
        assert_eq!((ann.get(path).await.etag(), ann.get(path).await.json()), (made.etag(), made.json()));
    }
    [
        (
            format!("/api/mappings/detail/{}/", mapping.id()),
            format!("/api/mappings/{}/", mapping.id()),
            json!({"notes": "changed"}),
        ),
        (patient_path.clone(), patient_path, json!({"phone": "998"})),
        (doctor_path.clone(), doctor_path, json!({"phone": "998"})),
    ]
}

async fn a_record_goes_through_200_304_200_412_and_204(database: Database) {
    let api = TestApi::start(database).await;
    let ann = api.user("ann").await;
    for (read, write, change) in records(&ann).await {
        let first = ann.get(&read).await.is(200).etag();
        let unchanged = call(&ann, Method::GET, &read, ("if-none-match", &first), None).await.is(304);
        assert_eq!(unchanged.etag(), first);
        call(&ann, Method::HEAD, &read, ("if-none-match", &first), None).await.is(304);
        let changed = call(&ann, Method::PATCH, &write, ("if-match", &first), Some(&change)).await.is(200);
        assert_ne!(changed.etag(), first);
        assert_eq!(
            call(&ann, Method::GET, &read, ("if-none-match", &first), None).await.is(200).etag(),
            changed.etag()
        );
        let stale = call(&ann, Method::PATCH, &write, ("if-match", &first), Some(&change)).await.is(412);
        assert_eq!(stale.json()["code"], "stale");
        if read == write {
            let all = json!({"name": "Somebody Else"});
            call(&ann, Method::PUT, &write, ("if-match", &first), Some(&all)).await.is(412);
        }
        call(&ann, Method::DELETE, &write, ("if-match", &first), None).await.is(412);
        assert_eq!(ann.get(&read).await.is(200).json(), changed.json());
        call(&ann, Method::DELETE, &write, ("if-match", &changed.etag()), None).await.is(204);
        ann.get(&read).await.is(404);
    }
}

async fn what_is_no_tag_of_the_record_matches_nothing(database: Database) {
    let api = TestApi::start(database).await;
    let ann = api.user("ann").await;
    for (read, write, change) in records(&ann).await {
        let tag = ann.get(&read).await.is(200).etag();
        for wrong in [
            "x",
            "\"x\"",
            "\"\"",
            "1",
            "\"99-0123456789abcdef\"",
            "\"2147483648-0123456789abcdef\"",
            "\"-1-0\"",
            &format!("W/{tag}"),
        ] {
            call(&ann, Method::PATCH, &write, ("if-match", wrong), Some(&change)).await.is(412);
            call(&ann, Method::DELETE, &write, ("if-match", wrong), None).await.is(412);
        }
        assert_eq!(ann.get(&read).await.is(200).etag(), tag);
        for right in ["*", &format!("W/{tag}"), &format!("\"x\", {tag}")] {
            call(&ann, Method::GET, &read, ("if-none-match", right), None).await.is(304);
        }
        call(&ann, Method::PATCH, &write, ("if-match", &format!("\"x\", {tag}")), Some(&change))
            .await
            .is(200);
        call(&ann, Method::PATCH, &write, ("if-match", "*"), Some(&change)).await.is(200);
    }
}

async fn a_tag_changes_with_what_is_shown(database: Database) {
    let api = TestApi::start(database).await;
    let ann = api.user("ann").await;
    let [(mapping, write, change), _, (doctor, ..)] = records(&ann).await;
    let before = ann.get(&mapping).await.is(200).etag();
    ann.patch(&doctor, json!({"name": "Dr. Renamed"})).await.is(200);
    let after = ann.get(&mapping).await.is(200);
    assert_eq!(after.json()["doctor_name"], "Dr. Renamed");
    assert_ne!(after.etag(), before);
    // What a change protects is the mapping itself, and that is the same.
    call(&ann, Method::PATCH, &write, ("if-match", &before), Some(&change)).await.is(200);
}

async fn where_the_operator_wants_it_a_change_needs_a_condition(database: Database) {
    let api = TestApi::with(database, &[("api.require_if_match", "true")]).await;
    let ann = api.user("ann").await;
    for (read, write, change) in records(&ann).await {
        assert_eq!(ann.patch(&write, change.clone()).await.is(428).json()["code"], "precondition_required");
        ann.delete(&write).await.is(428);
        let tag = ann.get(&read).await.is(200).etag();
        call(&ann, Method::PATCH, &write, ("if-match", &tag), Some(&change)).await.is(200);
    }
}
