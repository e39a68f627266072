//! `healthcore migrate`.

use persistence::{Migration, MigrationState};

use super::args::{MigrateArguments, MigrateCommand};
use super::failure::Failure;
use crate::settings::Settings;
use crate::{StartError, data_dir, output, telemetry};

pub(super) fn run(settings: &Settings, arguments: &MigrateArguments) -> Result<(), Failure> {
    settings.check()?;
    telemetry::start(&settings.log);
    match arguments.command {
        Some(MigrateCommand::Status) => status(settings),
        None if arguments.check => check(settings),
        None => apply(settings),
    }
}

fn apply(settings: &Settings) -> Result<(), Failure> {
    data_dir::prepare(settings)?;
    let applied = persistence::migrate(settings.database_url.expose()).map_err(StartError::from)?;
    if applied.is_empty() {
        output::say("nothing to apply: the schema is up to date");
    }
    Ok(applied.iter().try_for_each(|name| output::data(&format!("{name}\n")))?)
}

fn status(settings: &Settings) -> Result<(), Failure> {
    let all = schema(settings)?;
    let line = |migration: &Migration| format!("{:<7}  {}\n", word(migration.state), migration.name);
    Ok(output::data(&all.iter().map(line).collect::<String>())?)
}

fn check(settings: &Settings) -> Result<(), Failure> {
    let all = schema(settings)?;
    let count = |state| all.iter().filter(|migration| migration.state == state).count();
    match count(MigrationState::Pending) {
        0 => {
            if count(MigrationState::Unknown) > 0 {
                output::say("a newer release has migrated this database; this one works with it");
            }
            Ok(output::data("the schema is up to date\n")?)
        }
        missing => Err(Failure::Failed(format!(
            "{missing} of {} migrations are not applied; `healthcore migrate` applies them",
            all.len()
        ))),
    }
}

fn schema(settings: &Settings) -> Result<Vec<Migration>, Failure> {
    Ok(persistence::schema(settings.database_url.expose()).map_err(StartError::from)?)
}

/// How a migration stands, in a word.
fn word(state: MigrationState) -> &'static str {
    match state {
        MigrationState::Applied => "applied",
        MigrationState::Pending => "pending",
        MigrationState::Unknown => "unknown",
    }
}
