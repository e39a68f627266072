//! A Postman collection (Collection Format 2.1.0).

use serde_json::{Value, json};

use super::{BASE, Body, Request, requests};

const SCHEMA: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";

/// Keeps the token of whoever signs in for the other requests.
const KEEP_TOKEN: &str = "const body = pm.response.json(); \
    const token = body.access || (body.tokens && body.tokens.access); \
    if (token) { pm.collectionVariables.set('token', token); }";

pub(crate) fn collection(document: &Value) -> Value {
    let mut groups: Vec<(String, Vec<Value>)> = Vec::new();
    for request in requests(document) {
        let made = item(&request);
        match groups.iter_mut().find(|(name, _)| *name == request.group) {
            Some((_, items)) => items.push(made),
            None => groups.push((request.group, vec![made])),
        }
    }
    let groups: Vec<Value> =
        groups.into_iter().map(|(name, items)| json!({"name": name, "item": items})).collect();
    json!({
        "info": {
            "name": "Healthcore",
            "description": "Every operation of the interface. Sign in with `auth_login` first: the token is kept.",
            "schema": SCHEMA,
        },
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}]},
        "variable": [{"key": "baseUrl", "value": BASE}, {"key": "token", "value": ""}],
        "item": groups,
    })
}

fn item(request: &Request) -> Value {
    // `{id}` is `:id` in Postman.
    let path = request.path.replace('{', ":").replace('}', "");
    let at =
        |place: &'static str| request.parameters.iter().filter(move |parameter| parameter.place == place);
    let query: Vec<Value> = at("query")
        .map(|parameter| {
            json!({"key": parameter.name, "value": "", "description": parameter.about, "disabled": true})
        })
        .collect();
    let variables: Vec<Value> =
        at("path").map(|parameter| json!({"key": parameter.name, "value": "1"})).collect();
    let mut headers: Vec<Value> = at("header")
        .map(|parameter| {
            json!({"key": parameter.name, "value": "", "description": parameter.about, "disabled": true})
        })
        .collect();
    let mut made = json!({
        "method": request.method,
        "description": request.summary,
        "url": {
            "raw": format!("{{{{baseUrl}}}}{path}"),
            "host": ["{{baseUrl}}"],
            "path": path.split('/').skip(1).collect::<Vec<_>>(),
            "query": query,
            "variable": variables,
        },
    });
    if let (Some(fields), Some(Body { kind, text })) = (made.as_object_mut(), &request.body) {
        headers.insert(0, json!({"key": "Content-Type", "value": kind}));
        fields.insert("body".to_owned(), json!({"mode": "raw", "raw": text}));
    }
    if let Some(fields) = made.as_object_mut() {
        fields.insert("header".to_owned(), headers.into());
        if request.is_public {
            fields.insert("auth".to_owned(), json!({"type": "noauth"}));
        }
    }
    let mut item = json!({"name": request.name, "request": made});
    let signs_in = matches!(request.name.as_str(), "auth_login" | "auth_register");
    if let Some(fields) = item.as_object_mut().filter(|_| signs_in) {
        let script = json!({"type": "text/javascript", "exec": [KEEP_TOKEN]});
        fields.insert("event".to_owned(), json!([{"listen": "test", "script": script}]));
    }
    item
}
