//! What production refuses.

use std::fs;
use std::net::IpAddr;

use persistence::DatabaseSettings;
use secrecy::ExposeSecret as _;
use security::{Algorithm, KeyFile, SecretKey};

use super::keys::{self, PREVIOUS, PREVIOUS_FILE, PRIVATE_FILE, SECRET, SECRET_FILE};
use super::{Environment, LogLevel, ReadAuditSetting, SEAL_KEY, SEAL_KEY_FILE, Settings, SettingsError};

/// Cheaper than this, and a stolen table of passwords is soon read.
const LEAST_COST: u32 = 12;

/// The values of `sslmode` that find out who the server is (PostgreSQL documentation, section "SSL Mode
/// Descriptions"). `require` is none of them: it encrypts for whoever answers.
const VERIFIED: [&str; 2] = ["verify-ca", "verify-full"];

/// Everything that is unsafe, one fault each. Outside production only what could not be opened at all.
pub(super) fn faults(settings: &Settings) -> Vec<SettingsError> {
    if settings.server.environment != Environment::Production {
        return unusable(settings).into_iter().collect();
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
        database(settings).or_else(|| unusable(settings)),
    ];
    [key(settings), previous(settings), seal_key(settings)].into_iter().chain(rest).flatten().collect()
}

/// What may be meant, but should be. Outside production nothing is said.
pub(super) fn warnings(settings: &Settings) -> Vec<String> {
    if settings.server.environment != Environment::Production {
        return Vec::new();
    }
    let is_away = settings.database_url.sqlite_file().is_none();
    let cases = [
        (settings.seal_key.is_none(), NO_SEAL_KEY),
        (settings.audit.reads == ReadAuditSetting::Off, NO_READS),
        (is_away && settings.audit.anchor_file.as_os_str().is_empty(), NO_ANCHORS),
    ];
    cases.into_iter().filter(|(holds, _)| *holds).map(|(_, warning)| warning.to_owned()).collect()
}

const NO_SEAL_KEY: &str = "setting `audit.seal_key` is not set: whoever may change every table can forge the seals of the \
    audit trail, and only a head that was noted elsewhere tells; give at least 32 random bytes that the database does \
    not know, such as of `openssl rand -base64 48`";
const NO_READS: &str = "setting `audit.reads` is `off`: nobody can tell who has looked at a record";
const NO_ANCHORS: &str = "setting `audit.anchor_file` is not set: the heads of the audit trail are noted in the log only, \
    where `healthcore audit verify` does not look for them";

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

/// What the audit trail is sealed with.
fn seal_key(settings: &Settings) -> Option<SettingsError> {
    let audit = &settings.audit;
    let secret = settings.origins.secret(SEAL_KEY, &audit.seal_key, &audit.seal_key_file).ok().flatten()?;
    let is_known = SecretKey::parse(secret).is_ok_and(|key| key.is_well_known());
    let reason = "is well known or easy to guess, so anybody could forge seals; `openssl rand -base64 48` makes a good \
        one";
    is_known.then(|| settings.origins.bad(keys::named(SEAL_KEY, SEAL_KEY_FILE, &audit.seal_key_file), reason))
}

/// Patients' records do not travel in the open, nor to somebody who poses as the database.
fn database(settings: &Settings) -> Option<SettingsError> {
    is_exposed(settings.database_url.expose()).then(|| {
        settings.origins.bad(database_key(settings), if HAS_TLS { EXPOSED } else { EXPOSED_WITHOUT_TLS })
    })
}

const HAS_TLS: bool = cfg!(feature = "postgres-tls");
const EXPOSED: &str = "leads to a PostgreSQL server on another host without TLS that verifies it: end `database.url` \
    with `?sslmode=verify-full&sslrootcert=system`, or with the file of your own authority (`require` stops nobody who \
    poses as the server), or reach the server by a tunnel from this host";
const EXPOSED_WITHOUT_TLS: &str = "leads to a PostgreSQL server on another host without TLS that verifies it: use a \
    build with the feature `postgres-tls`, such as `make release` makes, and end `database.url` with \
    `?sslmode=verify-full&sslrootcert=system`, or reach the server by a tunnel from this host";

