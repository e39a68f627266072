//! `healthcore migrate`.

use super::failure::Failure;
use crate::settings::Settings;
use crate::{StartError, data_dir, output, telemetry};

pub(super) fn run(settings: &Settings) -> Result<(), Failure> {
    settings.check()?;
    telemetry::start(&settings.log);
    data_dir::prepare(settings)?;
    let applied = persistence::migrate(settings.database_url.expose()).map_err(StartError::from)?;
    if applied.is_empty() {
        output::say("nothing to apply: the schema is up to date");
    }
    Ok(applied.iter().try_for_each(|name| output::data(&format!("{name}\n")))?)
}
