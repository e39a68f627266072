//! The store of users.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::prelude::*;
use domain::ports::{Record, RepositoryError, UserRepository};
use domain::{
    AuditEvent, ChangedFields, Credentials, InvitationCode, LoginName, NewSession, NewUser, Outcome,
    PageLimit, PasswordHash, RecordId, Role, SessionId, Stamp, StandingChange, User, UserChange, UserId,
    Version,
};

use super::dialect::{for_update, one_at_a_time};
use super::{Conn, audit, invitations, sessions};
use crate::error::Failure;
use crate::executor::Executor;
use crate::rows::{CredentialsRow, NewUserColumns, UserChangeColumns, UserRow, expect_version};
use crate::schema::users;
use crate::types::At;

pub(super) struct Users {
    pub(super) executor: Arc<Executor<Conn>>,
}

#[async_trait]
impl UserRepository for Users {
    async fn insert(
        &self,
        user: &NewUser,
        session: Option<NewSession>,
        stamp: &Stamp,
    ) -> Result<User, RepositoryError> {
        let stamp = stamp.clone();
        let user = user.clone();
        Ok(self.executor.write(move |c| insert(c, &user, session.as_ref(), &stamp)).await?)
    }

    async fn insert_invited(
        &self,
        user: &NewUser,
        session: NewSession,
        code: &InvitationCode,
        stamp: &Stamp,
    ) -> Result<User, RepositoryError> {
        let (mut user, code, stamp) = (user.clone(), code.clone(), stamp.clone());
        let at = stamp.at;
        let insert = move |c: &mut Conn, role| {
            user.role = role;
            insert(c, &user, Some(&session), &stamp)
        };
        Ok(self.executor.write(move |c| invitations::used_up(c, &code, at, insert)).await?)
    }

    async fn insert_first_admin(
        &self,
        user: &NewUser,
        stamp: &Stamp,
    ) -> Result<Option<User>, RepositoryError> {
        let (user, stamp) = (user.clone(), stamp.clone());
        Ok(self.executor.write(move |c| insert_first_admin(c, user, &stamp)).await?)
    }

    async fn list(&self, after: Option<UserId>, limit: PageLimit) -> Result<Vec<User>, RepositoryError> {
        Ok(self.executor.read(move |c| list(c, after, limit)).await?)
    }

    async fn find(&self, id: UserId) -> Result<Option<User>, RepositoryError> {
        Ok(self.executor.read(move |c| find(c, id)).await?)
    }

    async fn find_credentials(&self, login: &LoginName) -> Result<Option<Credentials>, RepositoryError> {
        let login = login.clone();
        Ok(self.executor.read(move |c| find_credentials(c, &login)).await?)
    }

    async fn update(
        &self,
        id: UserId,
        expected: Option<Version>,
        change: &UserChange,
        stamp: &Stamp,
    ) -> Result<User, RepositoryError> {
        let stamp = stamp.clone();
        let change = change.clone();
        Ok(self.executor.write(move |c| update(c, id, expected, &change, &stamp)).await?)
    }

    async fn set_standing(
        &self,
        id: UserId,
        change: StandingChange,
        stamp: &Stamp,
    ) -> Result<(User, Vec<SessionId>), RepositoryError> {
        let stamp = stamp.clone();
        Ok(self.executor.write(move |c| set_standing(c, id, change, &stamp)).await?)
    }

    async fn set_password(
        &self,
        id: UserId,
        new: &PasswordHash,
        stamp: &Stamp,
    ) -> Result<(User, Vec<SessionId>), RepositoryError> {
        let (new, stamp) = (new.clone(), stamp.clone());
        Ok(self.executor.write(move |c| set_password(c, id, &new, &stamp)).await?)
    }
}

fn insert(
    c: &mut Conn,
    user: &NewUser,
    session: Option<&NewSession>,
    stamp: &Stamp,
) -> Result<User, Failure> {
    let now = stamp.at;
    let stored = diesel::insert_into(users::table)
        .values((
            NewUserColumns::from(user),
            users::is_active.eq(true),
            users::date_joined.eq(At(now)),
            users::last_login.eq(session.map(|_| At(now))),
            users::version.eq(1),
        ))
        .returning(UserRow::as_returning())
        .get_result(c)?;
    let stored = User::try_from(stored)?;
    if let Some(session) = session {
        sessions::insert(c, stored.id, session, now)?;
    }
    let event = AuditEvent::of(stamp, Outcome::Done).about(RecordId::User(stored.id));
    // Who registers is the new user themselves, in their first session.
    let event = match session {
        Some(session) => event.by(stored.id, Some(session.id)),
        None => event,
    };
    audit::record(c, &event)?;
    Ok(stored)
}

fn insert_first_admin(c: &mut Conn, mut user: NewUser, stamp: &Stamp) -> Result<Option<User>, Failure> {
    one_at_a_time(c)?;
    let admins = users::table.filter(users::role.eq(Role::Admin.as_str())).filter(users::is_active);
    if diesel::select(diesel::dsl::exists(admins)).get_result(c)? {
        return Ok(None);
    }
    user.role = Role::Admin;
    insert(c, &user, None, stamp).map(Some)
}

