//! The first administrator of a server that has none.

use std::sync::PoisonError;

use domain::{AdminKey, Caller as _, LinkKey, NewUser, Page, PageLimit, Role, User, UserFilter};

use super::Administration;
use crate::{Client, Error};

impl Administration {
    /// Makes the key of a link by which the first administrator is made; `None` where there is an administrator. The
    /// key counts until somebody has used it, and no longer than this process runs.
    pub async fn offer_set_up(&self) -> Result<Option<LinkKey>, Error> {
        let filter = UserFilter { role: Some(Role::Admin), is_active: Some(true), ..UserFilter::default() };
        let one = Page { limit: PageLimit::new(1).unwrap_or_default(), ..Page::default() };
        if !self.ports.records.users(&filter, one).await?.items.is_empty() {
            return Ok(None);
        }
        let key = LinkKey::generate(self.chance());
        *self.set_up.lock().unwrap_or_else(PoisonError::into_inner) = Some(key.clone());
        Ok(Some(key))
    }

    /// Whether the key is the one that was offered and nobody has used.
    pub fn is_set_up_key(&self, key: &LinkKey) -> bool {
        self.set_up.lock().unwrap_or_else(PoisonError::into_inner).as_ref() == Some(key)
    }

    /// Makes the first administrator, by the key that was offered.
    ///
    /// # Errors
    /// [`Error::BadToken`] when the key does not count or there is an administrator by now; `Invalid` for `password`
    /// when it is not acceptable; `Duplicate` when the name or the address is taken.
    pub async fn set_up(
        &self,
        key: &LinkKey,
        user: NewUser,
        password: &str,
        client: &Client,
    ) -> Result<User, Error> {
        if !self.is_set_up_key(key) {
            return Err(Error::BadToken);
        }
        let stamp = client.call.stamp(self.ports.clock.now());
        let user = self.accounts.create_first_admin(user, password, &stamp).await?;
        *self.set_up.lock().unwrap_or_else(PoisonError::into_inner) = None;
        user.ok_or(Error::BadToken)
    }

    /// A new key for the browser of an administrator.
    pub(super) fn new_key(&self) -> AdminKey {
        AdminKey::generate(self.chance())
    }

    /// What a key is made of.
    pub(super) fn chance(&self) -> [[u8; 10]; 3] {
        std::array::from_fn(|_| self.ports.random.ten_bytes())
    }
}
