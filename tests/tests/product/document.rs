//! The OpenAPI document of the server under test, as a list of what can be asked.

use std::fmt::Display;

use reqwest::Method;
use serde_json::Value;

use crate::api::TestApi;

/// One operation of the document.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    /// The name of its handler.
    pub(crate) id: String,
    pub(crate) method: Method,
    /// With `{id}` where an id belongs, and `{version}` where that of a version does.
    pub(crate) path: String,
    /// The names of the parameters of its query.
    pub(crate) query: Vec<String>,
    /// The fields of its body with their schemas.
    pub(crate) fields: Option<Vec<(String, Value)>>,
    /// Whether the document says that it needs a token.
    pub(crate) is_secured: bool,
}

impl Operation {
    /// True when a record is named in the path.
    pub(crate) fn has_id(&self) -> bool {
        self.path.contains('{')
    }

    /// The path with this id in it.
    pub(crate) fn path_of(&self, id: impl Display) -> String {
        self.path.replace("{id}", &format!("{id}")).replace("{version}", "1")
    }

    /// True for a list of records.
    pub(crate) fn is_list(&self) -> bool {
        self.query.iter().any(|name| name == "limit")
    }

    /// The method, and `HEAD` beside `GET`.
    pub(crate) fn methods(&self) -> Vec<Method> {
        if self.method == Method::GET { vec![Method::GET, Method::HEAD] } else { vec![self.method.clone()] }
    }
}

/// Every operation of the document.
pub(crate) async fn operations(api: &TestApi) -> Vec<Operation> {
    let document = api.document().await.json();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, specification) in item.as_object().unwrap() {
            operations.push(operation(&document, path, method, specification));
        }
    }
    assert!(operations.len() > 25, "the document is not what it was: {} operations", operations.len());
    operations
}

fn operation(document: &Value, path: &str, method: &str, specification: &Value) -> Operation {
    let parameters = specification["parameters"].as_array().cloned().unwrap_or_default();
    let query = parameters.iter().filter(|parameter| parameter["in"] == "query");
    let body = &specification["requestBody"]["content"]["application/json"]["schema"];
    Operation {
        id: specification["operationId"].as_str().unwrap().to_owned(),
        method: method.to_uppercase().parse().unwrap(),
        path: path.to_owned(),
        query: query.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect(),
        fields: (!body.is_null()).then(|| fields(document, body)),
        is_secured: !specification["security"].is_null(),
    }
}

/// The fields of a body. Where a schema has several parts, the first one names all fields.
fn fields(document: &Value, schema: &Value) -> Vec<(String, Value)> {
    let schema = match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    if let Some(parts) = schema["allOf"].as_array() {
        return fields(document, &parts[0]);
    }
    let properties = schema["properties"].as_object().unwrap();
    properties.iter().map(|(name, schema)| (name.clone(), schema.clone())).collect()
}