/// A URL that is none, or that this build has no support for.
fn unusable(settings: &Settings) -> Option<SettingsError> {
    if !cfg!(feature = "otel") && !settings.traces.otlp_endpoint.is_empty() {
        return Some(settings.origins.bad("traces.otlp_endpoint", NO_OTEL));
    }
    if let Some(fault) = unheard(settings) {
        return Some(fault);
    }
    let fault = DatabaseSettings::new(settings.database_url.expose()).check().err()?;
    Some(settings.origins.bad(database_key(settings), format!("cannot be used: {fault}")))
}

const NO_OTEL: &str = "asks for spans to be sent, which takes a build with the feature `otel`";

/// What a URL would have to say itself, and would be thought to be in force.
fn unheard(settings: &Settings) -> Option<SettingsError> {
    let section = &settings.database;
    if database_key(settings) == "database.host" {
        return None;
    }
    let parts = [("database.sslmode", &section.sslmode), ("database.sslrootcert", &section.sslrootcert)];
    let (key, _) = parts.into_iter().find(|(_, value)| !value.is_empty())?;
    let reason = "is for a server in parts (`database.host`): make it a parameter of `database.url`";
    Some(settings.origins.bad(key, reason))
}

/// The setting that says where the database is.
fn database_key(settings: &Settings) -> &'static str {
    let section = &settings.database;
    if !section.url_file.is_empty() {
        "database.url_file"
    } else if !section.url.expose_secret().is_empty() {
        "database.url"
    } else if !section.host.is_empty() || !section.name.is_empty() {
        "database.host"
    } else {
        "server.data_dir"
    }
}

