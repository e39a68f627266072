//! The hash of one event, whatever database it stands in.

use sha2::{Digest as _, Sha256};

use crate::rows::EventRow;

/// SHA-256.
pub(crate) type Digest = [u8; 32];

/// Names what is hashed and how. Another way of writing events down needs another name.
const EVENT: &str = "healthcore audit event 1";

/// The bytes of a packed leaf: the id and the hash.
const LEAF_BYTES: usize = 40;

/// An event as a seal knows it. The id is no part of the hash: so an event that stands in another one's place is
/// recognized.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Leaf {
    pub(crate) id: i64,
    pub(crate) digest: Digest,
}

impl Leaf {
    pub(crate) fn of(row: &EventRow) -> Self {
        let mut columns = Columns(Sha256::new());
        columns.text(EVENT);
        columns.number(Some(row.at.0.micros()));
        columns.text(&row.operation);
        columns.text(&row.outcome);
        columns.number(row.user_id);
        let session = row.session_id.map(|key| *key.0.uuid().as_bytes());
        columns.put(session.as_ref().map(<[u8; 16]>::as_slice));
        columns.put(row.address.as_ref().map(String::as_bytes));
        columns.text(&row.request_id);
        columns.put(row.record_kind.as_ref().map(String::as_bytes));
        columns.put(row.record_id.as_ref().map(String::as_bytes));
        columns.number(row.version.map(i64::from));
        columns.number(row.patient_id);
        columns.text(&row.fields);
        columns.put(row.reason.as_ref().map(String::as_bytes));
        Self { id: row.id, digest: columns.0.finalize().into() }
    }
}

/// Columns with their lengths in front, so that none can run over into the next; NULL is not empty.
struct Columns(Sha256);

impl Columns {
    fn put(&mut self, value: Option<&[u8]>) {
        match value {
            Some(bytes) => {
                self.0.update([1]);
                self.0.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
                self.0.update(bytes);
            }
            None => self.0.update([0]),
        }
    }

    fn text(&mut self, value: &str) {
        self.put(Some(value.as_bytes()));
    }

    fn number(&mut self, value: Option<i64>) {
        self.put(value.map(i64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice));
    }
}

/// The leaves one after the other, 40 bytes each.
pub(crate) fn packed(leaves: &[Leaf]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(leaves.len().saturating_mul(LEAF_BYTES));
    for leaf in leaves {
        bytes.extend(leaf.id.to_be_bytes());
        bytes.extend(leaf.digest);
    }
    bytes
}

/// What [`packed`] wrote.
pub(crate) fn unpacked(bytes: &[u8]) -> impl Iterator<Item = Leaf> {
    bytes.chunks_exact(LEAF_BYTES).filter_map(|leaf| {
        let (id, digest) = leaf.split_first_chunk()?;
        Some(Leaf { id: i64::from_be_bytes(*id), digest: digest.try_into().ok()? })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::At;

    fn row() -> EventRow {
        EventRow {
            id: 7,
            at: At(domain::Timestamp::from_micros(1).unwrap()),
            operation: "patients_get".to_owned(),
            outcome: "done".to_owned(),
            user_id: Some(1),
            session_id: None,
            address: None,
            request_id: "r".to_owned(),
            record_kind: Some("patient".to_owned()),
            record_id: Some("5".to_owned()),
            version: None,
            patient_id: Some(5),
            fields: String::new(),
            reason: None,
        }
    }

    #[test]
    fn the_hash_stays_what_it_is() {
        let start =
            [0xb0, 0x14, 0xf2, 0xdd, 0xce, 0xab, 0x13, 0x67, 0x39, 0x55, 0xad, 0x1e, 0x51, 0xae, 0x1b, 0x38];
        assert!(Leaf::of(&row()).digest.starts_with(&start));
    }

    #[test]
    fn every_column_counts_but_the_id() {
        let changed: [fn(&mut EventRow); 14] = [
            |_| (),
            |row| row.at = At(domain::Timestamp::from_micros(2).unwrap()),
            |row| row.operation.push('s'),
            |row| row.outcome = "failed".to_owned(),
            |row| row.user_id = None,
            |row| row.session_id = domain::SessionId::parse(&"1".repeat(32)).map(crate::types::SessionKey),
            |row| row.address = Some(String::new()),
            |row| row.request_id.push('s'),
            |row| row.record_kind = None,
            |row| row.record_id = Some("6".to_owned()),
            |row| row.version = Some(1),
            |row| row.patient_id = Some(6),
            |row| row.fields.push_str("name"),
            |row| row.reason = Some(String::new()),
        ];
        let digests = changed.map(|change| {
            let mut row = row();
            change(&mut row);
            Leaf::of(&row).digest
        });
        assert_eq!(std::collections::BTreeSet::from(digests).len(), digests.len());
        let moved = EventRow { id: 8, ..row() };
        assert_eq!(Leaf::of(&moved).digest, Leaf::of(&row()).digest);
    }

    #[test]
    fn leaves_come_back_as_they_were_packed() {
        let leaves = [Leaf::of(&row()), Leaf { id: i64::MAX, digest: [9; 32] }];
        let bytes = packed(&leaves);
        assert_eq!(bytes.len(), 2 * LEAF_BYTES);
        assert_eq!(unpacked(&bytes).collect::<Vec<_>>(), leaves);
    }
}
