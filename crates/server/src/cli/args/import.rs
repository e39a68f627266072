//! Arguments of `healthcore import`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use domain::SourceName;

#[derive(Args)]
pub(in crate::cli) struct ImportArguments {
    #[command(subcommand)]
    pub(in crate::cli) command: ImportCommand,
}

#[derive(Subcommand)]
pub(in crate::cli) enum ImportCommand {
    /// Take over users, doctors, patients and mappings of a Django backend of the families S0, S1 and S2
    ///
    /// Users keep their passwords. Prints how many rows of each table were kept, repaired and refused, and a line for
    /// each repair and refusal; their original values go into the file of --report only. Another run of the same
    /// source takes in nothing twice, and goes on where one broke off.
    #[command(after_help = DJANGO_EXAMPLES)]
    Django(DjangoArguments),
    /// Take in the users that `healthcore export users` has written, with their passwords where it wrote the hashes
    ///
    /// Columns: username or email; name, or first_name and last_name; phone, role, is_active, date_joined, last_login,
    /// password_hash; external_id or id. A user who is here already is never changed.
    #[command(after_help = USERS_SHEET_EXAMPLES)]
    Users(UserSheetArguments),
    /// Take in a sheet of patients
    ///
    /// Columns: name, or first_name and last_name; date_of_birth, age, gender, email, phone, emergency_contact, address,
    /// medical_history, blood_group; owner (a user name); created_at, updated_at; external_id or id.
    #[command(after_help = SHEET_EXAMPLES)]
    Patients(SheetArguments),
    /// Take in a sheet of doctors
    ///
    /// Columns: name, specialization, email, phone, address, availability, license_number, experience_years,
    /// consultation_fee; owner (a user name); created_at, updated_at; external_id or id.
    #[command(after_help = SHEET_EXAMPLES)]
    Doctors(SheetArguments),
    /// Take in a sheet of mappings
    ///
    /// Columns: patient and doctor, by their external ids of the same source or their ids here; notes, assigned_by,
    /// assigned_at, updated_at, ended_at; external_id or id.
    #[command(after_help = SHEET_EXAMPLES)]
    Mappings(SheetArguments),
}

#[derive(Args)]
pub(in crate::cli) struct UserSheetArguments {
    /// The users, as NDJSON
    pub(in crate::cli) file: PathBuf,
    /// What the source is called: external ids are ids of this source [default: sheet]
    #[arg(long, value_name = "NAME", value_parser = source)]
    pub(in crate::cli) source: Option<SourceName>,
    /// Say what would become of each row, and write nothing
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    /// Write a line of JSON for each row that was not added into a file; else those that are refused are printed
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) report: Option<PathBuf>,
}

impl From<&UserSheetArguments> for SheetArguments {
    fn from(users: &UserSheetArguments) -> Self {
        Self {
            file: users.file.clone(),
            format: Some(SheetFormat::Ndjson),
            owner: None,
            source: users.source.clone(),
            on_conflict: ConflictArgument::Skip,
            map: Vec::new(),
            dry_run: users.dry_run,
            report: users.report.clone(),
        }
    }
}

#[derive(Args)]
pub(in crate::cli) struct SheetArguments {
    /// The sheet: CSV with a header, or NDJSON by the ending .ndjson, .jsonl or .json
    pub(in crate::cli) file: PathBuf,
    /// How the sheet is written, whatever it is called
    #[arg(long, value_enum)]
    pub(in crate::cli) format: Option<SheetFormat>,
    /// Whose the records are, by user name or e-mail address; else the column `owner` says so
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) owner: Option<String>,
    /// What the source is called: external ids are ids of this source [default: sheet, or sheet-ID with --owner]
    #[arg(long, value_name = "NAME", value_parser = source)]
    pub(in crate::cli) source: Option<SourceName>,
    /// What becomes of a row that was imported before
    #[arg(long, value_enum, default_value_t = ConflictArgument::Skip)]
    pub(in crate::cli) on_conflict: ConflictArgument,
    /// A column by another name, such as "Full name=name"; as often as needed
    #[arg(long, value_name = "ITS NAME=NAME", value_parser = rename)]
    pub(in crate::cli) map: Vec<(String, String)>,
    /// Say what would become of each row, and write nothing
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    /// Write a line of JSON for each row that was not added into a file; else those that are refused are printed
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) report: Option<PathBuf>,
}

/// How a sheet is written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum SheetFormat {
    /// Comma-separated values with a header
    Csv,
    /// One JSON object a line
    Ndjson,
}

/// What becomes of a row that was imported before.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ConflictArgument {
    /// The record stays as it is
    Skip,
    /// The record gets what the row says
    Update,
    /// The row is refused
    Fail,
}

