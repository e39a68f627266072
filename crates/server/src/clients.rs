//! Requests for people to send, made of the OpenAPI document: a Postman collection, and a file for the HTTP clients of
//! editors.

mod editor;
mod postman;
mod sample;

use serde_json::Value;

pub(crate) use editor::file;
pub(crate) use postman::collection;

/// Where the server is that the requests go to, until somebody changes the variable.
const BASE: &str = "http://127.0.0.1:8000";

/// One operation with what to send.
struct Request {
    name: String,
    summary: String,
    group: String,
    method: String,
    path: String,
    is_public: bool,
    parameters: Vec<Parameter>,
    body: Option<Body>,
}

struct Parameter {
    name: String,
    /// `path`, `query` or `header`.
    place: String,
    about: String,
}

struct Body {
    kind: String,
    text: String,
}

const JSON: &str = "application/json";

/// All operations of the document, in its order.
fn requests(document: &Value) -> Vec<Request> {
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    let operations = paths.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| (path, method, operation))
    });
    operations.filter_map(|(path, method, operation)| request(document, path, method, operation)).collect()
}

fn request(document: &Value, path: &str, method: &str, operation: &Value) -> Option<Request> {
    let text =
        |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let name = operation.get("operationId")?.as_str()?.to_owned();
    let group = operation.get("tags").and_then(|tags| tags.get(0)).and_then(Value::as_str);
    let parameters = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
    let parameters = parameters.map(|parameter| Parameter {
        name: text(parameter, "name"),
        place: text(parameter, "in"),
        about: text(parameter, "description"),
    });
    Some(Request {
        name,
        summary: text(operation, "summary"),
        group: group.unwrap_or_default().to_owned(),
        method: method.to_uppercase(),
        path: path.to_owned(),
        is_public: operation.get("security").is_none(),
        parameters: parameters.collect(),
        body: body(document, operation),
    })
}

/// The body in JSON, where there is a choice.
fn body(document: &Value, operation: &Value) -> Option<Body> {
    let content = operation.get("requestBody")?.get("content")?.as_object()?;
    let (kind, content) = content.get_key_value(JSON).or_else(|| content.iter().next())?;
    let sample = content.get("schema").map_or(Value::Null, |schema| sample::of(document, schema));
    let text = match (kind.as_str(), &sample) {
        (JSON, sample) => format!("{sample:#}"),
        (_, Value::String(text)) => text.clone(),
        _ => String::new(),
    };
    Some(Body { kind: kind.clone(), text })
}
