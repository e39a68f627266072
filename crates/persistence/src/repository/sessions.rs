//! The store of sessions.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel::prelude::*;
use domain::ports::{Record, RepositoryError, SessionRepository};
use domain::{
    AuditEvent, ChangedFields, NewSession, Outcome, PasswordHash, RecordId, RefreshCounter, Rotation,
    RotationRule, Session, SessionId, Stamp, Timestamp, User, UserId,
};

use super::dialect::for_update;
use super::{Conn, audit};
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
        verified: &PasswordHash,
        replacement: Option<PasswordHash>,
        stamp: &Stamp,
    ) -> Result<User, RepositoryError> {
        let stamp = stamp.clone();
        let (session, verified) = (session.clone(), verified.clone());
        let open = move |c: &mut Conn| open(c, user, &session, &verified, replacement.as_ref(), &stamp);
        Ok(self.executor.write(open).await?)
    }

    async fn rotate(
        &self,
        session: SessionId,
        presented: RefreshCounter,
        rule: RotationRule,
        stamp: &Stamp,
    ) -> Result<Rotation, RepositoryError> {
        let stamp = stamp.clone();
        Ok(self.executor.write(move |c| rotate(c, session, presented, rule, &stamp)).await?)
    }

    async fn list(
        &self,
        user: UserId,
        idle: Duration,
        now: Timestamp,
    ) -> Result<Vec<Session>, RepositoryError> {
        Ok(self.executor.read(move |c| list(c, user, idle, now)).await?)
    }

    async fn end(&self, user: UserId, session: SessionId, stamp: &Stamp) -> Result<(), RepositoryError> {
        let stamp = stamp.clone();
        Ok(self.executor.write(move |c| end(c, user, session, &stamp)).await?)
    }

    async fn end_all(&self, user: UserId, stamp: &Stamp) -> Result<Vec<SessionId>, RepositoryError> {
        let stamp = stamp.clone();
        Ok(self.executor.write(move |c| end_all(c, user, &stamp)).await?)
    }

    async fn change_password(
        &self,
        user: UserId,
        keep: SessionId,
        verified: &PasswordHash,
        new: &PasswordHash,
        stamp: &Stamp,
    ) -> Result<(RefreshCounter, Vec<SessionId>), RepositoryError> {
        let stamp = stamp.clone();
        let (verified, new) = (verified.clone(), new.clone());
        Ok(self.executor.write(move |c| change_password(c, user, keep, &verified, &new, &stamp)).await?)
    }

    async fn ended_since(&self, since: Timestamp) -> Result<Vec<(SessionId, Timestamp)>, RepositoryError> {
        Ok(self.executor.read(move |c| ended_since(c, since)).await?)
    }

    async fn is_live(&self, session: SessionId) -> Result<bool, RepositoryError> {
        Ok(self.executor.read(move |c| is_live(c, session)).await?)
    }
}

pub(super) fn open(
    c: &mut Conn,
    user: UserId,
    session: &NewSession,
    verified: &PasswordHash,
    replacement: Option<&PasswordHash>,
    stamp: &Stamp,
) -> Result<User, Failure> {
    let now = stamp.at;
    // Another hash than the one that was verified is another password. A change that is under way is waited for:
    // either it ends this session or it makes the condition fail.
    let account = users::table
        .filter(users::id.eq(user.get()))
        .filter(users::is_active)
        .filter(users::password_hash.eq(verified.expose()));
    let row = diesel::update(account)
        .set(users::last_login.eq(At(now)))
        .returning(UserRow::as_returning())
        .get_result(c)
        .optional()?;
    let Some(row) = row else {
        let is_active = is_active(c, user)?;
        let reason = if is_active { RepositoryError::Stale } else { RepositoryError::Missing(Record::User) };
        return Err(reason.into());
    };
    let is_replaced = match replacement {
        Some(replacement) => replace_password(c, user, verified, replacement)?,
        None => false,
    };
    insert(c, user, session, now)?;
    let event = AuditEvent::of(stamp, Outcome::Done).by(user, Some(session.id));
    audit::record(c, &event.about(RecordId::Session(session.id)))?;
    let user: User = row.try_into()?;
    Ok(if is_replaced { User { version: user.version.next(), ..user } } else { user })
}

/// Replaces the hash that was verified, if it is still the stored one; tells whether it was.
fn replace_password(
    c: &mut Conn,
    user: UserId,
    verified: &PasswordHash,
    replacement: &PasswordHash,
) -> Result<bool, Failure> {
    let account = users::table
        .filter(users::id.eq(user.get()))
        .filter(users::is_active)
        .filter(users::password_hash.eq(verified.expose()));
    let new = (users::password_hash.eq(replacement.expose()), users::version.eq(users::version + 1));
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
    stamp: &Stamp,
) -> Result<Rotation, Failure> {
    let now = stamp.at;
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
    let counter = match step {
        Step::Refuse => return Ok(Rotation::Refused),
        Step::Repeat(counter) => {
            diesel::update(session).set(sessions::last_used_at.eq(At(now))).execute(c)?;
            counter
        }
        Step::Advance(counter) => {
            let at = At(now);
            let next = (sessions::rotated_at.eq(at), sessions::last_used_at.eq(at));
            diesel::update(session).set((sessions::refresh_counter.eq(counter.get()), next)).execute(c)?;
            counter
        }
        Step::End => {
            diesel::update(session).set(sessions::ended_at.eq(At(now))).execute(c)?;
            return Ok(Rotation::Replayed);
        }
    };
    let event = AuditEvent::of(stamp, Outcome::Done).by(user, Some(id));
    audit::record(c, &event.about(RecordId::Session(id)))?;
    Ok(Rotation::Granted { user, counter })
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

fn end(c: &mut Conn, user: UserId, session: SessionId, stamp: &Stamp) -> Result<(), Failure> {
    let live = sessions::table
        .filter(sessions::id.eq(SessionKey(session)))
        .filter(sessions::user_id.eq(user.get()))
        .filter(sessions::ended_at.is_null());
    if diesel::update(live).set(sessions::ended_at.eq(At(stamp.at))).execute(c)? == 0 {
        return Err(RepositoryError::Missing(Record::Session).into());
    }
    audit::record(c, &AuditEvent::of(stamp, Outcome::Done).about(RecordId::Session(session)))
}

fn end_all(c: &mut Conn, user: UserId, stamp: &Stamp) -> Result<Vec<SessionId>, Failure> {
    // The user first, the sessions after: two writes of many sessions cannot wait for each other, and a
    // session that is being opened is either ended here or opened later.
    let account = users::table.filter(users::id.eq(user.get())).select(users::id);
    for_update!(account).get_result::<i64>(c).optional()?;
    let ended = end_all_but(c, user, None, stamp.at)?;
    audit::record(c, &AuditEvent::of(stamp, Outcome::Done).about(RecordId::User(user)))?;
    Ok(ended)
}

pub(super) fn end_all_but(
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
    verified: &PasswordHash,
    new: &PasswordHash,
    stamp: &Stamp,
) -> Result<(RefreshCounter, Vec<SessionId>), Failure> {
    let now = stamp.at;
    // The user first, the sessions after, as in `end_all`.
    if !replace_password(c, user, verified, new)? {
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
    let ended = end_all_but(c, user, Some(keep), now)?;
    let event = AuditEvent::of(stamp, Outcome::Done).about(RecordId::User(user));
    audit::record(c, &AuditEvent { fields: ChangedFields::of([("password", true)]), ..event })?;
    Ok((counter, ended))
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
