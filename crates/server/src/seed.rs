//! Invented records for load tests and demonstrations, written through the ports.
//!
//! The same plan makes the same records; only their times and, as many writers are under way at once, their ids
//! differ from run to run.

mod record;

use domain::ports::{Clock, RepositoryError};
use domain::{
    Call, DoctorId, EmailRule, NewMapping, NewUser, Operation, PasswordHash, PatientId, Stamp, UserId,
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use persistence::Stores;

/// How many writes are under way at once: enough to fill every shared commit, far fewer than the queue of the database
/// threads takes.
const WRITERS: usize = 256;

/// What users who were invented are called: this and their number, from 1.
pub(crate) const USER_PREFIX: &str = "seed-";

/// How many records are to be invented.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Plan {
    /// Users; each owns as many patients as the next one.
    pub(crate) users: u32,
    /// Doctors.
    pub(crate) doctors: u32,
    /// Patients.
    pub(crate) patients: u32,
    /// Mappings, spread over all patients.
    pub(crate) mappings: u32,
    /// So many of the patients belong to the first user, besides that user's share of the others.
    pub(crate) first_owner: u32,
}

/// A plan that cannot be carried out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum PlanError {
    /// Records need somebody who makes them.
    #[error("there must be at least one user")]
    NoUser,
    /// No pair of patient and doctor is mapped twice.
    #[error("there are more mappings than pairs of a patient and a doctor")]
    TooManyMappings,
    /// A part is larger than the whole.
    #[error("the first user cannot own more patients than there are")]
    FirstOwner,
}

/// Why seeding ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SeedError {
    /// The records that are invented here break a rule of the domain.
    #[error("an invented record breaks a rule: {0}")]
    Rule(String),
    /// The database refused; of a database that was seeded before, the first user.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl Plan {
    /// Whether the numbers fit together.
    pub(crate) fn check(&self) -> Result<(), PlanError> {
        if self.users == 0 {
            return Err(PlanError::NoUser);
        }
        if u64::from(self.mappings) > u64::from(self.patients) * u64::from(self.doctors) {
            return Err(PlanError::TooManyMappings);
        }
        if self.first_owner > self.patients {
            return Err(PlanError::FirstOwner);
        }
        Ok(())
    }

    /// Whose patient number `index` is: a number below `users`.
    const fn owner(&self, index: u32) -> u32 {
        if index < self.first_owner { 0 } else { index % self.users }
    }

    /// Patient and doctor of mapping number `index`, by their numbers. No pair comes twice: a patient's doctors follow
    /// one another.
    fn pair(&self, index: u32) -> Option<(u32, u32)> {
        let patient = index.checked_rem(self.patients)?;
        let turn = index.checked_div(self.patients)?;
        let first = record::chance(record::MAPPING, patient).checked_rem(u64::from(self.doctors))?;
        let doctor = (first + u64::from(turn)).checked_rem(u64::from(self.doctors))?;
        Some((patient, u32::try_from(doctor).ok()?))
    }
}

/// Writes what a plan says.
pub(crate) struct Seeder<'a> {
    /// Where to.
    pub(crate) stores: &'a Stores,
    /// The time of the records.
    pub(crate) clock: &'a dyn Clock,
    /// The hash of the password that all users get: hashing one for each would take longer than everything else.
    pub(crate) password: PasswordHash,
    /// Hears what was done.
    pub(crate) report: &'a dyn Fn(&str, usize),
}

