//! Reading the audit trail.

use std::sync::Arc;

use domain::ports::{AuditTrail, History, Record, UserRepository};
use domain::{Actor, AuditEventId, AuditFilter, Listing, Page, PatientId, RecordId, Role, StoredEvent};

use crate::Error;

/// Shows the trail to whom it concerns.
#[derive(Clone)]
pub struct AuditLog {
    trail: Arc<dyn AuditTrail>,
    history: Arc<dyn History>,
    users: Arc<dyn UserRepository>,
}

impl AuditLog {
    /// Over its ports.
    pub fn new(
        trail: Arc<dyn AuditTrail>,
        history: Arc<dyn History>,
        users: Arc<dyn UserRepository>,
    ) -> Self {
        Self { trail, history, users }
    }

    /// A page of the events that concern one of the actor's patients, also one who was deleted: who has seen the
    /// record, changed it, or tried to. The filter narrows them; the patient is always this one.
    pub async fn of_patient(
        &self,
        actor: &Actor,
        patient: PatientId,
        filter: AuditFilter,
        page: Page<AuditEventId>,
    ) -> Result<Listing<StoredEvent, AuditEventId>, Error> {
        self.history.of_patient(actor.user, patient).await?.ok_or(Error::Missing(Record::Patient))?;
        let filter = AuditFilter { patient: Some(patient), ..filter };
        Ok(self.trail.list(&filter, page).await?)
    }

    /// A page of the events of the whole trail that match `filter`.
    ///
    /// # Errors
    /// `Forbidden` for everybody but administrators.
    pub async fn list(
        &self,
        actor: &Actor,
        filter: &AuditFilter,
        page: Page<AuditEventId>,
    ) -> Result<Listing<StoredEvent, AuditEventId>, Error> {
        let user = self.users.find(actor.user).await?;
        let user = user.filter(|user| user.is_active).ok_or(Error::BadToken)?;
        if user.role != Role::Admin {
            return Err(Error::Forbidden);
        }
        if let Some(patient) = filter.patient {
            actor.call.concern(patient);
        } else if let Some(RecordId::Patient(patient)) = filter.record {
            actor.call.concern(patient);
        }
        Ok(self.trail.list(filter, page).await?)
    }
}

#[cfg(test)]
mod tests;
