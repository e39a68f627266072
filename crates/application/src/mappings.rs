//! Mappings: the doctors of a user's patients.

use std::sync::Arc;

use domain::ports::{Clock, MappingRepository, Record};
use domain::{
    Actor, AssignedDoctor, Change, Listing, MappingFilter, MappingId, MappingView, NewMapping, Notes, Page,
    PatientId, Version,
};

use crate::Error;

/// Assigns doctors to patients, never the same pair twice at a time.
#[derive(Clone)]
pub struct Mappings {
    mappings: Arc<dyn MappingRepository>,
    clock: Arc<dyn Clock>,
}

impl Mappings {
    /// Over its ports.
    pub fn new(mappings: Arc<dyn MappingRepository>, clock: Arc<dyn Clock>) -> Self {
        Self { mappings, clock }
    }

    /// Assigns a doctor to one of the actor's patients.
    ///
    /// That the pair is not active twice is the database's rule, not a question asked before: of equal
    /// requests at once one succeeds.
    pub async fn assign(&self, actor: Actor, mapping: &NewMapping) -> Result<MappingView, Error> {
        Ok(self.mappings.assign(actor.user, mapping, self.clock.now()).await?)
    }

    /// One of the actor's mappings; an ended one only where that is asked for.
    pub async fn get(&self, actor: Actor, id: MappingId, include_ended: bool) -> Result<MappingView, Error> {
        self.mappings.find(actor.user, id, include_ended).await?.ok_or(Error::Missing(Record::Mapping))
    }

    /// A page of the actor's mappings.
    pub async fn list(
        &self,
        actor: Actor,
        filter: MappingFilter,
        page: Page<MappingId>,
    ) -> Result<Listing<MappingView, MappingId>, Error> {
        Ok(self.mappings.list(actor.user, filter, page).await?)
    }

    /// A page of the doctors of one of the actor's patients.
    pub async fn doctors_of(
        &self,
        actor: Actor,
        patient: PatientId,
        page: Page<MappingId>,
    ) -> Result<Listing<AssignedDoctor, MappingId>, Error> {
        Ok(self.mappings.doctors_of(actor.user, patient, page).await?)
    }

    /// Changes the notes of one of the actor's mappings.
    pub async fn update_notes(
        &self,
        actor: Actor,
        id: MappingId,
        expected: Option<Version>,
        notes: &Change<Notes>,
    ) -> Result<MappingView, Error> {
        Ok(self.mappings.update_notes(actor.user, id, expected, notes, self.clock.now()).await?)
    }

    /// Ends one of the actor's mappings. It stays in the history, and the pair can be assigned again.
    pub async fn end(&self, actor: Actor, id: MappingId, expected: Option<Version>) -> Result<(), Error> {
        Ok(self.mappings.end(actor.user, id, expected, self.clock.now()).await?)
    }
}

#[cfg(test)]
mod tests;
