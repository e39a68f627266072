//! `/api/patients/import/` and `/api/patients/export/`: the caller's own patients as a sheet.

use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use tokio::runtime::Handle;
use tracing::Span;

use crate::auth::SignedIn;
use crate::dto::query::{ExportParams, ImportParams};
use crate::dto::{SheetReportResponse, SheetText};
use crate::problem::{Code, Problem};
use crate::record::Plain;
use crate::registry::{Operation, operations};
use crate::sheet::{self, IncomingSheet};
use crate::state::AppState;

pub(super) fn operations() -> Vec<Operation> {
    let imports = operations![patients_import].into_iter().map(Operation::of_many_writes);
    imports.chain(operations![patients_export]).collect()
}

/// Take in a sheet of patients.
///
/// Rows that keep all rules become patients of the caller, or change those that they were before; each other row is
/// refused with everything that is wrong with it, by column, and the rest goes on. A row is known again by its
/// `external_id` or `id`, else by what it says: sent again, a sheet adds nothing. Of a CSV the first row names the
/// columns; NDJSON is one object a line.
#[utoipa::path(post, path = "/api/patients/import/", tag = "patients", params(ImportParams),
    request_body(description = "The sheet", content((inline(SheetText) = "text/csv"), (inline(SheetText) = "application/x-ndjson"))),
    responses((status = 200, body = SheetReportResponse, description = "What became of the rows")))]
pub(crate) async fn patients_import(
    actor: SignedIn,
    app: Data<AppState>,
    incoming: IncomingSheet,
) -> Result<Plain, Problem> {
    let (sheets, is_dry, span) = (app.sheets.clone(), incoming.sheet.is_dry, Span::current());
    // Reading so many rows would keep a thread from other requests.
    let import = web::block(move || {
        let import = sheets.import(&actor.0, &incoming.sheet, &incoming.place);
        span.in_scope(|| Handle::current().block_on(import))
    });
    let report = import.await.map_err(|_| Problem::new(Code::Internal))??;
    Plain::ok(&SheetReportResponse::new(&report, is_dry))
}

/// All patients of the caller as a sheet, oldest first.
///
/// As CSV, or as NDJSON with `?format=ndjson` or `Accept: application/x-ndjson`. In CSV an apostrophe stands in front of
/// what a spreadsheet would take for a formula; the import takes it away. An answer that breaks off is not the whole sheet.
#[utoipa::path(get, path = "/api/patients/export/", tag = "patients", params(ExportParams),
    responses((status = 200, description = "The sheet",
        headers(("Content-Disposition" = String, description = "The name of a file for it.")),
        content((inline(SheetText) = "text/csv"), (inline(SheetText) = "application/x-ndjson")))))]
pub(crate) async fn patients_export(
    actor: SignedIn,
    app: Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let format = sheet::format_asked(&request)?;
    let place = app.sheets.enter(&actor.0)?;
    sheet::answer(&request, format, app.sheets.export(&actor.0, format, place)).await
}
