//! The OpenAPI document: where it is served, that it is locked, and that it tells everything.

use std::collections::BTreeSet;
use std::path::Path;

use actix_web::http::header::ACCEPT;
use actix_web::test::TestRequest;
use http_api::{Document, HttpSettings, MappingDetail, PUBLIC_OPERATIONS};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::caller::{ANN, NOBODY};
use crate::clinic::Clinic;
use crate::documented::{Documented, operations};

/// Every route of the interface.
const ROUTES: [&str; 51] = [
    "DELETE /api/auth/sessions/{id}/",
    "DELETE /api/doctors/{id}/",
    "DELETE /api/mappings/{id}/",
    "DELETE /api/patients/{id}/",
    "GET /.well-known/jwks.json",
    "GET /api/audit/",
    "GET /api/auth/me/",
    "GET /api/auth/sessions/",
    "GET /api/doctors/",
    "GET /api/doctors/{id}/",
    "GET /api/doctors/{id}/history/",
    "GET /api/doctors/{id}/history/{version}/",
    "GET /api/mappings/",
    "GET /api/mappings/detail/{id}/",
    "GET /api/mappings/detail/{id}/history/",
    "GET /api/mappings/detail/{id}/history/{version}/",
    "GET /api/mappings/patient/{id}/",
    "GET /api/mappings/{id}/",
    "GET /api/mappings/{id}/doctors/",
    "GET /api/mappings/{id}/history/",
    "GET /api/mappings/{id}/history/{version}/",
    "GET /api/patients/",
    "GET /api/patients/export/",
    "GET /api/patients/{id}/",
    "GET /api/patients/{id}/audit/",
    "GET /api/patients/{id}/doctors/",
    "GET /api/patients/{id}/history/",
    "GET /api/patients/{id}/history/{version}/",
    "GET /api/schema/",
    "GET /livez",
    "GET /openapi.json",
    "GET /readyz",
    "PATCH /api/auth/me/",
    "PATCH /api/doctors/{id}/",
    "PATCH /api/mappings/{id}/",
    "PATCH /api/patients/{id}/",
    "POST /api/auth/login/",
    "POST /api/auth/logout-all/",
    "POST /api/auth/logout/",
    "POST /api/auth/password/",
    "POST /api/auth/refresh/",
    "POST /api/auth/register/",
    "POST /api/auth/token/refresh/",
    "POST /api/doctors/",
    "POST /api/doctors/{id}/restore/",
    "POST /api/mappings/",
    "POST /api/patients/",
    "POST /api/patients/import/",
    "POST /api/patients/{id}/restore/",
    "PUT /api/doctors/{id}/",
    "PUT /api/patients/{id}/",
];

/// The operations that can be told to make one record, however often they are sent.
const MAKES_A_RECORD: [&str; 3] = ["doctors_create", "mappings_create", "patients_create"];

fn document() -> Value {
    Clinic::default().open().document
}

async fn served(path: &str, accept: &str) -> Answer {
    let request = NOBODY.get(path);
    let request = if accept.is_empty() { request } else { request.insert_header((ACCEPT, accept)) };
    Clinic::default().open().answer(request).await
}

/// Every value of `key` below `value`.
fn all_of(key: &str, value: &Value) -> BTreeSet<String> {
    match value {
        Value::Object(fields) => {
            let own = fields.get(key).and_then(Value::as_str).map(str::to_owned);
            own.into_iter().chain(fields.values().flat_map(|below| all_of(key, below))).collect()
        }
        Value::Array(items) => items.iter().flat_map(|below| all_of(key, below)).collect(),
        _ => BTreeSet::new(),
    }
}

/// The statuses that an operation has to declare beside those of success.
fn problems(operation: &Documented) -> BTreeSet<&'static str> {
    let has =
        |place: &str| operation.item["parameters"].as_array().into_iter().flatten().any(|p| p["in"] == place);
    // Sessions have no versions.
    let has_version = operation.path.contains("{id}") && !operation.path.contains("/sessions/");
    let changes_record = has_version && ["PUT", "PATCH", "DELETE"].contains(&operation.method.as_str());
    let mut statuses = BTreeSet::from(["500", "503"]);
    if !operation.is_public() {
        statuses.insert("401");
    }
    if operation.is_limited() {
        statuses.insert("429");
    }
    if operation.body().is_some() {
        statuses.extend(["400", "408", "413", "415"]);
    }
    if has("query") {
        statuses.insert("400");
    }
    if has("path") {
        statuses.insert("404");
    }
    if changes_record {
        statuses.extend(["412", "428"]);
    }
    if MAKES_A_RECORD.contains(&operation.id.as_str()) {
        statuses.insert("422");
    }
    statuses
}

#[actix_web::test]
async fn the_document_is_the_one_in_the_repository() {
    let locked = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let document = Document::new(HttpSettings::default()).json + "\n";
    if std::fs::read_to_string(locked).unwrap_or_default() != document {
        let new = Path::new(env!("CARGO_TARGET_TMPDIR")).join("openapi.json");
        std::fs::write(&new, document).unwrap();
        panic!(
            "docs/openapi.json is not the document of this code. Take over the new one and look at what changed:\n    \
             cp {} docs/openapi.json && git diff docs/openapi.json",
            new.display()
        );
    }
}

