//! Requests that are done once, however often they come: by the idempotency keys of clients.

use std::fmt::Write as _;
use std::time::Duration;

use diesel::prelude::*;
use domain::ports::RepositoryError;
use domain::{Once, Outcome, Stamp, Timestamp, UserId};

use super::Conn;
use super::dialect::for_removal;
use super::versions::{Subject, created, found};
use crate::error::Failure;
use crate::limits::key;
use crate::rows::stored;
use crate::schema::idempotency_keys as keys;
use crate::types::At;

/// For so long a key counts.
const COUNTS_FOR: Duration = Duration::from_hours(24);

/// So many keys that do not count any more are removed by each that is used: more than it adds.
const REMOVED: i64 = 16;

/// Makes a record and puts that on record. Where `user` has used the stamp's key before, gives the record that was
/// made then instead, by `again`.
pub(super) fn once<R: Subject>(
    c: &mut Conn,
    user: UserId,
    stamp: &Stamp,
    make: impl FnOnce(&mut Conn) -> Result<R, Failure>,
    again: impl FnOnce(&mut Conn, i64) -> Result<Option<R>, Failure>,
) -> Result<R, Failure> {
    let Some(once) = &stamp.once else {
        let record = make(c)?;
        created(c, &record, stamp)?;
        return Ok(record);
    };
    let claim = Claim::new(user, once, R::KIND);
    remove_old(c, stamp.at)?;
    if claim.is_first(c, stamp.at)? {
        let record = make(c)?;
        claim.keep(c, record.number())?;
        created(c, &record, stamp)?;
        return Ok(record);
    }
    let id = claim.kept(c)?;
    let record = stored("idempotency_keys.record_id", again(c, id)?)?;
    found(c, &record, Outcome::Repeated, stamp)?;
    Ok(record)
}

/// Forgets the keys under which these records were made.
pub(super) fn forget(c: &mut Conn, kind: &str, ids: Vec<i64>) -> Result<(), Failure> {
    let made = keys::record_kind.eq(kind).and(keys::record_id.eq_any(ids));
    diesel::delete(keys::table.filter(made)).execute(c)?;
    Ok(())
}

/// A key, and what is to be made under it.
struct Claim {
    key: String,
    fingerprint: String,
    kind: &'static str,
}

impl Claim {
    fn new(user: UserId, once: &Once, kind: &'static str) -> Self {
        let mut fingerprint = String::with_capacity(64);
        for byte in once.fingerprint {
            // Writing into text does not fail.
            let _ = write!(fingerprint, "{byte:02x}");
        }
        Self { key: key("once", &[&user.to_string(), once.key.as_str()]), fingerprint, kind }
    }

    /// Takes the key. Of calls at the same time, all but one wait here until the record of that one is stored; they
    /// are not the first, then, unless it failed.
    fn is_first(&self, c: &mut Conn, now: Timestamp) -> Result<bool, Failure> {
        let claim = diesel::insert_into(keys::table)
            .values((
                keys::key.eq(&self.key),
                keys::fingerprint.eq(&self.fingerprint),
                keys::record_kind.eq(self.kind),
                keys::created_at.eq(At(now)),
            ))
            .on_conflict(keys::key)
            .do_update()
            .set((
                keys::fingerprint.eq(&self.fingerprint),
                keys::record_kind.eq(self.kind),
                keys::created_at.eq(At(now)),
            ));
        let is_old = keys::created_at.le(At(now.minus(COUNTS_FOR)));
        Ok(diesel::query_dsl::methods::FilterDsl::filter(claim, is_old).execute(c)? > 0)
    }

    /// Notes what was made under the key.
    fn keep(&self, c: &mut Conn, id: i64) -> Result<(), Failure> {
        diesel::update(keys::table.find(&self.key)).set(keys::record_id.eq(id)).execute(c)?;
        Ok(())
    }

    /// What was made under the key.
    fn kept(&self, c: &mut Conn) -> Result<i64, Failure> {
        let (fingerprint, kind, id): (String, String, Option<i64>) = keys::table
            .find(&self.key)
            .select((keys::fingerprint, keys::record_kind, keys::record_id))
            .get_result(c)?;
        if fingerprint != self.fingerprint || kind != self.kind {
            return Err(RepositoryError::KeyReused.into());
        }
        Ok(stored("idempotency_keys.record_id", id)?)
    }
}

/// Removes keys that do not count any more, passing over those that others have locked.
fn remove_old(c: &mut Conn, now: Timestamp) -> Result<(), Failure> {
    let old = keys::table
        .filter(keys::created_at.le(At(now.minus(COUNTS_FOR))))
        .order(keys::created_at)
        .limit(REMOVED)
        .select(keys::key);
    let old: Vec<String> = for_removal!(old).load(c)?;
    if !old.is_empty() {
        diesel::delete(keys::table.filter(keys::key.eq_any(&old))).execute(c)?;
    }
    Ok(())
}
