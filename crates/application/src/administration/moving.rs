//! Patients who get another owner.

use domain::{Moving, Reason, RecordId, UserId};

use super::{Administration, Administrator};
use crate::Error;

impl Administration {
    /// Gives patients to another owner and tells how many. The owner before sees none of them from then on.
    ///
    /// # Errors
    /// `Forbidden` for everybody but administrators; `Missing` when the new owner is unknown or not active, or one
    /// of the patients is not there any more: then none has moved.
    pub async fn move_patients(
        &self,
        who: &Administrator,
        which: &Moving,
        to: UserId,
        reason: &Reason,
    ) -> Result<u64, Error> {
        who.must_be_admin()?;
        if let Moving::AllOf(owner) = which {
            who.actor.call.target(RecordId::User(*owner));
        }
        Ok(self.ports.mover.move_patients(which, to, reason, &self.stamp(who)).await?)
    }
}
