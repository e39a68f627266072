//! Users: people with an account.

use crate::macros::redacted_debug;
use crate::{
    Change, ChangedFields, EmailAddress, HumanName, Invalid, NameChange, PasswordHash, Phone, Role,
    Timestamp, UserId, UserName, Version,
};

/// An account.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// The name to sign in with.
    pub username: UserName,
    /// The e-mail address to sign in with.
    pub email: Option<EmailAddress>,
    /// What the person is called.
    pub name: Option<HumanName>,
    /// Phone number.
    pub phone: Option<Phone>,
    /// What the user is.
    pub role: Role,
    /// A user who is not active cannot sign in.
    pub is_active: bool,
    /// When the account was made.
    pub date_joined: Timestamp,
    /// When the user last signed in with a password.
    pub last_login: Option<Timestamp>,
    /// Counts the changes of the account, those of its password with them.
    pub version: Version,
}

/// An account to be made.
#[derive(Clone, PartialEq, Eq)]
pub struct NewUser {
    username: UserName,
    email: Option<EmailAddress>,
    /// What the person is called.
    pub name: Option<HumanName>,
    /// Phone number.
    pub phone: Option<Phone>,
    /// What the user is.
    pub role: Role,
    /// The hash of the password; without one nobody can sign in with a password.
    pub password_hash: Option<PasswordHash>,
}

/// A change to an account by its user.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct UserChange {
    /// The name, in either form.
    pub name: NameChange,
    /// The e-mail address.
    pub email: Change<EmailAddress>,
    /// Phone number.
    pub phone: Change<Phone>,
}

/// What an administrator decides about an account.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct StandingChange {
    /// Whether the user may sign in; `None` leaves it.
    pub is_active: Option<bool>,
    /// What the user is; `None` leaves it.
    pub role: Option<Role>,
}

/// What somebody typed to say who they are: a user name or an e-mail address.
#[derive(Clone, PartialEq, Eq)]
pub struct LoginName {
    user_name_key: String,
    email_key: Option<String>,
}

/// A user and what proves that somebody is that user.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user, active or not.
    pub user: User,
    /// The stored hash; `None` for an account without a password.
    pub password_hash: Option<PasswordHash>,
}

redacted_debug!(User, NewUser, UserChange, LoginName, Credentials);

impl User {
    /// True for an administrator who may sign in.
    pub fn is_active_admin(&self) -> bool {
        self.is_active && self.role == Role::Admin
    }

    /// Which fields differ from those `before`, by their public names.
    pub fn changed_fields(&self, before: &Self) -> ChangedFields {
        ChangedFields::of([
            ("username", self.username != before.username),
            ("email", self.email != before.email),
            ("name", self.name != before.name),
            ("phone", self.phone != before.phone),
            ("role", self.role != before.role),
            ("is_active", self.is_active != before.is_active),
        ])
    }

    /// What others know of the user, and so try first as a password.
    pub fn own_words(&self) -> Vec<String> {
        let name = self.name.as_ref();
        let words = [
            Some(self.username.as_str()),
            self.email.as_ref().map(EmailAddress::as_str),
            name.map(HumanName::full),
            name.map(HumanName::first),
            name.map(HumanName::last),
        ];
        words.into_iter().flatten().map(str::to_owned).collect()
    }
}

impl NewUser {
    /// An ordinary account. Where no name was chosen the e-mail address serves, and a user name that is an
    /// e-mail address serves as the address where none was given.
    ///
    /// # Errors
    /// Neither was given, or the user name has an `@` and is not the own e-mail address: signing in by the
    /// one could then reach the other's account.
    pub fn new(username: Option<UserName>, email: Option<EmailAddress>) -> Result<Self, Invalid> {
        let username = match (username, &email) {
            (Some(username), _) => username,
            (None, Some(email)) => UserName::from_email(email),
            (None, None) => return Err(Invalid::field("username", "or email is required")),
        };
        let email = match email {
            None if username.has_at_sign() => EmailAddress::parse(username.as_str()).ok(),
            email => email,
        };
        if username.has_at_sign() && email.as_ref().is_none_or(|email| email.key() != username.key()) {
            return Err(Invalid::field("username", "may only contain @ when it equals the e-mail address"));
        }
        Ok(Self { username, email, name: None, phone: None, role: Role::default(), password_hash: None })
    }

    /// The same account with what else is known of its user.
    pub fn described(self, name: Option<HumanName>, phone: Option<Phone>, role: Role) -> Self {
        Self { name, phone, role, ..self }
    }

    /// The name to sign in with.
    pub const fn username(&self) -> &UserName {
        &self.username
    }

    /// The e-mail address to sign in with.
    pub const fn email(&self) -> Option<&EmailAddress> {
        self.email.as_ref()
    }
}

impl UserChange {
    /// The user after the change. A user name that is the e-mail address moves with it.
    ///
    /// # Errors
    /// The two forms of the name disagree, or an e-mail address that serves as user name would be removed.
    pub fn applied(&self, user: &User) -> Result<User, Invalid> {
        let email = self.email.applied(user.email.as_ref());
        let username = match &email {
            _ if !user.username.has_at_sign() => user.username.clone(),
            Some(email) => UserName::from_email(email),
            None => return Err(Invalid::field("email", "is the user name and cannot be removed")),
        };
        Ok(User {
            username,
            email,
            name: self.name.applied(user.name.as_ref())?,
            phone: self.phone.applied(user.phone.as_ref()),
            ..user.clone()
        })
    }

