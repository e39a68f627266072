//! Arguments.

#![expect(clippy::doc_markdown, reason = "the comments are the text of --help")]

mod account;
mod audit;
mod import;
mod operation;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::settings::Flags;
use account::{CREATE_ADMIN_EXAMPLES, INVITE_EXAMPLES, USERS_EXAMPLES};
pub(super) use account::{
    CreateAdminArguments, InviteArguments, InviteCommand, UserArgument, UsersArguments, UsersCommand,
};
use audit::{AUDIT_EXAMPLES, PURGE_EXAMPLES};
pub(super) use audit::{
    AuditArguments, AuditCommand, ExportArguments, PruneArguments, PurgeArguments, VerifyArguments,
};
pub(super) use import::{
    ConflictArgument, DjangoArguments, ExportSheetArguments, ImportArguments, ImportCommand, SheetArguments,
    SheetFormat, SheetKind,
};
use import::{EXPORT_SHEET_EXAMPLES, IMPORT_EXAMPLES};
use operation::{
    BACKUP_EXAMPLES, CHANGE_PASSWORD_EXAMPLES, CHECK_CONFIG_EXAMPLES, COMPLETIONS_EXAMPLES, CONFIG_EXAMPLES,
    DOCTOR_EXAMPLES, HEALTHCHECK_EXAMPLES, MAN_EXAMPLES, MIGRATE_EXAMPLES, RESTORE_EXAMPLES, ROUTES_EXAMPLES,
    TOKEN_EXAMPLES,
};
pub(super) use operation::{
    BackupArguments, ChangePasswordArguments, CompletionsArguments, ConfigArguments, ConfigCommand,
    ConfigInitArguments, ConfigShowArguments, DoctorArguments, DocumentFormat, HealthcheckArguments,
    ManArguments, MigrateArguments, MigrateCommand, RestoreArguments, RoutesArguments, TokenArguments,
    TokenCommand, TokenCreateArguments,
};

/// Keeps a clinic's records: patients, doctors, and who treats whom, behind a REST interface.
///
/// Without any settings the server listens on 127.0.0.1:8000 and keeps its records in a SQLite database in the
/// folder `data`, which it makes. Settings come from flags, environment variables, `.env` in the current folder and
/// a file, in this order; config/default.toml explains every one.
#[derive(Parser)]
#[command(name = "healthcore", version, after_help = SHORT_EXAMPLES, after_long_help = EXAMPLES)]
pub(super) struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    serve: ServeArguments,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