#[derive(Args)]
pub(in crate::cli) struct ExportSheetArguments {
    /// What to write
    #[arg(value_enum)]
    pub(in crate::cli) kind: SheetKind,
    /// Only the records of this user, by user name or e-mail address; of users, only this one
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) owner: Option<String>,
    /// How to write it
    #[arg(long, value_enum, default_value_t = SheetFormat::Ndjson)]
    pub(in crate::cli) format: SheetFormat,
    /// Write into a file for the own user only instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,
    /// Of users: with the hashes of their passwords, so that they can sign in elsewhere; needs --out
    #[arg(long, requires = "out")]
    pub(in crate::cli) with_password_hashes: bool,
}

/// What a sheet is of.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum SheetKind {
    /// Users, active or not, as NDJSON
    Users,
    /// Patients who were not deleted
    Patients,
    /// Doctors who have not retired
    Doctors,
    /// Mappings, active ones first, of patients who were not deleted
    Mappings,
}

/// `Its name=name`.
fn rename(raw: &str) -> Result<(String, String), &'static str> {
    let (from, to) = raw.rsplit_once('=').ok_or("must be of the form \"Its name=name\"")?;
    Ok((from.to_owned(), to.to_owned()))
}

#[derive(Args)]
pub(in crate::cli) struct DjangoArguments {
    /// The database: postgres://user:password@host/name, or the SQLite file; it is only read
    #[arg(
        long,
        value_name = "URL|FILE",
        required_unless_present = "from_dump",
        conflicts_with = "from_dump"
    )]
    pub(in crate::cli) from: Option<String>,
    /// What `manage.py dumpdata` (JSON) or `pg_dump` (SQL) has written
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) from_dump: Option<PathBuf>,
    /// Say what would become of each row, and write nothing
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
    /// Superusers become administrators and staff becomes staff; else these are ordinary accounts
    #[arg(long)]
    pub(in crate::cli) staff: bool,
    /// What the source is called; each database needs its own name [default: django-s0, django-s1 or django-s2]
    #[arg(long, value_name = "NAME", value_parser = source)]
    pub(in crate::cli) source: Option<SourceName>,
    /// The user in whose name doctors are added; else the first superuser of the source
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) doctors_by: Option<String>,
    /// Write the lines of the report, with the original values, into a file for the own user only, as JSON
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) report: Option<PathBuf>,
    /// Write which id each record has got into a file, as CSV
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    pub(in crate::cli) map_out: Option<PathBuf>,
}

fn source(raw: &str) -> Result<SourceName, domain::BadSourceName> {
    SourceName::parse(raw)
}

pub(super) const IMPORT_EXAMPLES: &str = "\
Examples:
  healthcore import django --from /srv/old/db.sqlite3 --dry-run
  healthcore import patients patients.csv --owner ann --map \"Full name=name\" --dry-run
  healthcore import django --help                      all that an import can be told";

const USERS_SHEET_EXAMPLES: &str = "\
Examples:
  healthcore import users users.ndjson --dry-run
  healthcore import users users.ndjson && healthcore import doctors doctors.ndjson

A hash of a password counts where it can be verified; one under a pepper takes the same
`auth.password_pepper` here. Where nobody was before, users keep their ids.";

const SHEET_EXAMPLES: &str = "\
Examples:
  healthcore import patients patients.csv --owner ann --dry-run
  healthcore import doctors doctors.ndjson --owner ann --on-conflict update
  healthcore import patients list.csv --owner ann --map \"Full name=name\" --map \"MRN=external_id\"

Rows that break a rule are refused with everything that is wrong with them, all others are
imported. Exit code 1 tells that rows were refused. Another run of the same sheet adds nothing
twice.";

pub(super) const EXPORT_SHEET_EXAMPLES: &str = "\
Examples:
  healthcore export patients > patients.ndjson
  healthcore export patients --owner ann --format csv --out ann.csv
  healthcore export doctors | jq -r .name
  healthcore export users --with-password-hashes --out users.ndjson

`healthcore import` takes back what this writes: first the users, then doctors, patients and
mappings. On a server without any before, they keep their ids. In CSV an apostrophe stands in
front of what a spreadsheet would take for a formula.";

const DJANGO_EXAMPLES: &str = "\
Examples:
  healthcore import django --from db.sqlite3 --dry-run --report report.ndjson
  healthcore import django --from postgres://reader@db/clinic --staff
  healthcore import django --from-dump dump.json --map-out ids.csv

Exit codes:
  0  every row was kept or repaired
  1  rows were refused, or nothing could be imported
  2  wrong usage or configuration

docs/MOVING-FROM-DJANGO.md tells how to go about it.";