    /// True when the e-mail address would change, which needs the password.
    pub fn touches_email(&self, user: &User) -> bool {
        self.email.applied(user.email.as_ref()) != user.email
    }
}

impl StandingChange {
    /// The user after the change. `is_last_admin` tells that no other user is an active administrator.
    ///
    /// # Errors
    /// The server would be left without an active administrator.
    pub fn applied(self, user: &User, is_last_admin: bool) -> Result<User, Invalid> {
        let changed = User {
            is_active: self.is_active.unwrap_or(user.is_active),
            role: self.role.unwrap_or(user.role),
            ..user.clone()
        };
        if is_last_admin && user.is_active_admin() && !changed.is_active_admin() {
            let message = "is the last active administrator; make somebody else one first";
            return Err(Invalid::field("username", message));
        }
        Ok(changed)
    }
}

impl LoginName {
    /// What was typed, as the keys to look for. `None` when no account can have such a name.
    pub fn parse(typed: &str) -> Option<Self> {
        let user_name_key = UserName::parse(typed).ok()?.key().to_owned();
        let email_key = EmailAddress::parse(typed).ok().map(|email| email.key().to_owned());
        Some(Self { user_name_key, email_key })
    }

    /// The name that `user` signs in with.
    pub fn of(user: &User) -> Self {
        Self { user_name_key: user.username.key().to_owned(), email_key: None }
    }

    /// The key to compare with [`UserName::key`].
    pub fn user_name_key(&self) -> &str {
        &self.user_name_key
    }

    /// The key to compare with [`EmailAddress::key`], if it could be an address.
    pub fn email_key(&self) -> Option<&str> {
        self.email_key.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(text: &str) -> EmailAddress {
        EmailAddress::parse(text).unwrap()
    }

    fn username(text: &str) -> UserName {
        UserName::parse(text).unwrap()
    }

    fn stored(new: &NewUser) -> User {
        User {
            id: UserId::new(1).unwrap(),
            username: new.username().clone(),
            email: new.email().cloned(),
            name: None,
            phone: None,
            role: Role::Patient,
            is_active: true,
            date_joined: Timestamp::from_micros(0).unwrap(),
            last_login: None,
            version: Version::FIRST,
        }
    }

    #[test]
    fn the_email_serves_as_missing_user_name_and_the_other_way_round() {
        let by_email = NewUser::new(None, Some(email("Ann@x.org"))).unwrap();
        assert_eq!(by_email.username().as_str(), "Ann@x.org");
        let by_name = NewUser::new(Some(username("ann@x.org")), None).unwrap();
        assert_eq!(by_name.email().unwrap().key(), "ann@x.org");
    }

    #[test]
    fn a_user_name_with_at_sign_is_the_own_address() {
        assert!(NewUser::new(Some(username("ANN@x.org")), Some(email("ann@X.org"))).is_ok());
        assert!(NewUser::new(Some(username("ann@x.org")), Some(email("eve@x.org"))).is_err());
        assert!(NewUser::new(Some(username("ann@ward")), None).is_err());
    }

    #[test]
    fn a_user_has_a_name_or_an_address() {
        assert_eq!(NewUser::new(None, None).unwrap_err().violations().first().unwrap().field, "username");
    }

    #[test]
    fn a_user_name_that_is_the_address_moves_with_it() {
        let user = stored(&NewUser::new(None, Some(email("ann@x.org"))).unwrap());
        let change = UserChange { email: Change::Set(email("eve@x.org")), ..UserChange::default() };
        assert!(change.touches_email(&user));
        assert_eq!(change.applied(&user).unwrap().username.as_str(), "eve@x.org");
        let change = UserChange { email: Change::Clear, ..UserChange::default() };
        assert!(change.applied(&user).is_err());
    }

    #[test]
    fn a_standing_changes_what_it_names() {
        let user = stored(&NewUser::new(Some(username("ann")), None).unwrap());
        let disabled = StandingChange { is_active: Some(false), role: None }.applied(&user, true).unwrap();
        assert_eq!((disabled.is_active, disabled.role), (false, Role::Patient));
        let staff = StandingChange { is_active: None, role: Some(Role::Staff) }.applied(&user, true).unwrap();
        assert_eq!((staff.is_active, staff.role), (true, Role::Staff));
        assert_eq!(StandingChange::default().applied(&user, true).unwrap(), user);
    }

    #[test]
    fn the_last_active_administrator_stays_one() {
        let user = stored(&NewUser::new(Some(username("ann")), None).unwrap());
        let admin = User { role: Role::Admin, ..user };
        for change in [
            StandingChange { is_active: Some(false), role: None },
            StandingChange { is_active: None, role: Some(Role::Staff) },
            StandingChange { is_active: Some(false), role: Some(Role::Admin) },
        ] {
            assert!(change.applied(&admin, true).is_err());
            assert!(change.applied(&admin, false).is_ok());
            // Who could not sign in anyway is no loss.
            assert!(change.applied(&User { is_active: false, ..admin.clone() }, true).is_ok());
        }
        assert!(
            StandingChange { is_active: Some(true), role: Some(Role::Admin) }.applied(&admin, true).is_ok()
        );
    }

    #[test]
    fn signing_in_takes_either_name_in_any_case() {
        let login = LoginName::parse(" ANN@X.org ").unwrap();
        assert_eq!(login.email_key(), Some("ann@x.org"));
        assert_eq!(login.user_name_key(), "ann@x.org");
        assert_eq!(LoginName::parse("Ann").unwrap().email_key(), None);
        assert!(LoginName::parse("a b").is_none());
    }
}
