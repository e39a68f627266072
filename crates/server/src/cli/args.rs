//! Arguments.

#![expect(clippy::doc_markdown, reason = "the comments are the text of --help")]

mod audit;
mod import;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::Role;

use crate::settings::Flags;
use audit::{AUDIT_EXAMPLES, PURGE_EXAMPLES};
pub(super) use audit::{
    AuditArguments, AuditCommand, ExportArguments, PruneArguments, PurgeArguments, VerifyArguments,
};
pub(super) use import::{
    ConflictArgument, DjangoArguments, ExportSheetArguments, ImportArguments, ImportCommand, SheetArguments,
    SheetFormat, SheetKind,
};
use import::{EXPORT_SHEET_EXAMPLES, IMPORT_EXAMPLES};

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

/// What every command understands.
#[derive(Args)]
struct Common {
    /// A file of settings (TOML); it needs only what differs from the defaults [env: HEALTHCORE_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// sqlite:///path/file.db or postgres://user:password@host/name [env: DATABASE_URL]
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// Folder of the SQLite database and the generated secret [env: HEALTHCORE_DATA_DIR] [default: data]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Start the server; the default
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(ServeArguments),
    /// Apply what is missing of the database's schema, and print the names of what was applied
    Migrate,
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
    /// Write patients, doctors or mappings as a sheet
    #[command(after_help = EXPORT_SHEET_EXAMPLES)]
    Export(ExportSheetArguments),
    /// Look at the configuration and say what is wrong with it, one line each; nothing is started
    CheckConfig,
    /// Make or renew the key that tokens are signed with
    #[command(after_help = KEYS_EXAMPLES)]
    Keys(KeysArguments),
    /// Fill an empty database with invented records, for load tests and demonstrations
    #[command(after_help = SEED_EXAMPLES)]
    Seed(SeedArguments),
    /// Print the OpenAPI document of the interface
    #[command(after_help = OPENAPI_EXAMPLES)]
    Openapi(OpenapiArguments),
}

#[derive(Args)]
pub(super) struct ServeArguments {
    /// Where to listen; port 0 takes a free one [env: HEALTHCORE_BIND] [default: 127.0.0.1:8000]
    #[arg(long, value_name = "ADDRESS:PORT")]
    bind: Option<String>,
}

#[derive(Args)]
pub(super) struct CreateAdminArguments {
    /// The name to sign in with; the e-mail address serves where none is given
    #[arg(long, value_name = "NAME")]
    pub(super) username: Option<String>,
    /// The e-mail address to sign in with
    #[arg(long, value_name = "ADDRESS")]
    pub(super) email: Option<String>,
    /// Read the password from the first line of a file
    #[arg(long, value_name = "FILE", conflicts_with = "password_stdin")]
    pub(super) password_file: Option<PathBuf>,
    /// Read the password from the first line of standard input
    #[arg(long)]
    pub(super) password_stdin: bool,
    /// Ask nothing; what is not given comes from DJANGO_SUPERUSER_USERNAME, DJANGO_SUPERUSER_EMAIL and
    /// DJANGO_SUPERUSER_PASSWORD
    #[arg(long, visible_alias = "no-input")]
    pub(super) noinput: bool,
}

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct InviteArguments {
    /// What the person will be, whatever they ask for
    #[arg(long, value_enum, default_value_t = RoleArgument::Patient)]
    pub(super) role: RoleArgument,
    /// For how many days the code counts, 1 to 365
    #[arg(long, value_name = "DAYS", default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=365))]
    pub(super) valid_days: u16,
    #[command(subcommand)]
    pub(super) command: Option<InviteCommand>,
}

#[derive(Subcommand)]
pub(super) enum InviteCommand {
    /// Print the invitations that nobody has used and that have not expired: id, role, made, expires
    List,
    /// Take an invitation back
    Revoke {
        /// Its id, as the list tells it
        id: i64,
    },
}

#[derive(Args)]
pub(super) struct UsersArguments {
    #[command(subcommand)]
    pub(super) command: UsersCommand,
}

#[derive(Subcommand)]
pub(super) enum UsersCommand {
    /// Print all users: id, user name, e-mail address, role, active or disabled, last sign-in
    List,
    /// Let a user sign in no more; whatever they hold open is dead within a second
    Disable(UserArgument),
    /// Let a user sign in again
    Enable(UserArgument),
    /// Change what a user is; they have to sign in again
    SetRole {
        #[command(flatten)]
        user: UserArgument,
        /// What the user is from now on
        #[arg(value_enum)]
        role: RoleArgument,
    },
}

#[derive(Args)]
pub(super) struct UserArgument {
    /// The user name or the e-mail address, in any case
    pub(super) name: String,
}

/// What a user is.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RoleArgument {
    /// An ordinary account
    Patient,
    /// An ordinary account of a doctor
    Doctor,
    /// Works for the clinic
    Staff,
    /// Administers the server
    Admin,
}

impl From<RoleArgument> for Role {
    fn from(argument: RoleArgument) -> Self {
        match argument {
            RoleArgument::Patient => Self::Patient,
            RoleArgument::Doctor => Self::Doctor,
            RoleArgument::Staff => Self::Staff,
            RoleArgument::Admin => Self::Admin,
        }
    }
}

#[derive(Args)]
pub(super) struct KeysArguments {
    #[command(subcommand)]
    pub(super) command: KeysCommand,
}

#[derive(Subcommand)]
pub(super) enum KeysCommand {
    /// Make a file with a new key, for `auth.algorithm`, and print its name; no file is replaced
    Generate(KeyFileArguments),
    /// Add a new key to the file and keep the old one until its last token has expired
    ///
    /// Servers that run read the file again within seconds; the new key signs five seconds later, when all of them
    /// know it. Nobody has to sign in again.
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
    /// How many mappings, spread over the patients
    #[arg(long, value_name = "COUNT", default_value_t = 20_000)]
    pub(super) mappings: u32,
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

/// The form of the OpenAPI document.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum DocumentFormat {
    /// One JSON object
    Json,
    /// YAML
    Yaml,
}

impl Cli {
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
  healthcore check-config --config my.toml            is everything right?
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
  JWT_ACCESS_MINUTES=5 healthcore serve               with an environment variable

SIGTERM and Ctrl-C end it: /readyz says 503 first, then the port closes, then the requests under way are
finished. A second signal ends it at once.";

const CREATE_ADMIN_EXAMPLES: &str = "\
Examples:
  healthcore create-admin --username ann --email ann@example.org
  healthcore create-admin --email ann@example.org --password-file /run/secrets/admin
  DJANGO_SUPERUSER_USERNAME=ann DJANGO_SUPERUSER_PASSWORD=… healthcore createsuperuser --noinput";

const INVITE_EXAMPLES: &str = "\
Examples:
  healthcore invite                                   a code for a patient, good for 7 days
  healthcore invite --role staff --valid-days 1       a code for somebody of the clinic
  healthcore invite list                              the codes that still count; they are not shown again
  healthcore invite revoke 3                          take one back

The person sends the code as the field `invitation` of POST /api/auth/register/.";

const USERS_EXAMPLES: &str = "\
Examples:
  healthcore users list | grep disabled
  healthcore users disable ann                        signed out everywhere, and no way in
  healthcore users enable ann@example.org
  healthcore users set-role ann staff                 signed out everywhere; may sign in as staff";

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
  healthcore openapi --format json | jq .paths";
