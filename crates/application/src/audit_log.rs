//! Reading the audit trail.

use std::sync::Arc;
use std::time::Duration;

use domain::ports::{AuditTrail, History, Record, UserRepository};
use domain::{
    Actor, AuditCheck, AuditEventId, AuditFilter, AuditHead, Listing, Page, PatientId, RecordId, Role,
    StoredEvent, Timestamp,
};

use crate::Error;

/// How far the trail is proven, as far as anybody has looked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditState {
    /// The newest seal.
    pub head: Option<AuditHead>,
    /// How many events have no seal yet.
    pub unsealed: i64,
    /// What the last check of the whole trail found.
    pub check: Option<AuditCheck>,
}

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
        self.must_be_admin(actor).await?;
        if let Some(patient) = filter.patient {
            actor.call.concern(patient);
        } else if let Some(RecordId::Patient(patient)) = filter.record {
            actor.call.concern(patient);
        }
        Ok(self.trail.list(filter, page).await?)
    }

    /// How far the trail is sealed, and what the last check found.
    ///
    /// # Errors
    /// `Forbidden` for everybody but administrators.
    pub async fn state(&self, actor: &Actor) -> Result<AuditState, Error> {
        self.must_be_admin(actor).await?;
        let (head, unsealed) = self.trail.head().await?;
        Ok(AuditState { head, unsealed, check: self.trail.last_check().await? })
    }

    /// Checks the whole trail, and `noted` heads against it, and keeps what was found; `None` when that takes longer
    /// than `bound`.
    ///
    /// # Errors
    /// `Forbidden` for everybody but administrators.
    pub async fn verify(
        &self,
        actor: &Actor,
        noted: &[AuditHead],
        bound: Duration,
        now: Timestamp,
    ) -> Result<Option<AuditCheck>, Error> {
        self.must_be_admin(actor).await?;
        let Ok(found) = tokio::time::timeout(bound, self.trail.verify(noted)).await else { return Ok(None) };
        let check = AuditCheck::of(&found?, Some(actor.user), now);
        self.trail.note(&check).await?;
        Ok(Some(check))
    }

    async fn must_be_admin(&self, actor: &Actor) -> Result<(), Error> {
        let user = self.users.find(actor.user).await?;
        let user = user.filter(|user| user.is_active).ok_or(Error::BadToken)?;
        if user.role == Role::Admin { Ok(()) } else { Err(Error::Forbidden) }
    }
}

#[cfg(test)]
mod tests;
