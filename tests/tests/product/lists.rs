//! Lists: each record once however one pages, found by the start of a word, narrowed by filters, counted.

use std::collections::BTreeSet;

use domain::fold;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::api::{Database, TestApi};
use crate::client::Client;

on_both_databases!(
    paging_visits_each_record_once_in_every_order,
    records_that_come_and_go_while_paging_do_not_disturb,
    a_search_finds_the_start_of_any_word_whatever_case_and_accents,
    filters_narrow_a_list,
    doctors_are_filtered_by_specialization_whatever_case_and_accents,
    mappings_are_filtered_and_the_ended_ones_shown_on_request,
    limits_are_from_1_to_1000,
);

const ORDERS: [&str; 4] = ["created_at", "-created_at", "name", "-name"];

/// Adds patients, some at once, and returns their ids.
async fn add(who: &Client, patients: impl IntoIterator<Item = Value>) -> BTreeSet<i64> {
    let mut ids = BTreeSet::new();
    let mut running = JoinSet::new();
    for patient in patients {
        let who = who.clone();
        running.spawn(async move { who.post("/api/patients/", patient).await.is(201).id() });
        if running.len() >= 16 {
            ids.extend(running.join_next().await.map(Result::unwrap));
        }
    }
    ids.extend(running.join_all().await);
    ids
}

fn ids(records: &[Value]) -> Vec<i64> {
    records.iter().map(|record| record["id"].as_i64().unwrap()).collect()
}

