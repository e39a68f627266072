//! What people do, one part of the interface each. Every walk can be gone again in another round.

mod accounts;
mod doctors;
mod mappings;
mod patients;

use crate::person::Person;

/// Records of somebody else, and ids of nothing.
#[derive(Clone)]
pub(crate) struct Foreign {
    pub(crate) patient: i64,
    pub(crate) mapping: i64,
    pub(crate) session: String,
}

/// An id that no record has.
pub(crate) const MISSING: i64 = 999_999_999;

/// Goes everywhere.
pub(crate) async fn everywhere(person: &mut Person, foreign: &Foreign, round: usize) {
    let patient = patients::walk(person, foreign, round).await;
    let doctor = doctors::walk(person, round).await;
    mappings::walk(person, foreign, patient, doctor, round).await;
    accounts::walk(person, foreign, round).await;
}
