//! The parameters of lists, as the document tells them; `listing` reads them.

use domain::{
    BloodGroup, DoctorFilter, DoctorId, Gender, MappingFilter, PatientFilter, PatientId, Specialization,
};
use utoipa::IntoParams;

use crate::listing::ListQuery;
use crate::path_id::{RecordId, parse_id};

/// Which page of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; `ListQuery` reads them")]
pub(crate) struct PageParams {
    /// At most so many records.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u16>,
    /// Where the page begins: from the `Link` header of the page before. It carries the other parameters.
    #[param(min_length = 1)]
    cursor: Option<String>,
    /// Count all matching records, too (`X-Total-Count`).
    #[param(default = false)]
    count: Option<bool>,
}

/// Order and time of records.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; `ListQuery` reads them")]
pub(crate) struct RecordParams {
    /// `created_at` or `name`, with `-` in front for descending order.
    #[param(default = "-created_at", pattern = "^-?(created_at|name)$")]
    ordering: Option<String>,
    /// The beginning of any word of the name, whatever the case and the accents.
    #[param(max_length = 150, format = "line")]
    search: Option<String>,
    /// Only records made after this time (RFC 3339) or date.
    #[param(format = "time")]
    created_after: Option<String>,
    /// Only records made before this time (RFC 3339) or date.
    #[param(format = "time")]
    created_before: Option<String>,
}

/// Which patients.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; `patient_filter` reads them")]
pub(crate) struct PatientParams {
    /// Only this gender.
    #[param(format = "gender")]
    gender: Option<String>,
    /// Only this blood group.
    #[param(format = "blood-group")]
    blood_group: Option<String>,
}

/// Which doctors.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; `doctor_filter` reads them")]
pub(crate) struct DoctorParams {
    /// Only this specialization, whatever the case and the accents.
    #[param(max_length = 150, format = "line")]
    specialization: Option<String>,
}

/// Order of assignments.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; `ListQuery` reads them")]
pub(crate) struct AssignmentParams {
    /// `assigned_at`, with `-` in front for descending order.
    #[param(default = "-assigned_at", pattern = "^-?(assigned_at|created_at)$")]
    ordering: Option<String>,
}

/// Which mappings.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; `mapping_filter` reads them")]
pub(crate) struct MappingParams {
    /// Only of this patient.
    #[param(minimum = 1)]
    patient: Option<i64>,
    /// Only of this doctor.
    #[param(minimum = 1)]
    doctor: Option<i64>,
}

/// Whether ended mappings count.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; `ListQuery` reads them")]
pub(crate) struct EndedParams {
    /// Show ended mappings, too.
    #[param(default = false)]
    include_inactive: Option<bool>,
}

/// How a sheet is taken in.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; `sheet` reads them")]
pub(crate) struct ImportParams {
    /// Tell what would become of each row, and write nothing.
    #[param(default = false)]
    dry_run: Option<bool>,
    /// What becomes of a row that was taken in before: `skip` leaves the patient as it is, `update` gives it what the row
    /// says, `fail` refuses the row.
    #[param(default = "skip", pattern = "^(skip|update|fail)$")]
    on_conflict: Option<String>,
    /// Columns by other names, each as `Its name=name`.
    #[param(inline, explode, max_items = 64)]
    map: Option<Vec<Rename>>,
}

/// `Its name=name`.
#[derive(utoipa::ToSchema)]
#[schema(pattern = ".*=.*")]
#[expect(dead_code, reason = "describes a parameter; `sheet` reads it")]
pub(crate) struct Rename(String);

/// How a sheet is given out.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; `sheet` reads them")]
pub(crate) struct ExportParams {
    /// `csv` or `ndjson`; else as `Accept` says.
    #[param(pattern = "^(csv|ndjson)$")]
    format: Option<String>,
}

/// The filters of [`RecordParams`] and [`PatientParams`].
pub(crate) const PATIENT_FILTERS: [&str; 5] =
    ["search", "gender", "blood_group", "created_after", "created_before"];

/// Reads the filter of a list of patients.
pub(crate) fn patient_filter(query: &mut ListQuery) -> PatientFilter {
    PatientFilter {
        search: query.search(),
        gender: query.filter("gender", Gender::parse),
        blood_group: query.filter("blood_group", BloodGroup::parse),
        created_after: query.instant("created_after"),
        created_before: query.instant("created_before"),
    }
}

/// The filters of [`RecordParams`] and [`DoctorParams`].
pub(crate) const DOCTOR_FILTERS: [&str; 4] = ["search", "specialization", "created_after", "created_before"];

/// Reads the filter of a list of doctors.
pub(crate) fn doctor_filter(query: &mut ListQuery) -> DoctorFilter {
    DoctorFilter {
        search: query.search(),
        specialization: query.filter("specialization", Specialization::parse),
        created_after: query.instant("created_after"),
        created_before: query.instant("created_before"),
    }
}

/// The filters of [`MappingParams`] and [`EndedParams`].
pub(crate) const MAPPING_FILTERS: [&str; 3] = ["patient", "doctor", "include_inactive"];

/// Reads the filter of a list of mappings.
pub(crate) fn mapping_filter(query: &mut ListQuery) -> MappingFilter {
    fn id<T: RecordId>(text: &str) -> Result<T, &'static str> {
        parse_id(text).ok_or("must be a positive whole number")
    }
    MappingFilter {
        patient: query.parsed("patient", id::<PatientId>),
        doctor: query.parsed("doctor", id::<DoctorId>),
        include_ended: query.flag("include_inactive"),
    }
}
