//! The store of users.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::prelude::*;
use domain::ports::{Record, RepositoryError, UserRepository};
use domain::{Credentials, LoginName, NewSession, NewUser, Timestamp, User, UserChange, UserId};

use super::dialect::for_update;
use super::{Conn, sessions};
use crate::error::Failure;
use crate::executor::Executor;
use crate::rows::{CredentialsRow, NewUserColumns, UserChangeColumns, UserRow};
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
        now: Timestamp,
    ) -> Result<User, RepositoryError> {
        let user = user.clone();
        Ok(self.executor.write(move |c| insert(c, &user, session.as_ref(), now)).await?)
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
        change: &UserChange,
        _now: Timestamp,
    ) -> Result<User, RepositoryError> {
        let change = change.clone();
        Ok(self.executor.write(move |c| update(c, id, &change)).await?)
    }
}

fn insert(
    c: &mut Conn,
    user: &NewUser,
    session: Option<&NewSession>,
    now: Timestamp,
) -> Result<User, Failure> {
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
    Ok(stored)
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

fn update(c: &mut Conn, id: UserId, change: &UserChange) -> Result<User, Failure> {
    let active = users::table.filter(users::id.eq(id.get())).filter(users::is_active);
    let row = for_update!(active.select(UserRow::as_select())).get_result(c).optional()?;
    let current = User::try_from(row.ok_or(RepositoryError::Missing(Record::User))?)?;
    let changed = change.applied(&current)?;
    diesel::update(users::table.filter(users::id.eq(id.get())))
        .set((UserChangeColumns::from(&changed), users::version.eq(users::version + 1)))
        .execute(c)?;
    Ok(changed)
}
