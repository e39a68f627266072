//! `healthcore token`.

use std::time::Duration;

use application::Error;
use domain::LoginName;

use super::args::{TokenCommand, TokenCreateArguments};
use super::failure::Failure;
use super::services;
use crate::output;
use crate::settings::Settings;

pub(super) fn run(settings: Settings, command: &TokenCommand) -> Result<(), Failure> {
    match command {
        TokenCommand::Create(arguments) => create(settings, arguments),
    }
}

fn create(mut settings: Settings, arguments: &TokenCreateArguments) -> Result<(), Failure> {
    let name = &arguments.user.name;
    let nobody = || Failure::Failed(format!("there is no user {} who could sign in", name.escape_debug()));
    let login = LoginName::parse(name).ok_or_else(nobody)?;
    if let Some(minutes) = arguments.minutes {
        settings.auth.access_minutes = minutes.into();
    }
    let minutes = settings.auth.access_minutes;
    let (accounts, runtime) = services(&settings)?;
    let good_for = Duration::from_mins(minutes);
    let opened = runtime.block_on(accounts.open_for(&super::call("token_create"), &login, good_for));
    let (session, token) = opened.map_err(|error| match error {
        Error::Missing(_) => nobody(),
        error => Failure::failed(&error),
    })?;
    output::say(&format!("good for {minutes} minutes, in session {session}; it is not shown again"));
    Ok(output::data(&format!("{}\n", token.token))?)
}
