//! Cursors: where the next page of a list begins, as opaque text.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::{Position, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use twox_hash::XxHash64;

use crate::path_id::RecordId;

/// Whose list it is, and which one.
pub(crate) struct Scope {
    /// The user who asks.
    pub(crate) user: UserId,
    /// The path of the list.
    pub(crate) path: String,
}

/// A position in a list and the query that it belongs to.
///
/// The seal keeps honest clients from mixing lists up. It is no secret: who forges one still reads only
/// their own records, because every question names its owner.
#[derive(Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// Microseconds since 1970 of the last record.
    t: i64,
    /// Its id.
    i: i64,
    /// The parameters of the list.
    #[serde(rename = "q")]
    pub(crate) query: BTreeMap<String, String>,
}

/// Longer than any cursor of ours.
const MAX_LEN: usize = 4096;

impl Cursor {
    /// The cursor of the page after `position`.
    pub(crate) fn new<Id: Into<i64>>(position: Position<Id>, query: BTreeMap<String, String>) -> Self {
        Self { t: position.created_at.micros(), i: position.id.into(), query }
    }

    /// Where the page begins.
    pub(crate) fn position<Id: RecordId>(&self) -> Option<Position<Id>> {
        Some(Position { created_at: Timestamp::from_micros(self.t)?, id: Id::from_number(self.i)? })
    }

    /// The cursor as text that URLs can hold.
    pub(crate) fn encode(&self, scope: &Scope) -> String {
        let content = serde_json::to_vec(self).unwrap_or_default();
        let sealed = [seal(&content, scope).as_slice(), &content].concat();
        BASE64_URL_SAFE_NO_PAD.encode(sealed)
    }

    /// Reads a cursor that was made for the same scope.
    pub(crate) fn decode(text: &str, scope: &Scope) -> Option<Self> {
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(Some(text).filter(|text| text.len() <= MAX_LEN)?).ok()?;
        let (stored, content) = sealed.split_first_chunk::<8>()?;
        if *stored != seal(content, scope) {
            return None;
        }
        serde_json::from_slice(content).ok()
    }
}

fn seal(content: &[u8], scope: &Scope) -> [u8; 8] {
    let path = scope.path.trim_end_matches('/').as_bytes();
    let input = [&scope.user.get().to_be_bytes(), path, &[0], content].concat();
    XxHash64::oneshot(0, &input).to_be_bytes()
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests {
    use domain::PatientId;

    use super::*;

    fn scope(user: i64, path: &str) -> Scope {
        Scope { user: UserId::new(user).unwrap(), path: path.to_owned() }
    }

    fn encoded() -> String {
        let position =
            Position { created_at: Timestamp::from_micros(17).unwrap(), id: PatientId::new(42).unwrap() };
        let query = BTreeMap::from([("search".to_owned(), "ann".to_owned())]);
        Cursor::new(position, query).encode(&scope(1, "/api/patients/"))
    }

    #[test]
    fn a_cursor_reads_back_with_its_query() {
        let cursor = Cursor::decode(&encoded(), &scope(1, "/api/patients")).unwrap();
        assert_eq!(cursor.position::<PatientId>().unwrap().id.get(), 42);
        assert_eq!(cursor.query.get("search").map(String::as_str), Some("ann"));
    }

    #[test]
    fn a_cursor_of_another_user_or_list_is_none() {
        assert!(Cursor::decode(&encoded(), &scope(2, "/api/patients/")).is_none());
        assert!(Cursor::decode(&encoded(), &scope(1, "/api/doctors/")).is_none());
    }

    #[test]
    fn a_changed_cursor_is_none() {
        let good = encoded();
        for at in 0..good.len() {
            let mut bytes = good.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(Cursor::decode(&changed, &scope(1, "/api/patients/")).is_none(), "{at}");
        }
        assert!(Cursor::decode("", &scope(1, "/api/patients/")).is_none());
        assert!(Cursor::decode(&"A".repeat(MAX_LEN + 1), &scope(1, "/api/patients/")).is_none());
    }
}
