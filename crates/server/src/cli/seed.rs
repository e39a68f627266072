//! `healthcore seed`.

use std::fs;
use std::num::NonZeroU32;
use std::time::Duration;

use domain::NewPassword;
use domain::ports::{Constraint, PasswordHasher as _, RepositoryError};
use persistence::{DatabaseSettings, Stores};
use security::{BcryptHasher, SystemClock, SystemRandom};

use super::args::SeedArguments;
use super::failure::Failure;
use crate::audit::hex;
use crate::seed::{Plan, SeedError, Seeder, USER_PREFIX};
use crate::settings::{Environment, Settings};
use crate::{StartError, compose, data_dir, output, telemetry};

/// More connections than a server needs: each holds one commit, and PostgreSQL writes those of one moment together.
const CONNECTIONS: NonZeroU32 = NonZeroU32::new(32).unwrap();
/// How many doctors a patient has where nobody says how many mappings there are to be.
const MAPPINGS_OF_EACH: u32 = 2;
/// A server that writes everything it can may be slow to answer one of many.
const PATIENCE: Duration = Duration::from_mins(1);

pub(super) fn run(settings: &Settings, arguments: &SeedArguments) -> Result<(), Failure> {
    settings.check()?;
    let plan = plan(arguments)?;
    if settings.server.environment == Environment::Production && !arguments.yes {
        let message =
            "invented records do not belong into a clinic's database; --yes makes them in production";
        return Err(Failure::Usage(message.to_owned()));
    }
    let (password, is_made_up) = password(arguments)?;
    telemetry::start(&settings.log);
    fill(settings, plan, &password, &|kind, count| output::say(&format!("{count} {kind}")))?;
    output::say(&format!("the users are called {USER_PREFIX}1, {USER_PREFIX}2 and so on"));
    if is_made_up {
        output::data(&format!("{}\n", password.password().expose()))?;
    }
    Ok(())
}

/// Writes the records into an empty database; all users have the one password.
pub(super) fn fill(
    settings: &Settings,
    plan: Plan,
    password: &NewPassword,
    report: &dyn Fn(&str, usize),
) -> Result<(), Failure> {
    data_dir::prepare(settings)?;
    persistence::migrate(settings.database_url.expose()).map_err(StartError::from)?;
    let stores = Stores::connect(&database(settings)).map_err(StartError::from)?;
    let hasher = BcryptHasher::new(&compose::hashing(settings)).map_err(StartError::from)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let hash = hasher.hash(password).await.map_err(|error| Failure::failed(&error))?;
        let seeder = Seeder { stores: &stores, clock: &SystemClock, password: hash, report };
        seeder.run(plan).await.map_err(|error| refused(&error))
    })
}

fn plan(arguments: &SeedArguments) -> Result<Plan, Failure> {
    let of_all = arguments.patients.saturating_mul(arguments.doctors.min(MAPPINGS_OF_EACH));
    let plan = Plan {
        users: arguments.users,
        doctors: arguments.doctors,
        patients: arguments.patients,
        mappings: arguments.mappings.unwrap_or(of_all),
        first_owner: arguments.first_owner,
    };
    plan.check().map_err(|error| Failure::Usage(error.to_string()))?;
    Ok(plan)
}

/// The password of all users, and whether it was made up here.
fn password(arguments: &SeedArguments) -> Result<(NewPassword, bool), Failure> {
    let typed = match &arguments.password_file {
        Some(path) => {
            let text = fs::read_to_string(path)
                .map_err(|error| Failure::Usage(format!("--password-file cannot be read: {error}")))?;
            text.lines().next().unwrap_or_default().to_owned()
        }
        None => hex(&SystemRandom.secret_bytes()),
    };
    let password = NewPassword::parse(&typed)
        .map_err(|error| Failure::Usage(format!("--password-file holds a password that {error}")))?;
    Ok((password, arguments.password_file.is_none()))
}

fn database(settings: &Settings) -> DatabaseSettings {
    DatabaseSettings {
        connections: CONNECTIONS,
        queue_timeout: PATIENCE,
        answer_timeout: PATIENCE,
        connection_timeout: PATIENCE,
        statement_timeout: PATIENCE,
        lock_timeout: PATIENCE,
        ..DatabaseSettings::new(settings.database_url.expose())
    }
}

fn refused(error: &SeedError) -> Failure {
    match error {
        SeedError::Repository(RepositoryError::Duplicate(Constraint::UserName)) => {
            Failure::Failed(format!("there is a user called {USER_PREFIX}… already: seed an empty database"))
        }
        error => Failure::failed(error),
    }
}
