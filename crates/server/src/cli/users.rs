//! `healthcore users`.

use application::{Accounts, Error};
use domain::{EmailAddress, LoginName, PageLimit, StandingChange, User};

use super::args::UsersCommand;
use super::failure::Failure;
use super::services;
use crate::output;
use crate::settings::Settings;

pub(super) fn run(settings: &Settings, command: &UsersCommand) -> Result<(), Failure> {
    let (accounts, runtime) = services(settings)?;
    let (name, change) = match command {
        UsersCommand::List => return runtime.block_on(list(&accounts)),
        UsersCommand::Disable(user) => (&user.name, StandingChange { is_active: Some(false), role: None }),
        UsersCommand::Enable(user) => (&user.name, StandingChange { is_active: Some(true), role: None }),
        UsersCommand::SetRole { user, role } => {
            (&user.name, StandingChange { is_active: None, role: Some((*role).into()) })
        }
    };
    let user = runtime.block_on(set_standing(&accounts, name, change))?;
    output::say(&format!("{} is {} now", shown(&user), standing(&user)));
    Ok(())
}

async fn list(accounts: &Accounts) -> Result<(), Failure> {
    let mut after = None;
    loop {
        let page = accounts.users(after, PageLimit::default()).await;
        let page = page.map_err(|error| Failure::failed(&error))?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id);
        output::data(&page.iter().map(line).collect::<String>())?;
    }
}

async fn set_standing(accounts: &Accounts, name: &str, change: StandingChange) -> Result<User, Failure> {
    let nobody = || Failure::Failed(format!("there is no user {}", name.escape_debug()));
    let login = LoginName::parse(name).ok_or_else(nobody)?;
    let refused = |error| match error {
        Error::Missing(_) => nobody(),
        Error::Invalid(invalid) => {
            let rules = invalid.violations().iter().map(|broken| broken.message.as_str());
            Failure::Failed(format!("{} {}", name.escape_debug(), rules.collect::<Vec<_>>().join("; ")))
        }
        error => Failure::failed(&error),
    };
    let user = accounts.user_named(&login).await.map_err(refused)?;
    accounts.set_standing(&super::call("users_set_standing"), user.id, change).await.map_err(refused)
}

/// One user, with a tab between columns; what is not there is `-`.
fn line(user: &User) -> String {
    let email = user.email.as_ref().map_or("-", EmailAddress::as_str).escape_debug();
    let state = if user.is_active { "active" } else { "disabled" };
    let last_login = user.last_login.map_or_else(|| "-".to_owned(), |at| at.to_string());
    format!("{}\t{}\t{email}\t{}\t{state}\t{last_login}\n", user.id, shown(user), user.role)
}

fn shown(user: &User) -> String {
    user.username.as_str().escape_debug().to_string()
}

/// What the user is, in words.
fn standing(user: &User) -> String {
    if user.is_active { user.role.to_string() } else { format!("disabled ({})", user.role) }
}
