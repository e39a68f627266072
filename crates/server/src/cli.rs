//! The command line.

mod args;
mod check_config;
mod create_admin;
mod failure;
mod keys;
mod migrate;
mod openapi;
mod serve;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

use crate::output;
use crate::settings::{Settings, Sources};
use args::{Cli, Command};
use failure::Failure;

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

fn run(cli: Cli) -> Result<(), Failure> {
    let sources = Sources::of_process(cli.flags())?;
    let settings = Settings::load(&sources)?;
    match cli.command {
        None | Some(Command::Serve(_)) => serve::run(settings),
        Some(Command::Migrate) => migrate::run(&settings),
        Some(Command::CreateAdmin(arguments)) => create_admin::run(&settings, &sources, arguments),
        Some(Command::CheckConfig) => check_config::run(&settings),
        Some(Command::Keys(arguments)) => keys::run(&settings, arguments.command),
        Some(Command::Openapi(arguments)) => openapi::run(&settings, arguments.format),
    }
}
