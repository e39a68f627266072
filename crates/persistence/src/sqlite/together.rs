//! Calls that come at the same time on SQLite: no statement is shared, as there is no way to a server to be saved.
//! Writes share their commits without any of this: see the executor.

use std::num::NonZeroUsize;

use domain::{Doctor, DoctorId, MappingId, MappingView, Patient, PatientId, UserId};

use super::Conn;
use super::doctors::NewDoctor;
use super::mappings::Assignment;
use super::patients::NewPatient;
use crate::error::Failure;
use crate::executor::{Share, Together};

/// Calls of one kind.
pub(super) type Kin<I, T> = Together<Conn, I, T, Failure>;

type Shares<T> = Result<Vec<Share<T, Failure>>, Failure>;

/// How many reads share a turn.
pub(super) const READS: NonZeroUsize = NonZeroUsize::MIN;
/// How many writes share a turn.
pub(super) const WRITES: NonZeroUsize = NonZeroUsize::MIN;

pub(super) fn find_patients(_: &mut Conn, asked: &[(UserId, PatientId)]) -> Shares<Option<Patient>> {
    alone(asked)
}

pub(super) fn find_doctors(_: &mut Conn, asked: &[DoctorId]) -> Shares<Option<Doctor>> {
    alone(asked)
}

pub(super) fn find_mappings(_: &mut Conn, asked: &[(UserId, MappingId)]) -> Shares<Option<MappingView>> {
    alone(asked)
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
