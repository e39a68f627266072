//! `healthcore keys`.

use std::path::{Path, PathBuf};

use security::Algorithm;

use super::args::KeysCommand;
use super::failure::Failure;
use crate::settings::Settings;
use crate::{StartError, data_dir, key_store, keys, output};

pub(super) fn run(settings: &Settings, command: KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::Generate(arguments) => generate(settings, arguments.file),
        KeysCommand::Rotate(arguments) => rotate(settings, arguments.file),
    }
}

fn generate(settings: &Settings, file: Option<PathBuf>) -> Result<(), Failure> {
    let algorithm = Algorithm::from(settings.auth.algorithm);
    let path = path(settings, file)?;
    if path.starts_with(&settings.server.data_dir) {
        data_dir::make_folder(&settings.server.data_dir)?;
    }
    if !key_store::make(&path, algorithm).map_err(|source| unusable(&path, source))? {
        let shown = path.display();
        return Err(Failure::Failed(format!("{shown} is there already; `healthcore keys rotate` renews it")));
    }
    Ok(output::data(&format!("{}\n", path.display()))?)
}

fn rotate(settings: &Settings, file: Option<PathBuf>) -> Result<(), Failure> {
    let algorithm = Algorithm::from(settings.auth.algorithm);
    let path = path(settings, file)?;
    let rotated = key_store::rotate(&path, algorithm, keys::now(), settings.auth.key_tail());
    let rotated = rotated.map_err(|source| unusable(&path, source))?;
    let (shown, from, until) = (path.display(), rotated.from, rotated.until);
    Ok(output::data(&format!("{shown}: a new key signs from {from} on; older ones count until {until}\n"))?)
}

/// Which file; a secret that stands in a variable is not ours to change.
fn path(settings: &Settings, file: Option<PathBuf>) -> Result<PathBuf, Failure> {
    file.or_else(|| keys::file(settings)).ok_or_else(|| {
        Failure::Usage(
            "setting `auth.secret_key` holds the secret itself: change it by `auth.previous_secret_keys` as \
             config/default.toml explains, or name a file with `auth.secret_key_file`"
                .to_owned(),
        )
    })
}

fn unusable(path: &Path, source: std::io::Error) -> StartError {
    StartError::KeyFile { path: path.to_owned(), source }
}
