//! Arguments of `healthcore import`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
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
}

#[derive(Args)]
pub(in crate::cli) struct DjangoArguments {
    /// The database: postgres://user:password@host/name, or the SQLite file; it is only read
    #[arg(long, value_name = "URL|FILE", required_unless_present = "from_dump", conflicts_with = "from_dump")]
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
  healthcore import django --help                      all that an import can be told";

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
