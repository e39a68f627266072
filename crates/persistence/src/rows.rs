//! Rows: what the columns hold, and how a record is made of them. Shared by both databases.

mod attempts;
mod audit;
mod doctor;
mod incoming;
mod invitation;
mod mapping;
mod patient;
mod session;
mod step;
mod user;

pub(crate) use self::attempts::AttemptsRow;
pub(crate) use self::audit::{EventColumns, EventRow, EventViewRow, LeavesRow, PruningRow, SealRow};
pub(crate) use self::doctor::{DoctorColumns, DoctorRow, DoctorWordRow, creator_name};
pub(crate) use self::incoming::{
    ImportedRow, IncomingDoctorColumns, IncomingMappingColumns, IncomingPatientColumns, IncomingUserColumns,
};
pub(crate) use self::invitation::InvitationRow;
pub(crate) use self::mapping::{
    AssignedDoctorRow, DoctorLabelRow, MappingRow, MappingViewRow, PatientNameRow,
};
pub(crate) use self::patient::{PatientColumns, PatientRecord, PatientRow, PatientWordRow, owner_name};
pub(crate) use self::session::{SessionColumns, SessionRow, SessionViewRow};
pub(crate) use self::step::StepRow;
pub(crate) use self::user::{CredentialsRow, NewUserColumns, UserChangeColumns, UserRow};

use domain::Version;
use domain::ports::RepositoryError;

use crate::error::Failure;

/// A stored value that the domain refuses. The value itself is not told: it may be a patient's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the stored value of {0} is not valid")]
pub(crate) struct BadValue(&'static str);

impl From<BadValue> for Failure {
    fn from(bad: BadValue) -> Self {
        Self::Answer(RepositoryError::Failed(bad.into()))
    }
}

/// Refuses to go on when the caller has seen another version than the stored one.
pub(crate) fn expect_version(expected: Option<Version>, found: Version) -> Result<(), RepositoryError> {
    match expected {
        Some(version) if version != found => Err(RepositoryError::Stale),
        _ => Ok(()),
    }
}

/// A stored value, read back.
pub(crate) fn stored<T>(column: &'static str, parsed: impl Parsed<T>) -> Result<T, BadValue> {
    parsed.parsed().ok_or(BadValue(column))
}

/// What a record was, as it is kept among its versions.
pub(crate) fn to_json(columns: &impl serde::Serialize) -> Result<String, BadValue> {
    stored("versions.record", serde_json::to_string(columns))
}

/// What [`to_json`] wrote.
pub(crate) fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, BadValue> {
    stored("versions.record", serde_json::from_str(text))
}

/// A stored text that may be NULL, read back.
fn text<T, E>(
    column: &'static str,
    kept: Option<&String>,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, BadValue> {
    kept.map(|text| stored(column, parse(text))).transpose()
}

/// What a check of the domain may return.
pub(crate) trait Parsed<T> {
    /// The value, if the check let it pass.
    fn parsed(self) -> Option<T>;
}

impl<T> Parsed<T> for Option<T> {
    fn parsed(self) -> Option<T> {
        self
    }
}

impl<T, E> Parsed<T> for Result<T, E> {
    fn parsed(self) -> Option<T> {
        self.ok()
    }
}
