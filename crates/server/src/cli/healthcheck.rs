//! `healthcore healthcheck`.

use std::time::Duration;

use super::args::HealthcheckArguments;
use super::failure::Failure;
use crate::settings::Settings;
use crate::{output, probe};

/// Asks the server, and fails unless it answers 200.
pub(super) fn run(settings: &Settings, arguments: &HealthcheckArguments) -> Result<(), Failure> {
    let (base, is_own) = match &arguments.url {
        Some(url) => (url.trim_end_matches('/').to_owned(), false),
        None => (probe::own(settings), true),
    };
    let url = format!("{base}/{}", if arguments.live { "livez" } else { "readyz" });
    match probe::status(&url, is_own, Duration::from_secs(arguments.timeout.into())) {
        Ok(200) => Ok(output::data("ok\n")?),
        Ok(status) => Err(Failure::Failed(format!("{url} answers {status}"))),
        Err(reason) => Err(Failure::Failed(format!("{url} does not answer: {reason}"))),
    }
}
