//! The OpenAPI document itself.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use crate::accept;
use crate::openapi::{LazyDocument, Served};
use crate::problem::Problem;
use crate::record::JSON;
use crate::registry::{Operation, operations};

pub(super) fn operations() -> Vec<Operation> {
    operations![schema, schema_json]
}

/// This document.
///
/// As YAML, or as JSON with `?format=json` or `Accept: application/json`.
#[utoipa::path(get, path = "/api/schema/", tag = "documents",
    params(("format" = Option<String>, Query, description = "`json` or `yaml`")),
    responses((status = 200, description = "The document",
        content((Object = "application/yaml"), (Object = "application/json")))))]
pub(crate) async fn schema(
    request: HttpRequest,
    document: Data<LazyDocument>,
) -> Result<HttpResponse, Problem> {
    let document = document.get().await?;
    Ok(if wants_json(&request) { json(document) } else { yaml(document) })
}

/// This document as JSON.
#[utoipa::path(get, path = "/openapi.json", tag = "documents",
    responses((status = 200, description = "The document", content_type = "application/json", body = Object)))]
pub(crate) async fn schema_json(document: Data<LazyDocument>) -> Result<HttpResponse, Problem> {
    Ok(json(document.get().await?))
}

fn wants_json(request: &HttpRequest) -> bool {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(request.query_string()).unwrap_or_default();
    if let Some((_, format)) = pairs.into_iter().find(|(name, _)| name == "format") {
        return format == "json";
    }
    let liked = |kind: &str| accept::weight(request, |range| range.essence_str().contains(kind));
    liked("json") > liked("yaml")
}

fn json(document: &Served) -> HttpResponse {
    HttpResponse::Ok().content_type(JSON).body(document.json.clone())
}

fn yaml(document: &Served) -> HttpResponse {
    HttpResponse::Ok().content_type("application/yaml").body(document.yaml.clone())
}
