//! Mappings: the doctors of a user's patients.

use std::sync::Arc;

use domain::ports::{Clock, History, MappingRepository, Record};
use domain::{
    Actor, AssignedDoctor, Caller, Change, Listing, MappingFilter, MappingId, MappingView, NewMapping, Notes,
    Once, Page, PatientId, Snapshot, Version, VersionEntry,
};

use crate::Error;

/// Assigns doctors to patients, never the same pair twice at a time.
#[derive(Clone)]
pub struct Mappings {
    repository: Arc<dyn MappingRepository>,
    history: Arc<dyn History>,
    clock: Arc<dyn Clock>,
}

impl Mappings {
    /// Over its ports.
    pub fn new(
        repository: Arc<dyn MappingRepository>,
        history: Arc<dyn History>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { repository, history, clock }
    }

    /// Assigns a doctor to one of the actor's patients, or returns the mapping that was made under the same key.
    ///
    /// That the pair is not active twice is the database's rule, not a question asked before: of equal
    /// requests at once one succeeds.
    pub async fn assign(
        &self,
        actor: &Actor,
        mapping: &NewMapping,
        once: Option<Once>,
    ) -> Result<MappingView, Error> {
        actor.call.concern(mapping.patient);
        let stamp = actor.stamp(self.clock.now()).once(once);
        Ok(self.repository.assign(actor.user, mapping, &stamp).await?)
    }

    /// One of the actor's mappings; an ended one only where that is asked for.
    pub async fn get(&self, actor: &Actor, id: MappingId, include_ended: bool) -> Result<MappingView, Error> {
        let found = self.repository.find(actor.user, id, include_ended).await?;
        let found = found.ok_or(Error::Missing(Record::Mapping))?;
        actor.call.concern(found.mapping.patient);
        Ok(found)
    }

    /// A page of the actor's mappings.
    pub async fn list(
        &self,
        actor: &Actor,
        filter: MappingFilter,
        page: Page<MappingId>,
    ) -> Result<Listing<MappingView, MappingId>, Error> {
        if let Some(patient) = filter.patient {
            actor.call.concern(patient);
        }
        Ok(self.repository.list(actor.user, filter, page).await?)
    }

    /// A page of the doctors of one of the actor's patients.
    pub async fn doctors_of(
        &self,
        actor: &Actor,
        patient: PatientId,
        page: Page<MappingId>,
    ) -> Result<Listing<AssignedDoctor, MappingId>, Error> {
        actor.call.concern(patient);
        Ok(self.repository.doctors_of(actor.user, patient, page).await?)
    }

    /// Changes the notes of one of the actor's mappings.
    pub async fn update_notes(
        &self,
        actor: &Actor,
        id: MappingId,
        expected: Option<Version>,
        notes: &Change<Notes>,
    ) -> Result<MappingView, Error> {
        Ok(self
            .repository
            .update_notes(actor.user, id, expected, notes, &actor.stamp(self.clock.now()))
            .await?)
    }

    /// Ends one of the actor's mappings. It stays in the history, and the pair can be assigned again.
    pub async fn end(&self, actor: &Actor, id: MappingId, expected: Option<Version>) -> Result<(), Error> {
        Ok(self.repository.end(actor.user, id, expected, &actor.stamp(self.clock.now())).await?)
    }

    /// The versions of one of the actor's mappings, newest first, also of one that has ended.
    pub async fn history(&self, actor: &Actor, id: MappingId) -> Result<Vec<VersionEntry>, Error> {
        let found = self.history.of_mapping(actor.user, id).await?;
        let entries = found.ok_or(Error::Missing(Record::Mapping))?;
        if let Some(newest) = entries.first() {
            // Only the mapping itself, which may have ended long ago, tells whose it is.
            self.version(actor, id, newest.version).await?;
        }
        Ok(entries)
    }

    /// One of the actor's mappings as it was.
    pub async fn version(
        &self,
        actor: &Actor,
        id: MappingId,
        version: Version,
    ) -> Result<Snapshot<MappingView>, Error> {
        let found = self.history.mapping_at(actor.user, id, version).await?;
        let found = found.ok_or(Error::Missing(Record::Mapping))?;
        actor.call.concern(found.record.mapping.patient);
        Ok(found)
    }
}

#[cfg(test)]
mod tests;
