//! The store of sessions.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel::prelude::*;
use domain::ports::{Record, RepositoryError, SessionRepository};
use domain::{
    NewSession, PasswordHash, RefreshCounter, Rehash, Rotation, RotationRule, Session, SessionId, Timestamp,
    User, UserId,
};

use super::Conn;
use super::dialect::for_update;
use crate::error::Failure;
use crate::executor::Executor;
use crate::rotation::Step;
use crate::rows::{SessionColumns, SessionRow, SessionViewRow, UserRow, stored};
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
        rehash: Option<Rehash>,
        now: Timestamp,
    ) -> Result<User, RepositoryError> {
        let session = session.clone();
        Ok(self.executor.write(move |c| open(c, user, &session, rehash.as_ref(), now)).await?)
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

    async fn list(
        &self,
        user: UserId,
        idle: Duration,
        now: Timestamp,
    ) -> Result<Vec<Session>, RepositoryError> {
        Ok(self.executor.read(move |c| list(c, user, idle, now)).await?)
    }

    async fn end(&self, user: UserId, session: SessionId, now: Timestamp) -> Result<(), RepositoryError> {
        Ok(self.executor.write(move |c| end(c, user, session, now)).await?)
    }

    async fn end_all(&self, user: UserId, now: Timestamp) -> Result<Vec<SessionId>, RepositoryError> {
        Ok(self.executor.write(move |c| end_all(c, user, now)).await?)
    }

    async fn change_password(
        &self,
        user: UserId,
        keep: SessionId,
        verified: &PasswordHash,
        new: &PasswordHash,
        now: Timestamp,
    ) -> Result<(RefreshCounter, Vec<SessionId>), RepositoryError> {
        let change = Rehash { verified: verified.clone(), replacement: new.clone() };
        Ok(self.executor.write(move |c| change_password(c, user, keep, &change, now)).await?)
    }

    async fn ended_since(&self, since: Timestamp) -> Result<Vec<(SessionId, Timestamp)>, RepositoryError> {
        Ok(self.executor.read(move |c| ended_since(c, since)).await?)
    }

    async fn is_live(&self, session: SessionId) -> Result<bool, RepositoryError> {
        Ok(self.executor.read(move |c| is_live(c, session)).await?)
    }
}

fn open(
    c: &mut Conn,
    user: UserId,
    session: &NewSession,
    rehash: Option<&Rehash>,
    now: Timestamp,
) -> Result<User, Failure> {
    let active = users::table.filter(users::id.eq(user.get())).filter(users::is_active);
    let row = diesel::update(active)
        .set(users::last_login.eq(At(now)))
        .returning(UserRow::as_returning())
        .get_result(c)
        .optional()?;
    let stored = User::try_from(row.ok_or(RepositoryError::Missing(Record::User))?)?;
    if let Some(rehash) = rehash {
        // Another hash than the one that was verified is another password: it stays.
        replace_password(c, user, rehash)?;
    }
    insert(c, stored.id, session, now)?;
    Ok(stored)
}

/// Replaces the hash that was verified, if it is still the stored one; tells whether it was.
fn replace_password(c: &mut Conn, user: UserId, change: &Rehash) -> Result<bool, Failure> {
    let account = users::table
        .filter(users::id.eq(user.get()))
        .filter(users::is_active)
        .filter(users::password_hash.eq(change.verified.expose()));
    let new = (users::password_hash.eq(change.replacement.expose()), users::version.eq(users::version + 1));
    Ok(diesel::update(account).set(new).execute(c)? > 0)
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

fn list(c: &mut Conn, user: UserId, idle: Duration, now: Timestamp) -> Result<Vec<Session>, Failure> {
    let rows: Vec<SessionViewRow> = sessions::table
        .filter(sessions::user_id.eq(user.get()))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(At(now)))
        .order((sessions::created_at.desc(), sessions::id.desc()))
        .select(SessionViewRow::as_select())
        .load(c)?;
    let live = |session: &Session| now.since(session.last_used_at) <= idle;
    Ok(rows.into_iter().map(Session::from).filter(live).collect())
}

fn end(c: &mut Conn, user: UserId, session: SessionId, now: Timestamp) -> Result<(), Failure> {
    let live = sessions::table
        .filter(sessions::id.eq(SessionKey(session)))
        .filter(sessions::user_id.eq(user.get()))
        .filter(sessions::ended_at.is_null());
    match diesel::update(live).set(sessions::ended_at.eq(At(now))).execute(c)? {
        0 => Err(RepositoryError::Missing(Record::Session).into()),
        _ => Ok(()),
    }
}

fn end_all(c: &mut Conn, user: UserId, now: Timestamp) -> Result<Vec<SessionId>, Failure> {
    // The user first, the sessions after: two writes of many sessions cannot wait for each other, and a
    // session that is being opened is either ended here or opened later.
    let account = users::table.filter(users::id.eq(user.get())).select(users::id);
    for_update!(account).get_result::<i64>(c).optional()?;
    end_all_but(c, user, None, now)
}

fn end_all_but(
    c: &mut Conn,
    user: UserId,
    keep: Option<SessionId>,
    now: Timestamp,
) -> Result<Vec<SessionId>, Failure> {
    let live = sessions::table.filter(sessions::user_id.eq(user.get())).filter(sessions::ended_at.is_null());
    let set = sessions::ended_at.eq(At(now));
    let ended: Vec<SessionKey> = match keep {
        Some(keep) => diesel::update(live.filter(sessions::id.ne(SessionKey(keep))))
            .set(set)
            .returning(sessions::id)
            .get_results(c)?,
        None => diesel::update(live).set(set).returning(sessions::id).get_results(c)?,
    };
    Ok(ended.into_iter().map(|SessionKey(id)| id).collect())
}

fn change_password(
    c: &mut Conn,
    user: UserId,
    keep: SessionId,
    change: &Rehash,
    now: Timestamp,
) -> Result<(RefreshCounter, Vec<SessionId>), Failure> {
    // The user first, the sessions after, as in `end_all`.
    if !replace_password(c, user, change)? {
        return Err(RepositoryError::Stale.into());
    }
    let kept = sessions::table
        .filter(sessions::id.eq(SessionKey(keep)))
        .filter(sessions::user_id.eq(user.get()))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(At(now)));
    let next = (
        sessions::refresh_counter.eq(sessions::refresh_counter + 1),
        sessions::rotated_at.eq(At(now)),
        sessions::last_used_at.eq(At(now)),
    );
    let counter: Option<i64> =
        diesel::update(kept).set(next).returning(sessions::refresh_counter).get_result(c).optional()?;
    let counter = counter.ok_or(RepositoryError::Missing(Record::Session))?;
    let counter = stored("sessions.refresh_counter", RefreshCounter::new(counter))?;
    Ok((counter, end_all_but(c, user, Some(keep), now)?))
}

fn ended_since(c: &mut Conn, since: Timestamp) -> Result<Vec<(SessionId, Timestamp)>, Failure> {
    let ended: Vec<(SessionKey, At)> = sessions::table
        .filter(sessions::ended_at.gt(At(since)))
        .select((sessions::id, sessions::ended_at.assume_not_null()))
        .load(c)?;
    Ok(ended.into_iter().map(|(SessionKey(id), At(at))| (id, at)).collect())
}

fn is_live(c: &mut Conn, session: SessionId) -> Result<bool, Failure> {
    let live =
        sessions::table.filter(sessions::id.eq(SessionKey(session))).filter(sessions::ended_at.is_null());
    Ok(diesel::select(diesel::dsl::exists(live)).get_result(c)?)
}
