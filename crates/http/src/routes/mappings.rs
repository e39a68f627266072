//! `/api/mappings/`: which doctor is assigned to which of the caller's patients.

use actix_web::HttpRequest;
use actix_web::web::Data;
use domain::{MappingId, PatientId, SortKey};

use crate::auth::SignedIn;
use crate::body::ValidJson;
use crate::dto::query::{self, AssignmentParams, EndedParams, MappingParams, PageParams};
use crate::dto::{AssignedDoctorResponse, MappingRequest, MappingResponse, NotesRequest};
use crate::listing::{ListQuery, Listed};
use crate::once::OnceJson;
use crate::path_id::PathId;
use crate::problem::{Problem, ProblemResponse};
use crate::record::{Created, Expected, NoContent, Record};
use crate::registry::{Operation, operations};
use crate::state::{AppState, MappingDetail};

/// The client families disagree about `GET /api/mappings/<n>/`, so the operator says which one it is.
pub(super) fn operations(detail: MappingDetail) -> Vec<Operation> {
    let mut operations = operations![
        mappings_list,
        mappings_create,
        mappings_detail,
        mappings_patient,
        mappings_doctors,
        mappings_partial_update,
        mappings_delete
    ];
    operations.extend(match detail {
        MappingDetail::Patient => operations![mappings_short_patient],
        MappingDetail::Mapping => operations![mappings_short_detail],
    });
    operations
}

/// What lists of assignments can be ordered by.
const SORT_KEYS: [(&str, SortKey); 2] =
    [("assigned_at", SortKey::CreatedAt), ("created_at", SortKey::CreatedAt)];

/// List mappings.
#[utoipa::path(get, path = "/api/mappings/", tag = "mappings",
    params(PageParams, AssignmentParams, MappingParams, EndedParams),
    responses((status = 200, body = [MappingResponse], description = "A page of the caller's mappings")))]
pub(crate) async fn mappings_list(
    actor: SignedIn,
    app: Data<AppState>,
    request: HttpRequest,
) -> Result<Listed, Problem> {
    let mut query = ListQuery::read(&request, &actor.0, &query::MAPPING_FILTERS);
    let filter = query::mapping_filter(&mut query);
    let (page, next) = query.page::<MappingId>(&SORT_KEYS)?;
    let listing = app.mappings.list(&actor.0, filter, page).await?;
    next.answer(&listing, MappingResponse::from)
}

/// Assign a doctor to a patient.
///
/// Sent again with the same `Idempotency-Key`, it is answered again and done once.
#[utoipa::path(post, path = "/api/mappings/", tag = "mappings", request_body = MappingRequest,
    responses((status = 201, body = MappingResponse, description = "The new mapping"),
        (status = 404, body = ProblemResponse, content_type = "application/problem+json",
            description = "The caller has no such patient, or there is no such doctor"),
        (status = 409, body = ProblemResponse, content_type = "application/problem+json",
            description = "The doctor is already assigned to the patient")))]
pub(crate) async fn mappings_create(
    actor: SignedIn,
    app: Data<AppState>,
    new: OnceJson<MappingRequest>,
) -> Result<Created, Problem> {
    let (mapping, spelling) = new.body.into_new()?;
    let assigned = app.mappings.assign(&actor.0, &mapping, new.once).await;
    let view = assigned.map_err(|error| spelling.problem(error))?;
    let record = Record::new(view.mapping.version, &MappingResponse::from(&view))?;
    Ok(record.created(format!("/api/mappings/detail/{}/", view.mapping.id)))
}

/// The doctors of patient `id`.
#[utoipa::path(get, path = "/api/mappings/{id}/", tag = "mappings",
    params(("id" = i64, Path, minimum = 1), PageParams, AssignmentParams),
    responses((status = 200, body = [AssignedDoctorResponse], description = "A page of the doctors")))]
pub(crate) async fn mappings_short_patient(
    actor: SignedIn,
    app: Data<AppState>,
    id: PathId<PatientId>,
    request: HttpRequest,
) -> Result<Listed, Problem> {
    doctors_of(actor, app, id, request).await
}

