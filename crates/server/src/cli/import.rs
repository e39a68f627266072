//! `healthcore import`.

mod sheet;

pub(super) use sheet::owner as sheet_owner;

use std::fs::{File, OpenOptions, Permissions};
use std::io::{BufWriter, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use domain::ports::Clock as _;
use domain::{EmailRule, LoginName, SourceName, Stamp, UserId};
use persistence::Stores;
use security::{BcryptHasher, SystemClock};
use serde::Serialize;
use tokio::runtime::Runtime;
use transfer::django::{self, IdMap, Options, Origin, Plan, Source};
use transfer::sheet::Kind;
use transfer::{EmptyTarget, Line, Report, Tally};

use super::args::{DjangoArguments, ImportArguments, ImportCommand};
use super::failure::Failure;
use crate::settings::Settings;
use crate::{StartError, data_dir, output, telemetry};

/// Files with values of records are for the own user only.
const FILE_MODE: u32 = 0o600;
/// What every SQLite file begins with (SQLite, "Database File Format", section 1.3).
const SQLITE: &[u8] = b"SQLite format 3\0";
/// After so many rows there is a line on how far it is.
const PROGRESS: usize = 5_000;

pub(super) fn run(settings: &Settings, arguments: &ImportArguments) -> Result<(), Failure> {
    match &arguments.command {
        ImportCommand::Django(arguments) => run_django(settings, arguments),
        ImportCommand::Users(arguments) => sheet::run(settings, Kind::Users, &arguments.into()),
        ImportCommand::Patients(arguments) => sheet::run(settings, Kind::Patients, arguments),
        ImportCommand::Doctors(arguments) => sheet::run(settings, Kind::Doctors, arguments),
        ImportCommand::Mappings(arguments) => sheet::run(settings, Kind::Mappings, arguments),
    }
}

fn run_django(settings: &Settings, arguments: &DjangoArguments) -> Result<(), Failure> {
    settings.check()?;
    telemetry::start(&settings.log);
    let origin = origin(arguments)?;
    let source = django::read(&origin).map_err(|error| {
        let Failure::Failed(said) = Failure::failed(&error) else { return Failure::failed(&error) };
        Failure::Failed(format!("nothing was imported: the source {said}"))
    })?;
    output::say(&format!("the source is of the family {}", source.family()));
    // Nothing may fail for want of a place for these after something was written.
    let report = arguments.report.as_deref().map(private_file).transpose()?;
    let map_out = arguments.map_out.as_deref().map(private_file).transpose()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stores = target(settings, arguments.dry_run)?;
    let plan = plan(settings, arguments, &source, stores.as_ref(), &runtime)?;
    if let Some(file) = report {
        write_report(file, &plan.report)?;
    }
    let (summary, refused) = (summary(&plan.report, arguments.report.is_none()), plan.report.refused());
    if arguments.dry_run {
        output::say("dry run: nothing is written");
    } else if let Some(stores) = &stores {
        let map = store(plan, stores, &runtime)?;
        output::say(&format!("{} of {} records have the id that they had", map.kept(), map.lines().count()));
        if let Some(file) = map_out {
            write_map(file, &map)?;
        }
    }
    output::data(&summary)?;
    if refused > 0 {
        return Err(Failure::Failed(format!("{refused} rows were refused; all others are accounted for")));
    }
    Ok(())
}

/// A URL, or a file that tells by its first bytes what it is.
fn origin(arguments: &DjangoArguments) -> Result<Origin, Failure> {
    if let Some(dump) = &arguments.from_dump {
        return if is_sqlite(dump)? {
            Ok(Origin::Sqlite(dump.clone()))
        } else {
            Ok(Origin::Dump(dump.clone()))
        };
    }
    let from = arguments.from.as_deref().unwrap_or_default();
    if from.starts_with("postgres://") || from.starts_with("postgresql://") {
        return Ok(Origin::Postgres(from.to_owned()));
    }
    let plain = from.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path));
    let path = PathBuf::from(plain.unwrap_or(from));
    if is_sqlite(&path)? {
        return Ok(Origin::Sqlite(path));
    }
    if plain.is_some() {
        return Err(Failure::Failed("nothing was imported: the source is no SQLite database".to_owned()));
    }
    Ok(Origin::Dump(path))
}

fn is_sqlite(path: &Path) -> Result<bool, Failure> {
    let failed = |error| Failure::Failed(format!("{} cannot be read: {error}", path.display()));
    let mut first = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(16).read_to_end(&mut first).map_err(failed)?;
    Ok(first == SQLITE)
}

/// Where the records go; `None` where a dry run finds no database, which the real one would make.
fn target(settings: &Settings, is_dry: bool) -> Result<Option<Stores>, Failure> {
    let url = settings.database_url.expose();
    if is_dry {
        let missing = persistence::pending(url).map_err(StartError::from)?;
        if missing.iter().any(|name| name.contains("000001")) {
            return Ok(None);
        }
        super::must_be_current(&missing)?;
    } else {
        data_dir::prepare(settings)?;
        persistence::migrate(url).map_err(StartError::from)?;
    }
    Ok(Some(super::patient_stores(settings)?))
}

