//! What may be wrong with a server, its machine and its database, each with what to do about it.
//!
//! The ids are promised: scripts and docs/operations/on-call.md name them.

mod deploy;
mod store;
mod system;

use serde::Serialize;

use crate::settings::{Settings, SettingsError, Sources};
use crate::tls;

/// What a check has found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// It is well.
    Ok,
    /// Somebody should think about it.
    Warning,
    /// It must be mended.
    Failed,
    /// It could not be looked at, because of something else.
    Skipped,
}

impl Status {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Check {
    /// Stable, `subject.what`.
    pub(crate) id: &'static str,
    pub(crate) status: Status,
    /// What is so. Never a secret.
    pub(crate) message: String,
    /// How to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cure: Option<String>,
}

impl Check {
    fn ok(id: &'static str, message: impl Into<String>) -> Self {
        Self { id, status: Status::Ok, message: message.into(), cure: None }
    }

    fn skipped(id: &'static str, message: impl Into<String>) -> Self {
        Self { id, status: Status::Skipped, message: message.into(), cure: None }
    }

    fn warning(id: &'static str, message: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { id, status: Status::Warning, message: message.into(), cure: Some(cure.into()) }
    }

    fn failed(id: &'static str, message: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { id, status: Status::Failed, message: message.into(), cure: Some(cure.into()) }
    }
}

const READ: &str = "config.read";
const SAFE: &str = "config.safe";
const ADVICE: &str = "config.advice";
const TLS: &str = "config.tls";

/// Every id that there is.
#[cfg(test)]
pub(crate) const IDS: [&str; 23] = [
    READ,
    SAFE,
    ADVICE,
    TLS,
    system::FOLDER,
    system::SPACE,
    system::KEYS,
    system::FILES,
    system::CLOCK,
    system::PORT,
    system::METRICS,
    store::CONNECT,
    store::SCHEMA,
    store::INTEGRITY,
    store::ADMINISTRATOR,
    store::ANCHORS,
    store::PROGRAMS,
    deploy::ENVIRONMENT,
    deploy::USER,
    deploy::EXPOSURE,
    deploy::REGISTRATION,
    deploy::MIGRATE,
    deploy::METRICS,
];

/// Looks at everything, changing nothing; at what matters before patients' records go in only for `deploy`.
pub(crate) fn examine(sources: Result<Sources, SettingsError>, deploy: bool) -> Vec<Check> {
    let settings = sources.and_then(|sources| Settings::load(&sources));
    let settings = match settings {
        Ok(settings) => settings,
        Err(error) => return each_fault(READ, &error),
    };
    let mut checks = vec![Check::ok(READ, "the settings can be read")];
    checks.extend(configuration(&settings));
    checks.extend(system::checks(&settings));
    checks.extend(store::checks(&settings, deploy));
    if deploy {
        checks.extend(deploy::checks(&settings));
    }
    checks
}

fn configuration(settings: &Settings) -> Vec<Check> {
    let mut checks = match settings.check() {
        Ok(()) => vec![Check::ok(SAFE, "nothing is set that is unsafe here")],
        Err(error) => each_fault(SAFE, &error),
    };
    let advice = settings.warnings().into_iter();
    let advice = advice.map(|warning| {
        let (what, cure) = warning.split_once("; ").unwrap_or((&warning, "set it, or live with it"));
        Check::warning(ADVICE, what, cure)
    });
    checks.extend(advice);
    if let Some((certificate, key)) = settings.server.tls_files() {
        checks.push(match tls::config(certificate, key) {
            Ok(_) => Check::ok(TLS, "certificate and key can be used"),
            Err(error) => Check::failed(TLS, error.to_string(), "name a chain and its key, both in PEM"),
        });
    }
    checks
}

/// A check for each thing that is wrong. Messages of settings say the cure themselves.
fn each_fault(id: &'static str, error: &SettingsError) -> Vec<Check> {
    let faults = match error {
        SettingsError::Several(faults) => faults.iter().collect(),
        one => vec![one],
    };
    let cure = "`healthcore config show --sources` tells who has set what; config/default.toml explains each setting";
    faults.into_iter().map(|fault| Check::failed(id, fault.to_string(), cure)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What is found of a server with these variables, in a folder of its own.
    fn found(variables: &[(&str, &str)], deploy: bool) -> Vec<Check> {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let sources = Sources::default()
            .with_variable("HEALTHCORE_DATA_DIR", data.to_str().unwrap())
            .with_variable("HEALTHCORE_BIND", "127.0.0.1:0");
        let add = |sources: Sources, (name, value): &(&str, &str)| sources.with_variable(name, value);
        let checks = examine(Ok(variables.iter().fold(sources, add)), deploy);
        assert!(!data.exists(), "something was made");
        checks
    }

    fn of<'a>(checks: &'a [Check], id: &str) -> &'a Check {
        checks.iter().find(|check| check.id == id).unwrap()
    }

    #[test]
    fn an_empty_folder_is_well() {
        let checks = found(&[], false);
        assert!(checks.iter().all(|check| check.status != Status::Failed), "{checks:?}");
        assert_eq!(of(&checks, store::CONNECT).status, Status::Skipped);
    }

    #[test]
    fn settings_that_cannot_be_read_are_all_that_is_told() {
        let checks = found(&[("HEALTHCORE__LOG__LEVEL", "loud")], false);
        assert!(
            checks.len() == 1 && checks[0].id == READ && checks[0].status == Status::Failed,
            "{checks:?}"
        );
    }

    #[test]
    fn what_does_not_fit_patients_records_is_told_for_a_deployment() {
        let checks = found(&[("HEALTHCORE_BIND", "0.0.0.0:0")], true);
        assert_eq!(of(&checks, deploy::ENVIRONMENT).status, Status::Failed);
        assert_eq!(of(&checks, deploy::EXPOSURE).status, Status::Warning);
        assert_eq!(of(&checks, deploy::REGISTRATION).status, Status::Warning);
        assert!(!found(&[], false).iter().any(|check| check.id.starts_with("deploy.")));
    }

    #[test]
    fn what_is_not_good_says_how_to_mend_it_and_what_is_unsafe_shows_no_secret() {
        let variables = [
            ("HEALTHCORE__SERVER__ENVIRONMENT", "production"),
            ("SECRET_KEY", "your-secret-key-change-it-in-production"),
            ("HEALTHCORE__LIMITS__ENABLED", "false"),
        ];
        let checks = found(&variables, true);
        assert_eq!(checks.iter().filter(|check| check.id == SAFE).count(), 2, "{checks:?}");
        for check in checks {
            let is_bad = matches!(check.status, Status::Warning | Status::Failed);
            assert_eq!(check.cure.is_some(), is_bad, "{check:?}");
            assert!(!check.message.contains("change-it"), "{check:?}");
        }
    }

    #[test]
    fn the_documentation_names_every_check() {
        let text = include_str!("../../../docs/operations/on-call.md");
        let named: BTreeSet<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
            .map(|(id, _)| id)
            .filter(|id| id.contains('.'))
            .collect();
        assert_eq!(named, BTreeSet::from(IDS));
    }
}
