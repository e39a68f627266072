//! `with-postgres COMMAND ARGUMENTS…`: runs a command with a PostgreSQL server for tests.
//!
//! The command finds the address in `HEALTHCORE_TEST_POSTGRES_URL`; a variable that is set already is kept, and no
//! server is started. The server ends after the command, also after Ctrl-C. The exit code is that of the command.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, ExitCode, ExitStatus};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use testkit::postgres::{self, Options, PostgresServer};
use tokio::signal::unix::{SignalKind, signal};

/// Exit code when the command could not be run at all, as of a shell.
const NOT_RUN: u8 = 127;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).skip_while(|argument| argument == "--");
    let Some(program) = arguments.next() else {
        say("usage: with-postgres COMMAND ARGUMENTS…");
        return ExitCode::from(2);
    };
    let mut command = Command::new(program);
    command.args(arguments.collect::<Vec<OsString>>());
    run_with_server(command).unwrap_or_else(|message| {
        say(&message);
        ExitCode::from(NOT_RUN)
    })
}

fn run_with_server(mut command: Command) -> Result<ExitCode, String> {
    let server = match postgres::given_url() {
        Some(_) => {
            say(&format!("Using the PostgreSQL server of {}.", postgres::URL_VARIABLE));
            None
        }
        None => Some(PostgresServer::start(&Options::fast()).map_err(|error| error.to_string())?),
    };
    if let Some(server) = &server {
        say(&format!("PostgreSQL {} runs for the tests on port {}.", server.version(), server.port()));
        command.env(postgres::URL_VARIABLE, server.url("postgres"));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start: {error}"))?;
    let status =
        runtime.block_on(run(command)).map_err(|error| format!("cannot run the command: {error}"))?;
    drop(server);
    Ok(exit_code(status))
}

/// Runs the command in a process group of its own and passes signals on to the whole group, so that no test program
/// outlives its server.
async fn run(mut command: Command) -> io::Result<ExitStatus> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let mut child = command.process_group(0).spawn()?;
    let group = i32::try_from(child.id()).map(Pid::from_raw).map_err(io::Error::other)?;
    let mut ended = tokio::task::spawn_blocking(move || child.wait());
    loop {
        let received = tokio::select! {
            status = &mut ended => return status.map_err(io::Error::other)?,
            _ = interrupt.recv() => Signal::SIGINT,
            _ = terminate.recv() => Signal::SIGTERM,
            _ = hangup.recv() => Signal::SIGHUP,
        };
        // It fails when the group has ended in this moment; the loop then finds out.
        let _ended_meanwhile = killpg(group, received);
    }
}

/// As shells do it: 128 and the number of the signal that ended the command.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

/// A line for the person who watches; nothing depends on it.
fn say(line: &str) {
    drop(writeln!(io::stderr(), "{line}"));
}
