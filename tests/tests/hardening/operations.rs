//! The operations of the OpenAPI document that the server under test serves.

use reqwest::Method;
use serde_json::Value;

use crate::api::TestApi;

/// One operation of the document.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    /// The name of its handler.
    pub(crate) id: String,
    pub(crate) method: Method,
    /// With names in braces where ids belong.
    pub(crate) path: String,
    /// The names of the parameters of its query.
    pub(crate) query: Vec<String>,
    /// The names of the fields of its body.
    pub(crate) fields: Option<Vec<String>>,
    /// Whether the document says that it needs a token.
    pub(crate) is_secured: bool,
}

impl Operation {
    /// The path with this in place of each id.
    pub(crate) fn path_of(&self, id: impl std::fmt::Display) -> String {
        let parts = self
            .path
            .split('/')
            .map(|part| if part.starts_with('{') { id.to_string() } else { part.to_owned() });
        parts.collect::<Vec<_>>().join("/")
    }

    /// True for an operation that ends the session it is asked in, or all of them.
    pub(crate) fn ends_sessions(&self) -> bool {
        ["logout", "password", "sessions"].iter().any(|part| self.path.contains(part))
            && self.method != Method::GET
    }
}

/// Every operation of the document.
pub(crate) async fn all(api: &TestApi) -> Vec<Operation> {
    let document = api.document().await.json();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, specification) in item.as_object().unwrap() {
            operations.push(operation(&document, path, method, specification));
        }
    }
    assert!(operations.len() > 30, "the document is not what it was: {} operations", operations.len());
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

/// The names of the fields of a schema, wherever they are said.
fn fields(document: &Value, schema: &Value) -> Vec<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        return fields(document, document.pointer(reference.trim_start_matches('#')).unwrap());
    }
    let own = schema["properties"].as_object().into_iter().flat_map(|fields| fields.keys().cloned());
    let parts = ["allOf", "anyOf", "oneOf"].iter().filter_map(|name| schema[name].as_array()).flatten();
    let mut names: Vec<String> = own.chain(parts.flat_map(|part| fields(document, part))).collect();
    names.sort();
    names.dedup();
    names
}
