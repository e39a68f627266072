//! Backups of PostgreSQL, by its own programs.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use super::super::args::RestoreArguments;
use super::super::failure::Failure;
use super::postgres_url::Target;
use super::{aside, confirm, missing_of, record, settle, with_suffix};
use crate::settings::Settings;
use crate::{StartError, output};

const DUMP: &str = "pg_dump";
const RESTORE: &str = "pg_restore";
/// Where diesel keeps what was applied.
const MIGRATIONS: &str = "__diesel_schema_migrations";

pub(super) fn backup(settings: &Settings, file: &Path) -> Result<(), Failure> {
    let target = Target::of(settings.database_url.expose());
    record(settings, "backup")?;
    let draft = with_suffix(file, ".partial");
    dump(&target, &draft, file)?;
    let listed = quiet(program(RESTORE, &target).arg("--list").arg(&draft));
    if let Err(failure) = listed {
        drop(fs::remove_file(&draft));
        return Err(failure);
    }
    settle(&draft)?;
    fs::rename(&draft, file)?;
    settle(file)?;
    let size = fs::metadata(file)?.len();
    Ok(output::data(&format!("{}: {size} bytes of {}\n", file.display(), settings.database_url.describe()))?)
}

/// Writes a dump; `named` is what to call the file where the line is printed instead.
fn dump(target: &Target, draft: &Path, named: &Path) -> Result<(), Failure> {
    let arguments = ["--format=custom", "--no-owner", "--no-privileges"];
    let mut command = program(DUMP, target);
    command.args(arguments).arg("--file").arg(draft).arg("--dbname").arg(&target.url);
    run(&mut command).map_err(|failure| {
        drop(fs::remove_file(draft));
        match failure {
            NotDone::NotFound => {
                let file = quoted(&named.display().to_string());
                by_hand(target, &format!("{DUMP} {} --file={file}", arguments.join(" ")))
            }
            NotDone::Failed(failure) => failure,
        }
    })
}

pub(super) fn restore(settings: &Settings, arguments: &RestoreArguments) -> Result<(), Failure> {
    let target = Target::of(settings.database_url.expose());
    let file = &arguments.file;
    let line = [
        "--clean",
        "--if-exists",
        "--no-owner",
        "--no-privileges",
        "--exit-on-error",
        "--single-transaction",
    ];
    let by_hand = || {
        let shown = quoted(&file.display().to_string());
        by_hand(&target, &format!("{RESTORE} {} {shown}", line.join(" ")))
    };
    let versions = versions(&target, file).map_err(|failure| failure.or_else(by_hand))?;
    let missing = missing_of(settings, &versions)?;
    if missing > 0 {
        output::say(&format!("it is of an older release: {missing} migrations are missing"));
    }
    if arguments.check {
        let shown = file.display();
        return Ok(output::data(&format!("{shown}: a dump with {} migrations\n", versions.len()))?);
    }
    let url = settings.database_url.expose();
    refuse_at_work(url)?;
    refuse_newer(url, &versions)?;
    let described = settings.database_url.describe();
    confirm(arguments, &format!("{described} will be replaced by {}", file.display()))?;
    let kept = aside(file);
    dump(&target, &kept, &kept)?;
    settle(&kept)?;
    let mut command = program(RESTORE, &target);
    command.args(line).arg("--dbname").arg(&target.url).arg(file);
    run(&mut command).map_err(|failure| failure.or_else(by_hand))?;
    record(settings, "restore")?;
    output::data(&format!("{described} is as in {}\n", file.display()))?;
    Ok(output::data(&format!("{} is what was there before\n", kept.display()))?)
}

/// Servers would write between the old state and the new one, and hold locks that the restore waits for.
fn refuse_at_work(url: &str) -> Result<(), Failure> {
    match persistence::others_at_work(url).map_err(StartError::from)? {
        0 => Ok(()),
        count => Err(Failure::Failed(format!(
            "servers are at work on this database ({count} connections); stop them first"
        ))),
    }
}

/// Tables of later migrations would stay, and their migrations could not be applied again.
fn refuse_newer(url: &str, versions: &[String]) -> Result<(), Failure> {
    let schema = persistence::schema(url).map_err(StartError::from)?;
    let applied = schema.iter().filter(|migration| migration.state != persistence::MigrationState::Pending);
    if applied.count() <= versions.len() {
        return Ok(());
    }
    Err(Failure::Failed(
        "the database has later migrations than the backup, whose tables would stay: make an empty database with \
         createdb, restore into that, and point `database.url` to it"
            .to_owned(),
    ))
}

/// The migrations in a dump, oldest first.
fn versions(target: &Target, file: &Path) -> Result<Vec<String>, NotDone> {
    let mut command = program(RESTORE, target);
    command.arg("--data-only").arg(format!("--table={MIGRATIONS}")).arg("--file=-").arg(file);
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| not_run(&command, &error))?;
    if !output.status.success() {
        return Err(NotDone::Failed(Failure::Failed(format!(
            "{} is no dump that can be read",
            file.display()
        ))));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text.lines().skip_while(|line| !line.starts_with("COPY ")).skip(1);
    let lines = lines.take_while(|line| *line != "\\.");
    let mut versions: Vec<String> =
        lines.filter_map(|line| line.split('\t').next()).map(str::to_owned).collect();
    versions.sort_unstable();
    if versions.is_empty() {
        return Err(NotDone::Failed(Failure::Failed("the file holds no database of healthcore".to_owned())));
    }
    Ok(versions)
}

/// Why a program has not done what it should.
enum NotDone {
    /// There is no such program here.
    NotFound,
    Failed(Failure),
}

impl NotDone {
    fn or_else(self, not_found: impl FnOnce() -> Failure) -> Failure {
        match self {
            Self::NotFound => not_found(),
            Self::Failed(failure) => failure,
        }
    }
}

/// A program of PostgreSQL that gets its password by the environment, which only its own user can read.
fn program(name: &str, target: &Target) -> Command {
    let mut command = Command::new(name);
    command.stdin(Stdio::null());
    if let Some(password) = &target.password {
        command.env("PGPASSWORD", password);
    }
    command
}

fn run(command: &mut Command) -> Result<(), NotDone> {
    // What it says is for whoever has typed our command.
    let status = command.stdout(Stdio::null()).status().map_err(|error| not_run(command, &error))?;
    if status.success() {
        return Ok(());
    }
    let name = command.get_program().display();
    Err(NotDone::Failed(Failure::Failed(format!("{name} has failed ({status})"))))
}

fn quiet(command: &mut Command) -> Result<(), Failure> {
    run(command).map_err(|failure| {
        failure.or_else(|| Failure::Failed(format!("{RESTORE} cannot be found, so the dump was not checked")))
    })
}

fn not_run(command: &Command, error: &io::Error) -> NotDone {
    if error.kind() == io::ErrorKind::NotFound {
        return NotDone::NotFound;
    }
    let name = command.get_program().display();
    NotDone::Failed(Failure::Failed(format!("{name} cannot be run: {error}")))
}

/// Prints the line to type on a machine that has the program.
fn by_hand(target: &Target, line: &str) -> Failure {
    let password = if target.password.is_some() { "PGPASSWORD=… " } else { "" };
    // Nobody has to read it; the failure says the rest.
    let _ = output::data(&format!("{password}{line} --dbname={}\n", quoted(&target.url)));
    let program = line.split(' ').next().unwrap_or_default();
    Failure::Failed(format!(
        "{program} cannot be found here; type the line above where it is (Debian: postgresql-client)"
    ))
}

/// As one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
