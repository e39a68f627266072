//! Patients: each user keeps their own.

use std::sync::Arc;

use domain::ports::{Clock, PatientRepository, Record};
use domain::{
    Actor, Date, Listing, Page, Patient, PatientChange, PatientDetails, PatientFilter, PatientId, Version,
};

use crate::Error;

/// Keeps patients' records.
#[derive(Clone)]
pub struct Patients {
    patients: Arc<dyn PatientRepository>,
    clock: Arc<dyn Clock>,
}

impl Patients {
    /// Over its ports.
    pub fn new(patients: Arc<dyn PatientRepository>, clock: Arc<dyn Clock>) -> Self {
        Self { patients, clock }
    }

    /// The day that birth dates and ages are measured by.
    pub fn today(&self) -> Date {
        self.clock.today()
    }

    /// Adds a record that the actor owns.
    pub async fn create(&self, actor: Actor, details: &PatientDetails) -> Result<Patient, Error> {
        Ok(self.patients.insert(actor.user, details, self.clock.now()).await?)
    }

    /// One of the actor's records.
    pub async fn get(&self, actor: Actor, id: PatientId) -> Result<Patient, Error> {
        self.patients.find(actor.user, id).await?.ok_or(Error::Missing(Record::Patient))
    }

    /// A page of the actor's records.
    pub async fn list(
        &self,
        actor: Actor,
        filter: &PatientFilter,
        page: Page<PatientId>,
    ) -> Result<Listing<Patient, PatientId>, Error> {
        Ok(self.patients.list(actor.user, filter, page).await?)
    }

    /// Changes one of the actor's records, if it still has the version that is expected.
    pub async fn update(
        &self,
        actor: Actor,
        id: PatientId,
        expected: Option<Version>,
        change: &PatientChange,
    ) -> Result<Patient, Error> {
        Ok(self.patients.update(actor.user, id, expected, change, self.clock.now()).await?)
    }

    /// Deletes one of the actor's records and ends its mappings.
    pub async fn delete(&self, actor: Actor, id: PatientId, expected: Option<Version>) -> Result<(), Error> {
        Ok(self.patients.delete(actor.user, id, expected, self.clock.now()).await?)
    }
}

#[cfg(test)]
mod tests;