impl Seeder<'_> {
    /// Writes the records, users first. Stops at the first failure; what was written stays.
    pub(crate) async fn run(&self, plan: Plan) -> Result<(), SeedError> {
        let users = self.write("users", plan.users, |index| self.user(index)).await?;
        let users = &users;
        let doctors = self.write("doctors", plan.doctors, |index| self.doctor(users, index)).await?;
        let patients = self
            .write("patients", plan.patients, |index| self.patient(users, plan.owner(index), index))
            .await?;
        let (patients, doctors) = (&patients, &doctors);
        self.write("mappings", plan.mappings, |index| self.mapping(patients, doctors, plan.pair(index)))
            .await?;
        Ok(())
    }

    /// Writes `count` records of a kind, many at once; the answers come in the order of their numbers.
    async fn write<T, F>(&self, kind: &str, count: u32, write: impl Fn(u32) -> F) -> Result<Vec<T>, SeedError>
    where
        F: Future<Output = Result<T, SeedError>>,
    {
        let written: Vec<T> = stream::iter(0..count).map(write).buffered(WRITERS).try_collect().await?;
        (self.report)(kind, written.len());
        Ok(written)
    }

    async fn user(&self, index: u32) -> Result<UserId, SeedError> {
        let mut user: NewUser = record::user(index)?;
        user.password_hash = Some(self.password.clone());
        Ok(self.stores.users.insert(&user, None, &self.stamp(None)).await?.id)
    }

    async fn doctor(&self, users: &[UserId], index: u32) -> Result<DoctorId, SeedError> {
        let creator = *nth(users, index % u32::try_from(users.len()).unwrap_or(1).max(1))?;
        let details = record::doctor(index)?;
        let stamp = self.stamp(Some(creator));
        Ok(self.stores.doctors.insert(creator, &details, EmailRule::Unique, &stamp).await?.id)
    }

    async fn patient(
        &self,
        users: &[UserId],
        owner: u32,
        index: u32,
    ) -> Result<(UserId, PatientId), SeedError> {
        let owner = *nth(users, owner)?;
        let details = record::patient(index, self.clock.now().date())?;
        let patient = self.stores.patients.insert(owner, &details, &self.stamp(Some(owner))).await?;
        Ok((owner, patient.id))
    }

    async fn mapping(
        &self,
        patients: &[(UserId, PatientId)],
        doctors: &[DoctorId],
        pair: Option<(u32, u32)>,
    ) -> Result<(), SeedError> {
        let (patient, doctor) = pair.ok_or_else(|| record::rule("a mapping without a pair"))?;
        let &(owner, patient) = nth(patients, patient)?;
        let mapping = NewMapping { patient, doctor: *nth(doctors, doctor)?, notes: None };
        self.stores.mappings.assign(owner, &mapping, &self.stamp(Some(owner))).await?;
        Ok(())
    }

    fn stamp(&self, user: Option<UserId>) -> Stamp {
        let call = Call::local(Operation::named("seed"));
        Stamp { user, ..Stamp::anonymous(self.clock.now(), call.into()) }
    }
}

fn nth<T>(of: &[T], index: u32) -> Result<&T, SeedError> {
    usize::try_from(index)
        .ok()
        .and_then(|index| of.get(index))
        .ok_or_else(|| record::rule("a record that is not there"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const PLAN: Plan = Plan { users: 10, doctors: 7, patients: 30, mappings: 200, first_owner: 5 };

    #[test]
    fn no_pair_comes_twice() {
        let pairs: BTreeSet<_> = (0..210).map(|index| PLAN.pair(index).unwrap()).collect();
        assert_eq!(pairs.len(), 210);
    }

    #[test]
    fn numbers_that_do_not_fit_together_are_refused() {
        assert_eq!(PLAN.check(), Ok(()));
        assert_eq!(Plan { users: 0, ..PLAN }.check(), Err(PlanError::NoUser));
        assert_eq!(Plan { mappings: 211, ..PLAN }.check(), Err(PlanError::TooManyMappings));
        assert_eq!(Plan { first_owner: 31, ..PLAN }.check(), Err(PlanError::FirstOwner));
    }

    #[test]
    fn the_first_user_gets_what_the_plan_says() {
        let owners: Vec<u32> = (0..PLAN.patients).map(|index| PLAN.owner(index)).collect();
        assert!(owners.iter().all(|owner| *owner < PLAN.users));
        assert_eq!(owners.iter().filter(|owner| **owner == 0).count(), 5 + 2);
    }
}
