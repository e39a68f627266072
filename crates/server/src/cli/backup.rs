//! `healthcore backup` and `healthcore restore`.

mod embedded;
mod postgres;
mod postgres_url;

use std::fs::File;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use domain::ports::Clock as _;
use domain::{AuditEvent, Outcome, Stamp};
use security::SystemClock;

use super::args::{BackupArguments, RestoreArguments};
use super::failure::Failure;
use crate::settings::Settings;
use crate::{StartError, telemetry};

pub(super) fn run(settings: &Settings, arguments: &BackupArguments) -> Result<(), Failure> {
    telemetry::start(&settings.log);
    let file = &arguments.file;
    if file.exists() {
        return Err(Failure::Failed(format!("{} is there already; name another file", file.display())));
    }
    match settings.database_url.sqlite_file() {
        Some(database) => embedded::backup(settings, &database, file),
        None => postgres::backup(settings, file),
    }
}

pub(super) fn restore(settings: &Settings, arguments: &RestoreArguments) -> Result<(), Failure> {
    telemetry::start(&settings.log);
    if !arguments.file.is_file() {
        return Err(Failure::Failed(format!("there is no file {}", arguments.file.display())));
    }
    match settings.database_url.sqlite_file() {
        Some(database) => embedded::restore(settings, &database, arguments),
        None => postgres::restore(settings, arguments),
    }
}

/// Puts the call on record, in a database whose schema is that of this release.
fn record(settings: &Settings, operation: &'static str) -> Result<(), Failure> {
    let missing = persistence::pending(settings.database_url.expose()).map_err(StartError::from)?;
    if !missing.is_empty() {
        return Ok(());
    }
    let database = crate::compose::database(settings);
    let stores = persistence::Stores::connect(&database).map_err(StartError::from)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stamp = Stamp::anonymous(SystemClock.now(), super::call(operation));
    let event = AuditEvent::of(&stamp, Outcome::Done);
    runtime.block_on(super::put_on_record(&stores, event))
}

/// Refuses what a newer release has written; returns how many migrations are missing.
fn missing_of(settings: &Settings, versions: &[String]) -> Result<usize, Failure> {
    let known = persistence::known_versions(settings.database_url.expose()).map_err(StartError::from)?;
    let newer = versions.iter().filter(|version| !known.contains(version)).count();
    if newer > 0 {
        return Err(Failure::Failed(format!(
            "the backup is of a newer release: this one does not know {newer} of its migrations"
        )));
    }
    Ok(known.iter().filter(|version| !versions.contains(version)).count())
}

/// Asks, unless the arguments say yes already.
fn confirm(arguments: &RestoreArguments, what: &str) -> Result<(), Failure> {
    if arguments.yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        let message = "what is there now would be put aside: give --yes, or run it on a terminal to be asked";
        return Err(Failure::Usage(message.to_owned()));
    }
    let mut err = io::stderr().lock();
    write!(err, "{what}. Type yes to do it: ")?;
    err.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    if answer.trim() == "yes" { Ok(()) } else { Err(Failure::Failed("nothing was changed".to_owned())) }
}

/// The path with this after its name.
fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Where to keep what was there before: its name and the time.
fn aside(path: &Path) -> PathBuf {
    let now = SystemClock.now().to_string();
    let digits: String = now.chars().filter(char::is_ascii_alphanumeric).collect();
    with_suffix(path, &format!(".before-{digits}"))
}

/// Makes sure that a file, and the name that it has got, survive a power cut.
fn settle(file: &Path) -> io::Result<()> {
    File::open(file)?.sync_all()?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
