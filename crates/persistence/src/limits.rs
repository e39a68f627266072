//! What the counters of attempts and of requests have in common.

use std::sync::atomic::{AtomicU32, Ordering};

use sha2::{Digest, Sha256};

/// The key of a counter: found again by whoever knows its parts, and telling them to nobody. A name that was
/// typed may be a password in the wrong field.
pub(crate) fn key(kind: &str, parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in [kind].iter().chain(parts) {
        // With its length in front no part can run over into the next.
        hasher.update(part.len().to_be_bytes());
        hasher.update(part);
    }
    format!("{:x}", hasher.finalize())
}

/// Whose turn it is to remove rows that have become meaningless.
pub(crate) struct Turns {
    every: u32,
    taken: AtomicU32,
}

impl Turns {
    /// Each `every`th call has the turn.
    pub(crate) const fn every(every: u32) -> Self {
        Self { every, taken: AtomicU32::new(0) }
    }

    /// Counts a call.
    pub(crate) fn is_due(&self) -> bool {
        let before = self.taken.fetch_add(1, Ordering::Relaxed);
        before.wrapping_add(1).is_multiple_of(self.every)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_differ_with_every_part_and_its_place() {
        let keys = [
            key("pair", &["ab", "c"]),
            key("pair", &["a", "bc"]),
            key("pair", &["c", "ab"]),
            key("pair", &["abc"]),
            key("account", &["abc"]),
            key("address", &["abc"]),
            key("pair", &["ab", "c", ""]),
        ];
        let unique: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!(unique.len(), keys.len());
        assert!(keys.iter().all(|key| key.len() == 64 && !key.contains("abc")));
    }

    #[test]
    fn each_nth_call_has_the_turn() {
        let turns = Turns::every(3);
        let due: Vec<bool> = (0..6).map(|_| turns.is_due()).collect();
        assert_eq!(due, [false, false, true, false, false, true]);
    }
}
