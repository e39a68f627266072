//! `healthcore routes`.

use http_api::Document;
use serde_json::Value;

use super::failure::Failure;
use crate::settings::Settings;
use crate::{compose, output};

pub(super) fn run(settings: &Settings, filter: Option<&str>) -> Result<(), Failure> {
    let document = Document::new(compose::http(settings));
    let document: Value = serde_json::from_str(&document.json).map_err(|error| Failure::failed(&error))?;
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    let mut lines: Vec<[String; 4]> = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let Some(name) = operation.get("operationId").and_then(Value::as_str) else { continue };
            let is_public = operation.get("security").is_none();
            let who = if is_public { "anybody" } else { "signed in" };
            lines.push([method.to_uppercase(), path.clone(), name.to_owned(), who.to_owned()]);
        }
    }
    lines.push(["GET".into(), "/admin/".into(), "(the admin panel, many pages)".into(), "staff".into()]);
    let has = |text: &String| filter.is_none_or(|filter| text.contains(filter));
    let lines = lines.into_iter().filter(|[_, path, name, _]| has(path) || has(name));
    let line =
        |[method, path, name, who]: [String; 4]| format!("{method:<6}  {path:<45}  {name:<30}  {who}\n");
    Ok(output::data(&lines.map(line).collect::<String>())?)
}
