//! The command line.

mod args;
mod audit;
mod backup;
mod check_config;
mod config;
mod create_admin;
mod doctor;
mod export;
mod failure;
mod healthcheck;
mod import;
mod invite;
mod keys;
mod migrate;
mod openapi;
mod pages;
mod password;
mod purge;
mod routes;
mod seed;
mod serve;
mod token;
mod users;

use std::ffi::OsString;
use std::num::NonZeroU32;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use application::Accounts;
use clap::Parser as _;
use domain::ports::Clock as _;
use domain::{AuditEvent, Call, Operation};
use persistence::{DatabaseSettings, Stores};
use security::SystemClock;
use tokio::runtime::Runtime;

use crate::settings::{Settings, Sources};
use crate::{StartError, compose, output, telemetry};
use args::{Cli, Command};
use failure::Failure;

/// A command does one thing at a time.
const CONNECTIONS: NonZeroU32 = NonZeroU32::new(2).unwrap();
/// Nobody waits for a command as for an answer, and a trail of years is long.
const PATIENCE: Duration = Duration::from_mins(10);

/// Runs the program with its arguments, the name of the program first.
///
/// Exits with 0 when done, 1 when it failed, 2 for wrong usage or configuration.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    // What is made from here on (database, log, lock) is nobody else's to read.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output, which may be closed.
            let _ = error.print();
            return error.exit_code().try_into().map_or(ExitCode::FAILURE, |code: u8| ExitCode::from(code));
        }
    };
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::say(&failure.to_string());
            failure.exit_code()
        }
    }
}

/// What a command is on record as.
fn call(name: &'static str) -> Arc<Call> {
    Arc::new(Call::local(Operation::named(name)))
}

/// Puts the event of a command on record.
async fn put_on_record(stores: &Stores, event: AuditEvent) -> Result<(), Failure> {
    let appended = stores.audit.append([event].into(), SystemClock.now()).await;
    appended.map_err(|error| Failure::failed(&error))
}

/// The services of accounts and what runs them, for a command that is over soon.
fn services(settings: &Settings) -> Result<(Accounts, Runtime), Failure> {
    telemetry::start(&settings.log);
    let accounts = compose::compose(settings)?.accounts;
    Ok((accounts, tokio::runtime::Builder::new_current_thread().enable_all().build()?))
}

/// Refuses a database on which these migrations are missing.
fn must_be_current(missing: &[String]) -> Result<(), Failure> {
    if missing.is_empty() {
        return Ok(());
    }
    let message = "the schema of the database is not up to date; `healthcore migrate` brings it there";
    Err(Failure::Failed(message.to_owned()))
}

/// The stores of a database for work that may take its time.
fn patient_stores(settings: &Settings) -> Result<Stores, StartError> {
    let database = DatabaseSettings {
        connections: CONNECTIONS,
        queue_timeout: PATIENCE,
        answer_timeout: PATIENCE,
        statement_timeout: PATIENCE,
        lock_timeout: PATIENCE,
        ..compose::database(settings)
    };
    Ok(Stores::connect(&database)?)
}

/// The stores of a database that is there already and up to date, for a command that may take its time.
fn stores(settings: &Settings) -> Result<(Stores, Runtime), Failure> {
    settings.check()?;
    telemetry::start(&settings.log);
    if let Some(file) = settings.database_url.sqlite_file().filter(|file| !file.exists()) {
        return Err(Failure::Failed(format!("there is no database {}", file.display())));
    }
    must_be_current(&persistence::pending(settings.database_url.expose()).map_err(StartError::from)?)?;
    let stores = patient_stores(settings)?;
    Ok((stores, tokio::runtime::Builder::new_current_thread().enable_all().build()?))
}

fn run(cli: Cli) -> Result<(), Failure> {
    let (flags, is_demo) = (cli.flags(), cli.is_demo());
    // What needs no settings, or finds out what is wrong with them.
    match &cli.command {
        Some(Command::Completions(arguments)) => return pages::completions(arguments),
        Some(Command::Man(arguments)) => return pages::man(arguments),
        Some(Command::Config(arguments)) => return config::run(flags, &arguments.command),
        Some(Command::Doctor(arguments)) => return doctor::run(flags, arguments),
        None | Some(Command::Serve(_)) if is_demo => return serve::demo(flags),
        _ => {}
    }
    let sources = Sources::of_process(flags)?;
    let settings = Settings::load(&sources)?;
    match cli.command {
        None | Some(Command::Serve(_)) => serve::run(settings),
        Some(Command::Token(arguments)) => token::run(settings, &arguments.command),
        Some(Command::CreateAdmin(arguments)) => create_admin::run(&settings, &sources, arguments),
        Some(command) => run_on(&settings, command),
    }
}

/// The commands that look at the settings and nothing else.
fn run_on(settings: &Settings, command: Command) -> Result<(), Failure> {
    match command {
        Command::Migrate(arguments) => migrate::run(settings, &arguments),
        Command::Invite(arguments) => invite::run(settings, &arguments),
        Command::Users(arguments) => users::run(settings, &arguments.command),
        Command::ChangePassword(arguments) => password::change(settings, &arguments),
        Command::Audit(arguments) => audit::run(settings, &arguments.command),
        Command::Purge(arguments) => purge::run(settings, &arguments),
        Command::CheckConfig => check_config::run(settings),
        Command::Routes(arguments) => routes::run(settings, arguments.filter.as_deref()),
        Command::Healthcheck(arguments) => healthcheck::run(settings, &arguments),
        Command::Backup(arguments) => backup::run(settings, &arguments),
        Command::Restore(arguments) => backup::restore(settings, &arguments),
        Command::Keys(arguments) => keys::run(settings, arguments.command),
        Command::Seed(arguments) => seed::run(settings, &arguments),
        Command::Export(arguments) => export::run(settings, &arguments),
        Command::Import(arguments) => import::run(settings, &arguments),
        Command::Openapi(arguments) => openapi::run(settings, arguments.format),
        Command::Serve(_)
        | Command::Token(_)
        | Command::CreateAdmin(_)
        | Command::Completions(_)
        | Command::Man(_)
        | Command::Config(_)
        | Command::Doctor(_) => Ok(()),
    }
}