/// What every command understands, listed after what is its own.
#[derive(Args)]
struct Common {
    /// A file of settings (TOML); it needs only what differs from the defaults [env: HEALTHCORE_CONFIG]
    #[arg(long, global = true, display_order = 901, value_name = "FILE")]
    config: Option<PathBuf>,
    /// sqlite:///path/file.db or postgres://user:password@host/name [env: DATABASE_URL]
    #[arg(long, global = true, display_order = 902, value_name = "URL")]
    database_url: Option<String>,
    /// Folder of the SQLite database and the generated secret [env: HEALTHCORE_DATA_DIR] [default: data]
    #[arg(long, global = true, display_order = 903, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Start the server; the default
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(ServeArguments),
    /// Apply what is missing of the database's schema, and print the names of what was applied
    #[command(after_help = MIGRATE_EXAMPLES)]
    Migrate(MigrateArguments),
    /// Make an account with the role `admin`
    #[command(visible_alias = "createsuperuser", after_help = CREATE_ADMIN_EXAMPLES)]
    CreateAdmin(CreateAdminArguments),
    /// Invite somebody to register, for `access.registration = "invite"`: print a code that counts once
    #[command(after_help = INVITE_EXAMPLES)]
    Invite(InviteArguments),
    /// List users, disable and enable them, change what they are
    #[command(after_help = USERS_EXAMPLES)]
    Users(UsersArguments),
    /// Check, read and prune the audit trail
    #[command(after_help = AUDIT_EXAMPLES)]
    Audit(AuditArguments),
    /// Erase a patient for good, with every version and mapping
    #[command(after_help = PURGE_EXAMPLES)]
    Purge(PurgeArguments),
    /// Take over the records of another system
    #[command(after_help = IMPORT_EXAMPLES)]
    Import(ImportArguments),
    /// Write users, patients, doctors or mappings as a sheet
    #[command(after_help = EXPORT_SHEET_EXAMPLES)]
    Export(ExportSheetArguments),
    /// Look at the configuration and say what is wrong with it, one line each; nothing is started
    #[command(after_help = CHECK_CONFIG_EXAMPLES)]
    CheckConfig,
    /// Look at configuration, machine and database, and say what is wrong and how to mend it
    #[command(after_help = DOCTOR_EXAMPLES)]
    Doctor(DoctorArguments),
    /// Show the settings, or begin a file of them
    #[command(after_help = CONFIG_EXAMPLES)]
    Config(ConfigArguments),
    /// Print every operation of the interface: method, path, name, who may
    #[command(after_help = ROUTES_EXAMPLES)]
    Routes(RoutesArguments),
    /// Give a user another password
    #[command(visible_alias = "changepassword", after_help = CHANGE_PASSWORD_EXAMPLES)]
    ChangePassword(ChangePasswordArguments),
    /// Make tokens for scripts
    #[command(after_help = TOKEN_EXAMPLES)]
    Token(TokenArguments),
    /// Ask a server that runs whether it is well
    #[command(after_help = HEALTHCHECK_EXAMPLES)]
    Healthcheck(HealthcheckArguments),
    /// Copy the database into a file while the server runs
    #[command(after_help = BACKUP_EXAMPLES)]
    Backup(BackupArguments),
    /// Put a backup in the place of the database
    #[command(after_help = RESTORE_EXAMPLES)]
    Restore(RestoreArguments),
    /// Make or renew the key that tokens are signed with
    #[command(after_help = KEYS_EXAMPLES)]
    Keys(KeysArguments),
    /// Fill an empty database with invented records, for load tests and demonstrations
    #[command(after_help = SEED_EXAMPLES)]
    Seed(SeedArguments),
    /// Print the OpenAPI document of the interface
    #[command(after_help = OPENAPI_EXAMPLES)]
    Openapi(OpenapiArguments),
    /// Print what makes a shell complete commands and options
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArguments),
    /// Print the manual page
    #[command(after_help = MAN_EXAMPLES)]
    Man(ManArguments),
}

#[derive(Args)]
pub(super) struct ServeArguments {
    /// Where to listen; port 0 takes a free one [env: HEALTHCORE_BIND] [default: 127.0.0.1:8000]
    #[arg(long, value_name = "ADDRESS:PORT")]
    bind: Option<String>,
    /// Serve invented records from a temporary folder that is gone afterwards, and say how to sign in
    #[arg(long, conflicts_with_all = ["database_url", "data_dir"])]
    pub(super) demo: bool,
}

#[derive(Args)]
pub(super) struct KeysArguments {
    #[command(subcommand)]
    pub(super) command: KeysCommand,
}

#[derive(Subcommand)]
pub(super) enum KeysCommand {
    /// Make a file with a new key, for `auth.algorithm`, and print its name; no file is replaced
    #[command(after_help = KEYS_EXAMPLES)]
    Generate(KeyFileArguments),
    /// Add a new key to the file and keep the old one until its last token has expired
    ///
    /// Servers that run read the file again within seconds; the new key signs five seconds later, when all of them
    /// know it. Nobody has to sign in again.
    #[command(after_help = KEYS_EXAMPLES)]
    Rotate(KeyFileArguments),
}

