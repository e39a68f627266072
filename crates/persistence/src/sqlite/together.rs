//! Calls that come at the same time on SQLite: reads share a transaction, which saves the locks of the file, and a
//! thread that need not be woken for each of them; new records share a savepoint, and the statements for their events
//! and the words of patients. No other statement is shared, as there is no way to a server to be saved. Other writes
//! share their commits without any of this: see the executor.

use std::num::NonZeroUsize;

use diesel::connection::Connection as _;
use diesel::result::{DatabaseErrorKind, Error};
use domain::ports::RepositoryError;
use domain::{
    AssignedDoctor, Doctor, DoctorId, Listing, MappingId, MappingView, PageLimit, Patient, PatientId, UserId,
};

use super::Conn;
use super::doctors::{self, NewDoctor};
use super::mappings::{self, Assignment};
use super::patients::{self, NewPatient};
use super::versions;
use crate::error::{Failure, broken_rule};
use crate::executor::{Share, Together};

/// Calls of one kind.
pub(super) type Kin<I, T> = Together<Conn, I, T, Failure>;

type Shares<T> = Result<Vec<Share<T, Failure>>, Failure>;

/// How many reads share a turn.
pub(super) const READS: NonZeroUsize = NonZeroUsize::new(32).unwrap();
/// How many first pages of lists share a turn.
pub(super) const LISTS: NonZeroUsize = NonZeroUsize::new(8).unwrap();
/// How many new records share a turn.
pub(super) const WRITES: NonZeroUsize = NonZeroUsize::new(32).unwrap();

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

pub(super) fn insert_patients(c: &mut Conn, new: &[NewPatient]) -> Shares<Patient> {
    let made = in_turn(c, new, patients::insert)?;
    patients::insert_words(c, made.iter().filter_map(Share::given))?;
    versions::all_created(c, &made, new.iter().map(|new| &new.stamp))?;
    Ok(made)
}

pub(super) fn insert_doctors(c: &mut Conn, new: &[NewDoctor]) -> Shares<Doctor> {
    let made = in_turn(c, new, doctors::insert)?;
    versions::all_created(c, &made, new.iter().map(|new| &new.stamp))?;
    Ok(made)
}

pub(super) fn assign(c: &mut Conn, new: &[Assignment]) -> Shares<MappingView> {
    let made = in_turn(c, new, mappings::assign)?;
    versions::all_created(c, &made, new.iter().map(|new| &new.stamp))?;
    Ok(made)
}

/// One record after the other. A savepoint for each would be two statements more, and a copy of every page that it
/// changes. Without, only a record that was refused by the first statement that writes may be left out (the calls have no
/// idempotency keys, which would be written before): after any other error nothing of the turn may stay. Events, and the
/// words of patients, are for the caller, for all records at once.
fn in_turn<I, T>(c: &mut Conn, new: &[I], insert: impl Fn(&mut Conn, &I) -> Result<T, Failure>) -> Shares<T> {
    let share = |new| match insert(c, new) {
        Ok(record) => Ok(Share::Given(Ok(record))),
        Err(refused) if is_refused_record(&refused) => Ok(Share::Given(Err(refused))),
        Err(error) => Err(error),
    };
    new.iter().map(share).collect()
}

/// Whether a record was refused as it was: nothing of it is written, since SQLite takes back a statement that fails.
fn is_refused_record(error: &Failure) -> bool {
    match error {
        Failure::Answer(answer) => matches!(answer, RepositoryError::Missing(_)),
        Failure::Database(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, info)) => {
            broken_rule(info.as_ref()).is_some()
        }
        Failure::Database(_) | Failure::Refused(_) => false,
    }
}
