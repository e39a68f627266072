//! Seals: how one follows from the one before.

use domain::Timestamp;
use domain::ports::RepositoryError;
use hmac::{Hmac, Mac};
use sha2::{Digest as _, Sha256};

use super::leaf::{Leaf, packed};
use crate::error::Failure;
use crate::rows::{LeavesRow, PruningRow, SealRow};
use crate::settings::SealKey;
use crate::types::At;

/// Name what is hashed and how.
const SEAL: &str = "healthcore audit seal 1";
const PRUNING: &str = "healthcore audit pruning 1";
const KEY: &str = "healthcore audit key 1";

/// The seals are not under the key that is set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// There is a key, and none is set.
    #[error("the audit trail is sealed under a key, and none is set")]
    Missing,
    /// It is another one.
    #[error("the audit trail is sealed under another key")]
    Other,
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        Self::Answer(RepositoryError::Failed(error.into()))
    }
}

/// Makes seals, and checks how they were made.
#[derive(Clone)]
pub(crate) struct Sealer {
    key: Option<SealKey>,
    /// Tells keys apart without telling the key.
    key_id: Option<String>,
}

impl Sealer {
    pub(crate) fn new(key: Option<SealKey>) -> Self {
        let key_id = key.as_ref().map(|key| {
            let digest = Sha256::new().chain_update(KEY).chain_update(key.bytes()).finalize();
            format!("{digest:.16x}")
        });
        Self { key, key_id }
    }

    /// Whether seals are made under a key.
    pub(super) const fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// Whether a seal was made under the key that is set; one without a key is under none.
    pub(crate) fn knows(&self, key_id: Option<&str>) -> Result<(), KeyError> {
        match (key_id, self.key_id.as_deref()) {
            (None, _) => Ok(()),
            (Some(_), None) => Err(KeyError::Missing),
            (Some(theirs), Some(ours)) if theirs == ours => Ok(()),
            (Some(_), Some(_)) => Err(KeyError::Other),
        }
    }

    /// The seal over `leaves` that follows `last`; `None` without leaves.
    pub(crate) fn seal(
        &self,
        last: Option<&SealRow>,
        leaves: &[Leaf],
        now: Timestamp,
    ) -> Result<Option<(SealRow, LeavesRow)>, KeyError> {
        self.knows(last.and_then(|last| last.key_id.as_deref()))?;
        let (Some(first), Some(end)) = (leaves.first(), leaves.last()) else { return Ok(None) };
        let seq = last.map_or(0, |last| last.seq).saturating_add(1);
        let count = i64::try_from(leaves.len()).unwrap_or(i64::MAX);
        let leaves = packed(leaves);
        let mut seal = SealRow {
            seq,
            first_id: first.id,
            last_id: end.id,
            count,
            events: last.map_or(0, |last| last.events).saturating_add(count),
            sealed_at: At(now),
            digest: Sha256::digest(&leaves).to_vec(),
            key_id: self.key_id.clone(),
            hash: Vec::new(),
        };
        seal.hash = self.hash(&seal, last);
        Ok(Some((seal, LeavesRow { seal: seq, leaves })))
    }

    /// Whether `seal` follows from `last` as it should. Seals without a key may only come before those under it.
    pub(super) fn follows(&self, seal: &SealRow, last: Option<&SealRow>) -> bool {
        let lost_key = seal.key_id.is_none() && last.is_some_and(|last| last.key_id.is_some());
        !lost_key && seal.first_id > last.map_or(0, |last| last.last_id) && seal.hash == self.hash(seal, last)
    }

    /// The record of a pruning of the events under seals up to `seal`.
    pub(crate) fn pruning(
        &self,
        seal: &SealRow,
        before: Timestamp,
        now: Timestamp,
    ) -> Result<PruningRow, KeyError> {
        self.knows(seal.key_id.as_deref())?;
        let mut pruning = PruningRow {
            seal: seal.seq,
            through_id: seal.last_id,
            before: At(before),
            pruned_at: At(now),
            key_id: self.key_id.clone(),
            hash: Vec::new(),
        };
        pruning.hash = self.pruning_hash(&pruning, seal);
        Ok(pruning)
    }

