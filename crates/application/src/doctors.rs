//! Doctors: a directory that all users share.

use std::sync::Arc;

use domain::ports::{Clock, DoctorRepository, History, Record, UserRepository};
use domain::{
    Actor, Caller, Doctor, DoctorChange, DoctorDetails, DoctorFilter, DoctorId, DoctorsWrite, EmailRule,
    Listing, Once, Page, Role, Snapshot, UserId, Version, VersionEntry,
};

use crate::Error;

/// What a clinic decides about its directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DoctorRules {
    /// Who may write.
    pub write: DoctorsWrite,
    /// Whether two doctors may have one e-mail address.
    pub email: EmailRule,
}

/// Keeps the directory of doctors.
#[derive(Clone)]
pub struct Doctors {
    directory: Arc<dyn DoctorRepository>,
    history: Arc<dyn History>,
    users: Arc<dyn UserRepository>,
    clock: Arc<dyn Clock>,
    rules: DoctorRules,
}

impl Doctors {
    /// Over its ports, by these rules.
    pub fn new(
        directory: Arc<dyn DoctorRepository>,
        history: Arc<dyn History>,
        users: Arc<dyn UserRepository>,
        clock: Arc<dyn Clock>,
        rules: DoctorRules,
    ) -> Self {
        Self { directory, history, users, clock, rules }
    }

    /// Adds a doctor, or returns the one that was added under the same key.
    pub async fn create(
        &self,
        actor: &Actor,
        details: &DoctorDetails,
        once: Option<Once>,
    ) -> Result<Doctor, Error> {
        if self.rules.write != DoctorsWrite::Any && !self.rules.write.may_add(self.role(actor).await?) {
            return Err(Error::Forbidden);
        }
        let stamp = actor.stamp(self.clock.now()).once(once);
        Ok(self.directory.insert(actor.user, details, self.rules.email, &stamp).await?)
    }

    /// One doctor of the directory.
    pub async fn get(&self, id: DoctorId) -> Result<Doctor, Error> {
        self.directory.find(id).await?.ok_or(Error::Missing(Record::Doctor))
    }

    /// A page of the directory.
    pub async fn list(
        &self,
        filter: &DoctorFilter,
        page: Page<DoctorId>,
    ) -> Result<Listing<Doctor, DoctorId>, Error> {
        Ok(self.directory.list(filter, page).await?)
    }

    /// Changes a doctor, if the entry still has the version that is expected.
    pub async fn update(
        &self,
        actor: &Actor,
        id: DoctorId,
        expected: Option<Version>,
        change: &DoctorChange,
    ) -> Result<Doctor, Error> {
        self.check_may_change(actor, id).await?;
        Ok(self
            .directory
            .update(id, expected, change, self.rules.email, &actor.stamp(self.clock.now()))
            .await?)
    }

    /// Takes a doctor out of the directory; every mapping to the doctor ends and stays in the history.
    pub async fn retire(&self, actor: &Actor, id: DoctorId, expected: Option<Version>) -> Result<(), Error> {
        self.check_may_change(actor, id).await?;
        Ok(self.directory.retire(id, expected, &actor.stamp(self.clock.now())).await?)
    }

    /// Brings a retired doctor back; mappings that ended with the retirement stay ended.
    pub async fn restore(&self, actor: &Actor, id: DoctorId) -> Result<Doctor, Error> {
        if self.rules.write != DoctorsWrite::Any {
            let creator = self.history(id).await?.last().and_then(|first| first.by);
            self.check_may_change_of(actor, creator).await?;
        }
        let stamp = actor.stamp(self.clock.now());
        Ok(self.history.restore_doctor(id, self.rules.email, &stamp).await?)
    }

    /// The versions of a doctor, newest first, also of one who has retired.
    pub async fn history(&self, id: DoctorId) -> Result<Vec<VersionEntry>, Error> {
        self.history.of_doctor(id).await?.ok_or(Error::Missing(Record::Doctor))
    }

    /// A doctor as the directory had them.
    pub async fn version(&self, id: DoctorId, version: Version) -> Result<Snapshot<Doctor>, Error> {
        self.history.doctor_at(id, version).await?.ok_or(Error::Missing(Record::Doctor))
    }

    /// The creator of a doctor never changes, so asking before the write leaves no gap.
    async fn check_may_change(&self, actor: &Actor, id: DoctorId) -> Result<(), Error> {
        if self.rules.write == DoctorsWrite::Any {
            return Ok(());
        }
        let creator = self.get(id).await?.creator;
        self.check_may_change_of(actor, Some(creator)).await
    }

    async fn check_may_change_of(&self, actor: &Actor, creator: Option<UserId>) -> Result<(), Error> {
        let role = self.role(actor).await?;
        let is_creator = creator == Some(actor.user);
        if self.rules.write.may_change(role, is_creator) { Ok(()) } else { Err(Error::Forbidden) }
    }

    async fn role(&self, actor: &Actor) -> Result<Role, Error> {
        let user = self.users.find(actor.user).await?;
        user.filter(|user| user.is_active).map(|user| user.role).ok_or(Error::BadToken)
    }
}

#[cfg(test)]
mod tests;