#[actix_web::test]
async fn the_document_is_served_as_json() {
    let expected = document();
    for (path, accept) in [
        ("/openapi.json", ""),
        ("/openapi.json", "application/yaml"),
        ("/api/schema/?format=json", ""),
        ("/api/schema/?format=json", "application/yaml"),
        ("/api/schema/", "application/json"),
        ("/api/schema/", "application/yaml ; q=0.5 ,\tapplication/json\t;\tq=1"),
        ("/api/schema/", "application/vnd.oai.openapi+json, */*;q=0.1"),
    ] {
        let answer = served(path, accept).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, "application/json"),
            "{path} {accept}"
        );
        assert_eq!(answer.json(), expected, "{path} {accept}");
    }
}

#[actix_web::test]
async fn the_document_is_served_as_yaml() {
    let paths: Vec<String> = document()["paths"].as_object().unwrap().keys().cloned().collect();
    for (path, accept) in [
        ("/api/schema/", ""),
        ("/api/schema/", "*/*"),
        ("/api/schema/?format=yaml", "application/json"),
        ("/api/schema/", "application/yaml, application/json;q=0.5"),
    ] {
        let answer = served(path, accept).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, "application/yaml"),
            "{path} {accept}"
        );
        let text = answer.text();
        assert!(text.starts_with("openapi: 3.1.0\n"), "{path} {accept}");
        // YAML 1.1, which many readers still speak, has a type of its own for it (yaml.org/type/value).
        assert!(!text.lines().any(|line| line.ends_with(": =") || line.ends_with("- =")), "{path} {accept}");
        for path in &paths {
            assert!(text.contains(&format!("\n  {path}:\n")), "{path}");
        }
    }
}

#[actix_web::test]
async fn the_document_reads_back_as_openapi_3_1() {
    let text = Document::new(HttpSettings::default()).json;
    let read: utoipa::openapi::OpenApi = serde_json::from_str(&text).unwrap();
    let again: Value = serde_json::from_str(&read.to_json().unwrap()).unwrap();
    assert_eq!(again, document());
    assert_eq!(document()["openapi"], "3.1.0");
    assert_eq!(document()["info"]["title"], "Healthcore");
}

#[actix_web::test]
async fn every_route_is_documented_and_every_documented_route_is_one() {
    let documented = operations(&document()).into_iter().map(|o| format!("{} {}", o.method, o.path));
    let documented: BTreeSet<String> = documented.collect();
    assert_eq!(documented, ROUTES.iter().map(ToString::to_string).collect());
}

#[actix_web::test]
async fn every_documented_operation_is_served() {
    let open = Clinic::working().open();
    for operation in operations(&open.document) {
        let answer = open.answer(operation.request(ANN)).await;
        assert!(answer.status < 300, "{}: {}", operation.id, answer.status);
    }
}

#[actix_web::test]
async fn operations_are_named_once_and_after_their_resource() {
    let mut names = BTreeSet::new();
    for operation in operations(&document()) {
        let tag = operation.item["tags"][0].as_str().unwrap();
        let prefix = match tag {
            "accounts" => "auth_",
            "documents" => {
                if operation.id == "jwks" {
                    "jwks"
                } else {
                    "schema"
                }
            }
            "health" => "",
            resource => resource,
        };
        assert!(operation.id.starts_with(prefix), "{}", operation.id);
        assert!(operation.item["summary"].as_str().is_some_and(|text| !text.is_empty()), "{}", operation.id);
        assert!(names.insert(operation.id.clone()), "{} is there twice", operation.id);
    }
    for name in ["patients_list", "patients_create", "doctors_partial_update", "mappings_short_patient"] {
        assert!(names.contains(name), "{name}");
    }
}

#[actix_web::test]
async fn the_short_address_of_a_mapping_is_documented_as_the_operator_wants_it() {
    let settings = HttpSettings { mapping_detail: MappingDetail::Mapping, ..HttpSettings::default() };
    let open = Clinic { settings, ..Clinic::default() }.open();
    let document = open.answer(TestRequest::get().uri("/openapi.json")).await.json();
    let short = &document["paths"]["/api/mappings/{id}/"]["get"];
    assert_eq!(short["operationId"], "mappings_short_detail");
    let schema = &short["responses"]["200"]["content"]["application/json"]["schema"];
    assert_eq!(schema["$ref"], "#/components/schemas/Mapping");
}

#[actix_web::test]
async fn no_reference_dangles_and_no_schema_is_left_over() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let known = schemas.keys().map(|name| format!("#/components/schemas/{name}")).collect();
    assert_eq!(all_of("$ref", &document), known);
}

