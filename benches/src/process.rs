//! What processes use, from `/proc`.

use std::fs;

/// Ticks of `utime` and `stime` in a second: `USER_HZ`, 100 on Linux whatever the kernel's own clock (proc(5)).
const TICKS: u64 = 100;

/// CPU time of one process in microseconds, with that of children that have ended if `with_ended`.
fn cpu_of(pid: u32, with_ended: bool) -> Option<u64> {
    let fields = stat(pid)?;
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok());
    let ended = if with_ended { ticks(13)? + ticks(14)? } else { 0 };
    Some((ticks(11)? + ticks(12)? + ended) * (1_000_000 / TICKS))
}

/// The fields of `/proc/<pid>/stat` after the name, so that field 3 of the manual is the first one.
fn stat(pid: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}

/// CPU time of a process alone, in microseconds.
pub(crate) fn cpu(pid: u32) -> u64 {
    cpu_of(pid, false).unwrap_or(0)
}

/// CPU time of a process and all its children, past and present, in microseconds.
pub(crate) fn family_cpu(pid: u32) -> u64 {
    let is_child = |of: u32| stat(of).and_then(|fields| fields.get(1)?.parse().ok()) == Some(pid);
    let children: u64 = processes().filter(|other| is_child(*other)).map(cpu).sum();
    cpu_of(pid, true).unwrap_or(0) + children
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten();
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

/// Memory of a process: as much as it ever held, and what it holds now, in KiB.
pub(crate) fn memory(pid: u32) -> (u64, u64) {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let of = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
    };
    (of("VmHWM:"), of("VmRSS:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_has_memory_and_uses_time() {
        let me = std::process::id();
        let (highest, now) = memory(me);
        assert!(highest >= now && now > 0);
        let before = cpu(me);
        while cpu(me) == before {
            std::hint::black_box(fs::read_to_string("/proc/self/stat").unwrap());
        }
        assert!(family_cpu(me) > before);
    }
}
