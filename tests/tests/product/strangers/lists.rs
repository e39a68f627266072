//! Lists, filters, counts and cursors show nothing of the other user's.

use reqwest::Method;
use serde_json::json;

use super::{Case, NO_RECORD};
use crate::api::{Database, TestApi};
use crate::client::Answer;

on_both_databases!(
    lists_filters_and_counts_show_nothing_of_others,
    a_filter_by_a_strangers_id_is_answered_like_one_that_does_not_exist,
    a_cursor_of_another_user_is_refused,
    a_cursor_of_another_list_or_query_is_refused,
);

async fn lists_filters_and_counts_show_nothing_of_others(database: Database) {
    let case = Case::new(TestApi::start(database).await).await;
    for (query, own) in [
        ("patients/?count=true", 1),
        ("patients/?count=true&search=padma", 1),
        ("patients/?count=true&search=secretive", 0),
        ("patients/?count=true&gender=female", 0),
        ("patients/?count=true&blood_group=O-", 0),
        ("patients/?count=true&ordering=name", 1),
        ("patients/?count=true&created_after=2000-01-01", 1),
        ("mappings/?count=true", 1),
        ("mappings/?count=true&include_inactive=true", 1),
    ] {
        let answer = case.eve.get(&format!("/api/{query}")).await.is(200);
        assert_eq!(answer.header("x-total-count"), Some(own.to_string().as_str()), "{query}");
        assert_eq!(answer.array().len(), own, "{query}");
        assert!(!answer.text().contains("Secretive") && !answer.text().contains("between us"), "{query}");
    }
    let by_doctor = format!("/api/mappings/?count=true&doctor={}", case.doctor);
    let answer = case.eve.get(&by_doctor).await.is(200);
    assert_eq!((answer.array().len(), answer.header("x-total-count")), (1, Some("1")));
    assert_eq!(answer.array()[0]["patient_name"], "Padma Open");
}

async fn a_filter_by_a_strangers_id_is_answered_like_one_that_does_not_exist(database: Database) {
    let case = Case::new(TestApi::start(database).await).await;
    for more in ["", "&count=true", "&include_inactive=true&count=true", "&limit=1", "&ordering=assigned_at"]
    {
        let ask = async |id: i64| -> Answer {
            let path = format!("/api/mappings/?patient={id}{more}");
            case.eve.call(Method::GET, &path).header("x-request-id", "the-same").send().await
        };
        let (foreign, missing) = (ask(case.patient).await, ask(NO_RECORD).await);
        assert_eq!(foreign.without_date(), missing.without_date(), "{more}");
        assert_eq!(foreign.is(200).json(), json!([]), "{more}");
    }
}

async fn a_cursor_of_another_user_is_refused(database: Database) {
    let case = Case::new(TestApi::start(database).await).await;
    let second = case.ann.post("/api/doctors/", json!({"name": "Dr. Second"})).await.is(201).id();
    case.ann.post("/api/mappings/", json!({"patient": case.patient, "doctor": second})).await.is(201);
    case.ann.post("/api/patients/", json!({"name": "Padma Another"})).await.is(201);
    for list in [
        "/api/patients/?limit=1".to_owned(),
        "/api/patients/?limit=1&ordering=name&search=padma".to_owned(),
        "/api/doctors/?limit=1".to_owned(),
        "/api/mappings/?limit=1".to_owned(),
        format!("/api/patients/{}/doctors/?limit=1", case.patient),
        format!("/api/mappings/{}/?limit=1", case.patient),
        format!("/api/mappings/patient/{}/?limit=1", case.patient),
    ] {
        let next = case.ann.get(&list).await.is(200).next().expect("there is more");
        case.ann.get(&next).await.is(200);
        let refused = case.eve.get(&next).await.is(400);
        assert_eq!(refused.wrong_fields(), ["cursor"], "{list}");
    }
}

async fn a_cursor_of_another_list_or_query_is_refused(database: Database) {
    let case = Case::new(TestApi::start(database).await).await;
    case.ann.post("/api/patients/", json!({"name": "Padma Another"})).await.is(201);
    let next =
        case.ann.get("/api/patients/?limit=1&search=padma").await.is(200).next().expect("there is more");
    let cursor = next.split_once("cursor=").unwrap().1;
    for path in [
        format!("/api/doctors/?cursor={cursor}"),
        format!("/api/mappings/?cursor={cursor}"),
        format!("/api/patients/?cursor={cursor}&search=eve"),
        format!("/api/patients/?cursor={cursor}&ordering=name"),
        format!("/api/patients/?cursor={cursor}&gender=male"),
        format!("/api/patients/?cursor={cursor}x"),
        format!("/api/patients/?cursor={}", cursor.chars().skip(1).collect::<String>()),
    ] {
        assert_eq!(case.ann.get(&path).await.is(400).wrong_fields(), ["cursor"], "{path}");
    }
    case.ann.get(&format!("/api/patients/?cursor={cursor}&limit=5&count=true&search=padma")).await.is(200);
}
