//! The data folder, and the mark that a server is at work.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::StartError;
use crate::settings::Settings;

/// Only the user of the server may look into the folder.
const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// Held for as long as a server works on a SQLite database.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// Makes the folder of a SQLite database.
pub(crate) fn prepare(settings: &Settings) -> Result<(), StartError> {
    match settings.database_url.sqlite_file().as_deref().and_then(Path::parent) {
        Some(folder) if !folder.as_os_str().is_empty() => make_folder(folder),
        _ => Ok(()),
    }
}

/// Marks the SQLite database as in use; on PostgreSQL many servers work together and nothing is marked.
pub(crate) fn lock(settings: &Settings) -> Result<Option<Lock>, StartError> {
    let Some(database) = settings.database_url.sqlite_file() else { return Ok(None) };
    let mut path = database.clone().into_os_string();
    path.push(".lock");
    let path = PathBuf::from(path);
    let failed = |source| StartError::Folder { path: path.clone(), source };
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(FILE_MODE).open(&path);
    let file = file.map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Lock { _file: file })),
        Err(TryLockError::WouldBlock) => Err(StartError::InUse { path: database }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// Makes a folder that only the user of the server may look into.
pub(crate) fn make_folder(path: &Path) -> Result<(), StartError> {
    DirBuilder::new()
        .recursive(true)
        .mode(FOLDER_MODE)
        .create(path)
        .map_err(|source| StartError::Folder { path: path.to_owned(), source })
}

/// Lets nobody but the user of the server look into a file.
pub(crate) fn make_private(path: &Path) -> std::io::Result<()> {
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(FILE_MODE))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::keys::Keys;
    use crate::settings::Sources;

    fn settings(folder: &Path) -> Settings {
        settings_with(folder, &[])
    }

    fn settings_with(folder: &Path, variables: &[(&str, &str)]) -> Settings {
        let sources = Sources::default().with_variable("HEALTHCORE_DATA_DIR", folder.to_str().unwrap());
        let add = |sources: Sources, (name, value): &(&str, &str)| sources.with_variable(name, value);
        Settings::load(&variables.iter().fold(sources, add)).unwrap()
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn folder_and_secret_are_for_the_server_only() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("data");
        Keys::open(&settings(&folder)).unwrap();
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&folder.join("secret.key")), 0o600);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }

    #[test]
    fn one_server_at_a_time_works_on_a_sqlite_database() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(folder.path());
        let held = lock(&settings).unwrap();
        assert!(matches!(lock(&settings), Err(StartError::InUse { .. })));
        drop(held);
        assert!(lock(&settings).unwrap().is_some());
    }

    #[test]
    fn postgresql_with_a_given_secret_needs_no_folder() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("data");
        let secret = "x".repeat(32);
        let settings =
            settings_with(&folder, &[("DATABASE_URL", "postgres://h/db"), ("SECRET_KEY", &secret)]);
        prepare(&settings).unwrap();
        Keys::open(&settings).unwrap();
        assert!(lock(&settings).unwrap().is_none());
        assert!(!folder.exists());
    }
}
