//! The database alone, by `pgbench` with the statements of the product.

use std::process::Command;

use tempfile::TempDir;

use crate::database::Database;
use crate::load::{Load, Run, float, folder};
use crate::{Result, process};

/// The database for `pgbench`: its own, so that what it writes is in nobody's way.
const OWN: &str = "raw";
/// What is in it at the beginning of each round.
const ORIGINAL: &str = "raw_original";

/// Which of a hundred transactions is logged with its latency.
const SAMPLED: f64 = 0.1;

/// Makes a copy of the database `of` the product. Its patients are numbered anew, so that one random number tells patient
/// and owner.
pub(crate) fn prepare(database: &Database, of: &str) -> Result<()> {
    database.copy(of, ORIGINAL)?;
    let renumber = std::fs::read_to_string(folder().join("pgbench/prepare.sql"))?;
    database.psql(ORIGINAL, &renumber)?;
    database.psql(ORIGINAL, "VACUUM ANALYZE")?;
    Ok(())
}

/// A round begins.
pub(crate) fn begin(database: &Database) -> Result<()> {
    database.copy(ORIGINAL, OWN)
}

/// The scripts of a profile and how often each of them is run.
fn scripts(profile: &str) -> Vec<String> {
    let file = |name: &str| folder().join("pgbench").join(format!("{name}.sql")).display().to_string();
    let mixture = [
        ("patient", 50),
        ("patients", 15),
        ("doctor", 15),
        ("doctors_of", 12),
        ("create", 6),
        ("mapping", 2),
    ];
    match profile {
        "mixed" => mixture.iter().map(|(name, weight)| format!("{}@{weight}", file(name))).collect(),
        name => vec![file(name)],
    }
}

/// Runs a profile.
pub(crate) fn run(load: Load<'_>, database: &Database) -> Result<Run> {
    let logs = TempDir::new()?;
    let mut command = Command::new("pgbench");
    let [connections, seconds] = [load.connections, load.seconds].map(|number| number.to_string());
    command.args(["-n", "-M", "prepared", "-j", "2", "-c", &connections, "-T", &seconds]);
    command
        .args(["-l", "--sampling-rate", &SAMPLED.to_string(), "--log-prefix"])
        .arg(logs.path().join("log"));
    for script in scripts(load.profile) {
        command.arg("-f").arg(script);
    }
    let server = database.pid().ok_or("PostgreSQL is down")?;
    let before = process::family_cpu(server);
    let output = command.arg(database.url(OWN)).output()?;
    let used = process::family_cpu(server).saturating_sub(before);
    let text = String::from_utf8_lossy(&output.stdout);
    let number = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.split([' ', '/', '(']).find_map(|word| word.parse::<f64>().ok()))
    };
    let (Some(rate), Some(count)) = (number("tps ="), number("number of transactions actually processed:"))
    else {
        return Err(format!("pgbench: {text}{}", String::from_utf8_lossy(&output.stderr)).into());
    };
    let mut latencies = latencies(&logs)?;
    latencies.sort_unstable();
    let at = |percent: usize| {
        let place = latencies.len().saturating_sub(1) * percent / 100;
        latencies.get(place).map_or(0.0, |micros| float(*micros))
    };
    Ok(Run {
        requests: count,
        rate,
        p50: at(50),
        p95: at(95),
        p99: at(99),
        database: float(used) / count.max(1.0),
        ..Run::default()
    })
}

/// The third column of all logs, in microseconds.
fn latencies(logs: &TempDir) -> Result<Vec<u64>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(logs.path())? {
        let text = std::fs::read_to_string(entry?.path())?;
        all.extend(text.lines().filter_map(|line| line.split(' ').nth(2)?.parse::<u64>().ok()));
    }
    Ok(all)
}
