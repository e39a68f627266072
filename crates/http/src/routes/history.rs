//! The past of records: their versions, each of them as it was, and bringing back what was removed.

use actix_web::web::Data;
use domain::{DoctorId, MappingId, PatientId};

use crate::auth::SignedIn;
use crate::dto::history::versions;
use crate::dto::{
    DoctorResponse, DoctorVersionResponse, MappingVersionResponse, PatientResponse, PatientVersionResponse,
    VersionResponse,
};
use crate::path_id::{PathId, PathVersion};
use crate::problem::{Problem, ProblemResponse};
use crate::record::{Plain, Record};
use crate::registry::{Operation, operations};
use crate::state::AppState;

pub(super) fn operations() -> Vec<Operation> {
    operations![
        patients_history,
        patients_version,
        patients_restore,
        doctors_history,
        doctors_version,
        doctors_restore,
        mappings_history,
        mappings_version,
        mappings_detail_history,
        mappings_detail_version
    ]
}

/// The versions of a patient's record, newest first.
///
/// Also of a patient who was deleted.
#[utoipa::path(get, path = "/api/patients/{id}/history/", tag = "patients",
    params(("id" = i64, Path, minimum = 1)),
    responses((status = 200, body = [VersionResponse], description = "All versions")))]
pub(crate) async fn patients_history(
    actor: SignedIn,
    app: Data<AppState>,
    id: PathId<PatientId>,
) -> Result<Plain, Problem> {
    Plain::ok(&versions(&app.patients.history(&actor.0, id.0).await?))
}

/// A patient's record as it was.
#[utoipa::path(get, path = "/api/patients/{id}/history/{version}/", tag = "patients",
    params(("id" = i64, Path, minimum = 1), ("version" = i32, Path, minimum = 1)),
    responses((status = 200, body = PatientVersionResponse, description = "The version")))]
pub(crate) async fn patients_version(
    actor: SignedIn,
    app: Data<AppState>,
    path: PathVersion<PatientId>,
) -> Result<Plain, Problem> {
    let snapshot = app.patients.version(&actor.0, path.0, path.1).await?;
    Plain::ok(&PatientVersionResponse::from(&snapshot))
}

/// Bring a deleted patient back.
///
/// Assignments that ended with the deletion stay ended. A patient who was not deleted is answered as they are.
#[utoipa::path(post, path = "/api/patients/{id}/restore/", tag = "patients",
    params(("id" = i64, Path, minimum = 1)),
    responses((status = 200, body = PatientResponse, description = "The record as it is now")))]
pub(crate) async fn patients_restore(
    actor: SignedIn,
    app: Data<AppState>,
    id: PathId<PatientId>,
) -> Result<Record, Problem> {
    let patient = app.patients.restore(&actor.0, id.0).await?;
    Record::new(patient.version, &PatientResponse::new(&patient, app.patients.today()))
}

/// The versions of a doctor's entry, newest first.
///
/// Also of a doctor who has retired.
#[utoipa::path(get, path = "/api/doctors/{id}/history/", tag = "doctors",
    params(("id" = i64, Path, minimum = 1)),
    responses((status = 200, body = [VersionResponse], description = "All versions")))]
pub(crate) async fn doctors_history(
    _actor: SignedIn,
    app: Data<AppState>,
    id: PathId<DoctorId>,
) -> Result<Plain, Problem> {
    Plain::ok(&versions(&app.doctors.history(id.0).await?))
}

/// A doctor's entry as it was.
#[utoipa::path(get, path = "/api/doctors/{id}/history/{version}/", tag = "doctors",
    params(("id" = i64, Path, minimum = 1), ("version" = i32, Path, minimum = 1)),
    responses((status = 200, body = DoctorVersionResponse, description = "The version")))]
pub(crate) async fn doctors_version(
    _actor: SignedIn,
    app: Data<AppState>,
    path: PathVersion<DoctorId>,
) -> Result<Plain, Problem> {
    Plain::ok(&DoctorVersionResponse::from(&app.doctors.version(path.0, path.1).await?))
}

/// Bring a retired doctor back.
///
/// Assignments that ended with the retirement stay ended. A doctor who has not retired is answered as they are.
#[utoipa::path(post, path = "/api/doctors/{id}/restore/", tag = "doctors",
    params(("id" = i64, Path, minimum = 1)),
    responses((status = 200, body = DoctorResponse, description = "The entry as it is now"),
        (status = 403, body = ProblemResponse, content_type = "application/problem+json",
            description = "Your role may not do this"),
        (status = 409, body = ProblemResponse, content_type = "application/problem+json",
            description = "The e-mail address or the licence is another doctor's by now")))]
pub(crate) async fn doctors_restore(
    actor: SignedIn,
    app: Data<AppState>,
    id: PathId<DoctorId>,
) -> Result<Record, Problem> {
    let doctor = app.doctors.restore(&actor.0, id.0).await?;
    Record::new(doctor.version, &DoctorResponse::from(&doctor))
}

/// The versions of mapping `id`, newest first.
///
/// Also of a mapping that has ended.
#[utoipa::path(get, path = "/api/mappings/{id}/history/", tag = "mappings",
    params(("id" = i64, Path, minimum = 1)),
    responses((status = 200, body = [VersionResponse], description = "All versions")))]
pub(crate) async fn mappings_history(
    actor: SignedIn,
    app: Data<AppState>,
    id: PathId<MappingId>,
) -> Result<Plain, Problem> {
    Plain::ok(&versions(&app.mappings.history(&actor.0, id.0).await?))
}

/// Mapping `id` as it was.
#[utoipa::path(get, path = "/api/mappings/{id}/history/{version}/", tag = "mappings",
    params(("id" = i64, Path, minimum = 1), ("version" = i32, Path, minimum = 1)),
    responses((status = 200, body = MappingVersionResponse, description = "The version")))]
pub(crate) async fn mappings_version(
    actor: SignedIn,
    app: Data<AppState>,
    path: PathVersion<MappingId>,
) -> Result<Plain, Problem> {
    let snapshot = app.mappings.version(&actor.0, path.0, path.1).await?;
    Plain::ok(&MappingVersionResponse::from(&snapshot))
}

/// The versions of a mapping, newest first (another address of it).
#[utoipa::path(get, path = "/api/mappings/detail/{id}/history/", tag = "mappings",
    params(("id" = i64, Path, minimum = 1)),
    responses((status = 200, body = [VersionResponse], description = "All versions")))]
pub(crate) async fn mappings_detail_history(
    actor: SignedIn,
    app: Data<AppState>,
    id: PathId<MappingId>,
) -> Result<Plain, Problem> {
    mappings_history(actor, app, id).await
}

/// A mapping as it was (another address of it).
#[utoipa::path(get, path = "/api/mappings/detail/{id}/history/{version}/", tag = "mappings",
    params(("id" = i64, Path, minimum = 1), ("version" = i32, Path, minimum = 1)),
    responses((status = 200, body = MappingVersionResponse, description = "The version")))]
pub(crate) async fn mappings_detail_version(
    actor: SignedIn,
    app: Data<AppState>,
    path: PathVersion<MappingId>,
) -> Result<Plain, Problem> {
    mappings_version(actor, app, path).await
}
