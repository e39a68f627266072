//! Accounts and tokens as JSON.

use application::{AcceptedPassword, Accounts, SignedInUser, Tokens};
use domain::{
    EmailAddress, HumanName, InvitationCode, LoginName, NewUser, Password, Phone, Role, Session, SessionId,
    Timestamp, User, UserChange, UserId, UserName,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::name;
use crate::fields::FieldErrors;
use crate::problem::Problem;
use crate::sent::{Sent, Text};

/// A new account. `password` is required, and `username` or `email` or both.
#[derive(Deserialize, ToSchema)]
pub(crate) struct RegisterRequest {
    /// The name to sign in with: letters and digits of any script and `_ . @ + -`. The e-mail address serves
    /// where none is given.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "asha", format = "user-name")]
    username: Sent<Text>,
    /// The e-mail address to sign in with.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 254, example = "asha@example.org", format = "e-mail")]
    email: Sent<Text>,
    /// The password: 8 to 128 characters, not easy to guess.
    #[serde(default)]
    #[schema(value_type = String, min_length = 8, max_length = 128, format = Password, required)]
    password: Sent<Text>,
    /// The whole name.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 150, format = "line")]
    name: Sent<Text>,
    /// The first name, for clients that keep two.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 150, format = "line")]
    first_name: Sent<Text>,
    /// The last name, for clients that keep two.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 150, format = "line")]
    last_name: Sent<Text>,
    /// Phone number.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 20, format = "phone")]
    phone: Sent<Text>,
    /// `patient` or `doctor`; `patient` where none is given.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "patient", format = "role")]
    role: Sent<Text>,
    /// The code of an invitation; needed where the operator lets only invited people register. One that counts
    /// decides the role.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    invitation: Sent<Text>,
}

/// An account to be made, its password, and the invitation that was shown.
type Registered = (NewUser, AcceptedPassword, Option<InvitationCode>);

impl RegisterRequest {
    /// The account, its password, and the invitation.
    pub(crate) fn into_new(self, accounts: &Accounts) -> Result<Registered, Problem> {
        let mut errors = FieldErrors::default();
        let username = errors.text("username", &self.username, UserName::parse).value();
        let email = errors.text("email", &self.email, EmailAddress::parse).value();
        let name = name::change(&mut errors, &self.name, &self.first_name, &self.last_name);
        let phone = errors.text("phone", &self.phone, Phone::parse).value();
        let role = errors.text("role", &self.role, parse_role).value().unwrap_or_default();
        let password = self.password(accounts, &mut errors);
        let invitation = self.invitation(accounts, &mut errors);
        if username.is_none() && email.is_none() {
            require_login(&mut errors, &self.username, &self.email);
        }
        let user = NewUser::new(username, email);
        let user = user.map_err(|invalid| errors.add_all(&invalid, &LOGIN_FIELDS)).ok();
        let name = name.applied(None);
        let name = name.map_err(|invalid| errors.add_all(&invalid, &name::NAME_FIELDS)).ok();
        let account = user.zip(name).map(|(user, name)| user.described(name, phone, role));
        let (user, password) = errors.finish(account.zip(password))?;
        Ok((user, password, invitation))
    }

    /// The fields that the user name and the e-mail address came from: one serves for the other.
    pub(crate) fn login_fields(&self) -> (&'static str, &'static str) {
        match (given(&self.username), given(&self.email)) {
            (None, Some(_)) => ("email", "email"),
            (Some(_), None) => ("username", "username"),
            _ => ("username", "email"),
        }
    }

    fn invitation(&self, accounts: &Accounts, errors: &mut FieldErrors) -> Option<InvitationCode> {
        if let Sent::Wrong(expected) = self.invitation {
            errors.add("invitation", expected);
        }
        let accepted = accounts.accept_invitation(given(&self.invitation));
        accepted.map_err(|invalid| errors.add_all(&invalid, &["invitation"])).ok().flatten()
    }

    fn password(&self, accounts: &Accounts, errors: &mut FieldErrors) -> Option<AcceptedPassword> {
        let typed = required_text(errors, "password", &self.password)?;
        let own = [&self.username, &self.email, &self.name, &self.first_name, &self.last_name];
        let own: Vec<String> = own.into_iter().filter_map(given).map(str::to_owned).collect();
        accounts.accept_password(typed, &own).map_err(|invalid| errors.add_all(&invalid, &[])).ok()
    }
}

fn parse_role(text: &str) -> Result<Role, &'static str> {
    Role::parse(text.trim()).ok().filter(|role| role.is_self_assigned()).ok_or("must be patient or doctor")
}

const fn text_of(sent: &Sent<Text>) -> Option<&str> {
    match sent {
        Sent::Value(Text(text)) => Some(text.as_str()),
        _ => None,
    }
}

/// A text that is more than blanks.
fn given(sent: &Sent<Text>) -> Option<&str> {
    text_of(sent).filter(|text| !text.trim().is_empty())
}

/// The fields that say who somebody is.
const LOGIN_FIELDS: [&str; 2] = ["username", "email"];

