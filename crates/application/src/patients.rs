//! Patients: each user keeps their own.

use std::sync::Arc;

use domain::ports::{Clock, History, PatientRepository, Record};
use domain::{
    Actor, Caller, Date, Listing, Once, Page, Patient, PatientChange, PatientDetails, PatientFilter,
    PatientId, Snapshot, Version, VersionEntry,
};

use crate::Error;

/// Keeps patients' records.
#[derive(Clone)]
pub struct Patients {
    repository: Arc<dyn PatientRepository>,
    history: Arc<dyn History>,
    clock: Arc<dyn Clock>,
}

impl Patients {
    /// Over its ports.
    pub fn new(
        repository: Arc<dyn PatientRepository>,
        history: Arc<dyn History>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { repository, history, clock }
    }

    /// The day that birth dates and ages are measured by.
    pub fn today(&self) -> Date {
        self.clock.today()
    }

    /// Adds a record that the actor owns, or returns the one that was added under the same key.
    pub async fn create(
        &self,
        actor: &Actor,
        details: &PatientDetails,
        once: Option<Once>,
    ) -> Result<Patient, Error> {
        let stamp = actor.stamp(self.clock.now()).once(once);
        Ok(self.repository.insert(actor.user, details, &stamp).await?)
    }

    /// One of the actor's records.
    pub async fn get(&self, actor: &Actor, id: PatientId) -> Result<Patient, Error> {
        self.repository.find(actor.user, id).await?.ok_or(Error::Missing(Record::Patient))
    }

    /// A page of the actor's records.
    pub async fn list(
        &self,
        actor: &Actor,
        filter: &PatientFilter,
        page: Page<PatientId>,
    ) -> Result<Listing<Patient, PatientId>, Error> {
        Ok(self.repository.list(actor.user, filter, page).await?)
    }

    /// Changes one of the actor's records, if it still has the version that is expected.
    pub async fn update(
        &self,
        actor: &Actor,
        id: PatientId,
        expected: Option<Version>,
        change: &PatientChange,
    ) -> Result<Patient, Error> {
        Ok(self.repository.update(actor.user, id, expected, change, &actor.stamp(self.clock.now())).await?)
    }

    /// Deletes one of the actor's records and ends its mappings.
    pub async fn delete(&self, actor: &Actor, id: PatientId, expected: Option<Version>) -> Result<(), Error> {
        Ok(self.repository.delete(actor.user, id, expected, &actor.stamp(self.clock.now())).await?)
    }

    /// Brings one of the actor's records back that was deleted.
    pub async fn restore(&self, actor: &Actor, id: PatientId) -> Result<Patient, Error> {
        Ok(self.history.restore_patient(actor.user, id, &actor.stamp(self.clock.now())).await?)
    }

    /// The versions of one of the actor's records, newest first, also of one that was deleted.
    pub async fn history(&self, actor: &Actor, id: PatientId) -> Result<Vec<VersionEntry>, Error> {
        self.history.of_patient(actor.user, id).await?.ok_or(Error::Missing(Record::Patient))
    }

    /// One of the actor's records as it was.
    pub async fn version(
        &self,
        actor: &Actor,
        id: PatientId,
        version: Version,
    ) -> Result<Snapshot<Patient>, Error> {
        let found = self.history.patient_at(actor.user, id, version).await?;
        found.ok_or(Error::Missing(Record::Patient))
    }
}

#[cfg(test)]
mod tests;
