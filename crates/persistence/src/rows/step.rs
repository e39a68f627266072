//! Rows of `patient_versions`, `doctor_versions` and `mapping_versions`: the steps by which records became what
//! they are.

use diesel::prelude::*;
use domain::{Act, ChangedFields, Timestamp, UserId, UserName, Version, VersionEntry};

use super::{BadValue, stored, text};
use crate::types::At;

/// A step to a version, without what the record was before it.
#[derive(Queryable)]
pub(crate) struct StepRow {
    version: i32,
    at: At,
    by_id: Option<i64>,
    by_name: Option<String>,
    act: String,
    fields: String,
    since: At,
}

impl StepRow {
    /// Whether this is the step to `version`.
    pub(crate) const fn is_to(&self, version: Version) -> bool {
        self.version == version.get()
    }

    /// The version before the step, and since when the record was so.
    pub(crate) fn before(&self) -> Result<(Version, Timestamp), BadValue> {
        let version = self.version.checked_sub(1).and_then(Version::new);
        Ok((stored("versions.version", version)?, self.since.into()))
    }
}

impl TryFrom<StepRow> for VersionEntry {
    type Error = BadValue;

    fn try_from(row: StepRow) -> Result<Self, BadValue> {
        Ok(Self {
            version: stored("versions.version", Version::new(row.version))?,
            at: row.at.into(),
            by: row.by_id.map(|id| stored("versions.by_id", UserId::new(id))).transpose()?,
            by_name: text("users.username", row.by_name.as_ref(), UserName::parse)?,
            act: stored("versions.act", Act::parse(&row.act))?,
            fields: ChangedFields::from_joined(&row.fields),
        })
    }
}
