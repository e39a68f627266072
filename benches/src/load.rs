//! Load by `wrk`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::product::Product;
use crate::{Result, process};

/// What a run has shown.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Run {
    /// How many requests.
    pub(crate) requests: f64,
    /// The same per second.
    pub(crate) rate: f64,
    /// Latency that half, 95 and 99 of a hundred requests stay below, in microseconds.
    pub(crate) p50: f64,
    /// The same for 95.
    pub(crate) p95: f64,
    /// The same for 99.
    pub(crate) p99: f64,
    /// CPU time of the server per request, in microseconds.
    pub(crate) server: f64,
    /// CPU time of the database per request, in microseconds.
    pub(crate) database: f64,
    /// The part of the answers with a status of 400 and more.
    pub(crate) refused: f64,
    /// Connections that broke or took too long.
    pub(crate) broken: f64,
}

/// How to load.
#[derive(Clone, Copy)]
pub(crate) struct Load<'a> {
    /// What to ask for: a profile of `load/profiles.lua`.
    pub(crate) profile: &'a str,
    /// How many connections at once.
    pub(crate) connections: u32,
    /// For how long.
    pub(crate) seconds: u32,
}

impl Load<'_> {
    /// Runs it. Blocks until it is over.
    pub(crate) fn run(&self, product: &Product, database: Option<u32>) -> Result<Run> {
        let cpu = || (process::cpu(product.pid()), database.map_or(0, process::family_cpu));
        let before = cpu();
        let output = self.command(product.address(), product.people()).output()?;
        let after = cpu();
        let text = String::from_utf8_lossy(&output.stdout);
        let Some(line) = text.lines().find_map(|line| line.strip_prefix("RESULT ")) else {
            return Err(format!("wrk: {text}{}", String::from_utf8_lossy(&output.stderr)).into());
        };
        let numbers: Vec<f64> = line.split(' ').filter_map(|number| number.parse().ok()).collect();
        let [requests, micros, p50, p95, p99, _, refused, broken] = numbers[..] else {
            return Err(format!("wrk said {line}").into());
        };
        let each = |before: u64, after: u64| float(after.saturating_sub(before)) / requests.max(1.0);
        Ok(Run {
            requests,
            rate: requests / (micros / 1e6),
            p50,
            p95,
            p99,
            server: each(before.0, after.0),
            database: each(before.1, after.1),
            refused: refused / requests.max(1.0),
            broken,
        })
    }

    fn command(&self, address: &str, people: &Path) -> Command {
        let mut command = Command::new("wrk");
        let seconds = self.seconds.to_string();
        let connections = self.connections.to_string();
        let arguments = ["-t", "2", "-c", &connections, "-d", &seconds, "--timeout", "10s", "-s"];
        command.args(arguments).arg(folder().join("load/profiles.lua"));
        command.arg(format!("http://{address}")).arg("--").arg(self.profile).arg(people);
        command
    }
}

/// Where the files of this crate are.
pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Exact for everything that is counted here.
#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "counts stay below 2^52")]
pub(crate) fn float(count: u64) -> f64 {
    count as f64
}