    /// Whether the pruning up to `seal` was made as it should be: under the key, unless the seal itself is older
    /// than the key.
    pub(crate) fn vouches(&self, pruning: &PruningRow, seal: &SealRow) -> bool {
        (pruning.key_id == self.key_id || seal.key_id.is_none() && pruning.key_id.is_none())
            && pruning.through_id == seal.last_id
            && pruning.hash == self.pruning_hash(pruning, seal)
    }

    fn hash(&self, seal: &SealRow, last: Option<&SealRow>) -> Vec<u8> {
        let numbers =
            [seal.seq, seal.first_id, seal.last_id, seal.count, seal.events, seal.sealed_at.0.micros()];
        let first = Vec::new();
        let previous = last.map_or(&first, |last| &last.hash);
        self.over(seal.key_id.is_some(), SEAL, &numbers, &[previous, &seal.digest])
    }

    fn pruning_hash(&self, pruning: &PruningRow, seal: &SealRow) -> Vec<u8> {
        let (before, at) = (pruning.before.0.micros(), pruning.pruned_at.0.micros());
        let numbers = [pruning.seal, pruning.through_id, before, at];
        self.over(pruning.key_id.is_some(), PRUNING, &numbers, &[&seal.hash])
    }

    /// The hash over numbers of eight bytes each and texts with their lengths, under the key if `is_keyed`.
    fn over(&self, is_keyed: bool, name: &str, numbers: &[i64], texts: &[&[u8]]) -> Vec<u8> {
        let mut bytes = name.as_bytes().to_vec();
        for number in numbers {
            bytes.extend(number.to_be_bytes());
        }
        for text in texts {
            bytes.extend(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            bytes.extend(*text);
        }
        match self.key.as_ref().filter(|_| is_keyed).map(|key| Hmac::<Sha256>::new_from_slice(key.bytes())) {
            Some(Ok(mac)) => mac.chain_update(&bytes).finalize().into_bytes().to_vec(),
            // A key of any length will do.
            Some(Err(_)) => Vec::new(),
            None => Sha256::digest(&bytes).to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(byte: u8) -> Sealer {
        Sealer::new(SealKey::new([byte; 32]).ok())
    }

    #[test]
    fn a_key_is_told_apart_by_eight_bytes_of_a_hash() {
        let [one, other] = [1, 2].map(|byte| sealer(byte).key_id.unwrap());
        assert_eq!(one.len(), 16);
        assert_ne!(one, other);
        assert!(sealer(1).knows(Some(&one)).is_ok());
        assert_eq!(sealer(1).knows(Some(&other)), Err(KeyError::Other));
        assert_eq!(Sealer::new(None).knows(Some(&one)), Err(KeyError::Missing));
    }

    #[test]
    fn every_column_of_a_seal_counts() {
        let sealer = sealer(1);
        let leaves = [Leaf { id: 5, digest: [5; 32] }];
        let now = Timestamp::from_micros(1).unwrap();
        let (first, _) = sealer.seal(None, &leaves, now).unwrap().unwrap();
        let (seal, _) = sealer.seal(Some(&first), &[Leaf { id: 6, digest: [6; 32] }], now).unwrap().unwrap();
        assert!(sealer.follows(&first, None) && sealer.follows(&seal, Some(&first)));
        assert!(!sealer.follows(&seal, None));
        let changes: [fn(&mut SealRow); 9] = [
            |seal| seal.seq += 1,
            |seal| seal.first_id += 1,
            |seal| seal.last_id += 1,
            |seal| seal.count += 1,
            |seal| seal.events += 1,
            |seal| seal.sealed_at = At(Timestamp::from_micros(2).unwrap()),
            |seal| seal.digest[0] ^= 1,
            |seal| seal.key_id = None,
            |seal| seal.hash[31] ^= 1,
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let mut other = seal.clone();
            change(&mut other);
            assert!(!sealer.follows(&other, Some(&first)), "change {number}");
        }
    }
}