fn plan(
    settings: &Settings,
    arguments: &DjangoArguments,
    source: &Source,
    stores: Option<&Stores>,
    runtime: &Runtime,
) -> Result<Plan, Failure> {
    let name =
        arguments.source.clone().or_else(|| SourceName::parse(&format!("django-{}", source.family())).ok());
    let options = Options {
        source: name.ok_or_else(|| Failure::Usage("--source is needed".to_owned()))?,
        keeps_rights: arguments.staff,
        doctors_by: runtime.block_on(user(stores, arguments.doctors_by.as_deref()))?,
        doctor_emails: if settings.doctors.unique_email { EmailRule::Unique } else { EmailRule::Shared },
        now: SystemClock.now(),
        verifies: BcryptHasher::verifies_foreign,
    };
    let plan = match stores {
        Some(stores) => runtime.block_on(django::plan(source, stores.intake.as_ref(), &options)),
        None => runtime.block_on(django::plan(source, &EmptyTarget, &options)),
    };
    plan.map_err(|error| Failure::failed(&error))
}

/// Whom `--doctors-by` names.
async fn user(stores: Option<&Stores>, named: Option<&str>) -> Result<Option<UserId>, Failure> {
    let Some(named) = named else { return Ok(None) };
    let nobody = || Failure::Usage(format!("--doctors-by: there is no user {}", named.escape_debug()));
    let (stores, login) = stores.zip(LoginName::parse(named)).ok_or_else(nobody)?;
    let found = stores.users.find_credentials(&login).await.map_err(|error| Failure::failed(&error))?;
    found.map(|found| Some(found.user.id)).ok_or_else(nobody)
}

fn store(plan: Plan, stores: &Stores, runtime: &Runtime) -> Result<IdMap, Failure> {
    let stamp = Stamp::anonymous(SystemClock.now(), super::call("import_django"));
    let progress = |table: &str, done: usize, total: usize| {
        if done == total || done.is_multiple_of(PROGRESS) {
            output::say(&format!("{table}: {done} of {total}"));
        }
    };
    let written = runtime.block_on(django::store(plan, stores.intake.as_ref(), &stamp, &progress));
    written.map_err(|error| {
        let Failure::Failed(said) = Failure::failed(&error) else { return Failure::failed(&error) };
        Failure::Failed(format!("{said}\nwhat was written before stays; the same command goes on from there"))
    })
}

/// Counts, and the lines without values where they stand nowhere else.
fn summary(report: &Report, has_lines: bool) -> String {
    let lines = report.lines.iter().filter(|_| has_lines).map(|line| format!("{line:?}\n"));
    let tables = report.tables.iter().map(|(table, tally)| {
        let Tally { read, kept, repaired, refused, known } = tally;
        format!("{table}: {read} read, {kept} kept, {repaired} repaired, {refused} refused, {known} imported before\n")
    });
    let others = report.others.iter().map(|(table, rows)| format!("{table}: {rows} rows, not imported\n"));
    let columns = report.columns.iter();
    let columns =
        columns.map(|((table, column), rows)| format!("{table}.{column}: {rows} values, not imported\n"));
    lines.chain(tables).chain(others).chain(columns).collect()
}

/// A line of the report.
#[derive(Serialize)]
struct ReportLine<'a> {
    table: &'a str,
    id: &'a str,
    field: &'a str,
    outcome: &'a str,
    rule: &'a str,
    done: &'a str,
    original: Option<&'a str>,
}

fn write_report(file: File, report: &Report) -> Result<(), Failure> {
    let mut file = BufWriter::new(file);
    for Line { table, id, field, weight, rule, done, original } in &report.lines {
        let line = ReportLine {
            table,
            id,
            field,
            outcome: weight.as_str(),
            rule,
            done,
            original: original.as_deref(),
        };
        let line = serde_json::to_string(&line).map_err(|error| Failure::failed(&error))?;
        writeln!(file, "{line}")?;
    }
    Ok(file.flush()?)
}

fn write_map(file: File, map: &IdMap) -> Result<(), Failure> {
    let mut file = BufWriter::new(file);
    writeln!(file, "table,source_id,kind,id")?;
    for line in map.lines() {
        writeln!(file, "{},{},{},{}", line.table, line.source, line.record.kind_name(), line.record.id())?;
    }
    Ok(file.flush()?)
}

/// Also one that was there before is nobody else's to read from here on.
pub(super) fn private_file(path: &Path) -> Result<File, Failure> {
    let failed = |error| Failure::Failed(format!("{} cannot be written: {error}", path.display()));
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(FILE_MODE).open(path);
    let file = file.map_err(failed)?;
    file.set_permissions(Permissions::from_mode(FILE_MODE)).map_err(failed)?;
    Ok(file)
}
