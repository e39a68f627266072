//! Why a server does not start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use domain::ports::TokenError;
use persistence::OpenError;
use security::{HasherError, KeyFileError};

use crate::settings::SettingsError;

/// Why a server does not start. Each message names the cure where there is one, and no secret.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting is wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// In production keys are not made up.
    #[error(
        "setting `auth.secret_key` is required in production: give SECRET_KEY or SECRET_KEY_FILE at least 32 \
         random bytes, such as of `openssl rand -base64 48` (with EdDSA: `auth.private_key_file`)"
    )]
    NoSecret,
    /// The data folder cannot be used.
    #[error("cannot use the data folder {}; choose another with --data-dir", path.display())]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file of keys cannot be read or kept.
    #[error("cannot use the keys in {}", path.display())]
    KeyFile {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file of keys holds something else.
    #[error(
        "cannot use the keys in {}: {source}; put the file back, or remove it, and everybody must sign in again",
        path.display()
    )]
    BadKeyFile {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: KeyFileError,
    },
    /// Another server uses the same SQLite database.
    #[error(
        "another server uses {}; stop it, or give this one a folder of its own with --data-dir (several servers \
         share a PostgreSQL database)",
        path.display()
    )]
    InUse {
        /// The database.
        path: PathBuf,
    },
    /// The database cannot be opened or migrated.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// Passwords cannot be hashed.
    #[error(transparent)]
    Hasher(#[from] HasherError),
    /// Tokens cannot be signed.
    #[error(transparent)]
    Signer(#[from] TokenError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}; choose another address with --bind")]
    Bind {
        /// Which address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The address for metrics cannot be listened on.
    #[error("cannot listen on {address} for metrics; choose another address with `metrics.bind`")]
    Metrics {
        /// Which address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Spans cannot be sent to a collector.
    #[error("setting `traces.otlp_endpoint` cannot be used: {reason}")]
    Traces {
        /// What is wrong.
        reason: String,
    },
    /// The files for TLS cannot be used.
    #[error("setting `{setting}` cannot be used: {reason}")]
    Tls {
        /// Which of them.
        setting: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The operating system refuses something that every program needs.
    #[error("cannot run")]
    System(#[from] io::Error),
}

impl StartError {
    /// Whether the configuration is at fault, not the machine.
    pub const fn is_configuration(&self) -> bool {
        matches!(
            self,
            Self::Settings(_)
                | Self::NoSecret
                | Self::Tls { .. }
                | Self::Traces { .. }
                | Self::Database(OpenError::Scheme | OpenError::Malformed(_) | OpenError::NotBuilt(_))
        )
    }
}
