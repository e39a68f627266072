//! Rows of `invitations`.

use diesel::prelude::*;
use domain::{Invitation, InvitationId, Role};

use super::{BadValue, stored};
use crate::schema::invitations;
use crate::types::At;

/// An invitation.
#[derive(Queryable, Selectable)]
#[diesel(table_name = invitations)]
pub(crate) struct InvitationRow {
    pub(crate) id: i64,
    role: String,
    created_at: At,
    expires_at: At,
}

impl InvitationRow {
    /// What the invited person will be.
    pub(crate) fn role(&self) -> Result<Role, BadValue> {
        stored("invitations.role", Role::parse(&self.role))
    }
}

impl TryFrom<InvitationRow> for Invitation {
    type Error = BadValue;

    fn try_from(row: InvitationRow) -> Result<Self, BadValue> {
        Ok(Self {
            id: stored("invitations.id", InvitationId::new(row.id))?,
            role: row.role()?,
            created_at: row.created_at.into(),
            expires_at: row.expires_at.into(),
        })
    }
}