/// Whether the URL leads to a PostgreSQL server on another host by a connection that may be open, or whose other end
/// may be anybody.
fn is_exposed(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://")) else {
        return false;
    };
    let (base, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = base.rsplit_once('@').map_or(base, |(_, rest)| rest);
    let authority = authority.split('/').next().unwrap_or_default();
    let parameters: Vec<(String, String)> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (decoded(key), decoded(value)))
        .collect();
    let values =
        |name: &'static str| parameters.iter().filter(move |(key, _)| key == name).map(|(_, value)| value);
    let hosts =
        values("host").chain(values("hostaddr")).flat_map(|hosts| hosts.split(',')).map(str::to_owned);
    let mut hosts = authority.split(',').map(without_port).map(decoded).chain(hosts);
    let has_mode = values("sslmode").next().is_some();
    let is_verified = values("sslmode").all(|mode| VERIFIED.contains(&mode.as_str()))
        // Without a mode these roots mean `verify-full`.
        && (has_mode || values("sslrootcert").next_back().is_some_and(|roots| roots == "system"));
    !is_verified && !hosts.all(|host| is_local(&host))
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
            ("HEALTHCORE__AUDIT__SEAL_KEY", "hunter2-hunter2-hunter2-hunter2-hunter2", "is well known or"),
            ("HEALTHCORE__AUDIT__SEAL_KEY", "short-hunter2", "__AUDIT__SEAL_KEY) must have at least 32"),
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
    fn what_may_be_meant_is_only_warned_of() {
        let warned = |sources: &Sources| Settings::load(sources).unwrap().warnings();
        let plain = production().with_variable("SECRET_KEY", GOOD);
        let lines = warned(&plain);
        assert!(lines.len() == 1 && lines[0].contains("`audit.seal_key` is not set"), "{lines:?}");
        let keyed = plain.with_variable("HEALTHCORE__AUDIT__SEAL_KEY", GOOD);
        assert_eq!(warned(&keyed), [""; 0]);
        let bare = keyed
            .with_variable("HEALTHCORE__AUDIT__READS", "off")
            .with_variable("DATABASE_URL", "postgres:///clinic");
        let lines = warned(&bare);
        assert!(
            lines.len() == 2 && lines[0].contains("`off`") && lines[1].contains("anchor_file"),
            "{lines:?}"
        );
        assert_eq!(warned(&bare.with_variable("HEALTHCORE__SERVER__ENVIRONMENT", "development")), [""; 0]);
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
        ];
        for url in fine {
            assert_eq!(refused_with("DATABASE_URL", url), [""; 0], "{url}");
        }
        // A build without TLS says so instead.
        let by_tls = [
            "postgres://db.example/clinic?sslmode=verify-ca",
            "postgres://db.example/clinic?sslrootcert=system",
            "postgres://db.example/clinic?sslrootcert=system&sslmode=verify%2Dfull",
            "postgres://ann@db.example:6543/clinic?connect_timeout=2&sslmode=verify-full",
        ];
        for url in by_tls {
            let lines = refused_with("DATABASE_URL", url);
            if cfg!(feature = "postgres-tls") {
                assert_eq!(lines, [""; 0], "{url}");
            } else {
                assert_eq!(lines.len(), 1, "{url}");
                assert!(
                    lines[0].contains("TLS to PostgreSQL") && lines[0].contains("`postgres-tls`"),
                    "{lines:?}"
                );
            }
        }
        let open = [
            "postgres://db.example/clinic",
            "postgresql://ann:localhost@10.0.0.5/clinic",
            "postgres://db.example/clinic?sslmode=disable",
            "postgres://db.example/clinic?sslmode=allow",
            "postgres://db.example/clinic?sslmode=prefer",
            "postgres://db.example/clinic?sslmode=require",
            "postgres://db.example/clinic?sslmode=require&sslrootcert=/no/such/file",
            "postgres://db.example/clinic?ssl=true",
            "postgres://db.example/clinic?sslmode=verify-full&ssl%6Dode=disable",
            "postgres://db.example/clinic?sslrootcert=/etc/root.pem",
            "postgres://db.example/clinic?sslrootcert=system&sslrootcert=/etc/root.pem",
            "postgres://localhost,db.example/clinic",
            "postgres:///clinic?host=db.example",
            "postgres://localhost/clinic?hostaddr=10.0.0.5",
            "postgres://localhost.example/clinic",
            "postgres://[2001:db8::1]/clinic",
        ];
        for url in open {
            let lines = refused_with("DATABASE_URL", url);
            assert_eq!(lines.len(), 1, "{url}");
            assert!(
                lines[0].contains("another host") && lines[0].contains("sslmode=verify-full"),
                "{lines:?}"
            );
        }
    }

    #[test]
    fn a_server_in_parts_is_reached_by_tls_as_well() {
        for prefix in ["POSTGRES", "DB"] {
            let named = |suffix: &str| format!("{prefix}_{suffix}");
            let remote =
                production().with_variable("SECRET_KEY", GOOD).with_variable(&named("HOST"), "db.example");
            let weak = refused(&remote.clone().with_variable(&named("SSLMODE"), "require"));
            assert!(weak.len() == 1 && weak[0].contains("another host"), "{weak:?}");
            let verified = remote
                .with_variable(&named("SSLMODE"), "verify-full")
                .with_variable(&named("SSLROOTCERT"), "/etc/clinic root.pem");
            let url = Settings::load(&verified).unwrap().database_url;
            assert_eq!(
                url.expose(),
                "postgres://db.example:5432/?sslmode=verify-full&sslrootcert=%2Fetc%2Fclinic%20root.pem"
            );
            let lines = refused(&verified);
            assert_eq!(lines.len(), usize::from(!HAS_TLS), "{lines:?}");
            assert!(lines.iter().all(|line| line.contains("`postgres-tls`")), "{lines:?}");
        }
        let unheard = refused_with("HEALTHCORE__DATABASE__SSLMODE", "verify-full");
        assert!(unheard.len() == 1 && unheard[0].contains("`database.sslmode`"), "{unheard:?}");
    }

    #[test]
    fn a_url_that_cannot_be_opened_is_told_everywhere() {
        let cases = [
            ("mysql://ann:hunter2@localhost/clinic", "must begin with sqlite: or postgres://"),
            ("postgres://ann:hunt/er2@localhost/clinic", "must be percent-encoded"),
            ("postgres://localhost/clinic?sslrootcert=system&sslmode=require", "sslmode"),
        ];
        for (url, expected) in cases {
            for sources in [Sources::default(), production().with_variable("SECRET_KEY", GOOD)] {
                let lines = refused(&sources.with_variable("DATABASE_URL", url));
                assert_eq!(lines.len(), 1, "{url}: {lines:?}");
                assert!(lines[0].contains(expected) && !lines[0].contains("er2"), "{lines:?}");
            }
        }
    }
}
