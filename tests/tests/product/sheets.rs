//! Sheets of patients over the interface, in and out.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::api::{Database, TestApi};
use crate::client::{Answer, Client};

const IMPORT: &str = "/api/patients/import/";
const EXPORT: &str = "/api/patients/export/";

on_both_databases!(
    a_sheet_comes_in_once_and_goes_out_as_it_was,
    exactly_the_faulty_rows_are_refused,
    what_is_too_much_or_no_sheet_changes_nothing,
    nobody_reaches_the_patients_of_another,
    an_id_of_an_export_is_no_id_of_another_system,
    patients_who_came_in_together_are_told_apart_elsewhere,
    what_no_patient_could_have_is_refused,
);

async fn import(client: &Client, query: &str, kind: &str, sheet: &str) -> Answer {
    client.call(reqwest::Method::POST, &format!("{IMPORT}{query}")).body(kind, sheet).send().await
}

/// What was counted: read, added, updated, skipped, refused.
async fn counts(client: &Client, query: &str, kind: &str, sheet: &str) -> [i64; 5] {
    let report = import(client, query, kind, sheet).await.is(200).json();
    ["read", "added", "updated", "skipped", "refused"].map(|name| report[name].as_i64().unwrap())
}

/// The export as one object a row, without what each account has its own of.
async fn exported(client: &Client) -> Vec<Value> {
    let text = client.get(&format!("{EXPORT}?format=ndjson")).await.is(200).text();
    let rows = text.lines().map(|line| {
        let mut row: Value = serde_json::from_str(line).unwrap();
        row.as_object_mut().unwrap().remove("id");
        row
    });
    rows.collect()
}

async fn a_sheet_comes_in_once_and_goes_out_as_it_was(database: Database) {
    let api = TestApi::start(database).await;
    let (ann, bob, eve) = (api.user("ann").await, api.user("bob").await, api.user("eve").await);
    let sheet = "Full Name;Date of birth;phone;medical_history;MRN\r\n\
                 =SUM(A1);1980-02-29;+91 22 4711;\"two\nlines; and \"\"quotes\"\"\";1\r\n\
                 Zoë O'Neil;;;'-plain;2\r\n";
    let query = "?map=Full%20Name%3Dname&map=MRN%3Dexternal_id";
    assert_eq!(counts(&ann, &format!("{query}&dry_run=true"), "text/csv", sheet).await, [2, 2, 0, 0, 0]);
    assert_eq!(exported(&ann).await.len(), 0);
    assert_eq!(counts(&ann, query, "text/csv", sheet).await, [2, 2, 0, 0, 0]);
    assert_eq!(counts(&ann, query, "text/csv", sheet).await, [2, 0, 0, 2, 0]);

    let csv = ann.get(EXPORT).await.is(200);
    assert_eq!(csv.header("content-disposition"), Some("attachment; filename=\"patients.csv\""));
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    let text = csv.text();
    assert!(text.contains(",'=SUM(A1),") && text.contains(",'+91 22 4711,"), "{text}");
    assert!(!text.lines().next().unwrap().contains("owner"));
    let ndjson = ann.call(reqwest::Method::GET, EXPORT).header("accept", "application/x-ndjson").send().await;
    assert_eq!(ndjson.header("content-type"), Some("application/x-ndjson"));
    let head = ann.call(reqwest::Method::HEAD, EXPORT).send().await.is(200);
    assert!(head.body.is_empty());

    // Back where it came from nothing is new; where nothing was, everything is.
    assert_eq!(counts(&ann, "", "text/csv", &text).await, [2, 0, 0, 2, 0]);
    assert_eq!(counts(&bob, "", "text/csv", &text).await, [2, 2, 0, 0, 0]);
    assert_eq!(counts(&eve, "", "application/x-ndjson", &ndjson.text()).await, [2, 2, 0, 0, 0]);
    let own = exported(&ann).await;
    assert_eq!(own[0]["name"], "=SUM(A1)");
    assert_eq!(own[0]["medical_history"], "two\nlines; and \"quotes\"");
    assert_eq!(exported(&bob).await, own);
    assert_eq!(exported(&eve).await, own);

    // An export that was changed in a spreadsheet changes what it was written from.
    let changed = text.replace("'+91 22 4711", "999 000");
    assert_eq!(counts(&ann, "?on_conflict=update", "text/csv", &changed).await, [2, 0, 1, 1, 0]);
    assert_eq!(exported(&ann).await[0]["phone"], "999 000");
    assert_eq!(exported(&bob).await, own);
    assert_eq!(counts(&ann, "?on_conflict=fail", "text/csv", &changed).await, [2, 0, 0, 0, 2]);
}

