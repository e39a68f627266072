//! `healthcore invite`.

use std::time::Duration;

use application::{Accounts, Error};
use domain::InvitationId;

use super::args::{InviteArguments, InviteCommand};
use super::failure::Failure;
use super::services;
use crate::output;
use crate::settings::{RegistrationSetting, Settings};

pub(super) fn run(settings: &Settings, arguments: &InviteArguments) -> Result<(), Failure> {
    let (accounts, runtime) = services(settings)?;
    match &arguments.command {
        None => {
            runtime.block_on(invite(&accounts, arguments))?;
            if settings.access.registration == RegistrationSetting::Closed {
                output::say("nobody can use it while setting `access.registration` is `closed`");
            }
            Ok(())
        }
        Some(InviteCommand::List) => runtime.block_on(list(&accounts)),
        Some(InviteCommand::Revoke { id }) => runtime.block_on(revoke(&accounts, *id)),
    }
}

async fn invite(accounts: &Accounts, arguments: &InviteArguments) -> Result<(), Failure> {
    let good_for = Duration::from_hours(24 * u64::from(arguments.valid_days));
    let made = accounts.invite(&super::call("invite"), arguments.role.into(), good_for).await;
    let (code, invitation) = made.map_err(|error| Failure::failed(&error))?;
    let (id, role, until) = (invitation.id, invitation.role, invitation.expires_at);
    output::say(&format!(
        "invitation {id} for a {role} counts once, until {until}; the code is not shown again"
    ));
    Ok(output::data(&format!("{}\n", code.expose()))?)
}

async fn list(accounts: &Accounts) -> Result<(), Failure> {
    let invitations = accounts.invitations().await.map_err(|error| Failure::failed(&error))?;
    let line = |i: &domain::Invitation| format!("{}\t{}\t{}\t{}\n", i.id, i.role, i.created_at, i.expires_at);
    Ok(output::data(&invitations.iter().map(line).collect::<String>())?)
}

async fn revoke(accounts: &Accounts, id: i64) -> Result<(), Failure> {
    let unknown = || Failure::Failed(format!("there is no invitation {id} that still counts"));
    let found = InvitationId::new(id).ok_or_else(unknown)?;
    accounts.revoke_invitation(&super::call("invite_revoke"), found).await.map_err(|error| match error {
        Error::Missing(_) => unknown(),
        error => Failure::failed(&error),
    })?;
    output::say(&format!("invitation {id} does not count any more"));
    Ok(())
}
