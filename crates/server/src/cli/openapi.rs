//! `healthcore openapi`.

use http_api::Document;
use serde_json::Value;

use super::args::DocumentFormat;
use super::failure::Failure;
use crate::settings::Settings;
use crate::{clients, compose, output};

pub(super) fn run(settings: &Settings, format: DocumentFormat) -> Result<(), Failure> {
    let document = Document::new(compose::http(settings));
    let parsed = || -> Result<Value, Failure> {
        serde_json::from_str(&document.json).map_err(|error| Failure::failed(&error))
    };
    let text = match format {
        DocumentFormat::Postman => format!("{:#}", clients::collection(&parsed()?)),
        DocumentFormat::Http => clients::file(&parsed()?),
        DocumentFormat::Json => document.json,
        DocumentFormat::Yaml => document.yaml,
    };
    Ok(output::data(&format!("{}\n", text.trim_end()))?)
}