async fn exactly_the_faulty_rows_are_refused(database: Database) {
    let api = TestApi::start(database).await;
    let ann = api.user("ann").await;
    let (mut sheet, mut expected) = ("external_id,name,age,phone\n".to_owned(), Vec::new());
    for row in 0..1_200 {
        let (age, phone) = if row % 100 == 7 {
            let errors = json!({"age": ["must be from 0 to 150"], "phone": ["must have at least 3 digits"]});
            expected.push(json!({"row": row + 2, "outcome": "refused", "errors": errors}));
            (151, "1")
        } else {
            (40, "999")
        };
        writeln!(sheet, "{row},Patient {row},{age},{phone}").unwrap();
    }
    let report = import(&ann, "", "text/csv", &sheet).await.is(200).json();
    assert_eq!((&report["added"], &report["refused"]), (&json!(1188), &json!(12)));
    let names = |row: &Value| row["errors"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let rows = report["rows"].as_array().unwrap();
    assert_eq!(
        rows.iter().map(|row| &row["row"]).collect::<Vec<_>>(),
        expected.iter().map(|row| &row["row"]).collect::<Vec<_>>()
    );
    assert!(rows.iter().all(|row| names(row) == ["age", "phone"]), "{rows:?}");
    assert_eq!(ann.all("/api/patients/?limit=1000").await.len(), 1188);
    assert_eq!(exported(&ann).await.len(), 1188);
    // Of so many that are here already, some have a line.
    let again = import(&ann, "", "text/csv", &sheet).await.is(200).json();
    assert_eq!(
        (&again["added"], &again["skipped"], &again["rows_omitted"]),
        (&json!(0), &json!(1188), &json!(188))
    );
}

async fn what_is_too_much_or_no_sheet_changes_nothing(database: Database) {
    let limits = [("sheets.import_bytes", "1024"), ("sheets.import_rows", "3")];
    let api = TestApi::with(database, &limits).await;
    let ann = api.user("ann").await;
    let too_many = "name\nA\nB\nC\nD\n";
    let too_large = format!("name\n{}\n", "x".repeat(1024));
    for (kind, sheet, status) in [
        ("text/csv", too_many, 413),
        ("text/csv", too_large.as_str(), 413),
        ("application/json", "[]", 415),
        ("text/csv", "phone\n999\n", 400),
        ("text/csv", "name,name\na,b\n", 400),
        ("text/csv", "", 400),
    ] {
        let answer = import(&ann, "", kind, sheet).await.is(status);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert!(!answer.text().contains("phone"), "what was sent does not come back");
    }
    assert_eq!(exported(&ann).await.len(), 0);
    assert_eq!(counts(&ann, "", "application/x-ndjson", "").await, [0; 5]);
    assert_eq!(counts(&ann, "", "text/csv", "name\nA\nB\nC\n").await, [3, 3, 0, 0, 0]);
}

async fn nobody_reaches_the_patients_of_another(database: Database) {
    let api = TestApi::start(database).await;
    let (ann, eve) = (api.user("ann").await, api.user("eve").await);
    let made = ann.post("/api/patients/", json!({"name": "Ravi", "phone": "999"})).await.is(201).json();
    let before = exported(&ann).await;

    // Whether there is a user of that name is not told.
    let sheet = "name,owner\nA,ann\nB,nobody\nC,eve\nD,EVE\nE,\n";
    let report = import(&eve, "", "text/csv", sheet).await.is(200).json();
    let refused = |row: i64| json!({"row": row, "outcome": "refused", "errors": {"owner": ["must be you"]}});
    assert_eq!(report["rows"], json!([refused(2), refused(3)]));
    assert_eq!(report["added"], 3);

    // Neither an id nor an external id leads to somebody else's record.
    let (id, at) = (&made["id"], made["created_at"].as_str().unwrap());
    let sheet = format!("id,created_at,name,phone\n{id},{at},Mine,000\n");
    assert_eq!(counts(&eve, "?on_conflict=update", "text/csv", &sheet).await, [1, 1, 0, 0, 0]);
    assert_eq!(exported(&ann).await, before);
    assert_eq!(exported(&eve).await.len(), 4);
    let own = eve.all("/api/patients/").await;
    assert!(own.iter().all(|patient| patient["id"] != *id && patient["created_by"] == "eve"));

    // Ids and times are not the caller's to make up.
    let sheet = "id,name\n9223372036854775806,Huge\n";
    assert_eq!(counts(&eve, "", "text/csv", sheet).await, [1, 1, 0, 0, 0]);
    let next = ann.post("/api/patients/", json!({"name": "Next"})).await.is(201).id();
    assert!(next < 1_000_000, "{next}");
    let sheet = "name,created_at\nLater,2999-01-01T00:00:00Z\n";
    assert_eq!(counts(&eve, "", "text/csv", sheet).await, [1, 0, 0, 0, 1]);
}

async fn an_id_of_an_export_is_no_id_of_another_system(database: Database) {
    let api = TestApi::start(database).await;
    let ann = api.user("ann").await;
    // The numbers of the other system are the ids that the patients get here, the other way round.
    let sheet = "name,age,MRN\nOne,30,2\nTwo,40,1\n";
    let query = "?map=MRN%3Dexternal_id&on_conflict=update";
    assert_eq!(counts(&ann, query, "text/csv", sheet).await, [2, 2, 0, 0, 0]);
    let ndjson = ann.get(&format!("{EXPORT}?format=ndjson")).await.is(200).text();
    let mut changed = String::new();
    for line in ndjson.lines() {
        let mut row: Value = serde_json::from_str(line).unwrap();
        row["phone"] = json!(format!("000 {}", row["name"].as_str().unwrap().len()));
        row["address"] = row["name"].clone();
        writeln!(changed, "{row}").unwrap();
    }
    let kind = "application/x-ndjson";
    assert_eq!(counts(&ann, "?on_conflict=update", kind, &changed).await, [2, 0, 2, 0, 0]);
    for row in exported(&ann).await {
        assert_eq!(row["name"], row["address"]);
    }
    // What says nothing new makes no version.
    let before = ann.get("/api/patients/").await.is(200).text();
    assert_eq!(counts(&ann, "?on_conflict=update", kind, &changed).await, [2, 0, 0, 2, 0]);
    assert_eq!(ann.get("/api/patients/").await.is(200).text(), before);
}

async fn patients_who_came_in_together_are_told_apart_elsewhere(database: Database) {
    let api = TestApi::start(database).await;
    let (ann, bob) = (api.user("ann").await, api.user("bob").await);
    let mut sheet = "name\n".to_owned();
    for row in 0..600 {
        writeln!(sheet, "Patient {row}").unwrap();
    }
    assert_eq!(counts(&ann, "", "text/csv", &sheet).await, [600, 600, 0, 0, 0]);
    let export = ann.get(EXPORT).await.is(200).text();
    assert_eq!(counts(&bob, "", "text/csv", "name\nFirst\nSecond\n").await, [2, 2, 0, 0, 0]);
    assert_eq!(counts(&bob, "", "text/csv", &export).await, [600, 600, 0, 0, 0]);
    assert_eq!(exported(&bob).await.len(), 602);
}

async fn what_no_patient_could_have_is_refused(database: Database) {
    let api = TestApi::start(database).await;
    let ann = api.user("ann").await;
    let long =
        json!({"name": format!("Ann{}Lee", " ".repeat(1000)), "first_name": "Ann", "last_name": "Lee"});
    let old = json!({"name": "Bob", "age": 30, "age_told_on": "-10000-01-01"});
    let ahead = json!({"name": "Cid", "age": 30, "age_told_on": "+262142-12-31"});
    let sheet = format!("{long}\n{old}\n{ahead}\n");
    let report = import(&ann, "", "application/x-ndjson", &sheet).await.is(200).json();
    let columns: Vec<Vec<&String>> = report["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["errors"].as_object().unwrap().keys().collect())
        .collect();
    assert_eq!(columns, [["name"], ["age_told_on"], ["age_told_on"]]);
    assert_eq!(exported(&ann).await.len(), 0);
}