/// Mapping `id`.
#[utoipa::path(get, path = "/api/mappings/{id}/", tag = "mappings",
    params(("id" = i64, Path, minimum = 1), EndedParams),
    responses((status = 200, body = MappingResponse, description = "The mapping")))]
pub(crate) async fn mappings_short_detail(
    actor: SignedIn,
    app: Data<AppState>,
    id: PathId<MappingId>,
    request: HttpRequest,
) -> Result<Record, Problem> {
    mappings_detail(actor, app, id, request).await
}

/// A mapping.
#[utoipa::path(get, path = "/api/mappings/detail/{id}/", tag = "mappings",
    params(("id" = i64, Path, minimum = 1), EndedParams),
    responses((status = 200, body = MappingResponse, description = "The mapping")))]
pub(crate) async fn mappings_detail(
    actor: SignedIn,
    app: Data<AppState>,
    id: PathId<MappingId>,
    request: HttpRequest,
) -> Result<Record, Problem> {
    let mut query = ListQuery::read(&request, &actor.0, &["include_inactive"]);
    let include_ended = query.flag("include_inactive");
    query.page::<MappingId>(&SORT_KEYS)?;
    let view = app.mappings.get(&actor.0, id.0, include_ended).await?;
    Record::new(view.mapping.version, &MappingResponse::from(&view))
}

/// The doctors of a patient.
#[utoipa::path(get, path = "/api/mappings/patient/{id}/", tag = "mappings",
    params(("id" = i64, Path, minimum = 1), PageParams, AssignmentParams),
    responses((status = 200, body = [AssignedDoctorResponse], description = "A page of the doctors")))]
pub(crate) async fn mappings_patient(
    actor: SignedIn,
    app: Data<AppState>,
    id: PathId<PatientId>,
    request: HttpRequest,
) -> Result<Listed, Problem> {
    doctors_of(actor, app, id, request).await
}

/// The doctors of patient `id`.
#[utoipa::path(get, path = "/api/mappings/{id}/doctors/", tag = "mappings",
    params(("id" = i64, Path, minimum = 1), PageParams, AssignmentParams),
    responses((status = 200, body = [AssignedDoctorResponse], description = "A page of the doctors")))]
pub(crate) async fn mappings_doctors(
    actor: SignedIn,
    app: Data<AppState>,
    id: PathId<PatientId>,
    request: HttpRequest,
) -> Result<Listed, Problem> {
    doctors_of(actor, app, id, request).await
}

/// Change the notes of a mapping.
#[utoipa::path(patch, path = "/api/mappings/{id}/", tag = "mappings", params(("id" = i64, Path, minimum = 1)),
    request_body = NotesRequest,
    responses((status = 200, body = MappingResponse, description = "The mapping as it is now")))]
pub(crate) async fn mappings_partial_update(
    actor: SignedIn,
    app: Data<AppState>,
    id: PathId<MappingId>,
    expected: Expected,
    body: ValidJson<NotesRequest>,
) -> Result<Record, Problem> {
    let view = app.mappings.update_notes(&actor.0, id.0, expected.0, &body.0.into_change()?).await?;
    Record::new(view.mapping.version, &MappingResponse::from(&view))
}

/// End a mapping; the doctor can be assigned to the patient again.
#[utoipa::path(delete, path = "/api/mappings/{id}/", tag = "mappings", params(("id" = i64, Path, minimum = 1)),
    responses((status = 204, description = "Ended")))]
pub(crate) async fn mappings_delete(
    actor: SignedIn,
    app: Data<AppState>,
    id: PathId<MappingId>,
    expected: Expected,
) -> Result<NoContent, Problem> {
    app.mappings.end(&actor.0, id.0, expected.0).await?;
    Ok(NoContent)
}

/// The doctors of a patient, whichever address was asked.
pub(super) async fn doctors_of(
    actor: SignedIn,
    app: Data<AppState>,
    id: PathId<PatientId>,
    request: HttpRequest,
) -> Result<Listed, Problem> {
    let (page, next) = ListQuery::read(&request, &actor.0, &[]).page::<MappingId>(&SORT_KEYS)?;
    let listing = app.mappings.doctors_of(&actor.0, id.0, page).await?;
    next.answer(&listing, AssignedDoctorResponse::from)
}
