//! `healthcore openapi`.

use http_api::Document;

use super::args::DocumentFormat;
use super::failure::Failure;
use crate::settings::Settings;
use crate::{compose, output};

pub(super) fn run(settings: &Settings, format: DocumentFormat) -> Result<(), Failure> {
    let document = Document::new(compose::http(settings));
    let text = match format {
        DocumentFormat::Json => document.json,
        DocumentFormat::Yaml => document.yaml,
    };
    Ok(output::data(&format!("{}\n", text.trim_end()))?)
}
