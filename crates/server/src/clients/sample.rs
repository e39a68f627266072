//! A value that fits a schema, made of the examples in it.

use serde_json::{Map, Value, json};

/// Schemas that refer to one another are not followed further than this.
const DEPTH: usize = 8;

pub(super) fn of(document: &Value, schema: &Value) -> Value {
    value(document, schema, DEPTH)
}

fn value(document: &Value, schema: &Value, depth: usize) -> Value {
    let Some(depth) = depth.checked_sub(1) else { return Value::Null };
    if let Some(named) = named(document, schema) {
        return value(document, named, depth);
    }
    let first = |key: &str| schema.get(key).and_then(|all| all.get(0));
    if let Some(example) =
        schema.get("example").or_else(|| first("examples")).or_else(|| schema.get("default"))
    {
        return example.clone();
    }
    if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
        let mut whole = Map::new();
        for part in parts {
            if let Value::Object(fields) = value(document, part, depth) {
                for (name, field) in fields {
                    whole.entry(name).or_insert(field);
                }
            }
        }
        return Value::Object(whole);
    }
    if let Some(choice) = first("enum").or_else(|| schema.get("const")) {
        return choice.clone();
    }
    if let Some(choice) = first("oneOf").or_else(|| first("anyOf")) {
        return value(document, choice, depth);
    }
    by_type(document, schema, depth)
}

/// The schema that is referred to.
fn named<'a>(document: &'a Value, schema: &Value) -> Option<&'a Value> {
    document.pointer(schema.get("$ref")?.as_str()?.strip_prefix('#')?)
}

fn by_type(document: &Value, schema: &Value, depth: usize) -> Value {
    let kind = schema.get("type").map(|kind| kind.get(0).unwrap_or(kind)).and_then(Value::as_str);
    match kind {
        Some("object") => Value::Object(fields(document, schema, depth)),
        Some("array") => match schema.get("items") {
            Some(items) => json!([value(document, items, depth)]),
            None => json!([]),
        },
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        Some("boolean") => json!(false),
        Some("string") => json!(text(schema)),
        _ => Value::Null,
    }
}

/// The fields that are required, and those that have an example.
fn fields(document: &Value, schema: &Value, depth: usize) -> Map<String, Value> {
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let all = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let told =
        all.filter(|(name, field)| required.contains(&name.as_str()) || field.get("example").is_some());
    told.map(|(name, field)| (name.clone(), value(document, field, depth))).collect()
}

fn text(schema: &Value) -> &'static str {
    match schema.get("format").and_then(Value::as_str) {
        Some("date") => "2026-01-31",
        Some("date-time") => "2026-01-31T12:00:00Z",
        Some("password") => "Monsoon-Lantern-42",
        Some("uuid") => "00000000-0000-0000-0000-000000000000",
        Some("email") => "asha@example.org",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_count_first_and_required_fields_are_never_left_out() {
        let document = json!({"components": {"schemas": {"Name": {"type": "string", "example": "Asha"}}}});
        let schema = json!({"allOf": [
            {"type": "object", "required": ["age", "name"], "properties": {
                "name": {"$ref": "#/components/schemas/Name"},
                "age": {"type": ["integer", "null"], "minimum": 0},
                "left_out": {"type": "string"},
                "kind": {"example": "b", "enum": ["a", "b"]},
            }},
            {"anyOf": [{"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}]},
        ]});
        assert_eq!(of(&document, &schema), json!({"name": "Asha", "age": 0, "kind": "b"}));
    }

    #[test]
    fn a_schema_that_holds_itself_ends() {
        let document = json!({"components": {"schemas": {"List": {"type": "array", "items": {"$ref": "#/components/schemas/List"}}}}});
        assert!(of(&document, &json!({"$ref": "#/components/schemas/List"})).is_array());
    }
}
