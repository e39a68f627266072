//! `healthcore create-admin`.

use std::io::{self, IsTerminal as _, Write as _};

use application::Accounts;
use domain::{EmailAddress, NewUser, Role, User, UserName};
use secrecy::{ExposeSecret as _, SecretString};

use super::args::CreateAdminArguments;
use super::failure::Failure;
use super::password::{self, refused};
use super::services;
use crate::output;
use crate::settings::{Settings, Sources};

const USERNAME: &str = "DJANGO_SUPERUSER_USERNAME";
const EMAIL: &str = "DJANGO_SUPERUSER_EMAIL";
const PASSWORD: &str = "DJANGO_SUPERUSER_PASSWORD";

pub(super) fn run(
    settings: &Settings,
    sources: &Sources,
    arguments: CreateAdminArguments,
) -> Result<(), Failure> {
    let arguments = complete(arguments, sources)?;
    let mut user = new_user(&arguments)?;
    user.role = Role::Admin;
    let password = password(&arguments, sources)?;
    let (accounts, runtime) = services(settings)?;
    let user = runtime.block_on(create(&accounts, user, &password))?;
    let name = user.username.as_str().escape_debug().to_string();
    Ok(output::data(&format!("administrator {name} was made, with id {}\n", user.id))?)
}

/// Asks for the name, or takes it from the variables that Django reads.
fn complete(mut arguments: CreateAdminArguments, sources: &Sources) -> Result<CreateAdminArguments, Failure> {
    if arguments.noinput {
        arguments.username = arguments.username.or_else(|| sources.variable(USERNAME).map(str::to_owned));
        arguments.email = arguments.email.or_else(|| sources.variable(EMAIL).map(str::to_owned));
    } else if arguments.username.is_none() && arguments.email.is_none() && may_ask(&arguments) {
        arguments.username = Some(ask("User name: ")?).filter(|typed| !typed.is_empty());
        arguments.email = Some(ask("E-mail address (may be empty): ")?).filter(|typed| !typed.is_empty());
    }
    if arguments.username.is_none() && arguments.email.is_none() {
        return Err(Failure::Usage(format!(
            "who? give --username or --email (or {USERNAME} with --noinput)"
        )));
    }
    Ok(arguments)
}

fn new_user(arguments: &CreateAdminArguments) -> Result<NewUser, Failure> {
    let username = arguments.username.as_deref().map(UserName::parse).transpose();
    let username = username.map_err(|error| Failure::Usage(format!("--username {error}")))?;
    let email = arguments.email.as_deref().map(EmailAddress::parse).transpose();
    let email = email.map_err(|error| Failure::Usage(format!("--email {error}")))?;
    NewUser::new(username, email).map_err(|invalid| refused(&invalid))
}

async fn create(accounts: &Accounts, user: NewUser, password: &SecretString) -> Result<User, Failure> {
    let names = [Some(user.username().as_str()), user.email().map(EmailAddress::as_str)];
    let own_words: Vec<String> = names.into_iter().flatten().map(str::to_owned).collect();
    let password = accounts.accept_password(password.expose_secret(), &own_words);
    let password = password.map_err(|invalid| refused(&invalid))?;
    accounts.create(&super::call("create_admin"), user, &password).await.map_err(|error| match error {
        application::Error::Invalid(invalid) => refused(&invalid),
        application::Error::Duplicate(_) => Failure::Failed("there is such an account already".to_owned()),
        error => Failure::failed(&error),
    })
}

/// The password, from where the arguments say; else it is asked for.
fn password(arguments: &CreateAdminArguments, sources: &Sources) -> Result<SecretString, Failure> {
    let (file, stdin) = (arguments.password_file.as_deref(), arguments.password_stdin);
    if arguments.noinput && file.is_none() && !stdin {
        let password = sources.variable(PASSWORD).map(Into::into);
        return password.ok_or_else(|| Failure::Usage(format!("no password: --noinput needs {PASSWORD}")));
    }
    password::new(file, stdin, Some(&format!("--noinput with {PASSWORD}")))
}

fn may_ask(arguments: &CreateAdminArguments) -> bool {
    !arguments.password_stdin && io::stdin().is_terminal()
}

fn ask(question: &str) -> io::Result<String> {
    let mut err = io::stderr().lock();
    err.write_all(question.as_bytes())?;
    err.flush()?;
    password::line()
}
