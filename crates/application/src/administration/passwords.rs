//! New passwords: one's own, and those of users who cannot sign in.

use domain::{Caller as _, LinkKey, Password, RecordId, Timestamp, User, UserId};

use super::{Administration, Administrator};
use crate::{Client, Error};

impl Administration {
    /// Makes a link by which a user sets a new password, and tells until when it counts. Nobody sees the key a second
    /// time, and a link that there was does not count any more.
    ///
    /// # Errors
    /// `Forbidden` for everybody but administrators; `Missing` for a user who is unknown or not active.
    pub async fn offer_reset(&self, who: &Administrator, id: UserId) -> Result<(LinkKey, Timestamp), Error> {
        who.must_be_admin()?;
        let key = LinkKey::generate(self.chance());
        let stamp = self.stamp(who);
        let expires_at = stamp.at.plus(self.rules.reset);
        self.ports.resets.offer(id, &key, expires_at, &stamp).await?;
        Ok((key, expires_at))
    }

    /// Whose password a link sets; `None` when it does not count.
    pub async fn user_of_reset(&self, key: &LinkKey) -> Result<Option<User>, Error> {
        Ok(self.ports.resets.find(key, self.ports.clock.now()).await?)
    }

    /// Sets a new password by a link. All sessions of the user end.
    ///
    /// # Errors
    /// [`Error::BadToken`] when the link does not count; `Invalid` for `password` when it is not acceptable.
    pub async fn reset_password(
        &self,
        key: &LinkKey,
        password: &str,
        client: &Client,
    ) -> Result<User, Error> {
        let user = self.user_of_reset(key).await?.ok_or(Error::BadToken)?;
        client.call.target(RecordId::User(user.id));
        let hash = self.accounts.hash_of_new(password, &user).await?;
        let stamp = client.call.stamp(self.ports.clock.now());
        let (user, ended) = self.ports.resets.redeem(key, &hash, &stamp).await?.ok_or(Error::BadToken)?;
        self.accounts.have_ended(ended, stamp.at);
        Ok(user)
    }

    /// Changes the administrator's own password and ends all their other sessions.
    ///
    /// # Errors
    /// `Invalid` for `new_password` when it is not acceptable, for `current_password` when it is wrong;
    /// [`Error::Throttled`] after too many wrong ones.
    pub async fn change_password(
        &self,
        who: &Administrator,
        current: Password,
        new: &str,
        client: &Client,
    ) -> Result<(), Error> {
        self.accounts.replace_password(&who.actor, current, new, client).await.map(drop)
    }
}
