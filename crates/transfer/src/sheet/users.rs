//! Rows of users.

use domain::ports::{Constraint, Record, RepositoryError};
use domain::{
    Batch, EmailAddress, HumanName, IncomingUser, NewUser, PasswordHash, PersonName, Phone, RecordId, Role,
    Stamp, UserId, UserName,
};

use super::fields::Fields;
use super::patients::exact_name;
use super::run::{Desk, Row};

pub(super) struct UserRow {
    record: IncomingUser,
}

impl Row for UserRow {
    const RECORD: Record = Record::User;
    const TABLE: &'static str = "users";
    const NEEDS: &'static [&'static str] = &["username", "email"];
    const COLUMNS: &'static [&'static str] = &[
        "username",
        "email",
        "name",
        "first_name",
        "last_name",
        "phone",
        "role",
        "is_active",
        "date_joined",
        "last_login",
        "password_hash",
    ];
    const MADE: &'static str = "date_joined";
    type Record = IncomingUser;

    async fn read(
        desk: &mut Desk<'_>,
        fields: &mut Fields,
        id: Option<RecordId>,
    ) -> Result<Option<Self>, RepositoryError> {
        let account = account(fields);
        let password_hash = hash(desk, fields);
        let is_active = fields.switch("is_active");
        let date_joined = fields.time("date_joined").unwrap_or(desk.options.now);
        let last_login = fields.time("last_login");
        let id = match id {
            Some(RecordId::User(id)) => Some(id),
            _ => None,
        };
        Ok(account.map(|mut account| {
            account.password_hash = password_hash;
            let is_active = is_active.unwrap_or(true);
            Self { record: IncomingUser { id, account, is_active, date_joined, last_login } }
        }))
    }

    fn unique(&self, _: &Desk<'_>) -> Vec<(Constraint, &'static str, String)> {
        let account = &self.record.account;
        let name = (Constraint::UserName, "username", account.username().key().to_owned());
        let email = account.email().map(|email| (Constraint::UserEmail, "email", email.key().to_owned()));
        std::iter::once(name).chain(email).collect()
    }

    fn id(raw: i64) -> Option<RecordId> {
        UserId::new(raw).map(RecordId::User)
    }

    fn kept(&self) -> Option<RecordId> {
        self.record.id.map(RecordId::User)
    }

    fn record(&self, keeps_id: bool) -> IncomingUser {
        IncomingUser { id: self.record.id.filter(|_| keeps_id), ..self.record.clone() }
    }

    async fn add(desk: &Desk<'_>, batch: Batch<IncomingUser>, stamp: &Stamp) -> Result<(), RepositoryError> {
        desk.target.intake.add_users(batch, stamp).await.map(drop)
    }

    /// An account is its user's from the first day on: no sheet changes it.
    async fn update(self, _: &Desk<'_>, _: RecordId, _: &Stamp) -> Result<bool, RepositoryError> {
        Err(RepositoryError::Missing(Record::User))
    }
}

fn account(fields: &mut Fields) -> Option<NewUser> {
    let username = fields.get("username", UserName::parse);
    let email = fields.get("email", EmailAddress::parse);
    let name = name(fields);
    let phone = fields.get("phone", Phone::parse);
    let role = fields.get("role", |raw| Role::parse(raw.trim()));
    if !fields.errors.is_empty() {
        return None;
    }
    match NewUser::new(username, email) {
        Ok(account) => Some(account.described(name, phone, role.unwrap_or_default())),
        Err(invalid) => {
            for violation in invalid.violations() {
                fields.wrong(violation.field, &violation.message);
            }
            None
        }
    }
}

/// The name in its three forms, or in one of them.
fn name(fields: &mut Fields) -> Option<HumanName> {
    if let Some(exact) = exact_name(fields) {
        return Some(exact);
    }
    if let Some(full) = fields.get("name", PersonName::parse) {
        return Some(HumanName::from_full(full));
    }
    let first = fields.get("first_name", PersonName::parse);
    HumanName::from_parts(first, fields.get("last_name", PersonName::parse))
}

/// A hash by which somebody can sign in here.
fn hash(desk: &Desk<'_>, fields: &mut Fields) -> Option<PasswordHash> {
    let verifies = desk.options.verifies;
    fields.get("password_hash", |raw| {
        let is_good = verifies(raw);
        is_good.then(|| PasswordHash::new(raw.to_owned())).ok_or("is of no kind that is verified here")
    })
}