#[derive(Args)]
pub(super) struct KeyFileArguments {
    /// The file; else the one that the settings name, else the one in the data folder
    #[arg(long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct SeedArguments {
    /// How many users; they are called seed-1, seed-2 and so on
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    pub(super) users: u32,
    /// How many doctors
    #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
    pub(super) doctors: u32,
    /// How many patients, spread over the users
    #[arg(long, value_name = "COUNT", default_value_t = 10_000)]
    pub(super) patients: u32,
    /// How many mappings, spread over the patients [default: two of each]
    #[arg(long, value_name = "COUNT")]
    pub(super) mappings: Option<u32>,
    /// So many of the patients belong to the first user, besides that user's share of the others
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    pub(super) first_owner: u32,
    /// Read the password of all users from the first line of a file; else one is made up and printed
    #[arg(long, value_name = "FILE")]
    pub(super) password_file: Option<PathBuf>,
    /// Do it in production, too
    #[arg(long)]
    pub(super) yes: bool,
}

#[derive(Args)]
pub(super) struct OpenapiArguments {
    /// The form of the document
    #[arg(long, value_enum, default_value_t = DocumentFormat::Yaml)]
    pub(super) format: DocumentFormat,
}

impl Cli {
    /// Whether records are to be invented and forgotten.
    pub(super) fn is_demo(&self) -> bool {
        match &self.command {
            Some(Command::Serve(serve)) => serve.demo || self.serve.demo,
            _ => self.serve.demo,
        }
    }

    /// What the arguments say about settings.
    pub(super) fn flags(&self) -> Flags {
        let of_serve = match &self.command {
            Some(Command::Serve(serve)) => serve.bind.clone(),
            _ => None,
        };
        Flags {
            config: self.common.config.clone(),
            bind: of_serve.or_else(|| self.serve.bind.clone()),
            database_url: self.common.database_url.clone(),
            data_dir: self.common.data_dir.clone(),
        }
    }
}

const SHORT_EXAMPLES: &str = "Examples and exit codes: healthcore --help";

const EXAMPLES: &str = "\
Examples:
  healthcore                                          serve on 127.0.0.1:8000 from the folder `data`
  healthcore --bind 0.0.0.0:9000 --data-dir /srv/hc   elsewhere
  healthcore --database-url postgres://hc@db/hc       on PostgreSQL
  healthcore create-admin --username ann              make an administrator; asks for the password
  healthcore users disable bob                        sign somebody out for good
  healthcore audit verify                             is the audit trail what it was?
  healthcore serve --demo                             try it out with invented records
  healthcore doctor                                   what is wrong here?
  healthcore backup clinic.backup                     copy the database while the server runs
  healthcore config show --sources                    the settings, and who has set them
  healthcore openapi --format json > openapi.json     the interface as a document

Exit codes:
  0  done
  1  failed
  2  wrong usage or configuration

Data goes to standard output, everything else to standard error.";

const SERVE_EXAMPLES: &str = "\
Examples:
  healthcore serve --bind 127.0.0.1:0                 on a free port; the first line tells which
  healthcore serve --config config/production.toml    with a file of settings
  healthcore serve --demo                             with invented records, to try it out
  JWT_ACCESS_MINUTES=5 healthcore serve               with an environment variable

SIGTERM and Ctrl-C end it: /readyz says 503 first, then the port closes, then the requests under
way are finished. A second signal ends it at once.";

const KEYS_EXAMPLES: &str = "\
Examples:
  healthcore keys generate --file /run/secrets/key    for `auth.secret_key_file`
  HEALTHCORE__AUTH__ALGORITHM=EdDSA healthcore keys generate --file key.pem
                                                      for `auth.private_key_file`
  healthcore keys rotate                              a new key for a server that goes on";

const SEED_EXAMPLES: &str = "\
Examples:
  healthcore seed                                     a small clinic: 10,000 patients of 100 users
  healthcore seed --users 100000 --patients 1000000   a large one; takes some minutes
  healthcore seed --password-file /run/secrets/seed   users that can sign in with a known password

Equal numbers make equal records, but for their times and the order of their ids.";

const OPENAPI_EXAMPLES: &str = "\
Examples:
  healthcore openapi > openapi.yaml
  healthcore openapi --format json | jq .paths
  healthcore openapi --format postman > healthcore.postman_collection.json
  healthcore openapi --format http > healthcore.http";
