//! The settings, section by section, as config/default.toml explains them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::Quota;
use ipnet::IpNet;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use validator::Validate;

use super::choice::{
    DoctorsWriteSetting, Environment, LogFormat, LogLevel, MappingDetailSetting, ReadAuditSetting,
    RegistrationSetting, SigningAlgorithm,
};

/// `[server]`
#[derive(Clone, Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct ServerSettings {
    /// Where to listen.
    #[serde(deserialize_with = "address")]
    pub bind: SocketAddr,
    /// Where the server runs.
    pub environment: Environment,
    /// Folder of the SQLite database and the generated secret.
    pub data_dir: PathBuf,
    /// Threads that answer requests; 0 for as many as cores.
    #[validate(range(max = 1024, message = "must be from 0 to 1024"))]
    pub workers: u16,
    /// The certificate chain for TLS, in PEM; empty for plain HTTP.
    pub tls_certificate_file: PathBuf,
    /// Its private key, in PEM.
    pub tls_key_file: PathBuf,
    /// How many requests may be under way at once.
    #[validate(range(min = 1, max = 1_000_000, message = "must be from 1 to 1000000"))]
    pub max_in_flight: usize,
    /// Proxies whose `X-Forwarded-For` counts.
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
    /// Seconds between not being ready and closing the port.
    #[validate(range(max = 600, message = "must be from 0 to 600"))]
    pub drain_delay_seconds: u64,
    /// Seconds for the requests that are under way then.
    #[validate(range(max = 3600, message = "must be from 0 to 3600"))]
    pub drain_seconds: u64,
}

/// `[database]`, before it is made one URL.
#[derive(Clone, Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct DatabaseSection {
    pub(super) url: SecretString,
    pub(super) url_file: String,
    pub(super) host: String,
    #[validate(range(min = 1, message = "must be from 1 to 65535"))]
    pub(super) port: u16,
    pub(super) name: String,
    pub(super) user: String,
    pub(super) password: SecretString,
    pub(super) password_file: String,
    pub(super) sslmode: String,
    pub(super) sslrootcert: String,
    /// Connections and database threads.
    #[validate(range(min = 1, max = 512, message = "must be from 1 to 512"))]
    pub connections: u32,
    /// Apply missing migrations at the start.
    pub migrate: bool,
}

/// `[auth]`
#[derive(Clone, Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct AuthSettings {
    /// Minutes that an access token is good for.
    #[validate(range(min = 1, max = 1440, message = "must be from 1 to 1440"))]
    pub access_minutes: u64,
    /// Days that a refresh token may lie unused.
    #[validate(range(min = 1, max = 365, message = "must be from 1 to 365"))]
    pub refresh_days: u64,
    /// Days that a session lasts at most.
    #[validate(range(min = 1, max = 365, message = "must be from 1 to 365"))]
    pub session_days: u64,
    /// Each refresh makes a new refresh token.
    pub refresh_rotation: bool,
    /// Seconds that the predecessor is still taken.
    #[validate(range(max = 60, message = "must be from 0 to 60"))]
    pub refresh_grace_seconds: u64,
    /// How tokens are signed.
    pub algorithm: SigningAlgorithm,
    pub(super) secret_key: SecretString,
    pub(super) secret_key_file: String,
    pub(super) previous_secret_keys: SecretString,
    pub(super) previous_secret_keys_file: String,
    pub(super) private_key_file: String,
    pub(super) password_pepper: SecretString,
    pub(super) password_pepper_file: String,
    /// The cost of bcrypt.
    #[validate(range(min = 4, max = 16, message = "must be from 4 to 16"))]
    pub password_cost: u32,
    /// How many passwords are hashed at a time; 0 leaves a core to others.
    #[validate(range(max = 64, message = "must be from 0 to 64"))]
    pub password_threads: u16,
}

/// `[access]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessSettings {
    /// Who may write doctors.
    pub doctors_write: DoctorsWriteSetting,
    /// Who may make an account.
    pub registration: RegistrationSetting,
}

/// `[doctors]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoctorsSettings {
    /// Whether a doctor's e-mail address is theirs alone.
    pub unique_email: bool,
}

/// `[api]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiSettings {
    /// What `GET /api/mappings/<n>/` means.
    pub mapping_detail: MappingDetailSetting,
    /// Refuse changes without `If-Match`.
    pub require_if_match: bool,
    /// Origins of web pages that may use the interface.
    #[serde(deserialize_with = "origins")]
    pub cors_origins: Vec<String>,
}

/// `[limits]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsSettings {
    /// Whether there are any.
    pub enabled: bool,
    /// Of each address, for requests without a good token.
    #[serde(deserialize_with = "quota")]
    pub anonymous: Quota,
    /// Of each user.
    #[serde(deserialize_with = "quota")]
    pub user: Quota,
    /// Of each address, for registering, signing in and refreshing.
    #[serde(deserialize_with = "quota")]
    pub sign_in: Quota,
}

/// `[sheets]`
#[derive(Clone, Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct SheetsSettings {
    /// The most bytes of a sheet that comes in.
    #[validate(range(min = 1024, max = 1_073_741_824, message = "must be from 1024 to 1073741824"))]
    pub import_bytes: usize,
    /// The most rows of a sheet that comes in.
    #[validate(range(min = 1, max = 10_000_000, message = "must be from 1 to 10000000"))]
    pub import_rows: u64,
    /// How many sheets may come in or go out at once.
    #[validate(range(min = 1, max = 1000, message = "must be from 1 to 1000"))]
    pub at_once: usize,
}

