//! What the figures were measured on.

use std::fs;
use std::process::Command;

/// One line about the machine and the programs.
pub(crate) fn description() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown processor", |(_, name)| name);
    let info = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory =
        info.lines().find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse().ok());
    let memory: u64 = memory.unwrap_or(0) / 1_048_576;
    let [kernel, database, commit] = [
        output("uname", &["-sr"]),
        output("pgbench", &["--version"]).replace("pgbench ", ""),
        output("git", &["describe", "--always", "--dirty"]),
    ];
    format!("{cores} cores ({model}), {memory} GiB, {kernel}; {database}; commit {commit}")
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
