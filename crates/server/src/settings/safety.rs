//! What production refuses.

use std::fs;
use std::net::IpAddr;

use secrecy::ExposeSecret as _;
use security::{Algorithm, KeyFile, SecretKey};

use super::keys::{self, PREVIOUS, PREVIOUS_FILE, PRIVATE_FILE, SECRET, SECRET_FILE};
use super::{Environment, LogLevel, Settings, SettingsError};

/// Cheaper than this, and a stolen table of passwords is soon read.
const LEAST_COST: u32 = 12;

/// The values of `sslmode` that never fall back to an open connection (PostgreSQL documentation, section "SSL
/// Mode Descriptions").
const WITH_TLS: [&str; 3] = ["require", "verify-ca", "verify-full"];

/// Everything that is unsafe, one fault each; nothing outside production.
pub(super) fn faults(settings: &Settings) -> Vec<SettingsError> {
    if settings.server.environment != Environment::Production {
        return Vec::new();
    }
    let bad = |key: &str, reason: &str| Some(settings.origins.bad(key, reason));
    let cost = (settings.auth.password_cost < LEAST_COST).then_some("auth.password_cost");
    let is_loud = matches!(settings.log.level, LogLevel::Debug | LogLevel::Trace);
    let level = is_loud.then_some("log.level");
    let limits = (!settings.limits.enabled).then_some("limits.enabled");
    let rest = [
        cost.and_then(|key| bad(key, "must be at least 12 in production: a cheaper one is for tests only")),
        level.and_then(|key| bad(key, "must be `info`, `warn`, `error` or `off` in production")),
        limits
            .and_then(|key| bad(key, "must be true in production: without limits passwords can be guessed")),
        database(settings),
    ];
    [key(settings), previous(settings)].into_iter().chain(rest).flatten().collect()
}

/// The same without what is known about the same settings already.
pub(super) fn faults_besides(settings: &Settings, known: &[SettingsError]) -> Vec<SettingsError> {
    let has_keys =
        !known.iter().any(|fault| [SECRET, SECRET_FILE, PRIVATE_FILE].iter().any(|key| fault.is_about(key)));
    let is_new =
        |fault: &SettingsError| has_keys || ![SECRET, PRIVATE_FILE].iter().any(|key| fault.is_about(key));
    faults(settings).into_iter().filter(is_new).collect()
}

/// The key that signs.
fn key(settings: &Settings) -> Option<SettingsError> {
    let algorithm = Algorithm::from(settings.auth.algorithm);
    let given = settings.secret_key.as_ref().filter(|_| algorithm == Algorithm::Hs256);
    let reason = match (given, &settings.key_file) {
        (Some(secret), _) => secret.is_well_known().then_some(WELL_KNOWN),
        // A file that has become unreadable since is told of where it is read.
        (None, Some(path)) => fs::read_to_string(path)
            .ok()
            .and_then(|text| KeyFile::parse(&text, algorithm).ok())
            .filter(KeyFile::is_well_known)
            .map(|_| WELL_KNOWN),
        (None, None) => Some(match algorithm {
            Algorithm::Hs256 => NO_SECRET,
            Algorithm::EdDsa => NO_PRIVATE_KEY,
        }),
    }?;
    let name = match algorithm {
        Algorithm::Hs256 => keys::named(SECRET, SECRET_FILE, &settings.auth.secret_key_file),
        Algorithm::EdDsa => PRIVATE_FILE,
    };
    Some(settings.origins.bad(name, reason))
}

const NO_SECRET: &str = "is required in production: give SECRET_KEY or SECRET_KEY_FILE at least 32 random bytes, \
    such as of `openssl rand -base64 48`";
const NO_PRIVATE_KEY: &str =
    "is required in production: name a file that `healthcore keys generate` has made";
const WELL_KNOWN: &str = "is well known or easy to guess, so anybody could sign tokens; `openssl rand -base64 48` \
    makes a good one";

