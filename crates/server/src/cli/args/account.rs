//! Arguments of the commands about accounts.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use domain::Role;

#[derive(Args)]
pub(in crate::cli) struct CreateAdminArguments {
    /// The name to sign in with; the e-mail address serves where none is given
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) username: Option<String>,
    /// The e-mail address to sign in with
    #[arg(long, value_name = "ADDRESS")]
    pub(in crate::cli) email: Option<String>,
    /// Read the password from the first line of a file
    #[arg(long, value_name = "FILE", conflicts_with = "password_stdin")]
    pub(in crate::cli) password_file: Option<PathBuf>,
    /// Read the password from the first line of standard input
    #[arg(long)]
    pub(in crate::cli) password_stdin: bool,
    /// Ask nothing; what is not given comes from DJANGO_SUPERUSER_USERNAME, DJANGO_SUPERUSER_EMAIL and
    /// DJANGO_SUPERUSER_PASSWORD
    #[arg(long, visible_alias = "no-input")]
    pub(in crate::cli) noinput: bool,
}

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(in crate::cli) struct InviteArguments {
    /// What the person will be, whatever they ask for
    #[arg(long, value_enum, default_value_t = RoleArgument::Patient)]
    pub(in crate::cli) role: RoleArgument,
    /// For how many days the code counts, 1 to 365
    #[arg(long, value_name = "DAYS", default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=365))]
    pub(in crate::cli) valid_days: u16,
    #[command(subcommand)]
    pub(in crate::cli) command: Option<InviteCommand>,
}

#[derive(Subcommand)]
pub(in crate::cli) enum InviteCommand {
    /// Print the invitations that nobody has used and that have not expired: id, role, made, expires
    #[command(after_help = INVITE_EXAMPLES)]
    List,
    /// Take an invitation back
    #[command(after_help = INVITE_EXAMPLES)]
    Revoke {
        /// Its id, as the list tells it
        id: i64,
    },
}

#[derive(Args)]
pub(in crate::cli) struct UsersArguments {
    #[command(subcommand)]
    pub(in crate::cli) command: UsersCommand,
}

#[derive(Subcommand)]
pub(in crate::cli) enum UsersCommand {
    /// Print all users: id, user name, e-mail address, role, active or disabled, last sign-in
    #[command(after_help = USERS_EXAMPLES)]
    List,
    /// Let a user sign in no more; whatever they hold open is dead within a second
    #[command(after_help = USERS_EXAMPLES)]
    Disable(UserArgument),
    /// Let a user sign in again
    #[command(after_help = USERS_EXAMPLES)]
    Enable(UserArgument),
    /// Change what a user is; they have to sign in again
    #[command(after_help = USERS_EXAMPLES)]
    SetRole {
        #[command(flatten)]
        user: UserArgument,
        /// What the user is from now on
        #[arg(value_enum)]
        role: RoleArgument,
    },
}

#[derive(Args)]
pub(in crate::cli) struct UserArgument {
    /// The user name or the e-mail address, in any case
    pub(in crate::cli) name: String,
}

/// What a user is.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum RoleArgument {
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

pub(super) const CREATE_ADMIN_EXAMPLES: &str = "\
Examples:
  healthcore create-admin --username ann --email ann@example.org
  healthcore create-admin --email ann@example.org --password-file /run/secrets/admin
  DJANGO_SUPERUSER_USERNAME=ann DJANGO_SUPERUSER_PASSWORD=… healthcore createsuperuser --noinput";

pub(super) const INVITE_EXAMPLES: &str = "\
Examples:
  healthcore invite                                   a code for a patient, good for 7 days
  healthcore invite --role staff --valid-days 1       a code for somebody of the clinic
  healthcore invite list                              the codes that still count, not shown again
  healthcore invite revoke 3                          take one back

The person sends the code as the field `invitation` of POST /api/auth/register/.";

pub(super) const USERS_EXAMPLES: &str = "\
Examples:
  healthcore users list | grep disabled
  healthcore users disable ann                        signed out everywhere, and no way in
  healthcore users enable ann@example.org
  healthcore users set-role ann staff                 signed out everywhere; may sign in as staff";
