//! Arguments of the commands that look after a server.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::UserArgument;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(in crate::cli) struct MigrateArguments {
    /// Apply nothing; exit with 1 when something is missing
    #[arg(long)]
    pub(in crate::cli) check: bool,
    #[command(subcommand)]
    pub(in crate::cli) command: Option<MigrateCommand>,
}

#[derive(Subcommand)]
pub(in crate::cli) enum MigrateCommand {
    /// Print every migration with how it stands: applied, pending, or unknown to this release
    #[command(after_help = MIGRATE_STATUS_EXAMPLES)]
    Status,
}

#[derive(Args)]
pub(in crate::cli) struct DoctorArguments {
    /// Look at what matters before patients' records go in, too
    #[arg(long)]
    pub(in crate::cli) deploy: bool,
    /// Print one JSON object instead of lines
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

#[derive(Args)]
pub(in crate::cli) struct ConfigArguments {
    #[command(subcommand)]
    pub(in crate::cli) command: ConfigCommand,
}

#[derive(Subcommand)]
pub(in crate::cli) enum ConfigCommand {
    /// Print every setting that is in force; secrets are masked
    #[command(after_help = CONFIG_SHOW_EXAMPLES)]
    Show(ConfigShowArguments),
    /// Write a file of settings that says what each one means, with every one commented out
    #[command(after_help = CONFIG_INIT_EXAMPLES)]
    Init(ConfigInitArguments),
}

#[derive(Args)]
pub(in crate::cli) struct ConfigShowArguments {
    /// Say which file, variable or flag has set each one
    #[arg(long)]
    pub(in crate::cli) sources: bool,
    /// Only what differs from the defaults
    #[arg(long)]
    pub(in crate::cli) changed: bool,
}

#[derive(Args)]
pub(in crate::cli) struct ConfigInitArguments {
    /// The file; none is replaced. `-` prints it
    #[arg(value_name = "FILE", default_value = "healthcore.toml")]
    pub(in crate::cli) file: PathBuf,
    /// Begin with what production needs, and make the files of secrets beside the file
    #[arg(long)]
    pub(in crate::cli) production: bool,
}

#[derive(Args)]
pub(in crate::cli) struct RoutesArguments {
    /// Only those whose path or name has this text in it
    pub(in crate::cli) filter: Option<String>,
}

#[derive(Args)]
pub(in crate::cli) struct ChangePasswordArguments {
    #[command(flatten)]
    pub(in crate::cli) user: UserArgument,
    /// Read the password from the first line of a file
    #[arg(long, value_name = "FILE", conflicts_with = "password_stdin")]
    pub(in crate::cli) password_file: Option<PathBuf>,
    /// Read the password from the first line of standard input
    #[arg(long)]
    pub(in crate::cli) password_stdin: bool,
}

#[derive(Args)]
pub(in crate::cli) struct TokenArguments {
    #[command(subcommand)]
    pub(in crate::cli) command: TokenCommand,
}

#[derive(Subcommand)]
pub(in crate::cli) enum TokenCommand {
    /// Print an access token of a user, for a script; nobody asks for their password
    ///
    /// The token has a session of its own, which is listed with the user's sessions and ends with the token.
    #[command(after_help = TOKEN_CREATE_EXAMPLES)]
    Create(TokenCreateArguments),
}

#[derive(Args)]
pub(in crate::cli) struct TokenCreateArguments {
    #[command(flatten)]
    pub(in crate::cli) user: UserArgument,
    /// For how many minutes the token is good, 1 to 1440; else `auth.access_minutes`
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u16).range(1..=1440))]
    pub(in crate::cli) minutes: Option<u16>,
}

#[derive(Args)]
pub(in crate::cli) struct HealthcheckArguments {
    /// Ask this server instead of the one that the settings describe
    #[arg(long, value_name = "URL")]
    pub(in crate::cli) url: Option<String>,
    /// Ask whether the process runs, not whether it can work
    #[arg(long)]
    pub(in crate::cli) live: bool,
    /// Give up after so many seconds, 1 to 60
    #[arg(long, value_name = "SECONDS", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=60))]
    pub(in crate::cli) timeout: u8,
}

#[derive(Args)]
pub(in crate::cli) struct CompletionsArguments {
    /// For which shell
    #[arg(value_enum)]
    pub(in crate::cli) shell: Shell,
}

#[derive(Args)]
pub(in crate::cli) struct ManArguments {
    /// Write a page for each command into this folder; else the page of the program is printed
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) dir: Option<PathBuf>,
}

#[derive(Args)]
pub(in crate::cli) struct BackupArguments {
    /// The file to write; none is replaced
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: PathBuf,
}

