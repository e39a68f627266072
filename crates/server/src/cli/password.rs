//! New passwords, from where the arguments say, and `healthcore change-password`.

use std::fs;
use std::io::{self, BufRead as _, IsTerminal as _};
use std::path::Path;

use application::Error;
use domain::{Invalid, LoginName};
use secrecy::{ExposeSecret as _, SecretString};

use super::args::ChangePasswordArguments;
use super::failure::Failure;
use super::services;
use crate::output;
use crate::settings::Settings;

pub(super) fn change(settings: &Settings, arguments: &ChangePasswordArguments) -> Result<(), Failure> {
    let name = &arguments.user.name;
    let nobody = || Failure::Failed(format!("there is no user {}", name.escape_debug()));
    let login = LoginName::parse(name).ok_or_else(nobody)?;
    let password = new(arguments.password_file.as_deref(), arguments.password_stdin, None)?;
    let (accounts, runtime) = services(settings)?;
    let failed = |error| match error {
        Error::Missing(_) => nobody(),
        error => Failure::failed(&error),
    };
    let user = runtime.block_on(async {
        let user = accounts.user_named(&login).await.map_err(failed)?;
        let accepted = accounts.accept_password(password.expose_secret(), &user.own_words());
        let accepted = accepted.map_err(|invalid| refused(&invalid))?;
        accounts.set_password(&super::call("change_password"), user.id, &accepted).await.map_err(failed)
    })?;
    let shown = user.username.as_str().escape_debug().to_string();
    output::say(&format!("{shown} has a new password and is signed out everywhere"));
    Ok(())
}

/// A new password: from a file, from standard input, or asked for twice; `otherwise` tells of another way there is.
pub(super) fn new(
    file: Option<&Path>,
    stdin: bool,
    otherwise: Option<&str>,
) -> Result<SecretString, Failure> {
    if let Some(path) = file {
        let text = fs::read_to_string(path);
        let text =
            text.map_err(|error| Failure::Usage(format!("--password-file cannot be read: {error}")))?;
        return Ok(text.lines().next().unwrap_or_default().into());
    }
    if stdin {
        return Ok(line()?.into());
    }
    if !io::stdin().is_terminal() {
        let other = otherwise.map_or(String::new(), |way| format!(", or {way}"));
        let cure = format!("give --password-file or --password-stdin{other}");
        return Err(Failure::Usage(format!("no password, and no terminal to ask on: {cure}")));
    }
    let password = rpassword::prompt_password("Password: ")?;
    if rpassword::prompt_password("Once more: ")? != password {
        return Err(Failure::Failed("the passwords differ".to_owned()));
    }
    Ok(password.into())
}

/// A line of standard input without its end.
pub(super) fn line() -> io::Result<String> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    line.truncate(line.trim_end_matches(['\r', '\n']).len());
    Ok(line)
}

/// What the rules have against it.
pub(super) fn refused(invalid: &Invalid) -> Failure {
    let rules =
        invalid.violations().iter().map(|violation| format!("{} {}", violation.field, violation.message));
    Failure::Usage(rules.collect::<Vec<_>>().join("; "))
}
