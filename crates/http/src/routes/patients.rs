//! `/api/patients/`: the caller's own patients.

use actix_web::HttpRequest;
use actix_web::web::Data;
use domain::{Date, PatientChange, PatientId, SortKey};

use crate::auth::SignedIn;
use crate::body::ValidJson;
use crate::dto::query::{self, AssignmentParams, PageParams, PatientParams, RecordParams};
use crate::dto::{AssignedDoctorResponse, PatientRequest, PatientResponse};
use crate::listing::{ListQuery, Listed};
use crate::once::OnceJson;
use crate::path_id::PathId;
use crate::problem::Problem;
use crate::record::{Created, Expected, NoContent, Record};
use crate::registry::{Operation, operations};
use crate::routes::mappings::doctors_of;
use crate::state::AppState;

pub(super) fn operations() -> Vec<Operation> {
    operations![
        patients_list,
        patients_create,
        patients_get,
        patients_update,
        patients_partial_update,
        patients_delete,
        patients_doctors
    ]
}

/// What lists of records can be ordered by.
pub(super) const SORT_KEYS: [(&str, SortKey); 2] =
    [("created_at", SortKey::CreatedAt), ("name", SortKey::Name)];

/// List patients.
#[utoipa::path(get, path = "/api/patients/", tag = "patients", params(PageParams, RecordParams, PatientParams),
    responses((status = 200, body = [PatientResponse], description = "A page of the caller's patients")))]
pub(crate) async fn patients_list(
    actor: SignedIn,
    app: Data<AppState>,
    request: HttpRequest,
) -> Result<Listed, Problem> {
    let mut query = ListQuery::read(&request, &actor.0, &query::PATIENT_FILTERS);
    let filter = query::patient_filter(&mut query);
    let (page, next) = query.page::<PatientId>(&SORT_KEYS)?;
    let listing = app.patients.list(&actor.0, &filter, page).await?;
    let today = app.patients.today();
    next.answer(&listing, |patient| PatientResponse::new(patient, today))
}

/// Add a patient.
///
/// Sent again with the same `Idempotency-Key`, it is answered again and done once.
#[utoipa::path(post, path = "/api/patients/", tag = "patients", request_body = PatientRequest,
    responses((status = 201, body = PatientResponse, description = "The new record")))]
pub(crate) async fn patients_create(
    actor: SignedIn,
    app: Data<AppState>,
    new: OnceJson<PatientRequest>,
) -> Result<Created, Problem> {
    let today = app.patients.today();
    let patient = app.patients.create(&actor.0, &new.body.into_new(today)?, new.once).await?;
    let record = Record::new(patient.version, &PatientResponse::new(&patient, today))?;
    Ok(record.created(format!("/api/patients/{}/", patient.id)))
}

/// A patient.
#[utoipa::path(get, path = "/api/patients/{id}/", tag = "patients", params(("id" = i64, Path, minimum = 1)),
    responses((status = 200, body = PatientResponse, description = "The record")))]
pub(crate) async fn patients_get(
    actor: SignedIn,
    app: Data<AppState>,
    id: PathId<PatientId>,
) -> Result<Record, Problem> {
    let patient = app.patients.get(&actor.0, id.0).await?;
    Record::new(patient.version, &PatientResponse::new(&patient, app.patients.today()))
}

/// Replace a patient's record.
///
/// The name is required; optional fields that are left out stay as they are, `null` empties them.
#[utoipa::path(put, path = "/api/patients/{id}/", tag = "patients", params(("id" = i64, Path, minimum = 1)),
    request_body = PatientRequest,
    responses((status = 200, body = PatientResponse, description = "The record as it is now")))]
pub(crate) async fn patients_update(
    actor: SignedIn,
    app: Data<AppState>,
    id: PathId<PatientId>,
    expected: Expected,
    body: ValidJson<PatientRequest>,
) -> Result<Record, Problem> {
    change_patient(actor, &app, id, expected, body, PatientRequest::into_replacement).await
}

/// Change fields of a patient's record.
///
/// Only what is named changes; `null` empties a field.
#[utoipa::path(patch, path = "/api/patients/{id}/", tag = "patients", params(("id" = i64, Path, minimum = 1)),
    request_body = PatientRequest,
    responses((status = 200, body = PatientResponse, description = "The record as it is now")))]
pub(crate) async fn patients_partial_update(
    actor: SignedIn,
    app: Data<AppState>,
    id: PathId<PatientId>,
    expected: Expected,
    body: ValidJson<PatientRequest>,
) -> Result<Record, Problem> {
    change_patient(actor, &app, id, expected, body, PatientRequest::into_change).await
}

/// Delete a patient's record; the assignments of its doctors end.
#[utoipa::path(delete, path = "/api/patients/{id}/", tag = "patients", params(("id" = i64, Path, minimum = 1)),
    responses((status = 204, description = "Deleted")))]
pub(crate) async fn patients_delete(
    actor: SignedIn,
    app: Data<AppState>,
    id: PathId<PatientId>,
    expected: Expected,
) -> Result<NoContent, Problem> {
    app.patients.delete(&actor.0, id.0, expected.0).await?;
    Ok(NoContent)
}

/// The doctors of a patient.
#[utoipa::path(get, path = "/api/patients/{id}/doctors/", tag = "patients",
    params(("id" = i64, Path, minimum = 1), PageParams, AssignmentParams),
    responses((status = 200, body = [AssignedDoctorResponse], description = "A page of the doctors")))]
pub(crate) async fn patients_doctors(
    actor: SignedIn,
    app: Data<AppState>,
    id: PathId<PatientId>,
    request: HttpRequest,
) -> Result<Listed, Problem> {
    doctors_of(actor, app, id, request).await
}

/// `PUT` and `PATCH` differ in how the body is read.
async fn change_patient(
    actor: SignedIn,
    app: &AppState,
    id: PathId<PatientId>,
    expected: Expected,
    body: ValidJson<PatientRequest>,
    read: fn(PatientRequest, Date) -> Result<PatientChange, Problem>,
) -> Result<Record, Problem> {
    let today = app.patients.today();
    let name_field = body.0.name_field();
    let change = read(body.0, today)?;
    let updated = app.patients.update(&actor.0, id.0, expected.0, &change).await;
    let patient = updated.map_err(|error| Problem::from(error).rename_field("name", name_field))?;
    Record::new(patient.version, &PatientResponse::new(&patient, today))
}
