//! The URL of the database, from a URL, from parts, or from the data folder.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

use super::sections::DatabaseSection;

/// Where the database is.
#[derive(Clone, Debug)]
pub struct DatabaseUrl(SecretString);

const SQLITE: &str = "sqlite:";
/// The file of the default database in the data folder.
const FILE: &str = "healthcore.db";

impl DatabaseUrl {
    /// The URL as text; it may hold a password.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The file, when it is a SQLite database.
    pub fn sqlite_file(&self) -> Option<PathBuf> {
        let path = self.expose().strip_prefix(SQLITE)?;
        Some(PathBuf::from(path.strip_prefix("//").unwrap_or(path)))
    }

    /// What to tell people: the file or the server, never user or password.
    pub fn describe(&self) -> String {
        match self.sqlite_file() {
            Some(path) => format!("SQLite {}", path.display()),
            None => format!("PostgreSQL {}", without_secrets(self.expose())),
        }
    }

    pub(super) const fn new(url: SecretString) -> Self {
        Self(url)
    }

    /// The default in the data folder.
    pub(super) fn in_folder(data_dir: &Path) -> Self {
        Self(format!("{SQLITE}//{}", data_dir.join(FILE).display()).into())
    }

    /// A PostgreSQL server in parts.
    pub(super) fn from_parts(section: &DatabaseSection, password: &SecretString) -> Self {
        let user = escaped(&section.user);
        let password = escaped(password.expose_secret());
        let account = match (user.is_empty(), password.is_empty()) {
            (true, _) => String::new(),
            (false, true) => format!("{user}@"),
            (false, false) => format!("{user}:{password}@"),
        };
        let (name, port) = (escaped(&section.name), section.port);
        let host = if section.host.is_empty() { "localhost" } else { section.host.as_str() };
        let tls = [("sslmode", section.sslmode.as_str()), ("sslrootcert", &section.sslrootcert)];
        let tls =
            tls.into_iter().filter(|(_, value)| !value.is_empty()).map(|(key, value)| (key, escaped(value)));
        let mut parameters: Vec<(&str, String)> = tls.collect();
        let authority = if host.starts_with('/') {
            parameters.extend([("host", escaped(host)), ("port", port.to_string())]);
            account
        } else if host.contains(':') {
            format!("{account}[{host}]:{port}")
        } else {
            format!("{account}{}:{port}", escaped(host))
        };
        let parameters: Vec<String> =
            parameters.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let mark = if parameters.is_empty() { "" } else { "?" };
        Self(format!("postgres://{authority}/{name}{mark}{}", parameters.join("&")).into())
    }
}

/// Host and name of a PostgreSQL URL.
fn without_secrets(url: &str) -> String {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    rest.rsplit_once('@').map_or(rest, |(_, rest)| rest).to_owned()
}

/// Percent-encoded but for the characters that never need it (RFC 3986, section 2.3).
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}
