//! Holds every answer of every test against the document: status, headers, media type and fields.

use actix_web::http::Method;
use actix_web::http::header::HeaderName;
use domain::Timestamp;
use serde_json::Value;

use crate::answer::{Answer, SEAL};

/// Fails unless the document tells of such an answer to such a request. What is not documented at all (pages,
/// unknown addresses) is not looked at.
pub(crate) fn check(document: &Value, method: &Method, path: &str, answer: &Answer) {
    let Some(item) = item(document, path) else { return };
    let asked = format!("{method} {path}: {}", answer.status);
    let name = if *method == Method::HEAD { "get".to_owned() } else { method.as_str().to_lowercase() };
    let Some(operation) = item.get(&name) else {
        // Too much is refused before anybody looks at the method.
        assert!([405, 503].contains(&answer.status), "{asked} of an operation that is not documented");
        return;
    };
    let declared = &operation["responses"][answer.status.to_string()];
    assert!(declared.is_object(), "{asked} is not documented");
    check_headers(declared, answer, &asked);
    // What is written part by part has no body for `HEAD` that could be left out on its way.
    if *method != Method::HEAD || !answer.body.is_empty() {
        check_content(document, declared, answer, &asked);
    }
}

/// The path item of `path`, chosen as the router does: by the first segment that is not a parameter.
fn item<'a>(document: &'a Value, path: &str) -> Option<&'a Value> {
    let wanted: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    let segments = |template: &'a str| template.trim_end_matches('/').split('/').collect::<Vec<&str>>();
    let is_parameter = |segment: &&str| segment.starts_with('{');
    let paths = document["paths"].as_object().unwrap().iter();
    let matching = paths.filter(|(template, _)| {
        let known = segments(template);
        known.len() == wanted.len() && known.iter().zip(&wanted).all(|(k, w)| is_parameter(k) || k == w)
    });
    let chosen = matching
        .min_by_key(|(template, _)| segments(template).iter().map(is_parameter).collect::<Vec<bool>>());
    chosen.map(|(_, item)| item)
}

fn check_headers(declared: &Value, answer: &Answer, asked: &str) {
    let known = declared["headers"].as_object();
    let known: Vec<String> = known.into_iter().flatten().map(|(name, _)| name.to_lowercase()).collect();
    assert!(known.iter().any(|name| name == "x-request-id"), "{asked}: X-Request-Id is not documented");
    for name in answer.headers.keys().map(HeaderName::as_str) {
        let is_known = name == "content-type"
            || is_of_the_transport(name)
            || SEAL.contains(&name)
            || known.iter().any(|k| k == name);
        assert!(is_known, "{asked}: the header {name} is not documented");
    }
}

/// What says something of the connection or the browser, whatever the operation.
fn is_of_the_transport(name: &str) -> bool {
    name == "strict-transport-security" || name == "vary" || name.starts_with("access-control-")
}

fn check_content(document: &Value, declared: &Value, answer: &Answer, asked: &str) {
    if answer.body.is_empty() {
        assert!(declared.get("content").is_none(), "{asked}: the body is missing");
        return;
    }
    let kind = answer.header("content-type").split(';').next().unwrap();
    let content = declared["content"].get(kind);
    let content = content.unwrap_or_else(|| panic!("{asked}: the media type {kind} is not documented"));
    if kind.ends_with("/json") || kind.ends_with("+json") {
        let schema = Schema { document, schema: &content["schema"] };
        if let Err(wrong) = schema.check(&answer.json(), "body") {
            panic!("{asked}: {wrong}");
        }
    }
}

/// A JSON schema, as far as the document uses it. An object has no field that its schema does not know.
#[derive(Clone, Copy)]
struct Schema<'a> {
    document: &'a Value,
    schema: &'a Value,
}

impl<'a> Schema<'a> {
    fn of(self, schema: &'a Value) -> Self {
        Self { schema, ..self }
    }

    fn check(self, value: &Value, place: &str) -> Result<(), String> {
        if let Some(reference) = self.schema["$ref"].as_str() {
            let target = self.document.pointer(reference.trim_start_matches('#'));
            return self.of(target.ok_or(format!("{reference} is dangling"))?).check(value, place);
        }
        self.check_type(value, place)?;
        match value {
            Value::Object(_) => self.check_object(value, place),
            Value::Array(items) => {
                items.iter().try_for_each(|item| self.of(&self.schema["items"]).check(item, place))
            }
            Value::Number(number) => self.check_range(number.as_f64().unwrap(), place),
            Value::String(text) => self.check_format(text, place),
            _ => Ok(()),
        }
    }

    fn check_type(self, value: &Value, place: &str) -> Result<(), String> {
        let is = |name: &Value| match name.as_str() {
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("number") => value.is_number(),
            Some("boolean") => value.is_boolean(),
            Some("null") => value.is_null(),
            _ => false,
        };
        let fits = match &self.schema["type"] {
            Value::Null => self.schema.get("allOf").is_some(),
            Value::Array(names) => names.iter().any(is),
            name => is(name),
        };
        if fits { Ok(()) } else { Err(format!("{place} is not {}", self.schema["type"])) }
    }

    fn check_object(self, value: &Value, place: &str) -> Result<(), String> {
        let fields = value.as_object().unwrap();
        if let Some(others) = self.schema.get("additionalProperties") {
            return fields
                .iter()
                .try_for_each(|(name, v)| self.of(others).check(v, &format!("{place}.{name}")));
        }
        let parts: Vec<&Value> = match self.schema["allOf"].as_array() {
            Some(parts) => parts.iter().collect(),
            None => vec![self.schema],
        };
        if parts.iter().all(|part| part["properties"].is_null()) {
            return Ok(());
        }
        for name in parts.iter().flat_map(|part| part["required"].as_array().into_iter().flatten()) {
            if !fields.contains_key(name.as_str().unwrap()) {
                return Err(format!("{place}.{name} is missing"));
            }
        }
        fields.iter().try_for_each(|(name, value)| {
            let place = format!("{place}.{name}");
            let schema = parts.iter().find_map(|part| part["properties"].get(name));
            self.of(schema.ok_or(format!("{place} is not documented"))?).check(value, &place)
        })
    }

    fn check_range(self, number: f64, place: &str) -> Result<(), String> {
        let is_above = self.schema["minimum"].as_f64().is_none_or(|minimum| number >= minimum);
        let is_below = self.schema["maximum"].as_f64().is_none_or(|maximum| number <= maximum);
        if is_above && is_below { Ok(()) } else { Err(format!("{place} is out of range")) }
    }

    fn check_format(self, text: &str, place: &str) -> Result<(), String> {
        let fits = match self.schema["format"].as_str() {
            Some("date-time") => text.ends_with('Z') && Timestamp::parse(text).is_some(),
            Some("uuid") => uuid::Uuid::parse_str(text).is_ok(),
            Some("date") => text.len() == 10 && text.parse::<domain::Date>().is_ok(),
            _ => true,
        };
        if fits { Ok(()) } else { Err(format!("{place} is no {}", self.schema["format"])) }
    }
}