#[derive(Args)]
pub(in crate::cli) struct RestoreArguments {
    /// A file that `healthcore backup` has written
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: PathBuf,
    /// Only look whether the file is good
    #[arg(long)]
    pub(in crate::cli) check: bool,
    /// Do not ask
    #[arg(long)]
    pub(in crate::cli) yes: bool,
}

/// The form of the document of the interface.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum DocumentFormat {
    /// OpenAPI, one JSON object
    Json,
    /// OpenAPI, YAML
    Yaml,
    /// A Postman collection (version 2.1)
    Postman,
    /// Requests for the HTTP clients of editors (`.http`)
    Http,
}

pub(super) const MIGRATE_EXAMPLES: &str = "\
Examples:
  healthcore migrate                                  apply what is missing
  healthcore migrate --check || echo 'migrate first'  is something missing?
  healthcore migrate status                           all migrations, and which are applied";

const MIGRATE_STATUS_EXAMPLES: &str = "\
Examples:
  healthcore migrate status
  healthcore migrate status | grep -v '^applied'";

pub(super) const CHECK_CONFIG_EXAMPLES: &str = "\
Examples:
  healthcore check-config --config /etc/healthcore/healthcore.toml
  healthcore doctor --deploy                          looks at the machine and the database, too";

pub(super) const DOCTOR_EXAMPLES: &str = "\
Examples:
  healthcore doctor                                   what is wrong here?
  healthcore doctor --deploy                          may patients' records go in?
  healthcore doctor --json | jq -r '.checks[] | select(.status == \"failed\") | .id'

Nothing is changed or made. Each line is `status id: what is so`, and for what is not good `-> how
to mend it`. The status is ok, warning, failed or skipped; the exit code is 1 when a check has
failed.";

pub(super) const CONFIG_EXAMPLES: &str = "\
Examples:
  healthcore config show --sources                    what is in force, and who has said so
  healthcore config init                              begin a file `healthcore.toml`";

const CONFIG_SHOW_EXAMPLES: &str = "\
Examples:
  healthcore config show
  healthcore config show --sources --changed          only what somebody has set
  healthcore --config my.toml config show | grep auth";

const CONFIG_INIT_EXAMPLES: &str = "\
Examples:
  healthcore config init                              writes healthcore.toml
  healthcore config init /etc/healthcore/healthcore.toml --production
  healthcore config init - | less";

pub(super) const ROUTES_EXAMPLES: &str = "\
Examples:
  healthcore routes                                   method, path, name, who may
  healthcore routes patients | grep DELETE";

pub(super) const CHANGE_PASSWORD_EXAMPLES: &str = "\
Examples:
  healthcore change-password ann                      asks for the new password
  healthcore change-password ann@example.org --password-file /run/secrets/new
  openssl rand -base64 18 | tee ann.txt | healthcore change-password ann --password-stdin

The user is signed out everywhere within a second.";

pub(super) const TOKEN_EXAMPLES: &str = "\
Examples:
  healthcore token create ann --minutes 60            an access token for a script";

const TOKEN_CREATE_EXAMPLES: &str = "\
Examples:
  TOKEN=$(healthcore token create ann --minutes 60)
  curl -H \"Authorization: Bearer $TOKEN\" http://127.0.0.1:8000/api/patients/";

pub(super) const HEALTHCHECK_EXAMPLES: &str = "\
Examples:
  healthcore healthcheck                              is the server of these settings ready?
  healthcore healthcheck --live --timeout 1           does it run at all?
  healthcore healthcheck --url https://records.example.org

Exits with 0 when it is, with 1 when not. Without --url, the certificate of a server that speaks
TLS is not verified: the settings say where it is, on this machine.";

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  healthcore completions bash > /etc/bash_completion.d/healthcore
  healthcore completions zsh > ~/.zfunc/_healthcore
  healthcore completions fish > ~/.config/fish/completions/healthcore.fish";

pub(super) const MAN_EXAMPLES: &str = "\
Examples:
  healthcore man | man -l -
  healthcore man --dir /usr/local/share/man/man1";

pub(super) const BACKUP_EXAMPLES: &str = "\
Examples:
  healthcore backup /srv/backup/$(date +%F).backup
  healthcore backup --database-url postgres://healthcore@db.internal/healthcore clinic.dump

The server goes on meanwhile. The file is complete or not there, and was read from end to end.
PostgreSQL is copied by pg_dump; where that is not found, the line to type on a machine that has
it is printed. Keep the files of secrets with the backup, but not in the same place.";

pub(super) const RESTORE_EXAMPLES: &str = "\
Examples:
  healthcore restore --check /srv/backup/2026-01-31.backup
  healthcore restore /srv/backup/2026-01-31.backup    asks before it does it; stop the server first

What was there before is kept aside, and the last line says where. Sessions that were open at the
time of the backup are open again, and who was disabled since is not: look at `healthcore users
list`.";
