//! Patients' names in both forms: whichever a client knows, it gets through without losing the other's.

use serde_json::json;

use crate::api::{Database, TestApi};

on_both_databases!(
    both_forms_come_out_whichever_went_in,
    a_form_left_blank_is_no_form,
    both_forms_agree_or_are_refused
);

async fn both_forms_come_out_whichever_went_in(database: Database) {
    let api = TestApi::start(database).await;
    let ann = api.user("ann").await;
    for (given, shown) in [
        (json!({"name": "  Mary Ann Smith "}), ["Mary Ann Smith", "Mary", "Ann Smith"]),
        (json!({"first_name": "Mary Ann", "last_name": "Smith"}), ["Mary Ann Smith", "Mary Ann", "Smith"]),
        (json!({"first_name": "Madonna"}), ["Madonna", "Madonna", ""]),
        (json!({"name": "O'Neil-D’Souza Jr."}), ["O'Neil-D’Souza Jr.", "O'Neil-D’Souza", "Jr."]),
        (json!({"name": "अनुपमा राव"}), ["अनुपमा राव", "अनुपमा", "राव"]),
    ] {
        let patient = ann.post("/api/patients/", given.clone()).await.is(201).json();
        let parts = ["name", "first_name", "last_name"].map(|part| patient[part].as_str().unwrap());
        assert_eq!(parts, shown, "{given}");
    }
}

async fn a_form_left_blank_is_no_form(database: Database) {
    let api = TestApi::start(database).await;
    let ann = api.user("ann").await;
    for given in [
        json!({"name": "Ravi Kumar", "first_name": null}),
        json!({"name": "Ravi Kumar", "first_name": "", "last_name": ""}),
        json!({"name": "Ravi Kumar", "last_name": null}),
        json!({"name": null, "first_name": "Ravi", "last_name": "Kumar"}),
        json!({"name": " ", "first_name": "Ravi", "last_name": "Kumar"}),
    ] {
        let patient = ann.post("/api/patients/", given.clone()).await.is(201).json();
        let parts = ["name", "first_name", "last_name"].map(|part| patient[part].as_str().unwrap());
        assert_eq!(parts, ["Ravi Kumar", "Ravi", "Kumar"], "{given}");
    }
}

async fn both_forms_agree_or_are_refused(database: Database) {
    let api = TestApi::start(database).await;
    let ann = api.user("ann").await;
    let same = json!({"name": "Ravi Kumar", "first_name": "Ravi", "last_name": "Kumar"});
    let id = ann.post("/api/patients/", same).await.is(201).id();
    let other = json!({"name": "Ravi Kumar", "first_name": "Anil", "last_name": "Kumar"});
    assert_eq!(ann.post("/api/patients/", other.clone()).await.is(400).wrong_fields(), ["name"]);
    // A client of one form sends the other back as it was read: what differs from the record counts.
    let changed = ann.put(&format!("/api/patients/{id}/"), other).await.is(200).json();
    assert_eq!((&changed["name"], &changed["first_name"]), (&json!("Anil Kumar"), &json!("Anil")));
    for none in [json!({}), json!({"name": ""}), json!({"first_name": null}), json!({"last_name": "Kumar"})] {
        let refused = ann.post("/api/patients/", none.clone()).await.is(400);
        assert!(!refused.wrong_fields().is_empty(), "{none}");
    }
}
