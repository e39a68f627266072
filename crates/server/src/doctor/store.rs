//! The database and what belongs to it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use domain::{Page, PageLimit, Role, UserFilter};
use persistence::{DatabaseSettings, MigrationState, Stores};

use super::Check;
use crate::audit::anchor_file;
use crate::compose;
use crate::settings::Settings;

pub(super) const CONNECT: &str = "database.connect";
pub(super) const SCHEMA: &str = "database.schema";
pub(super) const INTEGRITY: &str = "database.integrity";
pub(super) const ADMINISTRATOR: &str = "database.administrator";
pub(super) const PROGRAMS: &str = "database.programs";
pub(super) const ANCHORS: &str = "audit.anchors";

/// A larger file is read from end to end for a deployment only: that takes minutes.
const QUICK: u64 = 512 << 20;
/// One is enough.
const ONE: PageLimit = PageLimit::new(1).unwrap();
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn checks(settings: &Settings, deploy: bool) -> Vec<Check> {
    let mut checks = opened(settings, deploy);
    if settings.database_url.sqlite_file().is_none() {
        checks.push(programs());
    }
    checks.push(anchors(settings));
    checks
}

/// What can be told only when the database is there.
fn opened(settings: &Settings, deploy: bool) -> Vec<Check> {
    let file = settings.database_url.sqlite_file();
    let described = settings.database_url.describe();
    if file.as_ref().is_some_and(|file| !file.exists()) {
        return vec![Check::skipped(
            CONNECT,
            format!("{described} is not there yet; the first start makes it"),
        )];
    }
    let schema = match persistence::schema(settings.database_url.expose()) {
        Ok(schema) => schema,
        Err(error) => {
            let failed = Check::failed(CONNECT, error.to_string(), cure_of_connecting(settings));
            let integrity = file.map(|file| integrity(&file, true));
            return [failed].into_iter().chain(integrity).collect();
        }
    };
    let mut checks = vec![Check::ok(CONNECT, format!("{described} can be reached"))];
    let count = |state| schema.iter().filter(|migration| migration.state == state).count();
    let (missing, unknown) = (count(MigrationState::Pending), count(MigrationState::Unknown));
    checks.push(match (missing, unknown) {
        (0, 0) => Check::ok(SCHEMA, "the schema is up to date"),
        (0, _) => Check::warning(
            SCHEMA,
            format!("a newer release has added {unknown} migrations"),
            "use that release, or its successor: only the release before it is promised to work here",
        ),
        _ if settings.database.migrate => {
            Check::warning(SCHEMA, format!("{missing} migrations are missing"), "the next start applies them")
        }
        _ => Check::failed(
            SCHEMA,
            format!("{missing} migrations are missing, and `database.migrate` is false"),
            "healthcore migrate",
        ),
    });
    if let Some(file) = file {
        let size = std::fs::metadata(&file).map_or(0, |about| about.len());
        checks.push(if size > QUICK && !deploy {
            Check::skipped(INTEGRITY, format!("{} MB are read by --deploy only", size >> 20))
        } else {
            integrity(&file, missing == 0)
        });
    }
    checks.push(if missing == 0 {
        administrator(settings)
    } else {
        Check::skipped(ADMINISTRATOR, "the schema is not complete")
    });
    checks
}

fn integrity(file: &Path, is_complete: bool) -> Check {
    let cure = "stop the server, keep the file, and put the newest backup back: `healthcore restore`";
    match persistence::inspect(file) {
        Ok(_) => Check::ok(INTEGRITY, "the file was read from end to end and is whole"),
        Err(_) if !is_complete => Check::skipped(INTEGRITY, "the schema is not complete"),
        Err(error) => Check::failed(INTEGRITY, error.to_string(), cure),
    }
}

fn cure_of_connecting(settings: &Settings) -> &'static str {
    if settings.database_url.sqlite_file().is_some() {
        "look at the path and its permissions; `healthcore config show --sources` tells who has set it"
    } else {
        "look whether the server runs and lets us in (`pg_isready`, pg_hba.conf), and at `database.*` with `healthcore \
         config show --sources`"
    }
}

fn administrator(settings: &Settings) -> Check {
    let cure = "healthcore create-admin --username NAME";
    match has_administrator(settings) {
        Ok(true) => Check::ok(ADMINISTRATOR, "there is an active administrator"),
        Ok(false) => Check::warning(ADMINISTRATOR, "there is no active administrator", cure),
        Err(error) => Check::failed(ADMINISTRATOR, error, "look at the log of the database"),
    }
}

fn has_administrator(settings: &Settings) -> Result<bool, String> {
    let database = DatabaseSettings {
        answer_timeout: PATIENCE,
        connections: std::num::NonZeroU32::MIN,
        ..compose::database(settings)
    };
    let stores = Stores::connect(&database).map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(async {
        let admins = UserFilter { role: Some(Role::Admin), is_active: Some(true), ..UserFilter::default() };
        let found = stores.admin_records.users(&admins, Page { limit: ONE, ..Page::default() }).await;
        Ok(!found.map_err(|error| error.to_string())?.items.is_empty())
    })
}

fn programs() -> Check {
    let is_there = |program: &str| {
        let mut command = Command::new(program);
        command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let missing: Vec<&str> =
        ["pg_dump", "pg_restore"].into_iter().filter(|program| !is_there(program)).collect();
    if missing.is_empty() {
        Check::ok(PROGRAMS, "pg_dump and pg_restore are there")
    } else {
        Check::warning(
            PROGRAMS,
            format!("{} cannot be found, so `healthcore backup` cannot work here", missing.join(" and ")),
            "install PostgreSQL's client programs (Debian: apt-get install postgresql-client), or back up elsewhere",
        )
    }
}

fn anchors(settings: &Settings) -> Check {
    let cure = "name a file on another machine's disk with `audit.anchor_file`, or have `healthcore audit head` called \
        from elsewhere now and then";
    match anchor_file(settings) {
        None => Check::warning(ANCHORS, "the newest seal of the audit trail is noted in the log only", cure),
        Some(file) if settings.audit.anchor_file.as_os_str().is_empty() => Check::ok(
            ANCHORS,
            format!("the newest seal of the audit trail is noted in {}, beside the database", file.display()),
        ),
        Some(file) => {
            Check::ok(ANCHORS, format!("the newest seal of the audit trail is noted in {}", file.display()))
        }
    }
}
