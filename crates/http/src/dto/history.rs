//! Versions of records as JSON.

use domain::{
    Date, Doctor, MappingView, Patient, Snapshot, Timestamp, UserId, UserName, Version, VersionEntry,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{DoctorResponse, MappingResponse, PatientResponse};

/// How a version of a record came about.
#[derive(Serialize, ToSchema)]
#[schema(as = RecordVersion)]
pub(crate) struct VersionResponse<'a> {
    /// Which version; the first one is 1.
    #[schema(value_type = i32, minimum = 1)]
    version: Version,
    /// When it came about.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The id of the user who made it; `null` for a command on the server itself.
    #[schema(value_type = Option<i64>, minimum = 1, required)]
    by: Option<UserId>,
    /// The user name of that user, as it is now.
    #[schema(value_type = Option<String>, required)]
    by_name: Option<&'a str>,
    /// `created`, `updated`, `removed` or `restored`.
    #[schema(value_type = String, example = "updated")]
    act: &'static str,
    /// The names of the fields that differ from the version before.
    #[schema(value_type = Vec<String>)]
    fields: Vec<&'a str>,
}

impl<'a> From<&'a VersionEntry> for VersionResponse<'a> {
    fn from(entry: &'a VersionEntry) -> Self {
        Self {
            version: entry.version,
            at: entry.at,
            by: entry.by,
            by_name: entry.by_name.as_ref().map(UserName::as_str),
            act: entry.act.as_str(),
            fields: entry.fields.names().collect(),
        }
    }
}

/// The versions of a record, as they are listed.
pub(crate) fn versions(entries: &[VersionEntry]) -> Vec<VersionResponse<'_>> {
    entries.iter().map(VersionResponse::from).collect()
}

/// A patient's record as it was.
#[derive(Serialize, ToSchema)]
#[schema(as = PatientVersion)]
pub(crate) struct PatientVersionResponse<'a> {
    #[serde(flatten)]
    #[schema(inline)]
    entry: VersionResponse<'a>,
    /// What stood in it; the age is that of the time.
    record: PatientResponse<'a>,
}

impl<'a> From<&'a Snapshot<Patient>> for PatientVersionResponse<'a> {
    fn from(snapshot: &'a Snapshot<Patient>) -> Self {
        let day: Date = snapshot.entry.at.date();
        Self { entry: (&snapshot.entry).into(), record: PatientResponse::new(&snapshot.record, day) }
    }
}

/// A doctor's entry as it was.
#[derive(Serialize, ToSchema)]
#[schema(as = DoctorVersion)]
pub(crate) struct DoctorVersionResponse<'a> {
    #[serde(flatten)]
    #[schema(inline)]
    entry: VersionResponse<'a>,
    /// What stood in it.
    record: DoctorResponse<'a>,
}

impl<'a> From<&'a Snapshot<Doctor>> for DoctorVersionResponse<'a> {
    fn from(snapshot: &'a Snapshot<Doctor>) -> Self {
        Self { entry: (&snapshot.entry).into(), record: (&snapshot.record).into() }
    }
}

/// A mapping as it was, with the names that patient and doctor have now.
#[derive(Serialize, ToSchema)]
#[schema(as = MappingVersion)]
pub(crate) struct MappingVersionResponse<'a> {
    #[serde(flatten)]
    #[schema(inline)]
    entry: VersionResponse<'a>,
    /// What stood in it.
    record: MappingResponse<'a>,
}

impl<'a> From<&'a Snapshot<MappingView>> for MappingVersionResponse<'a> {
    fn from(snapshot: &'a Snapshot<MappingView>) -> Self {
        Self { entry: (&snapshot.entry).into(), record: (&snapshot.record).into() }
    }
}
