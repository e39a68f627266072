//! What a row is known by.

use domain::ExternalId;
use sha2::{Digest as _, Sha256};

use super::fields::Fields;

/// What the row is known by: its own id, or what it says. An id of an export is not the id of another system, which may
/// be the same number: the two are told apart by when the record was `made`, where a column of that name is given.
pub(super) fn external(fields: &mut Fields, columns: &[&str], made: Option<&str>) -> Option<ExternalId> {
    if fields.raw("external_id").is_none()
        && let (Some(id), Some(made)) = (fields.raw("id"), made.and_then(|made| fields.raw(made)))
    {
        return Some(hashed(["record", id.trim(), made.trim()]));
    }
    for column in ["external_id", "id"] {
        if fields.raw(column).is_some() {
            return fields.get(column, |raw| ExternalId::parse(raw).map(|id| of_other_system(&id)));
        }
    }
    let told = fields.all().filter(|(name, _)| columns.contains(name));
    Some(hashed(told.flat_map(|(name, value)| [name, value])))
}

/// The id that another system has given.
pub(super) fn of_other_system(id: &ExternalId) -> ExternalId {
    hashed(["id", id.as_str()])
}

/// Of an id of a sheet only the SHA-256 is kept: it may be a patient's number, which must not outlive an erasing.
fn hashed<'a>(texts: impl IntoIterator<Item = &'a str>) -> ExternalId {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(text);
    }
    ExternalId::from_digest(hash.finalize().into())
}
