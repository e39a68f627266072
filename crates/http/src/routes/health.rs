//! Probes for orchestrators and load balancers.

use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Code, Problem, ProblemResponse};
use crate::record::Plain;
use crate::registry::{Operation, operations};
use crate::state::AppState;

pub(super) fn operations() -> Vec<Operation> {
    operations![livez, readyz]
}

/// What a probe answers.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`.
    #[schema(value_type = String, example = "ok")]
    status: &'static str,
}

/// Does the process run?
#[utoipa::path(get, path = "/livez", tag = "health",
    responses((status = 200, body = Health, description = "It does")))]
pub(crate) async fn livez() -> Result<Plain, Problem> {
    Plain::ok(&Health { status: "ok" })
}

/// Can the server do its work? It cannot while the database is away or when it is about to stop.
#[utoipa::path(get, path = "/readyz", tag = "health",
    responses((status = 200, body = Health, description = "It can"),
        (status = 503, body = ProblemResponse, content_type = "application/problem+json",
            description = "It cannot", headers(("retry-after" = String)))))]
pub(crate) async fn readyz(app: Data<AppState>) -> Result<Plain, Problem> {
    if app.draining.has_begun() {
        return Err(Problem::new(Code::Unavailable).detail("The server is about to stop."));
    }
    app.health.check().await?;
    Plain::ok(&Health { status: "ok" })
}
