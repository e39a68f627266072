//! The settings: parsed once, from files, variables and flags; nobody else reads the environment.

mod choice;
mod database;
mod error;
mod families;
mod keys;
mod layer;
mod safety;
mod sections;
mod shown;
mod source;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::PathBuf;

use config::{Config, ConfigError};
use persistence::SealKey;
use secrecy::{ExposeSecret as _, SecretString};
use security::SecretKey;
use serde::Deserialize;
use validator::{Validate, ValidationErrors, ValidationErrorsKind};

pub use choice::{
    DoctorsWriteSetting, Environment, LogFormat, LogLevel, MappingDetailSetting, ReadAuditSetting,
    RegistrationSetting, SigningAlgorithm,
};
pub use database::DatabaseUrl;
pub use error::SettingsError;
pub use sections::{
    AccessSettings, AdminSettings, ApiSettings, AuditSettings, AuthSettings, DatabaseSection,
    DoctorsSettings, LimitsSettings, LogSettings, MetricsSettings, ServerSettings, SheetsSettings,
    TracesSettings,
};
pub use shown::ShownSetting;
pub use source::{Flags, Sources};

use keys::{KeySettings, named};
use layer::Layer;

/// Every setting.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `[server]`
    pub server: ServerSettings,
    /// `[database]`
    pub database: DatabaseSection,
    /// Where the database is.
    pub database_url: DatabaseUrl,
    /// `[auth]`
    pub auth: AuthSettings,
    /// The signing secret, if one is given as such.
    pub secret_key: Option<SecretKey>,
    /// The file of keys, if one is given: of secrets, or with EdDSA of private keys.
    pub key_file: Option<PathBuf>,
    /// Other secrets whose tokens count.
    pub previous_secret_keys: Vec<SecretKey>,
    /// The secret in every password hash, if one is configured.
    pub password_pepper: Option<SecretString>,
    /// `[access]`
    pub access: AccessSettings,
    /// `[doctors]`
    pub doctors: DoctorsSettings,
    /// `[api]`
    pub api: ApiSettings,
    /// `[limits]`
    pub limits: LimitsSettings,
    /// `[sheets]`
    pub sheets: SheetsSettings,
    /// `[audit]`
    pub audit: AuditSettings,
    /// The secret that seals of the audit trail are made with, if one is configured.
    pub seal_key: Option<SealKey>,
    /// `[admin]`
    pub admin: AdminSettings,
    /// `[metrics]`
    pub metrics: MetricsSettings,
    /// `[traces]`
    pub traces: TracesSettings,
    /// `[log]`
    pub log: LogSettings,
    /// Where each came from.
    origins: Origins,
}

/// What the sources say, word for word.
#[derive(Deserialize, Validate)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[validate(nested)]
    server: ServerSettings,
    #[validate(nested)]
    database: DatabaseSection,
    #[validate(nested)]
    auth: AuthSettings,
    access: AccessSettings,
    doctors: DoctorsSettings,
    api: ApiSettings,
    limits: LimitsSettings,
    #[validate(nested)]
    sheets: SheetsSettings,
    #[validate(nested)]
    audit: AuditSettings,
    #[validate(nested)]
    admin: AdminSettings,
    metrics: MetricsSettings,
    traces: TracesSettings,
    log: LogSettings,
}

/// Which source has the last word on each key.
#[derive(Clone)]
struct Origins(BTreeMap<String, String>);

/// config/default.toml, as it is part of the program.
pub(crate) const DEFAULTS: &str = include_str!("../../../config/default.toml");
const DEFAULTS_NAME: &str = "default";

impl Settings {
    /// Reads the settings. Reads nothing but `sources` and the secret files that they name.
    ///
    /// # Errors
    /// A setting that does not exist or has no possible value.
    pub fn load(sources: &Sources) -> Result<Self, SettingsError> {
        let layers = layers(sources)?;
        let origins = Origins::of(&layers)?;
        let merged = Config::builder().add_source(layers).build();
        let merged = merged.map_err(|error| SettingsError::file("settings", expected(&error)))?;
        let raw: Raw = serde_path_to_error::deserialize(merged).map_err(|error| {
            let key = error.path().to_string();
            origins.bad(&key, expected(error.inner()))
        })?;
        raw.validate().map_err(|errors| origins.out_of_range(&errors))?;
        raw.resolve(origins)
    }

