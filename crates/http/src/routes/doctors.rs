//! `/api/doctors/`: the directory that all users share.

use actix_web::HttpRequest;
use actix_web::web::Data;
use domain::{DoctorChange, DoctorId};

use crate::auth::SignedIn;
use crate::body::ValidJson;
use crate::dto::query::{self, DoctorParams, PageParams, RecordParams};
use crate::dto::{DoctorRequest, DoctorResponse};
use crate::listing::{ListQuery, Listed};
use crate::once::OnceJson;
use crate::path_id::PathId;
use crate::problem::{Problem, ProblemResponse};
use crate::record::{Created, Expected, NoContent, Record};
use crate::registry::{Operation, operations};
use crate::routes::patients::SORT_KEYS;
use crate::state::AppState;

pub(super) fn operations() -> Vec<Operation> {
    operations![
        doctors_list,
        doctors_create,
        doctors_get,
        doctors_update,
        doctors_partial_update,
        doctors_delete
    ]
}

/// List doctors.
#[utoipa::path(get, path = "/api/doctors/", tag = "doctors", params(PageParams, RecordParams, DoctorParams),
    responses((status = 200, body = [DoctorResponse], description = "A page of the directory")))]
pub(crate) async fn doctors_list(
    actor: SignedIn,
    app: Data<AppState>,
    request: HttpRequest,
) -> Result<Listed, Problem> {
    let mut query = ListQuery::read(&request, &actor.0, &query::DOCTOR_FILTERS);
    let filter = query::doctor_filter(&mut query);
    let (page, next) = query.page::<DoctorId>(&SORT_KEYS)?;
    let listing = app.doctors.list(&filter, page).await?;
    next.answer(&listing, DoctorResponse::from)
}

/// Add a doctor.
///
/// Sent again with the same `Idempotency-Key`, it is answered again and done once.
#[utoipa::path(post, path = "/api/doctors/", tag = "doctors", request_body = DoctorRequest,
    responses((status = 201, body = DoctorResponse, description = "The new entry"),
        (status = 403, body = ProblemResponse, content_type = "application/problem+json",
            description = "Your role may not do this"),
        (status = 409, body = ProblemResponse, content_type = "application/problem+json",
            description = "The e-mail address or the licence is another doctor's")))]
pub(crate) async fn doctors_create(
    actor: SignedIn,
    app: Data<AppState>,
    new: OnceJson<DoctorRequest>,
) -> Result<Created, Problem> {
    let doctor = app.doctors.create(&actor.0, &new.body.into_new()?, new.once).await?;
    let record = Record::new(doctor.version, &DoctorResponse::from(&doctor))?;
    Ok(record.created(format!("/api/doctors/{}/", doctor.id)))
}

/// A doctor.
#[utoipa::path(get, path = "/api/doctors/{id}/", tag = "doctors", params(("id" = i64, Path, minimum = 1)),
    responses((status = 200, body = DoctorResponse, description = "The entry")))]
pub(crate) async fn doctors_get(
    _actor: SignedIn,
    app: Data<AppState>,
    id: PathId<DoctorId>,
) -> Result<Record, Problem> {
    let doctor = app.doctors.get(id.0).await?;
    Record::new(doctor.version, &DoctorResponse::from(&doctor))
}

/// Replace a doctor's entry.
///
/// The name is required; optional fields that are left out stay as they are, `null` empties them.
#[utoipa::path(put, path = "/api/doctors/{id}/", tag = "doctors", params(("id" = i64, Path, minimum = 1)),
    request_body = DoctorRequest,
    responses((status = 200, body = DoctorResponse, description = "The entry as it is now"),
        (status = 403, body = ProblemResponse, content_type = "application/problem+json",
            description = "Your role may not do this"),
        (status = 409, body = ProblemResponse, content_type = "application/problem+json",
            description = "The e-mail address or the licence is another doctor's")))]
pub(crate) async fn doctors_update(
    actor: SignedIn,
    app: Data<AppState>,
    id: PathId<DoctorId>,
    expected: Expected,
    body: ValidJson<DoctorRequest>,
) -> Result<Record, Problem> {
    change_doctor(actor, &app, id, expected, body.0.into_replacement()?).await
}

/// Change fields of a doctor's entry.
///
/// Only what is named changes; `null` empties a field.
#[utoipa::path(patch, path = "/api/doctors/{id}/", tag = "doctors", params(("id" = i64, Path, minimum = 1)),
    request_body = DoctorRequest,
    responses((status = 200, body = DoctorResponse, description = "The entry as it is now"),
        (status = 403, body = ProblemResponse, content_type = "application/problem+json",
            description = "Your role may not do this"),
        (status = 409, body = ProblemResponse, content_type = "application/problem+json",
            description = "The e-mail address or the licence is another doctor's")))]
pub(crate) async fn doctors_partial_update(
    actor: SignedIn,
    app: Data<AppState>,
    id: PathId<DoctorId>,
    expected: Expected,
    body: ValidJson<DoctorRequest>,
) -> Result<Record, Problem> {
    change_doctor(actor, &app, id, expected, body.0.into_change()?).await
}

/// Retire a doctor; all assignments of the doctor end and stay in the history.
#[utoipa::path(delete, path = "/api/doctors/{id}/", tag = "doctors", params(("id" = i64, Path, minimum = 1)),
    responses((status = 204, description = "Retired"),
        (status = 403, body = ProblemResponse, content_type = "application/problem+json",
            description = "Your role may not do this")))]
pub(crate) async fn doctors_delete(
    actor: SignedIn,
    app: Data<AppState>,
    id: PathId<DoctorId>,
    expected: Expected,
) -> Result<NoContent, Problem> {
    app.doctors.retire(&actor.0, id.0, expected.0).await?;
    Ok(NoContent)
}

async fn change_doctor(
    actor: SignedIn,
    app: &AppState,
    id: PathId<DoctorId>,
    expected: Expected,
    change: DoctorChange,
) -> Result<Record, Problem> {
    let doctor = app.doctors.update(&actor.0, id.0, expected.0, &change).await?;
    Record::new(doctor.version, &DoctorResponse::from(&doctor))
}
