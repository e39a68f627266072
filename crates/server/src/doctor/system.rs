//! The machine: folder, disk, files of keys, limits, clock, ports.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use domain::ports::Clock as _;
use rustix::fs::{Access, access, statvfs};
use rustix::process::{Resource, getrlimit};
use security::{Algorithm, SystemClock};

use super::Check;
use crate::settings::Settings;
use crate::{keys, probe};

pub(super) const FOLDER: &str = "system.folder";
pub(super) const SPACE: &str = "system.space";
pub(super) const KEYS: &str = "system.keys";
pub(super) const FILES: &str = "system.files";
pub(super) const CLOCK: &str = "system.clock";
pub(super) const PORT: &str = "system.port";
pub(super) const METRICS: &str = "system.metrics";

/// Below this much free space a disk is full soon.
const SCARCE: u64 = 1 << 30;
/// And below this it is full.
const FULL: u64 = 64 << 20;
/// A clock that shows an earlier year was never set.
const EARLIEST: &str = "2026-01-01T00:00:00Z";

pub(super) fn checks(settings: &Settings) -> Vec<Check> {
    let mut checks = folder(settings);
    checks.extend(key_file(settings));
    checks.extend([files(settings), clock(), port(settings)]);
    checks.extend(metrics(settings));
    checks
}

fn folder(settings: &Settings) -> Vec<Check> {
    let folder = match settings.database_url.sqlite_file() {
        Some(file) => file.parent().map(Path::to_owned).unwrap_or_default(),
        None => settings.server.data_dir.clone(),
    };
    let folder = if folder.as_os_str().is_empty() { Path::new(".").to_owned() } else { folder };
    let shown = folder.display();
    let Ok(about) = fs::metadata(&folder) else {
        return vec![Check::ok(FOLDER, format!("{shown} is not there yet; the first start makes it"))];
    };
    let mode = about.permissions().mode() & 0o777;
    let first = if access(&folder, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK).is_err() {
        Check::failed(
            FOLDER,
            format!("{shown} cannot be written to by this user"),
            "run this as the user of the server, or give the folder to that user with chown",
        )
    } else if mode & 0o077 != 0 && settings.database_url.sqlite_file().is_some() {
        Check::warning(
            FOLDER,
            format!("others may look into {shown} (mode {mode:04o})"),
            format!("chmod 0700 {shown}"),
        )
    } else {
        Check::ok(FOLDER, format!("{shown} can be written to"))
    };
    vec![first, space(&folder)]
}

fn space(folder: &Path) -> Check {
    let shown = folder.display();
    let Ok(found) = statvfs(folder) else {
        return Check::skipped(SPACE, format!("the free space of {shown} cannot be told"));
    };
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let message = format!("{} MB are free in {shown}", free >> 20);
    let cure = "make room, or move the data folder to a larger disk: writes are refused when it is full";
    match free {
        0..FULL => Check::failed(SPACE, message, cure),
        FULL..SCARCE => Check::warning(SPACE, message, cure),
        _ => Check::ok(SPACE, message),
    }
}

fn key_file(settings: &Settings) -> Option<Check> {
    let path = keys::file(settings)?;
    let shown = path.display();
    let Ok(about) = fs::metadata(&path) else {
        let message = format!("{shown} is not there yet; the first start makes it, outside of production");
        return Some(Check::ok(KEYS, message));
    };
    let algorithm = Algorithm::from(settings.auth.algorithm);
    let mode = about.mode() & 0o777;
    Some(match keys::read(&path, algorithm) {
        Err(error) => Check::failed(KEYS, error.to_string(), "put the file back from where you keep secrets"),
        Ok(_) if mode & 0o007 != 0 => Check::failed(
            KEYS,
            format!("everybody on this machine may read {shown} (mode {mode:04o}) and sign tokens"),
            format!("chmod 0600 {shown}, then `healthcore keys rotate`"),
        ),
        Ok(_) => Check::ok(KEYS, format!("{shown} can be used")),
    })
}

/// Each connection takes two handles, and each thread of the database some.
fn files(settings: &Settings) -> Check {
    let needed = u64::try_from(settings.server.max_in_flight).unwrap_or(u64::MAX).saturating_mul(2);
    let needed = needed.saturating_add(u64::from(settings.database.connections).saturating_mul(4));
    match getrlimit(Resource::Nofile).maximum {
        Some(most) if most < needed => Check::warning(
            FILES,
            format!("{most} files may be open, and `server.max_in_flight` can take {needed}"),
            "raise the limit (`LimitNOFILE=` of systemd, `ulimit -Hn`), or lower the setting",
        ),
        _ => Check::ok(FILES, "enough files may be open"),
    }
}

fn clock() -> Check {
    let now = SystemClock.now().to_string();
    // RFC 3339 in UTC sorts as text.
    if now.as_str() < EARLIEST {
        let message = format!("the clock says {now}");
        return Check::failed(CLOCK, message, "set the clock, by NTP: tokens and the audit trail need it");
    }
    Check::ok(CLOCK, format!("the clock says {now}"))
}

fn port(settings: &Settings) -> Check {
    let address = settings.server.bind;
    let Err(error) = TcpListener::bind(address) else {
        return Check::ok(PORT, format!("{address} is free: no server runs there"));
    };
    let asked = |path, seconds| {
        probe::status(&format!("{}/{path}", probe::own(settings)), true, Duration::from_secs(seconds))
    };
    if asked("livez", 2) == Ok(200) {
        return match asked("readyz", 6) {
            Ok(200) => Check::ok(PORT, format!("a server is at work on {address}, and ready")),
            answer => Check::failed(
                PORT,
                format!("the server on {address} runs, but is not ready ({})", told(answer)),
                "its log says why; mostly the database is away, or it is about to stop",
            ),
        };
    }
    Check::failed(
        PORT,
        format!("{address} cannot be listened on: {error}"),
        "stop what is there (`ss -ltnp` names it), or choose another address with --bind",
    )
}

fn told(answer: Result<u16, String>) -> String {
    answer.map_or_else(|error| error, |status| format!("status {status}"))
}

fn metrics(settings: &Settings) -> Option<Check> {
    let address = settings.metrics.bind?;
    Some(if address.ip().is_loopback() {
        Check::ok(METRICS, format!("metrics are told on {address}, to this machine only"))
    } else {
        Check::warning(
            METRICS,
            format!("metrics are told on {address} to whoever reaches it"),
            "bind `metrics.bind` to 127.0.0.1, or let a firewall pass the monitoring only",
        )
    })
}
