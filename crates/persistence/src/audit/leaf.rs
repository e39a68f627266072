//! The hash of one event, whatever database it stands in.

use sha2::{Digest as _, Sha256};

use crate::rows::{EventColumns, EventRow};

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
    pub(crate) fn of(id: i64, event: &EventColumns) -> Self {
        let mut columns = Columns(Sha256::new());
        columns.text(EVENT);
        columns.number(Some(event.at.0.micros()));
        columns.text(&event.operation);
        columns.text(&event.outcome);
        columns.number(event.user_id);
        let session = event.session_id.map(|key| *key.0.uuid().as_bytes());
        columns.put(session.as_ref().map(<[u8; 16]>::as_slice));
        columns.put(event.address.as_ref().map(String::as_bytes));
        columns.text(&event.request_id);
        columns.put(event.record_kind.as_ref().map(|kind| kind.as_bytes()));
        columns.put(event.record_id.as_ref().map(String::as_bytes));
        columns.number(event.version.map(i64::from));
        columns.number(event.patient_id);
        columns.text(&event.fields);
        columns.put(event.reason.as_ref().map(String::as_bytes));
        Self { id, digest: columns.0.finalize().into() }
    }
}

impl From<&EventRow> for Leaf {
    fn from(row: &EventRow) -> Self {
        Self::of(row.id, &row.columns)
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

    fn event() -> EventColumns {
        EventColumns {
            at: At(domain::Timestamp::from_micros(1).unwrap()),
            operation: "patients_get".into(),
            outcome: "done".into(),
            user_id: Some(1),
            session_id: None,
            address: None,
            request_id: "r".to_owned(),
            record_kind: Some("patient".into()),
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
        assert!(Leaf::of(7, &event()).digest.starts_with(&start));
    }

    #[test]
    fn every_column_counts_but_the_id() {
        let changed: [fn(&mut EventColumns); 14] = [
            |_| (),
            |event| event.at = At(domain::Timestamp::from_micros(2).unwrap()),
            |event| event.operation.to_mut().push('s'),
            |event| event.outcome = "failed".into(),
            |event| event.user_id = None,
            |event| {
                event.session_id = domain::SessionId::parse(&"1".repeat(32)).map(crate::types::SessionKey);
            },
            |event| event.address = Some(String::new()),
            |event| event.request_id.push('s'),
            |event| event.record_kind = None,
            |event| event.record_id = Some("6".to_owned()),
            |event| event.version = Some(1),
            |event| event.patient_id = Some(6),
            |event| event.fields.push_str("name"),
            |event| event.reason = Some(String::new()),
        ];
        let digests = changed.map(|change| {
            let mut event = event();
            change(&mut event);
            Leaf::of(7, &event).digest
        });
        assert_eq!(std::collections::BTreeSet::from(digests).len(), digests.len());
        assert_eq!(Leaf::of(8, &event()).digest, Leaf::of(7, &event()).digest);
    }

    #[test]
    fn leaves_come_back_as_they_were_packed() {
        let leaves = [Leaf::of(7, &event()), Leaf { id: i64::MAX, digest: [9; 32] }];
        let bytes = packed(&leaves);
        assert_eq!(bytes.len(), 2 * LEAF_BYTES);
        assert_eq!(unpacked(&bytes).collect::<Vec<_>>(), leaves);
    }
}
