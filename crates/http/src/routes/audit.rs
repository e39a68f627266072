//! Who did what: the audit trail, to its patients' owner and to administrators.

use actix_web::HttpRequest;
use actix_web::web::Data;
use domain::{AuditEventId, PatientId, SortKey};

use crate::auth::SignedIn;
use crate::dto::AuditEventResponse;
use crate::dto::audit::{self, EventParams, TrailParams};
use crate::dto::query::PageParams;
use crate::listing::{ListQuery, Listed};
use crate::path_id::PathId;
use crate::problem::{Problem, ProblemResponse};
use crate::registry::{Operation, operations};
use crate::state::AppState;

pub(super) fn operations() -> Vec<Operation> {
    operations![patients_audit, audit_list]
}

/// What lists of events can be ordered by.
const SORT_KEYS: [(&str, SortKey); 1] = [("created_at", SortKey::CreatedAt)];

/// Who has seen or changed a patient's record, or tried to.
///
/// Also of a patient who was deleted. Events of the mappings of the patient are among them.
#[utoipa::path(get, path = "/api/patients/{id}/audit/", tag = "patients",
    params(("id" = i64, Path, minimum = 1), PageParams, EventParams),
    responses((status = 200, body = [AuditEventResponse], description = "A page of the events")))]
pub(crate) async fn patients_audit(
    actor: SignedIn,
    app: Data<AppState>,
    id: PathId<PatientId>,
    request: HttpRequest,
) -> Result<Listed, Problem> {
    let mut query = ListQuery::read(&request, &actor.0, &audit::EVENT_FILTERS);
    let filter = audit::event_filter(&mut query);
    let (page, next) = query.page::<AuditEventId>(&SORT_KEYS)?;
    let listing = app.audit_log.of_patient(&actor.0, id.0, filter, page).await?;
    next.answer(&listing, |event| AuditEventResponse::seen_by(event, actor.0.user))
}

/// The audit trail. For administrators.
#[utoipa::path(get, path = "/api/audit/", tag = "audit", params(PageParams, EventParams, TrailParams),
    responses((status = 200, body = [AuditEventResponse], description = "A page of the events"),
        (status = 403, body = ProblemResponse, content_type = "application/problem+json",
            description = "Your role may not do this")))]
pub(crate) async fn audit_list(
    actor: SignedIn,
    app: Data<AppState>,
    request: HttpRequest,
) -> Result<Listed, Problem> {
    let mut query = ListQuery::read(&request, &actor.0, &audit::TRAIL_FILTERS);
    let filter = audit::trail_filter(&mut query);
    let (page, next) = query.page::<AuditEventId>(&SORT_KEYS)?;
    let listing = app.audit_log.list(&actor.0, &filter, page).await?;
    next.answer(&listing, AuditEventResponse::whole)
}