    /// What is not refused in production but should be thought about, a line each. Outside production nothing is.
    pub fn warnings(&self) -> Vec<String> {
        safety::warnings(self)
    }

    /// Refuses what is unsafe for patients' records. Outside production nothing is.
    ///
    /// # Errors
    /// Everything that is unsafe, at once.
    pub fn check(&self) -> Result<(), SettingsError> {
        SettingsError::all(safety::faults(self))
    }
}

/// What each source says, the one that counts most last.
fn layers(sources: &Sources) -> Result<Vec<Layer>, SettingsError> {
    let mut layers = vec![Layer::from_toml(DEFAULTS_NAME, DEFAULTS)?];
    if let Some((name, text)) = &sources.file {
        layers.push(Layer::from_toml(name, text)?);
    }
    layers.push(Layer::from_variables(".env", &sources.dotenv)?);
    layers.push(Layer::from_variables("environment variable", &sources.environment)?);
    layers.push(Layer::from_flags(&sources.flags)?);
    Ok(layers)
}

impl Raw {
    /// Reads the files of secrets and puts together what was given in parts.
    fn resolve(self, origins: Origins) -> Result<Settings, SettingsError> {
        let mut faults = Vec::new();
        let keys = KeySettings::read(&self.auth, &origins, &mut faults);
        let mut secret =
            |key, value: &SecretString, file: &str| noted(&mut faults, origins.secret(key, value, file));
        let (auth, database) = (&self.auth, &self.database);
        let password_pepper =
            secret("auth.password_pepper", &auth.password_pepper, &auth.password_pepper_file);
        let seal_secret = secret(SEAL_KEY, &self.audit.seal_key, &self.audit.seal_key_file);
        let url = secret("database.url", &database.url, &database.url_file);
        let password = secret("database.password", &database.password, &database.password_file);
        let seal_key = noted(&mut faults, seal_key(seal_secret, &self.audit, &origins));
        let has_parts = !database.host.is_empty() || !database.name.is_empty();
        let database_url = match url {
            Some(url) => DatabaseUrl::new(url),
            None if has_parts => DatabaseUrl::from_parts(database, &password.unwrap_or_default()),
            None => DatabaseUrl::in_folder(&self.server.data_dir),
        };
        if self.server.data_dir.as_os_str().is_empty() {
            faults.push(origins.bad("server.data_dir", "must name a folder"));
        }
        let Self { server, database, auth, access, doctors, api, limits, sheets, audit, .. } = self;
        let Self { admin, metrics, traces, log, .. } = self;
        let KeySettings { secret_key, key_file, previous: previous_secret_keys } = keys;
        let settings = Settings {
            server,
            database,
            database_url,
            auth,
            secret_key,
            key_file,
            previous_secret_keys,
            password_pepper,
            access,
            doctors,
            api,
            limits,
            sheets,
            audit,
            seal_key,
            admin,
            metrics,
            traces,
            log,
            origins,
        };
        if !faults.is_empty() {
            // Who mends one thing shall not learn of the next one only then.
            faults.extend(safety::faults_besides(&settings, &faults));
        }
        SettingsError::all(faults).map(|()| settings)
    }
}

const SEAL_KEY: &str = "audit.seal_key";
const SEAL_KEY_FILE: &str = "audit.seal_key_file";

fn seal_key(
    secret: Option<SecretString>,
    audit: &AuditSettings,
    origins: &Origins,
) -> Result<Option<SealKey>, SettingsError> {
    let key = secret.map(|secret| SealKey::new(secret.expose_secret())).transpose();
    key.map_err(|_| {
        origins.bad(named(SEAL_KEY, SEAL_KEY_FILE, &audit.seal_key_file), sections::SHORT_SEAL_KEY)
    })
}

