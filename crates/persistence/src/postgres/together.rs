//! Calls that come at the same time on PostgreSQL share a statement: what each of them asks for goes along as arrays.
//!
//! Rows come back with the number of the call that they belong to, and an answer is given only to the call whose
//! owner and id it bears.

mod assign;
mod find;
mod insert;
mod list;
mod statement;

use std::num::NonZeroUsize;

pub(super) use self::assign::assign;
pub(super) use self::find::{find_doctors, find_mappings, find_patients};
pub(super) use self::insert::{insert_doctors, insert_patients};
pub(super) use self::list::{list_doctors_of, list_patients};

use super::{Conn, doctors, mappings, patients, versions};
use crate::error::Failure;
use crate::executor::{Share, Together};
use crate::rows::{BadValue, stored};

/// Calls of one kind.
pub(super) type Kin<I, T> = Together<Conn, I, T, Failure>;

type Shares<T> = Result<Vec<Share<T, Failure>>, Failure>;

/// How many reads share a statement.
pub(super) const READS: NonZeroUsize = NonZeroUsize::new(64).unwrap();
/// How many first pages of lists share a statement: none of their rows is given out before all are there.
pub(super) const LISTS: NonZeroUsize = NonZeroUsize::new(16).unwrap();
/// How many writes share a transaction: while it takes, all of them wait for its slowest part.
pub(super) const WRITES: NonZeroUsize = NonZeroUsize::new(64).unwrap();

/// The rows of a statement in the order of its calls; no row where there was none.
fn in_order<R>(count: usize, rows: Vec<(i64, R)>) -> Result<Vec<Option<R>>, BadValue> {
    let mut places: Vec<Option<R>> = (0..count).map(|_| None).collect();
    for (number, row) in rows {
        *place(&mut places, number)? = Some(row);
    }
    Ok(places)
}

/// All rows of each call of a statement.
fn by_call<R>(count: usize, rows: Vec<(i64, R)>) -> Result<Vec<Vec<R>>, BadValue> {
    let mut places: Vec<Vec<R>> = (0..count).map(|_| Vec::new()).collect();
    for (number, row) in rows {
        place(&mut places, number)?.push(row);
    }
    Ok(places)
}

fn place<T>(places: &mut [T], number: i64) -> Result<&mut T, BadValue> {
    let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    stored("the number of a call", index.and_then(|index| places.get_mut(index)))
}
