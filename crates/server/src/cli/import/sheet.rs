//! `healthcore import users`, `patients`, `doctors` and `mappings`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write as _};
use std::path::Path;

use domain::ports::Clock as _;
use domain::{EmailRule, LoginName, SourceName, Stamp, UserId};
use persistence::Stores;
use security::{BcryptHasher, SystemClock};
use serde::Serialize;
use transfer::sheet::{self, Fate, Format, Kind, OnConflict, Options, Owner, RowLine, SheetTally, Target};

use super::super::args::{ConflictArgument, SheetArguments, SheetFormat};
use super::super::failure::Failure;
use super::private_file;
use crate::output;
use crate::progress::Progress;
use crate::settings::Settings;

/// A line of the report.
#[derive(Serialize)]
struct ReportLine<'a> {
    row: u64,
    outcome: &'static str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    errors: BTreeMap<&'a str, Vec<&'a str>>,
}

pub(super) fn run(settings: &Settings, kind: Kind, arguments: &SheetArguments) -> Result<(), Failure> {
    let failed = |error| Failure::Failed(format!("{} cannot be read: {error}", arguments.file.display()));
    let file = File::open(&arguments.file).map_err(failed)?;
    let (stores, runtime) = super::super::stores(settings)?;
    let owner = runtime.block_on(owner(&stores, arguments.owner.as_deref()))?;
    let options = options(settings, kind, arguments, owner)?;
    let report = arguments.report.as_deref().map(private_file).transpose()?.map(BufWriter::new);
    let progress = Progress::of_file(&file);
    let mut report = Report { file: report, progress: &progress, failure: None };
    let from = BufReader::with_capacity(1 << 16, progress.reading(file));
    let name = match kind {
        Kind::Users => "import_users",
        Kind::Patients => "import_patients",
        Kind::Doctors => "import_doctors",
        Kind::Mappings => "import_mappings",
    };
    let stamp = Stamp::anonymous(options.now, super::super::call(name));
    let target = Target {
        intake: stores.intake.as_ref(),
        users: stores.users.as_ref(),
        patients: stores.patients.as_ref(),
        doctors: stores.doctors.as_ref(),
        mappings: stores.mappings.as_ref(),
    };
    let mut tell = |line: &RowLine| report.tell(line);
    let told = |rows: u64| progress.tell("rows", rows);
    let imported = runtime.block_on(sheet::import(from, target, &options, &stamp, &mut tell, &told));
    progress.end();
    let tally = imported.map_err(|error| Failure::failed(&error))?;
    report.finish()?;
    let SheetTally { read, added, updated, skipped, refused } = tally;
    output::data(&format!(
        "{read} rows: {added} added, {updated} updated, {skipped} skipped, {refused} refused\n"
    ))?;
    if options.is_dry {
        output::say("dry run: nothing was written");
    }
    if refused > 0 {
        return Err(Failure::Failed(format!("{refused} rows were refused")));
    }
    Ok(())
}

fn options(
    settings: &Settings,
    kind: Kind,
    arguments: &SheetArguments,
    owner: Option<UserId>,
) -> Result<Options, Failure> {
    let name = owner.map_or_else(|| "sheet".to_owned(), |owner| format!("sheet-{owner}"));
    let source = arguments.source.clone().or_else(|| SourceName::parse(&name).ok());
    Ok(Options {
        kind,
        format: arguments.format.map_or_else(|| format_of(&arguments.file), Format::from),
        source: source.ok_or_else(|| Failure::Usage("--source is needed".to_owned()))?,
        owner: owner.map_or(Owner::Named, Owner::Given),
        on_conflict: arguments.on_conflict.into(),
        renames: arguments.map.clone(),
        doctor_emails: if settings.doctors.unique_email { EmailRule::Unique } else { EmailRule::Shared },
        verifies: match settings.password_pepper {
            Some(_) => |stored| BcryptHasher::verifies(stored, true),
            None => |stored| BcryptHasher::verifies(stored, false),
        },
        now: SystemClock.now(),
        is_dry: arguments.dry_run,
    })
}

fn format_of(path: &Path) -> Format {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let is_json = ["ndjson", "jsonl", "json"].iter().any(|json| ending.eq_ignore_ascii_case(json));
    if is_json { Format::Ndjson } else { Format::Csv }
}

/// Whom `--owner` names.
pub(in crate::cli) async fn owner(stores: &Stores, named: Option<&str>) -> Result<Option<UserId>, Failure> {
    let Some(named) = named else { return Ok(None) };
    let nobody = || Failure::Usage(format!("--owner: there is no user {}", named.escape_debug()));
    let login = LoginName::parse(named).ok_or_else(nobody)?;
    let found = stores.users.find_credentials(&login).await.map_err(|error| Failure::failed(&error))?;
    found.map(|found| Some(found.user.id)).ok_or_else(nobody)
}

impl From<SheetFormat> for Format {
    fn from(argument: SheetFormat) -> Self {
        match argument {
            SheetFormat::Csv => Self::Csv,
            SheetFormat::Ndjson => Self::Ndjson,
        }
    }
}

impl From<ConflictArgument> for OnConflict {
    fn from(argument: ConflictArgument) -> Self {
        match argument {
            ConflictArgument::Skip => Self::Skip,
            ConflictArgument::Update => Self::Update,
            ConflictArgument::Fail => Self::Fail,
        }
    }
}

/// Where rows are told of as they come.
struct Report<'a> {
    file: Option<BufWriter<File>>,
    progress: &'a Progress,
    failure: Option<io::Error>,
}

impl Report<'_> {
    fn tell(&mut self, line: &RowLine) {
        let outcome = line.fate.as_str();
        let mut errors: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (column, message) in &line.errors {
            errors.entry(column).or_default().push(message);
        }
        if self.file.is_none() && line.fate != Fate::Refused {
            return;
        }
        let text = serde_json::to_string(&ReportLine { row: line.row, outcome, errors }).unwrap_or_default();
        let written = match &mut self.file {
            Some(file) => writeln!(file, "{text}"),
            None => self.progress.aside(|| output::data(&format!("{text}\n"))),
        };
        if let Err(error) = written {
            self.failure.get_or_insert(error);
        }
    }

    fn finish(mut self) -> Result<(), Failure> {
        if let Some(error) = self.failure.take() {
            return Err(error.into());
        }
        Ok(self.file.as_mut().map_or(Ok(()), BufWriter::flush)?)
    }
}
