//! `healthcore check-config`.

use super::failure::Failure;
use crate::settings::{Environment, Settings};
use crate::{output, tls};

/// The settings have been read; what production refuses and what other files hold is looked at here.
pub(super) fn run(settings: &Settings) -> Result<(), Failure> {
    settings.check()?;
    if let Some((certificate, key)) = settings.server.tls_files() {
        tls::config(certificate, key)?;
    }
    for warning in settings.warnings() {
        output::say(&format!("warning: {warning}"));
    }
    let environment = match settings.server.environment {
        Environment::Development => "development",
        Environment::Production => "production",
    };
    Ok(output::data(&format!("the configuration is good for {environment}\n"))?)
}
