//! The store of sessions.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::prelude::*;
use domain::ports::{Record, RepositoryError, SessionRepository};
use domain::{
    NewSession, PasswordHash, RefreshCounter, Rotation, RotationRule, SessionId, Timestamp, User, UserId,
};

use super::Conn;
use super::dialect::for_update;
use crate::error::Failure;
use crate::executor::Executor;
use crate::rotation::Step;
use crate::rows::{SessionColumns, SessionRow, UserRow};
use crate::schema::{sessions, users};
use crate::types::{At, SessionKey};

pub(super) struct Sessions {
    pub(super) executor: Arc<Executor<Conn>>,
}

#[async_trait]
impl SessionRepository for Sessions {
    async fn open(
        &self,
        user: UserId,
        session: &NewSession,
        rehashed: Option<PasswordHash>,
        now: Timestamp,
    ) -> Result<User, RepositoryError> {
        let session = session.clone();
        Ok(self.executor.write(move |c| open(c, user, &session, rehashed.as_ref(), now)).await?)
    }

    async fn rotate(
        &self,
        session: SessionId,
        presented: RefreshCounter,
        rule: RotationRule,
        now: Timestamp,
    ) -> Result<Rotation, RepositoryError> {
        Ok(self.executor.write(move |c| rotate(c, session, presented, rule, now)).await?)
    }
}

fn open(
    c: &mut Conn,
    user: UserId,
    session: &NewSession,
    rehashed: Option<&PasswordHash>,
    now: Timestamp,
) -> Result<User, Failure> {
    // No new hash: the column is left out of the statement.
    let hash = rehashed.map(|hash| users::password_hash.eq(hash.expose()));
    let row = diesel::update(users::table.filter(users::id.eq(user.get())).filter(users::is_active))
        .set((users::last_login.eq(At(now)), hash))
        .returning(UserRow::as_returning())
        .get_result(c)
        .optional()?;
    let stored = User::try_from(row.ok_or(RepositoryError::Missing(Record::User))?)?;
    insert(c, stored.id, session, now)?;
    Ok(stored)
}

/// Adds a session at its first refresh counter.
pub(super) fn insert(
    c: &mut Conn,
    user: UserId,
    session: &NewSession,
    now: Timestamp,
) -> Result<(), Failure> {
    diesel::insert_into(sessions::table).values(SessionColumns::new(user, session, now)).execute(c)?;
    Ok(())
}

fn rotate(
    c: &mut Conn,
    id: SessionId,
    presented: RefreshCounter,
    rule: RotationRule,
    now: Timestamp,
) -> Result<Rotation, Failure> {
    let session = sessions::table.filter(sessions::id.eq(SessionKey(id)));
    // The lock makes calls with one counter follow one another; each sees what the one before did.
    let locked = for_update!(session.select(SessionRow::as_select())).get_result(c).optional()?;
    let Some(row) = locked else {
        return Ok(Rotation::Refused);
    };
    let user = row.user()?;
    let step = Step::choose(&row, presented, rule, now)?;
    if step == Step::Refuse || !is_active(c, user)? {
        return Ok(Rotation::Refused);
    }
    let granted = |counter| Rotation::Granted { user, counter };
    match step {
        Step::Refuse => Ok(Rotation::Refused),
        Step::Repeat(counter) => {
            diesel::update(session).set(sessions::last_used_at.eq(At(now))).execute(c)?;
            Ok(granted(counter))
        }
        Step::Advance(counter) => {
            let at = At(now);
            let next = (sessions::rotated_at.eq(at), sessions::last_used_at.eq(at));
            diesel::update(session).set((sessions::refresh_counter.eq(counter.get()), next)).execute(c)?;
            Ok(granted(counter))
        }
        Step::End => {
            diesel::update(session).set(sessions::ended_at.eq(At(now))).execute(c)?;
            Ok(Rotation::Replayed)
        }
    }
}

fn is_active(c: &mut Conn, user: UserId) -> Result<bool, Failure> {
    let active = users::table.filter(users::id.eq(user.get())).select(users::is_active);
    Ok(active.get_result(c).optional()?.unwrap_or(false))
}