/// Notes that neither a user name nor an e-mail address was given, unless one of them is wrong already.
fn require_login(errors: &mut FieldErrors, username: &Sent<Text>, email: &Sent<Text>) {
    if errors.has_any(&LOGIN_FIELDS) {
        return;
    }
    if username.is_absent() && !email.is_absent() {
        errors.add("email", "is required");
    } else {
        errors.add("username", "or email is required");
    }
}

/// A secret that must be there; it is taken as it was typed, blanks and all.
fn required_text<'a>(errors: &mut FieldErrors, name: &str, sent: &'a Sent<Text>) -> Option<&'a str> {
    match sent {
        Sent::Value(Text(text)) if !text.is_empty() => return Some(text),
        Sent::Wrong(expected) => errors.add(name, expected),
        _ => errors.add(name, "is required"),
    }
    None
}

/// A sign-in: `username` or `email`, of which either may hold either, and `password`.
#[derive(Deserialize, ToSchema)]
pub(crate) struct LoginRequest {
    /// The user name or the e-mail address, in any case.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "asha")]
    username: Sent<Text>,
    /// The e-mail address or the user name, in any case.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    email: Sent<Text>,
    /// The password.
    #[serde(default)]
    #[schema(value_type = String, min_length = 1, format = Password, required)]
    password: Sent<Text>,
}

impl LoginRequest {
    /// Whom the request names, if anybody can have such a name, and the password.
    pub(crate) fn into_credentials(self) -> Result<(Option<LoginName>, Password), Problem> {
        let mut errors = FieldErrors::default();
        let password = required_text(&mut errors, "password", &self.password).map(Password::new);
        for (name, sent) in [("username", &self.username), ("email", &self.email)] {
            if let Sent::Wrong(expected) = sent {
                errors.add(name, expected);
            }
        }
        let login = given(&self.username).or_else(|| given(&self.email));
        if login.is_none() {
            require_login(&mut errors, &self.username, &self.email);
        }
        errors.finish(password).map(|password| (login.and_then(LoginName::parse), password))
    }
}

/// A refresh token to be traded in.
#[derive(Deserialize, ToSchema)]
pub(crate) struct RefreshRequest {
    /// The refresh token.
    #[serde(default)]
    #[schema(value_type = String, min_length = 1, required)]
    refresh: Sent<Text>,
}

impl RefreshRequest {
    /// The token.
    pub(crate) fn into_token(self) -> Result<String, Problem> {
        let mut errors = FieldErrors::default();
        let token = required_text(&mut errors, "refresh", &self.refresh).map(str::to_owned);
        errors.finish(token)
    }
}

/// A change to the own account.
#[derive(Deserialize, ToSchema)]
pub(crate) struct UpdateMeRequest {
    /// The whole name.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 150, format = "line")]
    name: Sent<Text>,
    /// The first name, for clients that keep two.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 150, format = "line")]
    first_name: Sent<Text>,
    /// The last name, for clients that keep two.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 150, format = "line")]
    last_name: Sent<Text>,
    /// Phone number.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 20, format = "phone")]
    phone: Sent<Text>,
    /// The e-mail address to sign in with; a new one needs `current_password`.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 254, format = "e-mail")]
    email: Sent<Text>,
    /// The password, where the e-mail address changes.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password)]
    current_password: Sent<Text>,
}

impl UpdateMeRequest {
    /// The change, and the password if it was given.
    pub(crate) fn into_change(self) -> Result<(UserChange, Option<Password>), Problem> {
        let mut errors = FieldErrors::default();
        let change = UserChange {
            name: name::change(&mut errors, &self.name, &self.first_name, &self.last_name),
            email: errors.text("email", &self.email, EmailAddress::parse),
            phone: errors.text("phone", &self.phone, Phone::parse),
        };
        if let Sent::Wrong(expected) = self.current_password {
            errors.add("current_password", expected);
        }
        let password = text_of(&self.current_password).map(Password::new);
        errors.finish(Some((change, password)))
    }
}

/// A change of the own password.
#[derive(Deserialize, ToSchema)]
pub(crate) struct PasswordRequest {
    /// The present password.
    #[serde(default)]
    #[schema(value_type = String, min_length = 1, format = Password, required)]
    current_password: Sent<Text>,
    /// The password from now on: 8 to 128 characters, not easy to guess.
    #[serde(default)]
    #[schema(value_type = String, min_length = 8, max_length = 128, format = Password, required)]
    new_password: Sent<Text>,
}

impl PasswordRequest {
    /// The present password and the new one, as they were typed.
    pub(crate) fn into_passwords(self) -> Result<(Password, String), Problem> {
        let mut errors = FieldErrors::default();
        let current =
            required_text(&mut errors, "current_password", &self.current_password).map(Password::new);
        let new = required_text(&mut errors, "new_password", &self.new_password).map(str::to_owned);
        errors.finish(current.zip(new))
    }
}

