//! The keys that tokens are signed with, as they are configured.

use std::path::PathBuf;

use secrecy::ExposeSecret as _;
use security::{Algorithm, KeyFile, KeyFileError, SecretKey};

use super::sections::AuthSettings;
use super::{Origins, SettingsError, noted};

/// What the settings say about keys.
pub(super) struct KeySettings {
    pub(super) secret_key: Option<SecretKey>,
    pub(super) key_file: Option<PathBuf>,
    pub(super) previous: Vec<SecretKey>,
}

pub(super) const SECRET: &str = "auth.secret_key";
pub(super) const SECRET_FILE: &str = "auth.secret_key_file";
pub(super) const PREVIOUS: &str = "auth.previous_secret_keys";
pub(super) const PREVIOUS_FILE: &str = "auth.previous_secret_keys_file";
pub(super) const PRIVATE_FILE: &str = "auth.private_key_file";

impl KeySettings {
    /// Reads them and the files that they name, so that a bad one is told of at once.
    pub(super) fn read(auth: &AuthSettings, origins: &Origins, faults: &mut Vec<SettingsError>) -> Self {
        let algorithm = Algorithm::from(auth.algorithm);
        let mut text = |key, value, file: &str| noted(faults, origins.secret(key, value, file));
        let secret = text(SECRET, &auth.secret_key, &auth.secret_key_file);
        let previous = text(PREVIOUS, &auth.previous_secret_keys, &auth.previous_secret_keys_file);
        let private = text("auth.private_key", &"".into(), &auth.private_key_file);

        let secret_name = named(SECRET, SECRET_FILE, &auth.secret_key_file);
        let mut secret_key = None;
        if let Some(secret) = secret {
            if auth.secret_key_file.is_empty() {
                let parsed = SecretKey::parse(secret).map_err(|error| bad(origins, secret_name, error));
                secret_key = noted(faults, parsed.map(Some));
            } else {
                check(secret.expose_secret(), Algorithm::Hs256, origins, secret_name, faults);
            }
        }
        if let Some(private) = private {
            check(private.expose_secret(), Algorithm::EdDsa, origins, PRIVATE_FILE, faults);
        }
        let previous_name = named(PREVIOUS, PREVIOUS_FILE, &auth.previous_secret_keys_file);
        let previous = previous.iter().flat_map(|text| text.expose_secret().split_whitespace());
        let previous = previous.map(|secret| SecretKey::parse(secret.to_owned().into()));
        let previous: Result<Vec<_>, _> = previous.collect();
        let previous = previous.map(Some).map_err(|error| bad(origins, previous_name, error));
        let key_file = match algorithm {
            Algorithm::Hs256 => &auth.secret_key_file,
            Algorithm::EdDsa => &auth.private_key_file,
        };
        Self {
            secret_key,
            key_file: (!key_file.is_empty()).then(|| PathBuf::from(key_file)),
            previous: noted(faults, previous).unwrap_or_default(),
        }
    }
}

/// Which of two names a value has come by.
pub(super) fn named(key: &'static str, file_key: &'static str, file: &str) -> &'static str {
    if file.is_empty() { key } else { file_key }
}

fn check(text: &str, algorithm: Algorithm, origins: &Origins, key: &str, faults: &mut Vec<SettingsError>) {
    if let Err(error) = KeyFile::parse(text, algorithm) {
        faults.push(bad(origins, key, error));
    }
}

fn bad(origins: &Origins, key: &str, error: impl Into<KeyFileError>) -> SettingsError {
    let reason = match error.into() {
        KeyFileError::Secret(_) => {
            "must have at least 32 bytes; `openssl rand -base64 48` makes a good one".to_owned()
        }
        error => format!("names a file that cannot be used: {error}"),
    };
    origins.bad(key, reason)
}
