//! Holding events against their seals, a run of seals at a time.

use std::collections::HashMap;

use domain::{AuditEventId, AuditHead, Broken, Fault};
use sha2::{Digest as _, Sha256};

use super::chain::{KeyError, Sealer};
use super::leaf::{Digest, unpacked};
use crate::rows::SealRow;

/// An event as it stands in the table; without a hash where its columns cannot even be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Found {
    pub(crate) id: i64,
    pub(crate) digest: Option<Digest>,
}

/// Some seals that follow one another, and what stands under them.
pub(crate) struct Run {
    /// In their order.
    pub(crate) seals: Vec<SealRow>,
    /// The packed leaves of each seal that still has some.
    pub(crate) leaves: HashMap<i64, Vec<u8>>,
    /// The events after the last one under the seal before, up to the last one under these, by their ids.
    pub(crate) events: Vec<Found>,
    /// Events under seals up to this one may be gone.
    pub(crate) pruned: i64,
}

/// How far a check has come.
#[derive(Clone, Default)]
pub(crate) struct Progress {
    pub(crate) seals: i64,
    pub(crate) pruned: i64,
    /// The last seal that is good.
    pub(crate) last: Option<SealRow>,
}

/// Something that is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Finding {
    pub(crate) broken: Broken,
    /// What stands where another event was sealed.
    pub(crate) stranger: Option<Digest>,
}

impl Finding {
    pub(crate) fn new(seal: i64, event: i64, fault: Fault) -> Self {
        let event = AuditEventId::new(event);
        Self { broken: Broken { seal, event, fault }, stranger: None }
    }
}

/// What came of a step of a check: good, or the first thing that is wrong.
type Step = Result<(), Finding>;

impl Progress {
    /// Checks the seals of `run`, which come right after those that were checked. All that is good before the first
    /// fault counts.
    pub(crate) fn check(
        &mut self,
        sealer: &Sealer,
        run: &Run,
        noted: &[AuditHead],
    ) -> Result<Step, KeyError> {
        for seal in &run.seals {
            sealer.knows(seal.key_id.as_deref())?;
            let last_id = self.last.as_ref().map_or(0, |last| last.last_id);
            let from = run.events.partition_point(|event| event.id <= last_id);
            let to = run.events.partition_point(|event| event.id <= seal.last_id);
            let events = run.events.get(from..to).unwrap_or_default();
            let step = self
                .check_seal(sealer, seal, run.events.get(from))
                .and_then(|()| self.check_events(seal, run, events))
                .and_then(|()| check_noted(seal, noted));
            if step.is_err() {
                return Ok(step);
            }
            self.seals = self.seals.saturating_add(1);
            self.last = Some(seal.clone());
        }
        Ok(Ok(()))
    }

    /// What is wrong with the end of the chain, where all before it is good.
    pub(crate) fn check_end(&self, sealer: &Sealer, noted: &[AuditHead]) -> Step {
        let end = self.last.as_ref().map_or(0, |last| last.seq);
        if let Some(head) = noted.iter().filter(|head| head.seal > end).min_by_key(|head| head.seal) {
            return Err(Finding::new(head.seal, head.event.get(), Fault::CutOff));
        }
        match &self.last {
            // Whoever cannot make a seal under the key would leave it out.
            Some(last) if sealer.has_key() && last.key_id.is_none() => {
                Err(Finding::new(last.seq, last.first_id, Fault::Unsealed))
            }
            _ => Ok(()),
        }
    }

    fn check_seal(&self, sealer: &Sealer, seal: &SealRow, next: Option<&Found>) -> Step {
        let expected = self.last.as_ref().map_or(0, |last| last.seq).saturating_add(1);
        if seal.seq != expected {
            let event = next.map_or(seal.first_id, |event| event.id);
            return Err(Finding::new(expected, event, Fault::Unsealed));
        }
        if sealer.follows(seal, self.last.as_ref()) { Ok(()) } else { Err(unsealed(seal)) }
    }

    fn check_events(&mut self, seal: &SealRow, run: &Run, events: &[Found]) -> Step {
        match run.leaves.get(&seal.seq) {
            Some(leaves) if Sha256::digest(leaves).as_slice() == seal.digest => compare(seal, leaves, events),
            None if seal.seq <= run.pruned => {
                self.pruned = self.pruned.saturating_add(seal.count);
                events.first().map_or(Ok(()), |event| Err(Finding::new(seal.seq, event.id, Fault::Inserted)))
            }
            None if events.is_empty() => Err(Finding::new(seal.seq, seal.first_id, Fault::Deleted)),
            // Without the true leaves nobody can tell which event it is.
            _ => Err(unsealed(seal)),
        }
    }
}

/// Which event it is cannot be told when the seal itself is not what it was: nothing from its first one on is proven.
fn unsealed(seal: &SealRow) -> Finding {
    Finding::new(seal.seq, seal.first_id, Fault::Unsealed)
}

/// Holds each event against its leaf, both in the order of their ids.
fn compare(seal: &SealRow, leaves: &[u8], events: &[Found]) -> Step {
    let wrong = |event, fault| Finding::new(seal.seq, event, fault);
    let mut events = events.iter();
    for leaf in unpacked(leaves) {
        let Some(event) = events.next() else { return Err(wrong(leaf.id, Fault::Deleted)) };
        if event.id > leaf.id {
            return Err(wrong(leaf.id, Fault::Deleted));
        }
        if event.id < leaf.id {
            return Err(wrong(event.id, Fault::Inserted));
        }
        if event.digest != Some(leaf.digest) {
            return Err(Finding { stranger: event.digest, ..wrong(event.id, Fault::Changed) });
        }
    }
    events.next().map_or(Ok(()), |event| Err(wrong(event.id, Fault::Inserted)))
}

fn check_noted(seal: &SealRow, noted: &[AuditHead]) -> Step {
    let is_other = |head: &&AuditHead| head.seal == seal.seq && head.hash.as_slice() != seal.hash;
    let Some(head) = noted.iter().find(is_other) else { return Ok(()) };
    // Over the same events the seal was made anew; over others the trail was cut off and has grown again.
    let is_same_place = head.event.get() == seal.last_id && head.events == seal.events;
    let fault = if is_same_place { Fault::Unsealed } else { Fault::CutOff };
    Err(Finding::new(seal.seq, head.event.get(), fault))
}
