//! The keys of a server that runs: read from the settings or a file, and read again when the file changes.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::Timestamp;
use domain::ports::Clock as _;
use security::{Algorithm, KeyFile, KeyFileError, KeyRing, SecretKey, Signer, SystemClock, SystemRandom};
use tokio::time::MissedTickBehavior;

use crate::settings::{Environment, Settings};
use crate::{StartError, data_dir, key_store};

/// Between two looks at the file of keys. Much shorter than [`key_store::NOTICE`], so that every server knows a
/// new key before one signs with it.
const INTERVAL: Duration = Duration::from_secs(1);

/// Where the keys come from.
#[derive(Clone, Debug)]
enum Source {
    /// The settings.
    Given(SecretKey),
    /// A file of keys.
    File(PathBuf),
}

/// The keys, and the signer that has them.
#[derive(Debug)]
pub(crate) struct Keys {
    source: Source,
    algorithm: Algorithm,
    previous: Vec<SecretKey>,
    signer: Arc<Signer>,
}

/// The file of keys that the settings name, or else the one in the data folder; `None` where the secret stands
/// in the settings.
pub(crate) fn file(settings: &Settings) -> Option<PathBuf> {
    let algorithm = Algorithm::from(settings.auth.algorithm);
    if algorithm == Algorithm::Hs256 && settings.secret_key.is_some() {
        return None;
    }
    let own = || settings.server.data_dir.join(key_store::file_name(algorithm));
    Some(settings.key_file.clone().unwrap_or_else(own))
}

impl Keys {
    /// Reads the keys. Where none are configured they are those in the data folder, made now if there are none,
    /// but not in production.
    pub(crate) fn open(settings: &Settings) -> Result<Self, StartError> {
        let algorithm = Algorithm::from(settings.auth.algorithm);
        let source = match (&settings.secret_key, file(settings)) {
            (_, Some(path)) => Source::File(path),
            (Some(secret), None) => Source::Given(secret.clone()),
            (None, None) => return Err(StartError::NoSecret),
        };
        if let (Source::File(path), None) = (&source, &settings.key_file) {
            if settings.server.environment == Environment::Production {
                return Err(StartError::NoSecret);
            }
            data_dir::make_folder(&settings.server.data_dir)?;
            key_store::make(path, algorithm).map_err(|source| unusable(path, source))?;
        }
        let previous = settings.previous_secret_keys.clone();
        let ring = ring(&source, algorithm, &previous)?;
        let signer = Signer::new(ring, settings.auth.access_lifetime(), Arc::new(SystemRandom))?;
        Ok(Self { source, algorithm, previous, signer: Arc::new(signer) })
    }

    /// What signs with them.
    pub(crate) fn signer(&self) -> Arc<Signer> {
        Arc::clone(&self.signer)
    }

    /// Looks after the file for as long as the server runs.
    pub(crate) async fn watch(self) {
        if matches!(self.source, Source::Given(_)) {
            return;
        }
        let mut ticks = tokio::time::interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let keys = Arc::new(self);
        let mut failure = String::new();
        loop {
            ticks.tick().await;
            let reader = Arc::clone(&keys);
            let read = tokio::task::spawn_blocking(move || reader.read_again()).await;
            match read.map_err(|error| error.to_string()).and_then(|read| read) {
                Ok(true) => tracing::info!("the keys that sign and verify tokens have changed"),
                Ok(false) => failure.clear(),
                // A file that stays bad is told of once.
                Err(error) if error == failure => {}
                Err(error) => {
                    tracing::warn!(error, "the file of keys cannot be used; the keys stay as they are");
                    failure = error;
                }
            }
        }
    }

    /// Takes over what the file says now; true when that is something else.
    fn read_again(&self) -> Result<bool, String> {
        let ring = ring(&self.source, self.algorithm, &self.previous).map_err(|error| error.to_string())?;
        self.signer.replace(ring).map_err(|error| error.to_string())
    }
}

fn ring(source: &Source, algorithm: Algorithm, previous: &[SecretKey]) -> Result<KeyRing, StartError> {
    match source {
        Source::Given(secret) => Ok(KeyRing::hs256(secret, previous)),
        Source::File(path) => Ok(read(path, algorithm)?.ring(now(), previous)?),
    }
}

/// Reads a file of keys.
pub(crate) fn read(path: &Path, algorithm: Algorithm) -> Result<KeyFile, StartError> {
    let text = fs::read_to_string(path).map_err(|source| unusable(path, source))?;
    let file = KeyFile::parse(&text, algorithm);
    file.map_err(|source: KeyFileError| StartError::BadKeyFile { path: path.to_owned(), source })
}

pub(crate) fn now() -> Timestamp {
    SystemClock.now()
}

fn unusable(path: &Path, source: std::io::Error) -> StartError {
    StartError::KeyFile { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::settings::Sources;

    fn settings(folder: &Path, variables: &[(&str, &str)]) -> Settings {
        let sources = Sources::default().with_variable("HEALTHCORE_DATA_DIR", folder.to_str().unwrap());
        let add = |sources: Sources, (name, value): &(&str, &str)| sources.with_variable(name, value);
        Settings::load(&variables.iter().fold(sources, add)).unwrap()
    }

    #[test]
    fn production_makes_no_key_up() {
        let folder = tempfile::tempdir().unwrap();
        let production = ("HEALTHCORE__SERVER__ENVIRONMENT", "production");
        for algorithm in ["HS256", "EdDSA"] {
            let variables = [production, ("HEALTHCORE__AUTH__ALGORITHM", algorithm)];
            let opened = Keys::open(&settings(folder.path(), &variables));
            assert!(matches!(opened, Err(StartError::NoSecret)), "{algorithm}");
        }
        let secret = "x".repeat(32);
        assert!(Keys::open(&settings(folder.path(), &[production, ("SECRET_KEY", &secret)])).is_ok());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_secret_that_was_cut_short_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("secret.key"), "short\n").unwrap();
        let opened = Keys::open(&settings(folder.path(), &[]));
        assert!(matches!(opened, Err(StartError::BadKeyFile { .. })));
    }

    #[test]
    fn a_file_that_changes_is_taken_over_and_a_bad_one_is_not() {
        for algorithm in ["HS256", "EdDSA"] {
            let folder = tempfile::tempdir().unwrap();
            let settings = settings(folder.path(), &[("HEALTHCORE__AUTH__ALGORITHM", algorithm)]);
            let keys = Keys::open(&settings).unwrap();
            let path = file(&settings).unwrap();
            assert_eq!(keys.read_again(), Ok(false));
            let new = KeyFile::generate(keys.algorithm, [7; 32]).unwrap();
            fs::write(&path, new.to_text().expose_secret()).unwrap();
            assert_eq!((keys.read_again(), keys.read_again()), (Ok(true), Ok(false)));
            fs::write(&path, "").unwrap();
            assert!(keys.read_again().unwrap_err().contains("holds no key"));
            fs::remove_file(&path).unwrap();
            assert!(keys.read_again().is_err());
        }
    }
}
