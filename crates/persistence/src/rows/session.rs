//! Rows of `sessions`.

#![expect(clippy::ref_option_ref, reason = "in code that diesel derives")]

use diesel::prelude::*;
use domain::{NewSession, RefreshCounter, Session, Timestamp, UserId};

use super::{BadValue, stored};
use crate::schema::sessions;
use crate::types::{At, SessionKey};

/// What a refresh has to know of a session.
#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
pub(crate) struct SessionRow {
    user_id: i64,
    refresh_counter: i64,
    rotated_at: At,
    last_used_at: At,
    expires_at: At,
    ended_at: Option<At>,
}

/// What its user sees of a session.
#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
pub(crate) struct SessionViewRow {
    id: SessionKey,
    created_at: At,
    last_used_at: At,
    expires_at: At,
    address: Option<String>,
    user_agent: Option<String>,
}

impl From<SessionViewRow> for Session {
    fn from(row: SessionViewRow) -> Self {
        Self {
            id: row.id.0,
            created_at: row.created_at.0,
            last_used_at: row.last_used_at.0,
            expires_at: row.expires_at.0,
            address: row.address,
            user_agent: row.user_agent,
        }
    }
}

/// What is written of a new session.
#[derive(Insertable)]
#[diesel(table_name = sessions)]
#[diesel(treat_none_as_default_value = false)]
pub(crate) struct SessionColumns<'a> {
    id: SessionKey,
    user_id: i64,
    refresh_counter: i64,
    rotated_at: At,
    created_at: At,
    last_used_at: At,
    expires_at: At,
    user_agent: Option<&'a str>,
    address: Option<&'a str>,
}

impl<'a> SessionColumns<'a> {
    pub(crate) fn new(user: UserId, session: &'a NewSession, now: Timestamp) -> Self {
        Self {
            id: SessionKey(session.id),
            user_id: user.get(),
            refresh_counter: RefreshCounter::FIRST.get(),
            rotated_at: now.into(),
            created_at: now.into(),
            last_used_at: now.into(),
            expires_at: session.expires_at.into(),
            user_agent: session.user_agent.as_deref(),
            address: session.address.as_deref(),
        }
    }
}

impl SessionRow {
    pub(crate) fn user(&self) -> Result<UserId, BadValue> {
        stored("sessions.user_id", UserId::new(self.user_id))
    }

    pub(crate) fn counter(&self) -> Result<RefreshCounter, BadValue> {
        stored("sessions.refresh_counter", RefreshCounter::new(self.refresh_counter))
    }

    pub(crate) fn rotated_at(&self) -> Timestamp {
        self.rotated_at.into()
    }

    /// True when no refresh can revive it: it was ended, has come to its end, or lay unused too long.
    pub(crate) fn is_over(&self, idle: std::time::Duration, now: Timestamp) -> bool {
        self.ended_at.is_some() || now >= self.expires_at.0 || now.since(self.last_used_at.0) > idle
    }
}
