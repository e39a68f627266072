//! The store of invitations.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::prelude::*;
use domain::ports::{InvitationRepository, Record, RepositoryError};
use domain::{
    AuditEvent, Invitation, InvitationCode, InvitationId, NewInvitation, Outcome, Role, Stamp, Timestamp,
    User, UserId,
};

use super::dialect::for_update;
use super::{Conn, audit};
use crate::error::Failure;
use crate::executor::Executor;
use crate::limits::key;
use crate::rows::InvitationRow;
use crate::schema::invitations;
use crate::types::At;

pub(super) struct Invitations {
    pub(super) executor: Arc<Executor<Conn>>,
}

#[async_trait]
impl InvitationRepository for Invitations {
    async fn insert(
        &self,
        code: &InvitationCode,
        invitation: NewInvitation,
        stamp: &Stamp,
    ) -> Result<Invitation, RepositoryError> {
        let stamp = stamp.clone();
        let hash = hash(code);
        Ok(self.executor.write(move |c| insert(c, &hash, invitation, &stamp)).await?)
    }

    async fn list(&self, now: Timestamp) -> Result<Vec<Invitation>, RepositoryError> {
        Ok(self.executor.read(move |c| list(c, now)).await?)
    }

    async fn revoke(&self, id: InvitationId, stamp: &Stamp) -> Result<(), RepositoryError> {
        let stamp = stamp.clone();
        Ok(self.executor.write(move |c| revoke(c, id, &stamp)).await?)
    }
}

/// What tells a code again. It is long and random, so nothing slower than SHA-256 is needed.
fn hash(code: &InvitationCode) -> String {
    key("invitation", &[code.expose()])
}

fn insert(c: &mut Conn, hash: &str, invitation: NewInvitation, stamp: &Stamp) -> Result<Invitation, Failure> {
    let row = diesel::insert_into(invitations::table)
        .values((
            invitations::code_hash.eq(hash),
            invitations::role.eq(invitation.role.as_str()),
            invitations::created_at.eq(At(stamp.at)),
            invitations::expires_at.eq(At(invitation.expires_at)),
        ))
        .returning(InvitationRow::as_returning())
        .get_result(c)?;
    audit::record(c, &AuditEvent::of(stamp, Outcome::Done))?;
    Ok(row.try_into()?)
}

fn list(c: &mut Conn, now: Timestamp) -> Result<Vec<Invitation>, Failure> {
    let rows: Vec<InvitationRow> = invitations::table
        .filter(invitations::used_at.is_null())
        .filter(invitations::expires_at.gt(At(now)))
        .order(invitations::id)
        .select(InvitationRow::as_select())
        .load(c)?;
    rows.into_iter().map(|row| Ok(row.try_into()?)).collect()
}

fn revoke(c: &mut Conn, id: InvitationId, stamp: &Stamp) -> Result<(), Failure> {
    let counting = invitations::table
        .filter(invitations::id.eq(id.get()))
        .filter(invitations::used_at.is_null())
        .filter(invitations::expires_at.gt(At(stamp.at)));
    if diesel::delete(counting).execute(c)? == 0 {
        return Err(missing());
    }
    audit::record(c, &AuditEvent::of(stamp, Outcome::Done))
}

/// Makes a user by the invitation with this code, with the role that it is for.
pub(super) fn used_up(
    c: &mut Conn,
    code: &InvitationCode,
    now: Timestamp,
    make: impl FnOnce(&mut Conn, Role) -> Result<User, Failure>,
) -> Result<User, Failure> {
    let counting = invitations::table
        .filter(invitations::code_hash.eq(hash(code)))
        .filter(invitations::used_at.is_null())
        .filter(invitations::expires_at.gt(At(now)));
    // The lock makes registrations with one code follow one another; the second finds it used.
    let row = for_update!(counting.select(InvitationRow::as_select())).get_result(c).optional()?;
    let row = row.ok_or_else(missing)?;
    let user = make(c, row.role()?)?;
    mark(c, row.id, user.id, now)?;
    Ok(user)
}

fn mark(c: &mut Conn, id: i64, user: UserId, now: Timestamp) -> Result<(), Failure> {
    let mark = (invitations::used_at.eq(At(now)), invitations::used_by_id.eq(user.get()));
    diesel::update(invitations::table.filter(invitations::id.eq(id))).set(mark).execute(c)?;
    Ok(())
}

fn missing() -> Failure {
    RepositoryError::Missing(Record::Invitation).into()
}
