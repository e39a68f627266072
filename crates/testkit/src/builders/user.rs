//! Users.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::{EmailAddress, HumanName, NewUser, PasswordHash, Phone, Role, User, UserId, UserName, Version};

use super::value;
use crate::fixed;

/// Builds a user, by default one with a user name that no other has, and nothing else.
#[derive(Clone)]
#[must_use]
pub struct UserBuilder {
    username: Option<UserName>,
    email: Option<EmailAddress>,
    name: Option<HumanName>,
    phone: Option<Phone>,
    role: Role,
    password_hash: Option<PasswordHash>,
}

/// A user with a user name of their own.
pub fn user() -> UserBuilder {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    UserBuilder {
        username: Some(value::user_name(&format!("user-{number}"))),
        email: None,
        name: None,
        phone: None,
        role: Role::default(),
        password_hash: None,
    }
}

impl UserBuilder {
    /// The name to sign in with.
    pub fn username(mut self, name: &str) -> Self {
        self.username = Some(value::user_name(name));
        self
    }

    /// The e-mail address to sign in with.
    pub fn email(mut self, address: &str) -> Self {
        self.email = Some(value::email(address));
        self
    }

    /// Only an e-mail address, which serves as the user name.
    pub fn only_email(mut self, address: &str) -> Self {
        self.username = None;
        self.email(address)
    }

    /// What the person is called.
    pub fn named(mut self, full: &str) -> Self {
        self.name = Some(value::human_name(full));
        self
    }

    /// The phone number.
    pub fn phone(mut self, number: &str) -> Self {
        self.phone = Some(value::phone(number));
        self
    }

    /// What the user is.
    pub const fn role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }

    /// The hash of the password.
    pub fn hash(mut self, hash: PasswordHash) -> Self {
        self.password_hash = Some(hash);
        self
    }

    /// The account to be made.
    pub fn done(self) -> NewUser {
        let mut user = NewUser::new(self.username, self.email).expect("a user name or an address");
        user.name = self.name;
        user.phone = self.phone;
        user.role = self.role;
        user.password_hash = self.password_hash;
        user
    }

    /// The account as a repository returns it: active, joined at [`fixed::instant`], never signed in.
    pub fn stored(self, id: UserId) -> User {
        let new = self.done();
        User {
            id,
            username: new.username().clone(),
            email: new.email().cloned(),
            name: new.name,
            phone: new.phone,
            role: new.role,
            is_active: true,
            date_joined: fixed::instant(),
            last_login: None,
            version: Version::FIRST,
        }
    }
}
