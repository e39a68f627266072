//! The settings, section by section, as config/default.toml explains them.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use validator::Validate;

use super::choice::{DoctorsWriteSetting, Environment, LogFormat, LogLevel, MappingDetailSetting};

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
    pub(super) secret_key: SecretString,
    pub(super) secret_key_file: String,
    pub(super) password_pepper: SecretString,
    pub(super) password_pepper_file: String,
    /// The cost of bcrypt.
    #[validate(range(min = 4, max = 16, message = "must be from 4 to 16"))]
    pub password_cost: u32,
}

/// `[access]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessSettings {
    /// Who may write doctors.
    pub doctors_write: DoctorsWriteSetting,
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
    /// The time between not being ready and closing the port.
    pub const fn drain_delay(&self) -> Duration {
        Duration::from_secs(self.drain_delay_seconds)
    }

    /// The time for requests that are under way then.
    pub const fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }
}

impl AuthSettings {
    /// How long an access token is good for.
    pub const fn access_lifetime(&self) -> Duration {
        Duration::from_mins(self.access_minutes)
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
        }
    }
}

const fn days(days: u64) -> Duration {
    Duration::from_hours(days * 24)
}

/// An address and a port; `localhost` is understood because people write it.
fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    let local = text.strip_prefix("localhost:").and_then(|port| port.parse::<u16>().ok());
    let address =
        local.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port))).or_else(|| text.parse().ok());
    address.ok_or_else(|| {
        serde::de::Error::custom("must be an address and a port, such as 127.0.0.1:8000 or [::]:8000")
    })
}