/// What was read; what could not be is noted.
fn noted<T>(faults: &mut Vec<SettingsError>, read: Result<Option<T>, SettingsError>) -> Option<T> {
    read.unwrap_or_else(|fault| {
        faults.push(fault);
        None
    })
}

impl fmt::Debug for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Origins(…)")
    }
}

impl Origins {
    /// Checks that each key of each layer is one of the first layer's.
    fn of(layers: &[Layer]) -> Result<Self, SettingsError> {
        let mut origins = BTreeMap::new();
        for (position, layer) in layers.iter().enumerate() {
            for (key, origin) in layer.origins() {
                if position > 0 && !origins.contains_key(key) {
                    let nearest = nearest(key, origins.keys());
                    return Err(SettingsError::Unknown {
                        key: key.to_owned(),
                        origin: origin.to_owned(),
                        nearest,
                    });
                }
                origins.insert(key.to_owned(), origin.to_owned());
            }
        }
        Ok(Self(origins))
    }

    fn bad(&self, key: &str, reason: impl Into<String>) -> SettingsError {
        let origin = self.0.get(key).map_or(DEFAULTS_NAME, String::as_str);
        SettingsError::bad(key, origin, reason)
    }

    /// The first setting that is out of its range.
    fn out_of_range(&self, errors: &ValidationErrors) -> SettingsError {
        let mut found: Vec<(String, String)> = Vec::new();
        for (section, kind) in errors.errors() {
            let ValidationErrorsKind::Struct(fields) = kind else { continue };
            for (field, errors) in fields.field_errors() {
                let message = errors.first().and_then(|error| error.message.as_deref());
                found.push((format!("{section}.{field}"), message.unwrap_or("is out of range").to_owned()));
            }
        }
        found.sort();
        let (key, reason) = found.into_iter().next().unwrap_or_default();
        self.bad(&key, reason)
    }

    /// A secret that is given as such or in a file.
    fn secret(
        &self,
        key: &str,
        value: &SecretString,
        file: &str,
    ) -> Result<Option<SecretString>, SettingsError> {
        if file.is_empty() {
            return Ok(Some(value.clone()).filter(|value| !value.expose_secret().is_empty()));
        }
        let key = format!("{key}_file");
        let text = fs::read_to_string(file)
            .map_err(|error| self.bad(&key, format!("names a file that cannot be read: {error}")))?;
        let secret = text.trim_end_matches(['\r', '\n']);
        if secret.is_empty() {
            return Err(self.bad(&key, "names a file that is empty"));
        }
        Ok(Some(secret.to_owned().into()))
    }
}

/// What a value must be, without the value.
fn expected(error: &ConfigError) -> String {
    match error {
        ConfigError::Type { expected, .. } if expected.contains("integer") => {
            "must be a whole number".to_owned()
        }
        ConfigError::Type { expected, .. } if expected.contains("boolean") => {
            "must be true or false".to_owned()
        }
        ConfigError::Type { expected, .. } => format!("must be {expected}"),
        ConfigError::At { error, .. } => expected(error),
        ConfigError::Message(reason) if reason.starts_with("must ") => reason.clone(),
        _ => "has no possible value".to_owned(),
    }
}

/// The known key that is most like `key`, if one is.
fn nearest<'a>(key: &str, known: impl Iterator<Item = &'a String>) -> Option<String> {
    let rated = known.map(|known| (distance(key, known), known));
    let (distance, nearest) = rated.min_by_key(|(distance, _)| *distance)?;
    (distance <= 3).then(|| nearest.clone())
}

/// How many characters must be added, removed or changed to make `a` of `b`.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut last = i + 1;
        for (above, right) in row.iter_mut().skip(1).zip(b.chars()) {
            let changed = diagonal + usize::from(left != right);
            diagonal = *above;
            last = changed.min(last + 1).min(*above + 1);
            *above = last;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests;
