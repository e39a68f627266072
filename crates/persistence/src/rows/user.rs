//! Rows of `users`.

#![expect(clippy::ref_option_ref, reason = "in code that diesel derives")]

use diesel::prelude::*;
use domain::{
    Credentials, EmailAddress, HumanName, NewUser, PasswordHash, Phone, Role, Timestamp, User, UserId,
    UserName, Version,
};

use super::{BadValue, stored, text};
use crate::schema::users;
use crate::types::At;

/// An account without its secrets.
#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
pub(crate) struct UserRow {
    id: i64,
    username: String,
    email: Option<String>,
    name: String,
    first_name: String,
    last_name: String,
    phone: Option<String>,
    role: String,
    is_active: bool,
    date_joined: At,
    last_login: Option<At>,
    version: i32,
}

/// An account and the hash of its password.
#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
pub(crate) struct CredentialsRow {
    #[diesel(embed)]
    user: UserRow,
    password_hash: Option<String>,
}

/// What is written of a new account.
#[derive(Insertable)]
#[diesel(table_name = users)]
#[diesel(treat_none_as_default_value = false)]
pub(crate) struct NewUserColumns<'a> {
    username: &'a str,
    username_key: &'a str,
    email: Option<&'a str>,
    email_key: Option<&'a str>,
    password_hash: Option<&'a str>,
    name: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    phone: Option<&'a str>,
    role: &'a str,
}

/// What an account's user may change.
#[derive(AsChangeset)]
#[diesel(table_name = users)]
#[diesel(treat_none_as_null = true)]
pub(crate) struct UserChangeColumns<'a> {
    username: &'a str,
    username_key: &'a str,
    email: Option<&'a str>,
    email_key: Option<&'a str>,
    name: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    phone: Option<&'a str>,
}

impl<'a> From<&'a NewUser> for NewUserColumns<'a> {
    fn from(user: &'a NewUser) -> Self {
        let name = user.name.as_ref();
        Self {
            username: user.username().as_str(),
            username_key: user.username().key(),
            email: user.email().map(EmailAddress::as_str),
            email_key: user.email().map(EmailAddress::key),
            password_hash: user.password_hash.as_ref().map(PasswordHash::expose),
            name: name.map_or("", HumanName::full),
            first_name: name.map_or("", HumanName::first),
            last_name: name.map_or("", HumanName::last),
            phone: user.phone.as_ref().map(Phone::as_str),
            role: user.role.as_str(),
        }
    }
}

impl<'a> From<&'a User> for UserChangeColumns<'a> {
    fn from(user: &'a User) -> Self {
        let name = user.name.as_ref();
        Self {
            username: user.username.as_str(),
            username_key: user.username.key(),
            email: user.email.as_ref().map(EmailAddress::as_str),
            email_key: user.email.as_ref().map(EmailAddress::key),
            name: name.map_or("", HumanName::full),
            first_name: name.map_or("", HumanName::first),
            last_name: name.map_or("", HumanName::last),
            phone: user.phone.as_ref().map(Phone::as_str),
        }
    }
}

impl TryFrom<UserRow> for User {
    type Error = BadValue;

    fn try_from(row: UserRow) -> Result<Self, BadValue> {
        Ok(Self {
            id: stored("users.id", UserId::new(row.id))?,
            username: stored("users.username", UserName::parse(&row.username))?,
            email: text("users.email", row.email.as_ref(), EmailAddress::parse)?,
            name: HumanName::from_stored(row.name, row.first_name, row.last_name),
            phone: text("users.phone", row.phone.as_ref(), Phone::parse)?,
            role: stored("users.role", Role::parse(&row.role))?,
            is_active: row.is_active,
            date_joined: row.date_joined.into(),
            last_login: row.last_login.map(Timestamp::from),
            version: stored("users.version", Version::new(row.version))?,
        })
    }
}

impl TryFrom<CredentialsRow> for Credentials {
    type Error = BadValue;

    fn try_from(row: CredentialsRow) -> Result<Self, BadValue> {
        Ok(Self { user: row.user.try_into()?, password_hash: row.password_hash.map(PasswordHash::new) })
    }
}
