//! Who acts, and what they may do.

use std::fmt;
use std::sync::Arc;

use crate::macros::serde_as_text;
use crate::{Call, Caller, SessionId, Stamp, Timestamp, UserId};

/// What a user is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Role {
    /// An ordinary account; the default.
    #[default]
    Patient,
    /// An ordinary account of a doctor.
    Doctor,
    /// Works for the clinic.
    Staff,
    /// Administers the server.
    Admin,
}

serde_as_text!(Role);

/// The text is no role.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("is not a known role")]
pub struct UnknownRole;

impl Role {
    /// Reads a role by its lower-case name.
    pub fn parse(raw: &str) -> Result<Self, UnknownRole> {
        [Self::Patient, Self::Doctor, Self::Staff, Self::Admin]
            .into_iter()
            .find(|role| role.as_str() == raw)
            .ok_or(UnknownRole)
    }

    /// The name in lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Doctor => "doctor",
            Self::Staff => "staff",
            Self::Admin => "admin",
        }
    }

    /// True for staff and administrators.
    pub const fn is_staff(self) -> bool {
        matches!(self, Self::Staff | Self::Admin)
    }

    /// True for roles that a person may choose at registration.
    pub const fn is_self_assigned(self) -> bool {
        matches!(self, Self::Patient | Self::Doctor)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who acts: a signed-in user in one of their sessions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actor {
    /// The user.
    pub user: UserId,
    /// The session whose token was shown.
    pub session: SessionId,
    /// What they call.
    pub call: Arc<Call>,
}

impl Caller for Actor {
    fn stamp(&self, now: Timestamp) -> Stamp {
        let (user, session) = (Some(self.user), Some(self.session));
        Stamp { user, session, ..Stamp::anonymous(now, Arc::clone(&self.call)) }
    }
}

/// Who may add, change and retire doctors.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DoctorsWrite {
    /// Every signed-in user; the default.
    #[default]
    Any,
    /// Everyone may add; only the creator and staff may change or retire.
    Creator,
    /// Only staff.
    Staff,
}

impl DoctorsWrite {
    /// Whether `role` may add a doctor.
    pub const fn may_add(self, role: Role) -> bool {
        match self {
            Self::Any | Self::Creator => true,
            Self::Staff => role.is_staff(),
        }
    }

    /// Whether a user may change or retire a doctor that `is_creator` says they have added.
    pub const fn may_change(self, role: Role, is_creator: bool) -> bool {
        match self {
            Self::Any => true,
            Self::Creator => is_creator || role.is_staff(),
            Self::Staff => role.is_staff(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn staff_roles_are_never_self_assigned() {
        assert!(Role::Patient.is_self_assigned() && Role::Doctor.is_self_assigned());
        assert!(!Role::Staff.is_self_assigned() && !Role::Admin.is_self_assigned());
    }

    #[test]
    fn under_creator_only_the_creator_and_staff_change_a_doctor() {
        assert!(DoctorsWrite::Creator.may_add(Role::Patient));
        assert!(DoctorsWrite::Creator.may_change(Role::Patient, true));
        assert!(DoctorsWrite::Creator.may_change(Role::Staff, false));
        assert!(!DoctorsWrite::Creator.may_change(Role::Doctor, false));
    }

    #[test]
    fn under_staff_nobody_else_writes_doctors() {
        assert!(!DoctorsWrite::Staff.may_add(Role::Doctor));
        assert!(!DoctorsWrite::Staff.may_change(Role::Doctor, true));
        assert!(DoctorsWrite::Staff.may_change(Role::Admin, false));
    }
}
