//! The store of links by which users set a new password.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::prelude::*;
use domain::ports::{PasswordResets, Record, RepositoryError};
use domain::{
    AuditEvent, ChangedFields, LinkKey, Outcome, PasswordHash, RecordId, SessionId, Stamp, Timestamp, User,
    UserId,
};

use super::dialect::for_update;
use super::{Conn, Db, audit, sessions};
use crate::error::Failure;
use crate::executor::Executor;
use crate::limits::key;
use crate::rows::{UserRow, stored};
use crate::schema::{password_resets, users};
use crate::types::At;

pub(super) struct Resets {
    pub(super) executor: Arc<Executor<Conn>>,
}

#[async_trait]
impl PasswordResets for Resets {
    async fn offer(
        &self,
        user: UserId,
        key: &LinkKey,
        expires_at: Timestamp,
        stamp: &Stamp,
    ) -> Result<(), RepositoryError> {
        let (hash, stamp) = (hash(key), stamp.clone());
        Ok(self.executor.write(move |c| offer(c, user, &hash, expires_at, &stamp)).await?)
    }

    async fn find(&self, key: &LinkKey, now: Timestamp) -> Result<Option<User>, RepositoryError> {
        let hash = hash(key);
        Ok(self.executor.read(move |c| find(c, &hash, now)).await?)
    }

    async fn redeem(
        &self,
        key: &LinkKey,
        new: &PasswordHash,
        stamp: &Stamp,
    ) -> Result<Option<(User, Vec<SessionId>)>, RepositoryError> {
        let (hash, new, stamp) = (hash(key), new.clone(), stamp.clone());
        Ok(self.executor.write(move |c| redeem(c, &hash, &new, &stamp)).await?)
    }
}

/// What tells a key again. It is long and random, so nothing slower than SHA-256 is needed.
fn hash(link: &LinkKey) -> String {
    key("password reset", &[link.expose()])
}

fn offer(
    c: &mut Conn,
    user: UserId,
    hash: &str,
    expires_at: Timestamp,
    stamp: &Stamp,
) -> Result<(), Failure> {
    let account = users::table.filter(users::id.eq(user.get())).filter(users::is_active);
    // The lock makes two links for one user follow one another.
    let version: Option<i32> = for_update!(account.select(users::version)).get_result(c).optional()?;
    let version = version.ok_or(RepositoryError::Missing(Record::User))?;
    diesel::delete(password_resets::table.filter(password_resets::user_id.eq(user.get()))).execute(c)?;
    diesel::insert_into(password_resets::table)
        .values((
            password_resets::key_hash.eq(hash),
            password_resets::user_id.eq(user.get()),
            password_resets::user_version.eq(version),
            password_resets::created_at.eq(At(stamp.at)),
            password_resets::expires_at.eq(At(expires_at)),
        ))
        .execute(c)?;
    audit::record(c, &AuditEvent::of(stamp, Outcome::Done).about(RecordId::User(user)))
}

/// The user of a link that counts.
fn counting(hash: &str, now: Timestamp) -> users::BoxedQuery<'static, Db> {
    let link = password_resets::table
        .filter(password_resets::key_hash.eq(hash.to_owned()))
        .filter(password_resets::expires_at.gt(At(now)))
        .filter(password_resets::user_id.eq(users::id))
        .filter(password_resets::user_version.eq(users::version));
    users::table.filter(users::is_active).filter(diesel::dsl::exists(link)).into_boxed()
}

fn find(c: &mut Conn, hash: &str, now: Timestamp) -> Result<Option<User>, Failure> {
    let row: Option<UserRow> = counting(hash, now).select(UserRow::as_select()).get_result(c).optional()?;
    Ok(row.map(User::try_from).transpose()?)
}

fn redeem(
    c: &mut Conn,
    hash: &str,
    new: &PasswordHash,
    stamp: &Stamp,
) -> Result<Option<(User, Vec<SessionId>)>, Failure> {
    let Some(user) = find(c, hash, stamp.at)? else { return Ok(None) };
    // The user first, the sessions after, as wherever sessions are ended. With the user locked, the link is looked at
    // again: somebody may have come first.
    let account = users::table.filter(users::id.eq(user.id.get())).filter(users::is_active);
    let version: Option<i32> = for_update!(account.select(users::version)).get_result(c).optional()?;
    let link = password_resets::table
        .filter(password_resets::key_hash.eq(hash))
        .filter(password_resets::user_version.nullable().eq(version));
    if diesel::delete(link).execute(c)? == 0 {
        return Ok(None);
    }
    let row: UserRow = diesel::update(users::table.filter(users::id.eq(user.id.get())))
        .set((users::password_hash.eq(new.expose()), users::version.eq(users::version + 1)))
        .returning(UserRow::as_returning())
        .get_result(c)?;
    let user: User = stored("users", User::try_from(row))?;
    let ended = sessions::end_all_but(c, user.id, None, stamp.at)?;
    let event = AuditEvent::of(stamp, Outcome::Done).by(user.id, None).about(RecordId::User(user.id));
    audit::record(c, &AuditEvent { fields: ChangedFields::of([("password", true)]), ..event })?;
    Ok(Some((user, ended)))
}