/// Other secrets whose tokens count.
fn previous(settings: &Settings) -> Option<SettingsError> {
    let name = keys::named(PREVIOUS, PREVIOUS_FILE, &settings.auth.previous_secret_keys_file);
    let is_known = settings.previous_secret_keys.iter().any(SecretKey::is_well_known);
    let reason =
        "holds a secret that is well known or easy to guess, so anybody could sign tokens; take it out";
    is_known.then(|| settings.origins.bad(name, reason))
}

/// Patients' records do not travel in the open.
fn database(settings: &Settings) -> Option<SettingsError> {
    let section = &settings.database;
    let name = if !section.url_file.is_empty() {
        "database.url_file"
    } else if !section.url.expose_secret().is_empty() {
        "database.url"
    } else {
        "database.host"
    };
    let reason = "leads to a PostgreSQL server on another host without TLS: end `database.url` with \
        `?sslmode=verify-full` (or `verify-ca`, `require`), or reach the server by a tunnel from this host";
    is_open(settings.database_url.expose()).then(|| settings.origins.bad(name, reason))
}

/// Whether the URL leads to a PostgreSQL server on another host by a connection that may be open.
fn is_open(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://")) else {
        return false;
    };
    let (base, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = base.rsplit_once('@').map_or(base, |(_, rest)| rest);
    let authority = authority.split('/').next().unwrap_or_default();
    let parameters = || query.split('&').filter_map(|pair| pair.split_once('='));
    let hosts = parameters().filter(|(key, _)| ["host", "hostaddr"].contains(key)).map(|(_, hosts)| hosts);
    let hosts = authority.split(',').map(without_port).chain(hosts.flat_map(|hosts| hosts.split(',')));
    let mut modes = parameters().filter(|(key, _)| *key == "sslmode").map(|(_, mode)| mode).peekable();
    let has_tls = modes.peek().is_some() && modes.all(|mode| WITH_TLS.contains(&mode));
    let is_here = hosts.map(decoded).all(|host| is_local(&host));
    !is_here && !has_tls
}

fn without_port(host: &str) -> &str {
    match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.split_once(':').map_or(host, |(host, _)| host),
    }
}

/// No host means a socket of this host, and so does a path (`@` begins an abstract one).
fn is_local(host: &str) -> bool {
    let is_loopback = || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    host.is_empty() || host.starts_with(['/', '@']) || host.eq_ignore_ascii_case("localhost") || is_loopback()
}