/// The names of a list, sorted.
async fn names(who: &Client, path: &str) -> Vec<String> {
    let records = who.get(path).await.is(200).array();
    let mut names: Vec<String> =
        records.iter().map(|record| record["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// Many equal names, and names that only their accents and case tell apart.
fn name(n: usize) -> String {
    let first = ["Anna", "ANNA", "Änna", "anna", "Zoë", "Émile", "अनुपमा", "Øystein", "🩺", "Ravi"][n % 10];
    format!("{first} {}", n / 20)
}

async fn paging_visits_each_record_once_in_every_order(database: Database) {
    let api = TestApi::start(database).await;
    let (ann, eve) = (api.user("ann").await, api.user("eve").await);
    let expected = add(&ann, (0..250).map(|n| json!({"name": name(n)}))).await;
    add(&eve, (0..20).map(|n| json!({"name": name(n)}))).await;
    for order in ORDERS {
        let paged = ann.all(&format!("/api/patients/?ordering={order}&limit=37")).await;
        assert_eq!(paged.len(), 250, "{order}");
        assert_eq!(ids(&paged).into_iter().collect::<BTreeSet<_>>(), expected, "{order}");
        let whole = ann.get(&format!("/api/patients/?ordering={order}&limit=1000&count=true")).await.is(200);
        assert_eq!((whole.next(), whole.header("x-total-count")), (None, Some("250")), "{order}");
        assert_eq!(whole.array(), paged, "{order}");
        assert_in_order(order, &paged);
    }
    let newest_first = ann.all("/api/patients/?limit=100").await;
    assert_eq!(newest_first, ann.all("/api/patients/?ordering=-created_at&limit=100").await);
}

/// A time with all six digits of its microseconds, so that its text sorts like the time.
fn micros(time: &str) -> String {
    let time = time.trim_end_matches('Z');
    let (seconds, fraction) = time.split_once('.').unwrap_or((time, ""));
    format!("{seconds}.{fraction:0<6}")
}

/// By the key, and where keys are equal by the id, both in the direction of the order.
fn assert_in_order(order: &str, records: &[Value]) {
    let key = |record: &Value| {
        let text = record[order.trim_start_matches('-')].as_str().unwrap();
        let key = if order.ends_with("name") { fold::search_key(text) } else { micros(text) };
        (key, record["id"].as_i64().unwrap())
    };
    let is_in_order = |pair: &[Value]| {
        if order.starts_with('-') { key(&pair[0]) > key(&pair[1]) } else { key(&pair[0]) < key(&pair[1]) }
    };
    assert!(records.windows(2).all(is_in_order), "{order}");
}

async fn records_that_come_and_go_while_paging_do_not_disturb(database: Database) {
    let api = TestApi::start(database).await;
    let ann = api.user("ann").await;
    for order in ORDERS {
        let expected =
            add(&ann, (0..30).map(|n| json!({"name": format!("Kim {n:02}"), "blood_group": "O+"}))).await;
        let first =
            ann.get(&format!("/api/patients/?ordering={order}&limit=10&blood_group=O%2B")).await.is(200);
        add(
            &ann,
            [json!({"name": "Aaron", "blood_group": "O+"}), json!({"name": "Zoe", "blood_group": "O+"})],
        )
        .await;
        let mut seen = ids(&first.array());
        // Neither a record already seen nor the one at which the page ended is missed when it goes.
        for gone in [seen[2], seen[9]] {
            ann.delete(&format!("/api/patients/{gone}/")).await.is(204);
        }
        seen.extend(ids(&ann.all(&first.next().unwrap()).await));
        assert_eq!(seen.iter().filter(|id| expected.contains(id)).count(), 30, "{order}");
        assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len(), "{order}: a record came twice");
        for id in ids(&ann.all("/api/patients/").await) {
            ann.delete(&format!("/api/patients/{id}/")).await.is(204);
        }
    }
}

async fn a_search_finds_the_start_of_any_word_whatever_case_and_accents(database: Database) {
    let api = TestApi::start(database).await;
    let ann = api.user("ann").await;
    let people = [
        "José Álvarez",
        "Jo Alvers",
        "Anna-Maria O'Neil",
        "Björn Ångström",
        "अनुपमा राव",
        "Straße Alt",
        "100% _x_",
    ];
    add(&ann, people.map(|name| json!({"name": name}))).await;
    for (search, found) in [
        ("alv", vec!["Jo Alvers", "José Álvarez"]),
        ("%C3%81LV", vec!["Jo Alvers", "José Álvarez"]),
        ("A%CC%81lvarez", vec!["José Álvarez"]),
        ("jose%20alv", vec!["José Álvarez"]),
        ("alv%20jo", vec!["Jo Alvers", "José Álvarez"]),
        ("varez", vec![]),
        ("alvarezz", vec![]),
        ("maria", vec!["Anna-Maria O'Neil"]),
        ("neil", vec!["Anna-Maria O'Neil"]),
        ("o'neil", vec!["Anna-Maria O'Neil"]),
        ("ANG", vec!["Björn Ångström"]),
        ("%E0%A4%B0%E0%A4%BE%E0%A4%B5", vec!["अनुपमा राव"]),
        ("STRASSE", vec!["Straße Alt"]),
        ("100", vec!["100% _x_"]),
        ("10%25", vec!["100% _x_"]),
        ("a%25", vec!["Anna-Maria O'Neil", "Björn Ångström", "Jo Alvers", "José Álvarez", "Straße Alt"]),
        ("j_se", vec![]),
    ] {
        assert_eq!(names(&ann, &format!("/api/patients/?search={search}")).await, found, "{search}");
        let counted = ann.get(&format!("/api/patients/?search={search}&count=true&limit=1")).await.is(200);
        assert_eq!(counted.header("x-total-count"), Some(found.len().to_string().as_str()), "{search}");
    }
    let id = ann.get("/api/patients/?search=alvers").await.array()[0]["id"].clone();
    ann.patch(&format!("/api/patients/{id}/"), json!({"name": "Jo Renamed"})).await.is(200);
    assert_eq!(names(&ann, "/api/patients/?search=alv").await, ["José Álvarez"]);
    assert_eq!(names(&ann, "/api/patients/?search=ren").await, ["Jo Renamed"]);
}

async fn filters_narrow_a_list(database: Database) {
    let api = TestApi::start(database).await;
    let ann = api.user("ann").await;
    let first = json!({"name": "First", "gender": "F", "blood_group": "O-"});
    let middle =
        ann.post("/api/patients/", first).await.is(201).json()["created_at"].as_str().unwrap().to_owned();
    for (name, gender, group) in [("Second", "M", "O-"), ("Third", "female", "AB+")] {
        ann.post("/api/patients/", json!({"name": name, "gender": gender, "blood_group": group}))
            .await
            .is(201);
    }
    let last =
        ann.get("/api/patients/?search=third").await.array()[0]["created_at"].as_str().unwrap().to_owned();
    for (query, found) in [
        ("gender=FEMALE".to_owned(), vec!["First", "Third"]),
        ("gender=f&blood_group=o-".to_owned(), vec!["First"]),
        ("blood_group=O-".to_owned(), vec!["First", "Second"]),
        ("blood_group=A-".to_owned(), vec![]),
        ("gender=&blood_group=".to_owned(), vec!["First", "Second", "Third"]),
        (format!("created_after={middle}"), vec!["Second", "Third"]),
        (format!("created_before={last}"), vec!["First", "Second"]),
        (format!("created_after={middle}&created_before={last}"), vec!["Second"]),
        ("created_after=2000-01-01&created_before=2999-12-31".to_owned(), vec!["First", "Second", "Third"]),
        ("created_after=2999-12-31".to_owned(), vec![]),
        ("created_before=2000-01-01T05:30:00%2B05:30".to_owned(), vec![]),
    ] {
        assert_eq!(names(&ann, &format!("/api/patients/?{query}")).await, found, "{query}");
    }
}

async fn doctors_are_filtered_by_specialization_whatever_case_and_accents(database: Database) {
    let api = TestApi::start(database).await;
    let ann = api.user("ann").await;
    for (name, specialization) in
        [("Dr. A", "Cardiología"), ("Dr. B", "CARDIOLOGIA"), ("Dr. C", "Cardiology")]
    {
        ann.post("/api/doctors/", json!({"name": name, "specialization": specialization})).await.is(201);
    }
    assert_eq!(names(&ann, "/api/doctors/?specialization=cardiolog%C3%ADa").await, ["Dr. A", "Dr. B"]);
    assert_eq!(names(&ann, "/api/doctors/?specialization=cardio").await, [""; 0]);
    assert_eq!(names(&ann, "/api/doctors/?specialization=cardiology&search=c").await, ["Dr. C"]);
}

async fn mappings_are_filtered_and_the_ended_ones_shown_on_request(database: Database) {
    let api = TestApi::start(database).await;
    let ann = api.user("ann").await;
    let patients: Vec<i64> =
        add(&ann, (0..3).map(|n| json!({"name": format!("P {n}")}))).await.into_iter().collect();
    let mut doctors = Vec::new();
    for n in 0..3 {
        doctors.push(ann.post("/api/doctors/", json!({"name": format!("D {n}")})).await.is(201).id());
    }
    for patient in &patients {
        for doctor in &doctors {
            ann.post("/api/mappings/", json!({"patient": patient, "doctor": doctor})).await.is(201);
        }
    }
    let first = ann.get("/api/mappings/?ordering=assigned_at&limit=1").await.array()[0]["id"].clone();
    ann.delete(&format!("/api/mappings/{first}/")).await.is(204);
    ann.get(&format!("/api/mappings/detail/{first}/")).await.is(404);
    ann.get(&format!("/api/mappings/detail/{first}/?include_inactive=true")).await.is(200);
    for (query, count) in [
        (String::new(), 8),
        ("include_inactive=true".to_owned(), 9),
        (format!("patient={}", patients[0]), 2),
        (format!("patient={}&include_inactive=1", patients[0]), 3),
        (format!("doctor={}", doctors[0]), 2),
        (format!("patient={}&doctor={}", patients[1], doctors[1]), 1),
    ] {
        let path = format!("/api/mappings/?{query}&count=true&limit=2");
        let total = ann.get(&path).await.is(200).header("x-total-count").map(str::to_owned);
        assert_eq!((total, ann.all(&path).await.len()), (Some(count.to_string()), count), "{query}");
    }
    let of_patient =
        ann.all(&format!("/api/patients/{}/doctors/?limit=1&ordering=assigned_at", patients[1])).await;
    assert_eq!(ids(&of_patient), doctors);
    let newest_first = ann.all(&format!("/api/mappings/patient/{}/", patients[1])).await;
    assert_eq!(ids(&newest_first), doctors.iter().rev().copied().collect::<Vec<_>>());
}

async fn limits_are_from_1_to_1000(database: Database) {
    let api = TestApi::start(database).await;
    let ann = api.user("ann").await;
    add(&ann, (0..101).map(|n| json!({"name": format!("P {n}")}))).await;
    let default = ann.get("/api/patients/").await.is(200);
    assert_eq!(
        (default.array().len(), default.next().is_some(), default.header("x-total-count")),
        (100, true, None)
    );
    for (limit, length) in [(1, 1), (100, 100), (101, 101), (1000, 101)] {
        let page = ann.get(&format!("/api/patients/?limit={limit}")).await.is(200);
        assert_eq!((page.array().len(), page.next().is_some()), (length, length < 101), "{limit}");
    }
    let last = ann.get(&format!("{}&limit=1", default.next().unwrap())).await.is(200);
    assert_eq!((last.array().len(), last.next()), (1, None));
}
