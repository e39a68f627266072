//! Arguments of `healthcore audit` and `healthcore purge`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use domain::{PatientId, Reason, Timestamp};

#[derive(Args)]
pub(in crate::cli) struct AuditArguments {
    #[command(subcommand)]
    pub(in crate::cli) command: AuditCommand,
}

#[derive(Subcommand)]
pub(in crate::cli) enum AuditCommand {
    /// Check every event against its seal, every seal against the one before, and the heads that were noted
    ///
    /// Prints one line when all is well: the events under seals, the seals, how many of the events were pruned, how
    /// many more are not sealed yet, and the newest seal with its hash. Otherwise names the first bad event, the seal
    /// over it and what is wrong, and exits with 1.
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(VerifyArguments),
    /// Print events as JSON, one object a line, oldest first
    ///
    /// What was put on record after the start of the command is left out. The export itself goes on record.
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(ExportArguments),
    /// Delete events after their time; the seals stay, so what is left can still be checked
    ///
    /// Whole seals are pruned: an event goes when everything under its seal is old enough. Prints how many went.
    #[command(after_help = PRUNE_EXAMPLES)]
    Prune(PruneArguments),
    /// Seal what is not sealed yet and print the newest seal, as a line of a file for `verify --anchors`
    #[command(after_help = HEAD_EXAMPLES)]
    Head,
}

#[derive(Args)]
pub(in crate::cli) struct VerifyArguments {
    /// A file of heads that were noted; else the one of `audit.anchor_file`, else the one in the data folder
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) anchors: Option<PathBuf>,
}

#[derive(Args)]
pub(in crate::cli) struct ExportArguments {
    /// Only events after this time (RFC 3339) or date
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(in crate::cli) after: Option<Timestamp>,
    /// Only events before this time (RFC 3339) or date
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub(in crate::cli) before: Option<Timestamp>,
    /// Only calls of this user: the id, the user name or the e-mail address; a number is an id
    #[arg(long, value_name = "NAME|ID")]
    pub(in crate::cli) user: Option<String>,
    /// Only events that concern the patient with this id
    #[arg(long, value_name = "ID", value_parser = patient)]
    pub(in crate::cli) patient: Option<PatientId>,
    /// Only calls of this operation, such as `patients_get`, or of this command, such as `purge`
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) operation: Option<String>,
}

#[derive(Args)]
pub(in crate::cli) struct PruneArguments {
    /// Delete events from before this date or time (RFC 3339); else whatever is older than `audit.retention_days`
    #[arg(long, value_name = "DATE", value_parser = instant)]
    pub(in crate::cli) before: Option<Timestamp>,
}

#[derive(Args)]
pub(in crate::cli) struct PurgeArguments {
    /// The id of the patient, deleted or not
    #[arg(value_name = "PATIENT_ID", value_parser = patient)]
    pub(in crate::cli) patient: PatientId,
    /// Why, for the audit trail, up to 200 characters. It stays for good: say nothing of the person here
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    pub(in crate::cli) reason: Reason,
    /// Do not ask
    #[arg(long)]
    pub(in crate::cli) yes: bool,
}

/// An instant, or the beginning of a date.
fn instant(text: &str) -> Result<Timestamp, &'static str> {
    let date = format!("{text}T00:00:00Z");
    Timestamp::parse(text)
        .or_else(|| Timestamp::parse(&date))
        .ok_or("must be a date such as 2026-01-31 or a time such as 2026-01-31T12:00:00Z")
}

fn patient(text: &str) -> Result<PatientId, &'static str> {
    text.parse().ok().and_then(PatientId::new).ok_or("must be a positive whole number")
}

fn reason(text: &str) -> Result<Reason, String> {
    Reason::parse(text).map_err(|error| error.to_string())
}

pub(super) const AUDIT_EXAMPLES: &str = "\
Examples:
  healthcore audit verify                             is the trail what it was?
  healthcore audit export --patient 7 | jq .          who has seen the record of patient 7?
  healthcore audit head >> /mnt/elsewhere/heads       note the newest seal elsewhere
  healthcore audit prune                              delete what is past `audit.retention_days`";

const VERIFY_EXAMPLES: &str = "\
Examples:
  healthcore audit verify
  healthcore audit verify --anchors /mnt/elsewhere/heads
  HEALTHCORE__AUDIT__SEAL_KEY_FILE=key healthcore audit verify --database-url sqlite://copy.db

It needs the key of the seals, where there is one, and no other secret.";

const EXPORT_EXAMPLES: &str = "\
Examples:
  healthcore audit export > trail.ndjson
  healthcore audit export --after 2026-01-01 --before 2026-02-01 --user ann
  healthcore audit export --operation purge | jq -r '[.at, .record_id, .reason] | @tsv'";

const PRUNE_EXAMPLES: &str = "\
Examples:
  healthcore audit prune
  healthcore audit prune --before 2020-01-01          no younger than `audit.retention_days`";

const HEAD_EXAMPLES: &str = "\
Examples:
  healthcore audit head >> /mnt/elsewhere/heads
  healthcore audit verify --anchors /mnt/elsewhere/heads";

pub(super) const PURGE_EXAMPLES: &str = "\
Examples:
  healthcore purge 7 --reason 'request 2026-114'      asks before it does it
  healthcore purge 7 --reason 'request 2026-114' --yes

The server may go on meanwhile; on SQLite it waits for a moment. The events of the audit trail
stay: they say who did what with the record, not what stood in it.";