/// `[audit]`
#[derive(Clone, Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct AuditSettings {
    /// What happens to reads.
    pub reads: ReadAuditSetting,
    pub(super) seal_key: SecretString,
    pub(super) seal_key_file: String,
    /// The file that the newest seal is noted in; empty for the one in the data folder.
    pub anchor_file: PathBuf,
    /// Days that events stay at least.
    #[validate(range(min = 365, max = 36_500, message = "must be from 365 to 36500"))]
    pub retention_days: u64,
}

/// `[admin]`
#[derive(Clone, Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub struct AdminSettings {
    /// Minutes without use after which a session of the panel ends.
    #[validate(range(min = 1, max = 1440, message = "must be from 1 to 1440"))]
    pub idle: u64,
    /// The time zone in which the panel shows times.
    #[serde(deserialize_with = "zone")]
    pub time_zone: admin::Zone,
}

/// `[metrics]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricsSettings {
    /// Where Prometheus may ask; `None`: nowhere.
    #[serde(deserialize_with = "maybe_address")]
    pub bind: Option<SocketAddr>,
}

/// `[traces]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TracesSettings {
    /// The collector that takes spans by OTLP over HTTP; empty: none.
    pub otlp_endpoint: String,
}

/// `[log]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSettings {
    /// How much is logged.
    pub level: LogLevel,
    /// What lines look like.
    pub format: LogFormat,
}

impl ServerSettings {
    /// The certificate chain and its key, where TLS is configured.
    pub fn tls_files(&self) -> Option<(&Path, &Path)> {
        let is_set = !self.tls_certificate_file.as_os_str().is_empty();
        is_set.then_some((self.tls_certificate_file.as_path(), self.tls_key_file.as_path()))
    }

    /// The time between not being ready and closing the port.
    pub const fn drain_delay(&self) -> Duration {
        Duration::from_secs(self.drain_delay_seconds)
    }

    /// The time for requests that are under way then.
    pub const fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }
}

impl AuditSettings {
    /// How long events stay at least.
    pub const fn retention(&self) -> Duration {
        days(self.retention_days)
    }
}

impl SheetsSettings {
    /// How much is taken in and given out at a time.
    pub const fn limits(&self) -> application::SheetLimits {
        application::SheetLimits { bytes: self.import_bytes, rows: self.import_rows, at_once: self.at_once }
    }
}

impl AdminSettings {
    /// How sessions of the panel end.
    pub fn rules(&self) -> application::PanelRules {
        application::PanelRules { idle: Duration::from_mins(self.idle), ..Default::default() }
    }
}

impl AuthSettings {
    /// How long an access token is good for.
    pub const fn access_lifetime(&self) -> Duration {
        Duration::from_mins(self.access_minutes)
    }

    /// The longest time that a token may still be good after its key has ceased to sign, with some minutes for
    /// clocks that differ.
    pub fn key_tail(&self) -> Duration {
        let unused = if self.refresh_rotation { self.refresh_days } else { self.session_days };
        days(unused).max(self.access_lifetime()) + Duration::from_mins(5)
    }

    /// How refresh tokens and sessions end.
    pub const fn session_rules(&self) -> application::SessionRules {
        application::SessionRules {
            rotation: domain::RotationRule {
                rotates: self.refresh_rotation,
                grace: Duration::from_secs(self.refresh_grace_seconds),
                idle: days(self.refresh_days),
            },
            lifetime: days(self.session_days),
            access: self.access_lifetime(),
        }
    }
}

/// What seals are made with must be as long as their hash (RFC 2104, section 3).
pub(super) const SHORT_SEAL_KEY: &str =
    "must have at least 32 bytes; `openssl rand -base64 48` makes a good one";

const fn days(days: u64) -> Duration {
    Duration::from_hours(days * 24)
}

fn quota<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Quota, D::Error> {
    Quota::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

fn zone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<admin::Zone, D::Error> {
    let zone = admin::Zone::parse(&String::deserialize(deserializer)?);
    zone.ok_or_else(|| serde::de::Error::custom("must be a time zone such as UTC or Asia/Kolkata"))
}

/// Networks separated by commas; an address alone is a network of one.
fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    let network = |word: &str| word.parse().or_else(|_| word.parse::<IpAddr>().map(IpNet::from)).ok();
    let networks: Option<_> = words.map(network).collect();
    networks
        .ok_or_else(|| serde::de::Error::custom("must be networks such as 10.0.0.0/8, separated by commas"))
}

/// Origins separated by commas (RFC 6454): a scheme, a host, maybe a port, and nothing else.
fn origins<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    let origin = |word: &str| {
        let host = word.strip_prefix("https://").or_else(|| word.strip_prefix("http://"))?;
        (!host.is_empty() && !host.contains(['/', '*', ' '])).then(|| word.to_owned())
    };
    let origins: Option<_> = words.map(origin).collect();
    origins.ok_or_else(|| {
        serde::de::Error::custom("must be origins such as https://app.example.org, separated by commas")
    })
}

/// The same, or nothing.
fn maybe_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() { Ok(None) } else { parse_address(&text).map(Some).ok_or_else(no_address) }
}

/// An address and a port; `localhost` is understood because people write it.
fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    parse_address(&String::deserialize(deserializer)?).ok_or_else(no_address)
}

fn parse_address(text: &str) -> Option<SocketAddr> {
    let local = text.strip_prefix("localhost:").and_then(|port| port.parse::<u16>().ok());
    local.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port))).or_else(|| text.parse().ok())
}

fn no_address<E: serde::de::Error>() -> E {
    E::custom("must be an address and a port, such as 127.0.0.1:8000 or [::]:8000")
}
