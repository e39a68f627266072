//! What matters before patients' records go in.

use rustix::process::getuid;

use super::Check;
use crate::settings::{Environment, RegistrationSetting, Settings};

pub(super) const ENVIRONMENT: &str = "deploy.environment";
pub(super) const USER: &str = "deploy.user";
pub(super) const EXPOSURE: &str = "deploy.exposure";
pub(super) const REGISTRATION: &str = "deploy.registration";
pub(super) const MIGRATE: &str = "deploy.migrate";
pub(super) const METRICS: &str = "deploy.metrics";

pub(super) fn checks(settings: &Settings) -> Vec<Check> {
    vec![
        environment(settings),
        user(),
        exposure(settings),
        registration(settings),
        migrate(settings),
        metrics(settings),
    ]
}

fn environment(settings: &Settings) -> Check {
    if settings.server.environment == Environment::Production {
        return Check::ok(ENVIRONMENT, "unsafe settings stop the start");
    }
    Check::failed(
        ENVIRONMENT,
        "`server.environment` is `development`: secrets are made up, and nothing unsafe is refused",
        "set it to `production`, and look at what `healthcore check-config` says then",
    )
}

fn user() -> Check {
    if getuid().is_root() {
        let cure = "give the server a user of its own (packaging/healthcore.service does)";
        return Check::warning(USER, "this is root, who may do anything", cure);
    }
    Check::ok(USER, "this is an ordinary user")
}

/// Tokens and records in the open, or clients who all seem to come from the proxy.
fn exposure(settings: &Settings) -> Check {
    let server = &settings.server;
    if server.tls_files().is_some() {
        return Check::ok(EXPOSURE, "the server speaks TLS");
    }
    if server.bind.ip().is_loopback() {
        let message = "plain HTTP, on this machine only";
        return if server.trusted_proxies.is_empty() {
            let cure = "set `server.trusted_proxies` to `127.0.0.1` when a proxy is in front, or limits count all clients \
                as one";
            Check::warning(EXPOSURE, format!("{message}, and no proxy is trusted"), cure)
        } else {
            Check::ok(EXPOSURE, message)
        };
    }
    if server.trusted_proxies.is_empty() {
        return Check::warning(
            EXPOSURE,
            format!("plain HTTP on {}: whoever listens on the way reads records and tokens", server.bind),
            "set `server.tls_certificate_file` and `server.tls_key_file`, or put a proxy with TLS in front and name it \
             in `server.trusted_proxies`",
        );
    }
    Check::ok(EXPOSURE, "plain HTTP behind a trusted proxy; only that proxy should reach the port")
}

fn registration(settings: &Settings) -> Check {
    match settings.access.registration {
        RegistrationSetting::Open => Check::warning(
            REGISTRATION,
            "anybody who reaches the server may make an account",
            "set `access.registration` to `invite` or `closed` unless that is meant",
        ),
        RegistrationSetting::Invite => Check::ok(REGISTRATION, "who was invited may make an account"),
        RegistrationSetting::Closed => Check::ok(REGISTRATION, "administrators make accounts"),
    }
}

fn migrate(settings: &Settings) -> Check {
    let is_shared = settings.database_url.sqlite_file().is_none();
    if is_shared && settings.database.migrate {
        return Check::warning(
            MIGRATE,
            "every server migrates the shared database at its start",
            "set `database.migrate` to false, and run `healthcore migrate` before a new release starts",
        );
    }
    Check::ok(MIGRATE, "migrations are applied where they should be")
}

fn metrics(settings: &Settings) -> Check {
    if settings.metrics.bind.is_some() {
        return Check::ok(METRICS, "Prometheus can ask how the server is");
    }
    let cure = "set `metrics.bind` to `127.0.0.1:9464`";
    Check::warning(METRICS, "nobody can see how the server is, but by its log", cure)
}