/// Without percent-encoding. What it cannot be decoded from is a name that is not local.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.split_at_checked(2).filter(|_| byte == b'%');
        let digits = digits.and_then(|(digits, after)| Some((std::str::from_utf8(digits).ok()?, after)));
        let value = digits.and_then(|(digits, after)| Some((u8::from_str_radix(digits, 16).ok()?, after)));
        let (byte, after) = value.unwrap_or((byte, after));
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Sources;

    const GOOD: &str = "N8v2xQ7mZr4Lk1TtWc9BfYh6Jp3Ds5Ga";

    fn production() -> Sources {
        Sources::default().with_variable("HEALTHCORE__SERVER__ENVIRONMENT", "production")
    }

    /// The lines that this source is refused with.
    fn refused(sources: &Sources) -> Vec<String> {
        let checked = Settings::load(sources).and_then(|settings| settings.check());
        checked.err().map(|error| error.to_string().lines().map(str::to_owned).collect()).unwrap_or_default()
    }

    fn refused_with(name: &str, value: &str) -> Vec<String> {
        refused(&production().with_variable("SECRET_KEY", GOOD).with_variable(name, value))
    }

    #[test]
    fn a_good_secret_is_all_that_production_needs() {
        assert_eq!(refused(&production().with_variable("SECRET_KEY", GOOD)), [""; 0]);
        assert_eq!(refused(&Sources::default()), [""; 0]);
    }

    #[test]
    fn each_unsafe_setting_is_named_with_origin_and_cure() {
        let cases = [
            ("SECRET_KEY", "", "`auth.secret_key` (default) is required in production: give SECRET_KEY or"),
            (
                "SECRET_KEY",
                "short-hunter2",
                "`auth.secret_key` (environment variable SECRET_KEY) must have at",
            ),
            (
                "SECRET_KEY",
                "django-insecure-hunter2-0987654321qwerty",
                "(environment variable SECRET_KEY) is well",
            ),
            (
                "HEALTHCORE__AUTH__ALGORITHM",
                "EdDSA",
                "`auth.private_key_file` (default) is required in production",
            ),
            (
                "HEALTHCORE__AUTH__PREVIOUS_SECRET_KEYS",
                "hunter2-hunter2-hunter2-hunter2-hunter2",
                "holds a secret",
            ),
            ("HEALTHCORE__AUTH__PASSWORD_COST", "11", "`auth.password_cost`"),
            (
                "HEALTHCORE__LOG__LEVEL",
                "debug",
                "`log.level` (environment variable HEALTHCORE__LOG__LEVEL) must be",
            ),
            ("HEALTHCORE__LOG__LEVEL", "trace", "`log.level`"),
            ("HEALTHCORE__LIMITS__ENABLED", "false", "`limits.enabled`"),
            (
                "DATABASE_URL",
                "postgres://ann:hunter2@db.example/clinic",
                "`database.url` (environment variable",
            ),
            ("POSTGRES_HOST", "db.example", "`database.host` (environment variable POSTGRES_HOST) leads to"),
        ];
        for (name, value, expected) in cases {
            let lines = refused_with(name, value);
            assert_eq!(lines.len(), 1, "{name}: {lines:?}");
            assert!(lines[0].contains(expected), "{name}: {lines:?}");
            assert!(!lines[0].contains("hunter2"), "{name}: {lines:?}");
        }
    }

    #[test]
    fn everything_is_told_at_once() {
        let all = production()
            .with_variable("HEALTHCORE__AUTH__PASSWORD_COST", "4")
            .with_variable("HEALTHCORE__LOG__LEVEL", "trace")
            .with_variable("HEALTHCORE__LIMITS__ENABLED", "false")
            .with_variable("DATABASE_URL", "postgres://db.example/clinic");
        assert_eq!(refused(&all).len(), 5);
        for secret in ["short", "changeme-changeme-changeme-changeme-now"] {
            assert_eq!(refused(&all.clone().with_variable("SECRET_KEY", secret)).len(), 5);
        }
        assert_eq!(refused(&all.with_variable("SECRET_KEY_FILE", "/no/such/file")).len(), 5);
    }

    #[test]
    fn a_file_is_looked_into_as_well() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        for (text, count) in [(GOOD, 0), ("your-secret-key-change-it-in-production", 1)] {
            fs::write(&path, text).unwrap();
            let lines = refused(&production().with_variable("SECRET_KEY_FILE", path.to_str().unwrap()));
            assert_eq!(lines.len(), count, "{lines:?}");
        }
    }

    #[test]
    fn a_database_is_reached_here_or_by_tls() {
        let fine = [
            "sqlite:///srv/clinic.db",
            "postgres:///clinic",
            "postgres://localhost/clinic",
            "postgres://ann:p%40ss@127.0.0.1:5432/clinic",
            "postgresql://[::1]:5432/clinic",
            "postgres:///clinic?host=%2Frun%2Fpostgresql&port=5432",
            "postgres://%2Frun%2Fpostgresql/clinic",
            "postgres://db.example/clinic?sslmode=require",
            "postgres://ann@db.example:6543/clinic?connect_timeout=2&sslmode=verify-full",
        ];
        for url in fine {
            assert_eq!(refused_with("DATABASE_URL", url), [""; 0], "{url}");
        }
        let open = [
            "postgres://db.example/clinic",
            "postgresql://ann:localhost@10.0.0.5/clinic",
            "postgres://db.example/clinic?sslmode=disable",
            "postgres://db.example/clinic?sslmode=allow",
            "postgres://db.example/clinic?sslmode=prefer",
            "postgres://db.example/clinic?sslmode=require&sslmode=disable",
            "postgres://localhost,db.example/clinic",
            "postgres:///clinic?host=db.example",
            "postgres://localhost/clinic?hostaddr=10.0.0.5",
            "postgres://localhost.example/clinic",
            "postgres://[2001:db8::1]/clinic",
        ];
        for url in open {
            assert_eq!(refused_with("DATABASE_URL", url).len(), 1, "{url}");
        }
    }
}
