//! Calls that come at the same time on SQLite: reads share a transaction, which saves the locks of the file, and a
//! thread that need not be woken for each of them. No statement is shared, as there is no way to a server to be saved.
//! Writes share their commits without any of this: see the executor.

use std::num::NonZeroUsize;

use diesel::connection::Connection as _;
use domain::{
    AssignedDoctor, Doctor, DoctorId, Listing, MappingId, MappingView, PageLimit, Patient, PatientId, UserId,
};

use super::Conn;
use super::doctors::{self, NewDoctor};
use super::mappings::{self, Assignment};
use super::patients::{self, NewPatient};
use crate::error::Failure;
use crate::executor::{Share, Together};

/// Calls of one kind.
pub(super) type Kin<I, T> = Together<Conn, I, T, Failure>;

type Shares<T> = Result<Vec<Share<T, Failure>>, Failure>;

/// How many reads share a turn.
pub(super) const READS: NonZeroUsize = NonZeroUsize::new(32).unwrap();
/// How many first pages of lists share a turn.
pub(super) const LISTS: NonZeroUsize = NonZeroUsize::new(8).unwrap();
/// How many writes share a turn.
pub(super) const WRITES: NonZeroUsize = NonZeroUsize::MIN;

pub(super) fn find_patients(c: &mut Conn, asked: &[(UserId, PatientId)]) -> Shares<Option<Patient>> {
    each(c, asked, |c, (owner, id)| patients::find(c, *owner, *id))
}

pub(super) fn find_doctors(c: &mut Conn, asked: &[DoctorId]) -> Shares<Option<Doctor>> {
    each(c, asked, |c, id| doctors::find(c, *id))
}

pub(super) fn find_mappings(c: &mut Conn, asked: &[(UserId, MappingId)]) -> Shares<Option<MappingView>> {
    each(c, asked, |c, (owner, id)| mappings::find(c, *owner, *id, false))
}

pub(super) fn list_patients(
    c: &mut Conn,
    asked: &[(UserId, PageLimit)],
) -> Shares<Listing<Patient, PatientId>> {
    each(c, asked, |c, (owner, limit)| patients::first_page(c, *owner, *limit))
}

pub(super) fn list_doctors_of(
    c: &mut Conn,
    asked: &[(UserId, PatientId, PageLimit)],
) -> Shares<Listing<AssignedDoctor, MappingId>> {
    each(c, asked, |c, (owner, patient, limit)| mappings::first_doctors(c, *owner, *patient, *limit))
}

/// Each call by itself, all in one transaction.
fn each<I, T>(c: &mut Conn, asked: &[I], find: impl Fn(&mut Conn, &I) -> Result<T, Failure>) -> Shares<T> {
    c.transaction(|c| Ok(asked.iter().map(|asked| Share::Given(find(c, asked))).collect()))
}

pub(super) fn insert_patients(_: &mut Conn, new: &[NewPatient]) -> Shares<Patient> {
    alone(new)
}

pub(super) fn insert_doctors(_: &mut Conn, new: &[NewDoctor]) -> Shares<Doctor> {
    alone(new)
}

pub(super) fn assign(_: &mut Conn, new: &[Assignment]) -> Shares<MappingView> {
    alone(new)
}

#[expect(clippy::unnecessary_wraps, reason = "on PostgreSQL it may fail")]
fn alone<I, T>(calls: &[I]) -> Shares<T> {
    Ok(calls.iter().map(|_| Share::Alone).collect())
}