fn list(c: &mut Conn, after: Option<UserId>, limit: PageLimit) -> Result<Vec<User>, Failure> {
    let rows: Vec<UserRow> = users::table
        .filter(users::id.gt(after.map_or(0, UserId::get)))
        .order(users::id)
        .limit(limit.get().into())
        .select(UserRow::as_select())
        .load(c)?;
    rows.into_iter().map(|row| Ok(row.try_into()?)).collect()
}

fn find(c: &mut Conn, id: UserId) -> Result<Option<User>, Failure> {
    let row =
        users::table.filter(users::id.eq(id.get())).select(UserRow::as_select()).get_result(c).optional()?;
    Ok(row.map(User::try_from).transpose()?)
}

/// At most one user is found: a user name that looks like an address is its own user's address.
fn find_credentials(c: &mut Conn, login: &LoginName) -> Result<Option<Credentials>, Failure> {
    // A name that cannot be an address is compared with NULL, which nothing equals.
    let by_email = users::email_key.eq(login.email_key()).assume_not_null();
    let row = users::table
        .filter(users::username_key.eq(login.user_name_key()).or(by_email))
        .select(CredentialsRow::as_select())
        .first(c)
        .optional()?;
    Ok(row.map(Credentials::try_from).transpose()?)
}

fn update(
    c: &mut Conn,
    id: UserId,
    expected: Option<Version>,
    change: &UserChange,
    stamp: &Stamp,
) -> Result<User, Failure> {
    let active = users::table.filter(users::id.eq(id.get())).filter(users::is_active);
    let row = for_update!(active.select(UserRow::as_select())).get_result(c).optional()?;
    let current = User::try_from(row.ok_or(RepositoryError::Missing(Record::User))?)?;
    expect_version(expected, current.version)?;
    let changed = counted(change.applied(&current)?, &current);
    if changed != current {
        diesel::update(users::table.filter(users::id.eq(id.get())))
            .set((UserChangeColumns::from(&changed), users::version.eq(changed.version.get())))
            .execute(c)?;
    }
    let event = AuditEvent::of(stamp, Outcome::Done).about(RecordId::User(id));
    audit::record(c, &AuditEvent { fields: changed.changed_fields(&current), ..event })?;
    Ok(changed)
}

/// The user with the next version, where anything has changed.
fn counted(changed: User, before: &User) -> User {
    if changed == *before { changed } else { User { version: before.version.next(), ..changed } }
}

fn set_standing(
    c: &mut Conn,
    id: UserId,
    change: StandingChange,
    stamp: &Stamp,
) -> Result<(User, Vec<SessionId>), Failure> {
    // With all administrators locked, in the order of their ids, nobody else stops being one meanwhile. The users
    // first, the sessions after, as wherever sessions are ended.
    let is_admin = users::role.eq(Role::Admin.as_str()).and(users::is_active);
    let rows = users::table.filter(users::id.eq(id.get()).or(is_admin)).order(users::id);
    let rows: Vec<UserRow> = for_update!(rows.select(UserRow::as_select())).load(c)?;
    let locked: Vec<User> = rows.into_iter().map(User::try_from).collect::<Result<_, _>>()?;
    let (user, others): (Vec<User>, Vec<User>) = locked.into_iter().partition(|user| user.id == id);
    let user = user.first().ok_or(RepositoryError::Missing(Record::User))?;
    let changed = counted(change.applied(user, !others.iter().any(User::is_active_admin))?, user);
    diesel::update(users::table.filter(users::id.eq(id.get())))
        .set((
            users::is_active.eq(changed.is_active),
            users::role.eq(changed.role.as_str()),
            users::version.eq(changed.version.get()),
        ))
        .execute(c)?;
    let ended = sessions::end_all_but(c, id, None, stamp.at)?;
    let event = AuditEvent::of(stamp, Outcome::Done).about(RecordId::User(id));
    audit::record(c, &AuditEvent { fields: changed.changed_fields(user), ..event })?;
    Ok((changed, ended))
}

fn set_password(
    c: &mut Conn,
    id: UserId,
    new: &PasswordHash,
    stamp: &Stamp,
) -> Result<(User, Vec<SessionId>), Failure> {
    // The user first, the sessions after, as wherever sessions are ended.
    let row = diesel::update(users::table.filter(users::id.eq(id.get())))
        .set((users::password_hash.eq(new.expose()), users::version.eq(users::version + 1)))
        .returning(UserRow::as_returning())
        .get_result(c)
        .optional()?;
    let user = User::try_from(row.ok_or(RepositoryError::Missing(Record::User))?)?;
    let ended = sessions::end_all_but(c, id, None, stamp.at)?;
    let event = AuditEvent::of(stamp, Outcome::Done).about(RecordId::User(id));
    audit::record(c, &AuditEvent { fields: ChangedFields::of([("password", true)]), ..event })?;
    Ok((user, ended))
}
