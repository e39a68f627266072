//! Arguments.

#![expect(clippy::doc_markdown, reason = "the comments are the text of --help")]

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::settings::Flags;

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
    /// Look at the configuration and say what is wrong with it, one line each; nothing is started
    CheckConfig,
    /// Make or renew the key that tokens are signed with
    #[command(after_help = KEYS_EXAMPLES)]
    Keys(KeysArguments),
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

const KEYS_EXAMPLES: &str = "\
Examples:
  healthcore keys generate --file /run/secrets/key    for `auth.secret_key_file`
  HEALTHCORE__AUTH__ALGORITHM=EdDSA healthcore keys generate --file key.pem
                                                      for `auth.private_key_file`
  healthcore keys rotate                              a new key for a server that goes on";

const OPENAPI_EXAMPLES: &str = "\
Examples:
  healthcore openapi > openapi.yaml
  healthcore openapi --format json | jq .paths";