#[actix_web::test]
async fn every_operation_declares_its_problems() {
    for operation in operations(&document()) {
        let responses = operation.item["responses"].as_object().unwrap();
        for status in problems(&operation) {
            let content = &responses[status]["content"]["application/problem+json"]["schema"];
            assert_eq!(content["$ref"], "#/components/schemas/Problem", "{} {status}", operation.id);
        }
        assert!(responses.keys().any(|status| status.starts_with('2')), "{}", operation.id);
    }
}

#[actix_web::test]
async fn every_answer_declares_its_headers() {
    for operation in operations(&document()) {
        for (status, response) in operation.item["responses"].as_object().unwrap() {
            let has = |name: &str| response["headers"].get(name).is_some();
            let what = format!("{} {status}", operation.id);
            assert!(has("X-Request-Id"), "{what}");
            assert_eq!(has("www-authenticate"), status == "401", "{what}");
            assert_eq!(has("retry-after"), ["429", "503"].contains(&status.as_str()), "{what}");
            assert_eq!(has("RateLimit"), operation.is_limited(), "{what}");
            assert_eq!(has("RateLimit-Policy"), operation.is_limited(), "{what}");
        }
    }
}

#[actix_web::test]
async fn records_and_lists_declare_their_headers() {
    let document = document();
    for record in ["patients", "doctors"] {
        let collection = &document["paths"][format!("/api/{record}/")];
        let created = &collection["post"]["responses"]["201"]["headers"];
        assert!(created["Location"].is_object() && created["ETag"].is_object(), "{record}");
        let listed = &collection["get"]["responses"]["200"]["headers"];
        assert!(listed["Link"].is_object() && listed["X-Total-Count"].is_object(), "{record}");
        let item = &document["paths"][format!("/api/{record}/{{id}}/")];
        for method in ["get", "put", "patch"] {
            assert!(item[method]["responses"]["200"]["headers"]["ETag"].is_object(), "{record} {method}");
        }
        assert!(item["get"]["responses"]["304"]["headers"]["ETag"].is_object(), "{record}");
    }
}

#[actix_web::test]
async fn what_makes_a_record_takes_an_idempotency_key() {
    for operation in operations(&document()) {
        let parameters = operation.item["parameters"].as_array().cloned().unwrap_or_default();
        let keys: Vec<_> = parameters.iter().filter(|p| p["name"] == "Idempotency-Key").collect();
        let expected = usize::from(MAKES_A_RECORD.contains(&operation.id.as_str()));
        assert_eq!(keys.len(), expected, "{}", operation.id);
        for key in keys {
            assert_eq!((&key["in"], &key["required"]), (&json!("header"), &json!(false)));
        }
    }
}

#[actix_web::test]
async fn the_forms_of_fields_are_written_out() {
    let document = document();
    let known = ["binary", "date", "date-time", "int32", "int64", "password", "uuid"].map(str::to_owned);
    let used: BTreeSet<String> = all_of("format", &document["components"]["schemas"])
        .into_iter()
        .chain(all_of("format", &document["paths"]))
        .collect();
    assert!(used.is_subset(&known.into()), "{used:?}");
    let patient = &document["components"]["schemas"]["PatientRequest"]["allOf"][0]["properties"];
    assert!(patient["name"]["pattern"].is_string() && patient["phone"]["anyOf"].is_array());
}

#[actix_web::test]
async fn the_links_of_a_new_record_lead_to_operations() {
    let document = document();
    let operations = operations(&document);
    let mut links = 0;
    for response in operations.iter().map(|operation| &operation.item["responses"]["201"]) {
        for (_, link) in response["links"].as_object().into_iter().flatten() {
            let target = operations.iter().find(|operation| link["operationId"] == operation.id.as_str());
            let target = target.unwrap_or_else(|| panic!("{link} leads nowhere"));
            for (parameter, _) in link["parameters"].as_object().unwrap() {
                assert!(target.path.contains(&format!("{{{parameter}}}")), "{link}");
            }
            links += 1;
        }
    }
    assert!(links > 10, "a test that loops over nothing proves nothing");
}

#[actix_web::test]
async fn what_needs_a_token_says_so() {
    let document = document();
    let bearer = json!({"type": "http", "scheme": "bearer", "bearerFormat": "JWT"});
    assert_eq!(document["components"]["securitySchemes"]["bearer"], bearer);
    for operation in operations(&document) {
        let expected = if operation.is_public() { Value::Null } else { json!([{"bearer": []}]) };
        assert_eq!(operation.item["security"], expected, "{}", operation.id);
    }
    let names: BTreeSet<_> = operations(&document).into_iter().map(|operation| operation.id).collect();
    assert!(PUBLIC_OPERATIONS.iter().all(|name| names.contains(*name)));
}

#[actix_web::test]
async fn every_field_of_a_schema_is_described() {
    let document = document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let parts = schema["allOf"].as_array().into_iter().flatten().chain([schema]);
        let properties = parts.filter_map(|part| part["properties"].as_object()).flatten();
        for (field, property) in properties {
            let is_described = property["description"].is_string() || property["$ref"].is_string();
            assert!(is_described, "{name}.{field}");
        }
    }
}
