//! Accounts: who keeps which name and address, which hashes count, which rights come along.

use std::collections::{HashMap, HashSet};

use domain::ports::Constraint;
use domain::{
    EmailAddress, HumanName, IncomingUser, NewUser, PasswordHash, PersonName, RecordId, Role, UserName,
};

use super::family::Kind as FamilyKind;
use super::plan::{Bench, Creator, Desk, Draft, PlanError};
use super::table::Row;
use crate::case::Case;
use crate::repair::{Field, filled};

/// Which user of the source has which address, and which addresses are those of users who were here before.
struct Addresses {
    holders: HashMap<String, i64>,
    taken: HashSet<String>,
}

/// Names that are given away.
struct Names {
    used: HashSet<String>,
    taken: HashSet<String>,
}

pub(super) async fn judge(
    desk: &Desk<'_>,
    bench: &mut Bench<'_>,
) -> Result<(Vec<Draft<IncomingUser>>, Creator), PlanError> {
    let mut addresses = Addresses::of(desk, bench).await?;
    let mut names = Names::of(desk, bench).await?;
    let (mut drafts, mut first, mut first_superuser) = (Vec::new(), None, None);
    for (id, row) in std::mem::take(&mut bench.rows) {
        let mut case = bench.case(id);
        let is_known = bench.is_known(id);
        let email = addresses.email(desk, &mut case, id, row, is_known);
        let (username, email) = names.name(desk, &mut case, id, row, email, &mut addresses, is_known).await?;
        let account = NewUser::new(Some(username), email);
        let Ok(account) = account else {
            case.refuse("username", "belongs to nobody else's address", row.get("username"));
            bench.ledger.close(case);
            continue;
        };
        first = first.or(Some(id));
        if row.is_true("is_superuser") && row.is_true("is_active") {
            first_superuser = first_superuser.or(Some(id));
        }
        if is_known {
            bench.close_known(id);
            continue;
        }
        let user = described(desk, bench, &mut case, id, row, account);
        drafts.push(bench.close(id, row, case, user));
    }
    let there = first_superuser.or(first).map_or(Creator::Nobody, Creator::There);
    Ok((drafts, desk.options.doctors_by.map_or(there, Creator::Here)))
}

fn described(
    desk: &Desk<'_>,
    bench: &Bench<'_>,
    case: &mut Case<'_>,
    id: i64,
    row: Row<'_>,
    account: NewUser,
) -> IncomingUser {
    let name = name(case, row);
    let phone = case.phone("phone", row.get("phone"));
    let role = role(desk, case, row);
    let mut account = account.described(name, phone, role);
    account.password_hash = password(desk, case, row);
    let date_joined = row.time("date_joined").unwrap_or_else(|| {
        case.repair("date_joined", "is no time", "the time of the import", row.get("date_joined"));
        desk.options.now
    });
    let id = match bench.id(case, id) {
        Some(RecordId::User(id)) => Some(id),
        _ => None,
    };
    let is_active = row.is_true("is_active");
    IncomingUser { id, account, is_active, date_joined, last_login: row.time("last_login") }
}

/// First and last name.
pub(super) fn name(case: &mut Case<'_>, row: Row<'_>) -> Option<HumanName> {
    let max = PersonName::MAX_CHARS;
    let first = case.text(Field::line("first_name", max), row.get("first_name"), PersonName::parse);
    let last = case.text(Field::line("last_name", max), row.get("last_name"), PersonName::parse);
    HumanName::from_parts(first, last)
}

fn password(desk: &Desk<'_>, case: &mut Case<'_>, row: Row<'_>) -> Option<PasswordHash> {
    let hash = row.get("password").unwrap_or_default();
    if hash.is_empty() || hash.starts_with('!') {
        case.note("password", "is not set", "nobody signs in before a new one is set");
        return None;
    }
    if (desk.options.verifies)(hash) {
        return Some(PasswordHash::new(hash.to_owned()));
    }
    let done = "left empty; nobody signs in before a new one is set";
    case.repair("password", "is hashed in a way that is not verified here", done, None);
    None
}

/// Nothing that a user has typed gives rights.
fn role(desk: &Desk<'_>, case: &mut Case<'_>, row: Row<'_>) -> Role {
    let chosen = row.get("role").unwrap_or("patient");
    let ordinary = match chosen.trim() {
        "patient" => Role::Patient,
        "doctor" => Role::Doctor,
        _ => {
            case.repair("role", "is neither patient nor doctor", "patient", Some(chosen));
            Role::Patient
        }
    };
    let (right, is, granted) = if row.is_true("is_superuser") {
        ("is_superuser", "is a superuser", Role::Admin)
    } else if row.is_true("is_staff") {
        ("is_staff", "is staff", Role::Staff)
    } else {
        return ordinary;
    };
    if desk.options.keeps_rights {
        case.note(right, is, if granted == Role::Admin { "administrator" } else { "staff" });
        return granted;
    }
    case.note(right, is, "an ordinary account; --staff keeps the rights");
    ordinary
}

impl Addresses {
    /// Of equal addresses the lowest id has it; in S2 the one that is stored in lower case, as only its user could
    /// sign in.
    async fn of(desk: &Desk<'_>, bench: &Bench<'_>) -> Result<Self, PlanError> {
        let mut holders: HashMap<String, (bool, i64)> = HashMap::new();
        for (id, row) in &bench.rows {
            let raw = row.get("email").unwrap_or_default();
            let Ok(email) = EmailAddress::parse(raw) else { continue };
            let signs_in = desk.source.family.kind == FamilyKind::S2 && is_lower(raw);
            let holder = holders.entry(email.key().to_owned()).or_insert((signs_in, *id));
            if signs_in && !holder.0 {
                *holder = (true, *id);
            }
        }
        let new = holders.iter().filter(|(_, (_, id))| !bench.is_known(*id)).map(|(key, _)| key.clone());
        let taken = desk.taken(Constraint::UserEmail, new).await?;
        Ok(Self { holders: holders.into_iter().map(|(key, (_, id))| (key, id)).collect(), taken })
    }