/// A session: one sign-in on one device.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionResponse<'a> {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: SessionId,
    /// When the user signed in.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last refreshed.
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Timestamp,
    /// The end that no refresh moves.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// The client's address at the sign-in.
    #[schema(value_type = Option<String>, required)]
    address: Option<&'a str>,
    /// What the client called itself then.
    #[schema(value_type = Option<String>, required)]
    user_agent: Option<&'a str>,
    /// True for the session of this request.
    current: bool,
}

impl<'a> SessionResponse<'a> {
    /// The session as it is shown to somebody in the session `current`.
    pub(crate) fn new(session: &'a Session, current: SessionId) -> Self {
        Self {
            id: session.id,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: session.expires_at,
            address: session.address.as_deref(),
            user_agent: session.user_agent.as_deref(),
            current: session.id == current,
        }
    }
}

/// An account.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserResponse<'a> {
    /// Its id.
    #[schema(value_type = i64, minimum = 1)]
    id: UserId,
    /// The name to sign in with.
    #[schema(value_type = String)]
    username: &'a str,
    /// The e-mail address to sign in with.
    #[schema(value_type = Option<String>, required)]
    email: Option<&'a str>,
    /// The whole name; may be empty.
    #[schema(value_type = String)]
    name: &'a str,
    /// The first name; may be empty.
    #[schema(value_type = String)]
    first_name: &'a str,
    /// The last name; may be empty.
    #[schema(value_type = String)]
    last_name: &'a str,
    /// Phone number.
    #[schema(value_type = Option<String>, required)]
    phone: Option<&'a str>,
    /// `patient`, `doctor`, `staff` or `admin`.
    #[schema(value_type = String, example = "patient")]
    role: Role,
    /// True for staff and administrators.
    is_staff: bool,
    /// When the account was made.
    #[schema(value_type = String, format = DateTime)]
    date_joined: Timestamp,
    /// When the user last signed in with the password.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    last_login: Option<Timestamp>,
}

impl<'a> From<&'a User> for UserResponse<'a> {
    fn from(user: &'a User) -> Self {
        let name = user.name.as_ref();
        Self {
            id: user.id,
            username: user.username.as_str(),
            email: user.email.as_ref().map(EmailAddress::as_str),
            name: name.map_or("", HumanName::full),
            first_name: name.map_or("", HumanName::first),
            last_name: name.map_or("", HumanName::last),
            phone: user.phone.as_ref().map(Phone::as_str),
            role: user.role,
            is_staff: user.role.is_staff(),
            date_joined: user.date_joined,
            last_login: user.last_login,
        }
    }
}

/// A new account and the tokens of its first session.
#[derive(Serialize, ToSchema)]
#[schema(as = Registered)]
pub(crate) struct RegisteredResponse<'a> {
    #[serde(flatten)]
    #[schema(inline)]
    user: UserResponse<'a>,
    /// The tokens.
    tokens: TokenPair<'a>,
}

/// A pair of tokens.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokenPair<'a> {
    /// The access token, for `Authorization: Bearer`.
    #[schema(value_type = String)]
    access: &'a str,
    /// The refresh token, for the next pair.
    #[schema(value_type = String)]
    refresh: &'a str,
}

impl<'a> From<&'a SignedInUser> for RegisteredResponse<'a> {
    fn from(signed_in: &'a SignedInUser) -> Self {
        let tokens = TokenPair { access: &signed_in.tokens.access.token, refresh: &signed_in.tokens.refresh };
        Self { user: (&signed_in.user).into(), tokens }
    }
}

/// A pair of tokens and how long the first is good for.
#[derive(Serialize, ToSchema)]
#[schema(as = Tokens)]
pub(crate) struct TokensResponse<'a> {
    /// The access token, for `Authorization: Bearer`.
    #[schema(value_type = String)]
    access: &'a str,
    /// The refresh token, for the next pair.
    #[schema(value_type = String)]
    refresh: &'a str,
    /// `Bearer`.
    #[schema(value_type = String, example = "Bearer")]
    token_type: &'static str,
    /// How many seconds the access token is good for.
    #[schema(minimum = 1)]
    expires_in: u64,
}

impl<'a> From<&'a Tokens> for TokensResponse<'a> {
    fn from(tokens: &'a Tokens) -> Self {
        Self {
            access: &tokens.access.token,
            refresh: &tokens.refresh,
            token_type: "Bearer",
            expires_in: tokens.access_lifetime.as_secs(),
        }
    }
}

/// The tokens of a new session and whose it is.
#[derive(Serialize, ToSchema)]
#[schema(as = SignedIn)]
pub(crate) struct SignedInResponse<'a> {
    #[serde(flatten)]
    #[schema(inline)]
    tokens: TokensResponse<'a>,
    /// The user.
    user: UserResponse<'a>,
}

impl<'a> From<&'a SignedInUser> for SignedInResponse<'a> {
    fn from(signed_in: &'a SignedInUser) -> Self {
        Self { tokens: (&signed_in.tokens).into(), user: (&signed_in.user).into() }
    }
}
