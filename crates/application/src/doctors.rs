//! Doctors: a directory that all users share.

use std::sync::Arc;

use domain::ports::{Clock, DoctorRepository, Record, UserRepository};
use domain::{
    Actor, Doctor, DoctorChange, DoctorDetails, DoctorFilter, DoctorId, DoctorsWrite, EmailRule, Listing,
    Page, Role, Version,
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
    users: Arc<dyn UserRepository>,
    clock: Arc<dyn Clock>,
    rules: DoctorRules,
}

impl Doctors {
    /// Over its ports, by these rules.
    pub fn new(
        directory: Arc<dyn DoctorRepository>,
        users: Arc<dyn UserRepository>,
        clock: Arc<dyn Clock>,
        rules: DoctorRules,
    ) -> Self {
        Self { directory, users, clock, rules }
    }

    /// Adds a doctor.
    pub async fn create(&self, actor: Actor, details: &DoctorDetails) -> Result<Doctor, Error> {
        if self.rules.write != DoctorsWrite::Any && !self.rules.write.may_add(self.role(actor).await?) {
            return Err(Error::Forbidden);
        }
        Ok(self.directory.insert(actor.user, details, self.rules.email, self.clock.now()).await?)
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
        actor: Actor,
        id: DoctorId,
        expected: Option<Version>,
        change: &DoctorChange,
    ) -> Result<Doctor, Error> {
        self.check_may_change(actor, id).await?;
        Ok(self.directory.update(id, expected, change, self.rules.email, self.clock.now()).await?)
    }

    /// Takes a doctor out of the directory; every mapping to the doctor ends and stays in the history.
    pub async fn retire(&self, actor: Actor, id: DoctorId, expected: Option<Version>) -> Result<(), Error> {
        self.check_may_change(actor, id).await?;
        Ok(self.directory.retire(id, expected, self.clock.now()).await?)
    }

    /// The creator of a doctor never changes, so asking before the write leaves no gap.
    async fn check_may_change(&self, actor: Actor, id: DoctorId) -> Result<(), Error> {
        if self.rules.write == DoctorsWrite::Any {
            return Ok(());
        }
        let role = self.role(actor).await?;
        let is_creator = self.get(id).await?.creator == actor.user;
        if self.rules.write.may_change(role, is_creator) { Ok(()) } else { Err(Error::Forbidden) }
    }

    async fn role(&self, actor: Actor) -> Result<Role, Error> {
        let user = self.users.find(actor.user).await?;
        user.filter(|user| user.is_active).map(|user| user.role).ok_or(Error::BadToken)
    }
}

#[cfg(test)]
mod tests;
