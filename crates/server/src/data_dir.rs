//! The data folder: the generated secret, and the mark that a server is at work.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use security::{SecretKey, SystemRandom};

use crate::StartError;
use crate::settings::{Environment, Settings};

/// Only the user of the server may look into the folder.
const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;
const SECRET_FILE: &str = "secret.key";

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

/// The configured secret, or the one in the data folder, made now if there is none.
pub(crate) fn secret(settings: &Settings) -> Result<SecretKey, StartError> {
    if let Some(secret) = &settings.secret_key {
        return Ok(secret.clone());
    }
    if settings.server.environment == Environment::Production {
        return Err(StartError::NoSecret);
    }
    make_folder(&settings.server.data_dir)?;
    let path = settings.server.data_dir.join(SECRET_FILE);
    let text = read_or_make(&path).map_err(|source| StartError::SecretFile { path: path.clone(), source })?;
    SecretKey::parse(text.trim().to_owned().into()).map_err(|source| StartError::ShortSecret { path, source })
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

fn make_folder(path: &Path) -> Result<(), StartError> {
    DirBuilder::new()
        .recursive(true)
        .mode(FOLDER_MODE)
        .create(path)
        .map_err(|source| StartError::Folder { path: path.to_owned(), source })
}

fn read_or_make(path: &Path) -> io::Result<String> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(path)?,
        read => return read,
    }
    fs::read_to_string(path)
}

/// Writes a new secret beside `path` and then puts it there whole, unless another server was faster: no
/// server ever reads half a secret or replaces one.
fn make(path: &Path) -> io::Result<()> {
    let draft =
        path.with_extension(format!("draft-{}-{:?}", std::process::id(), std::thread::current().id()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&draft)?;
    let written =
        writeln!(file, "{}", STANDARD.encode(SystemRandom.secret_bytes())).and_then(|()| file.sync_all());
    let placed = written.and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        placed => placed,
    });
    fs::remove_file(&draft)?;
    placed
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
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
        secret(&settings(&folder)).unwrap();
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&folder.join("secret.key")), 0o600);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    }

    #[test]
    fn the_secret_is_made_once_even_by_many_servers_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        let read: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| read_or_make(&path).unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(read.iter().all(|secret| *secret == read[0] && secret.len() == 45));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn production_makes_no_secret_up() {
        let folder = tempfile::tempdir().unwrap();
        let production = ("HEALTHCORE__SERVER__ENVIRONMENT", "production");
        let settings = settings_with(folder.path(), &[production]);
        assert!(matches!(secret(&settings), Err(StartError::NoSecret)));
        let given = settings_with(folder.path(), &[production, ("SECRET_KEY", &"x".repeat(32))]);
        assert!(secret(&given).is_ok());
        assert!(!folder.path().join("secret.key").exists());
    }

    #[test]
    fn a_secret_that_was_cut_short_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("secret.key"), "short\n").unwrap();
        assert!(matches!(secret(&settings(folder.path())), Err(StartError::ShortSecret { .. })));
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
        super::secret(&settings).unwrap();
        assert!(lock(&settings).unwrap().is_none());
        assert!(!folder.exists());
    }
}