    /// The address that the user keeps.
    fn email(
        &self,
        desk: &Desk<'_>,
        case: &mut Case<'_>,
        id: i64,
        row: Row<'_>,
        is_known: bool,
    ) -> Option<EmailAddress> {
        let raw = row.get("email")?;
        let email = case.email(Some(raw))?;
        if let Some(holder) = self.holders.get(email.key()).filter(|holder| **holder != id) {
            let rule = format!("is that of user {holder}, but for case and blanks");
            case.repair("email", rule, "left empty", Some(raw));
            return None;
        }
        if !is_known && self.taken.contains(email.key()) {
            case.repair("email", "is that of a user who was here before", "left empty", Some(raw));
            return None;
        }
        if desk.source.family.kind == FamilyKind::S2 && !is_lower(raw) {
            case.note("email", "is not in lower case, so it did not sign in before", "signs in from now on");
        }
        Some(email)
    }

    fn is_free(&self, email: &EmailAddress) -> bool {
        !self.holders.contains_key(email.key()) && !self.taken.contains(email.key())
    }
}

fn is_lower(raw: &str) -> bool {
    raw.trim() == raw.trim().to_lowercase()
}

impl Names {
    async fn of(desk: &Desk<'_>, bench: &Bench<'_>) -> Result<Self, PlanError> {
        let new = bench.rows.iter().filter(|(id, _)| !bench.is_known(*id));
        let keys = new.filter_map(|(_, row)| UserName::parse(row.get("username")?).ok());
        let taken = desk.taken(Constraint::UserName, keys.map(|name| name.key().to_owned())).await?;
        Ok(Self { used: HashSet::new(), taken })
    }

    /// The name that the user keeps or gets, and the address, which a name may bring along.
    #[expect(clippy::too_many_arguments, reason = "a name depends on all of this")]
    async fn name(
        &mut self,
        desk: &Desk<'_>,
        case: &mut Case<'_>,
        id: i64,
        row: Row<'_>,
        email: Option<EmailAddress>,
        addresses: &mut Addresses,
        is_known: bool,
    ) -> Result<(UserName, Option<EmailAddress>), PlanError> {
        let raw = row.get("username").unwrap_or_default();
        let mut email = email;
        let mut name = acceptable(case, id, raw);
        if name.has_at_sign() && email.as_ref().is_none_or(|email| email.key() != name.key()) {
            let own = EmailAddress::parse(name.as_str()).ok();
            let is_blank = filled(row.get("email")).is_none();
            match (own.filter(|own| is_blank && addresses.is_free(own)), &email) {
                (Some(own), _) => {
                    addresses.holders.insert(own.key().to_owned(), id);
                    case.note("email", "is empty, and the user name is an address", "the user name");
                    email = Some(own);
                }
                (None, Some(address)) => {
                    name = UserName::from_email(address);
                    case.repair("username", "has an @ and is not the own address", "the address", Some(raw));
                }
                (None, None) => {
                    name = acceptable_or(&raw.replace('@', "_at_"), id);
                    case.repair("username", "has an @ and is not the own address", "renamed", Some(raw));
                }
            }
        }
        let unique = self.unique(desk, &name, id, is_known).await?;
        if unique != name {
            let done = format!("renamed {}", unique.as_str());
            case.repair("username", "is that of another user, but for case", done, Some(raw));
        }
        Ok((unique, email))
    }

    /// The name, or the name with the id behind it.
    async fn unique(
        &mut self,
        desk: &Desk<'_>,
        name: &UserName,
        id: i64,
        is_known: bool,
    ) -> Result<UserName, PlanError> {
        let is_free =
            |names: &Self, key: &str| !names.used.contains(key) && (is_known || !names.taken.contains(key));
        let mut unique = name.clone();
        let mut turn = 1_u32;
        while !is_free(self, unique.key()) {
            let tail = if turn == 1 { format!("-{id}") } else { format!("-{id}-{turn}") };
            let room = UserName::MAX_CHARS.saturating_sub(tail.chars().count());
            let head: String = name.as_str().replace('@', "_at_").chars().take(room).collect();
            unique = acceptable_or(&format!("{head}{tail}"), id);
            if !is_known {
                let key = std::iter::once(unique.key().to_owned());
                self.taken.extend(desk.taken(Constraint::UserName, key).await?);
            }
            turn += 1;
        }
        self.used.insert(unique.key().to_owned());
        Ok(unique)
    }
}

/// A name that the domain accepts, as near to the one that was as can be.
fn acceptable(case: &mut Case<'_>, id: i64, raw: &str) -> UserName {
    UserName::parse(raw).unwrap_or_else(|error| {
        let name = acceptable_or(raw, id);
        let done = format!("renamed {}", name.as_str());
        case.repair("username", error.to_string(), done, Some(raw));
        name
    })
}

#[expect(clippy::expect_used, reason = "a word and a number are a user name")]
fn acceptable_or(raw: &str, id: i64) -> UserName {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '@' | '+' | '-');
    let plain: String = raw.trim().chars().map(|c| if is_plain(c) { c } else { '_' }).take(150).collect();
    let name = UserName::parse(raw).or_else(|_| UserName::parse(&plain));
    name.or_else(|_| UserName::parse(&format!("user-{id}"))).expect("it is short and plain")
}
