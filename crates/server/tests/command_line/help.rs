//! Every command explains itself, and ends quietly when nobody listens any more.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::place::{PASSWORD, Place, err, exchange, out, status};

/// All commands with their parents, as `--help` lists them.
fn commands(place: &Place) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![Vec::new()];
    while let Some(path) = open.pop() {
        let help = help_of(place, &path);
        let listed = help.split_once("\nCommands:\n").map_or("", |(_, rest)| rest);
        let listed = listed.split_once("\n\n").map_or(listed, |(list, _)| list);
        let names = listed.lines().filter_map(|line| {
            let name = line.strip_prefix("  ").filter(|line| !line.starts_with(' '))?;
            name.split(' ').next()
        });
        let below = names.filter(|name| *name != "help").map(|name| [&path[..], &[name.to_owned()]].concat());
        open.extend(below);
        found.push(path);
    }
    assert!(found.len() >= 38, "{found:?}");
    found
}

fn help_of(place: &Place, path: &[String]) -> String {
    let arguments: Vec<&str> = path.iter().map(String::as_str).chain(["--help"]).collect();
    let output = place.run(&arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    out(&output)
}

#[test]
fn the_help_of_every_command_has_an_example() {
    let place = Place::new();
    for path in commands(&place) {
        let help = help_of(&place, &path);
        let examples = help.split_once("Examples:\n").map_or("", |(_, examples)| examples);
        let first = path.first().map_or("", String::as_str);
        let has_example = examples.lines().any(|line| line.contains("healthcore") && line.contains(first));
        assert!(has_example, "healthcore {}: {help}", path.join(" "));
    }
}

#[test]
fn no_line_of_help_breaks_off_before_it_is_full() {
    let place = Place::new();
    for path in commands(&place) {
        let help = help_of(&place, &path);
        let is_prose = |line: &str| !line.is_empty() && !line.starts_with(' ') && !line.ends_with(':');
        let lines: Vec<&str> = help.lines().collect();
        for pair in lines.windows(2).filter(|pair| pair.iter().all(|line| is_prose(line))) {
            let next = pair[1].split(' ').next().unwrap();
            let could_be = pair[0].chars().count() + 1 + next.chars().count();
            assert!(could_be > 90, "healthcore {}: {}", path.join(" "), pair[0]);
        }
    }
}

#[test]
fn what_a_command_takes_comes_before_what_every_command_takes() {
    let place = Place::new();
    for path in commands(&place) {
        let help = help_of(&place, &path);
        let options = help.lines().filter_map(|line| line.trim_start().strip_prefix("--")?.split(' ').next());
        let options: Vec<&str> = options.collect();
        let own = options.len() - 3;
        assert_eq!(options[own..], ["config", "database-url", "data-dir"], "healthcore {}", path.join(" "));
    }
}

#[test]
fn every_command_has_a_manual_page() {
    let place = Place::new();
    let made = place.run(&["man", "--dir", "man"]);
    assert_eq!(made.status.code(), Some(0), "{}", err(&made));
    for path in commands(&place) {
        let name = ["healthcore".to_owned()].into_iter().chain(path).collect::<Vec<_>>().join("-");
        let page = std::fs::read_to_string(place.path(&format!("man/{name}.1"))).unwrap();
        assert!(page.contains(".SH NAME") && page.contains("Examples"), "{name}: {page}");
    }
}

#[test]
fn shells_get_completions() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let made = place.run(&["completions", shell]);
        assert_eq!(made.status.code(), Some(0), "{shell}");
        assert!(out(&made).contains("change-password"), "{shell}");
    }
    assert_eq!(place.run(&["completions", "cobol"]).status.code(), Some(2));
}

#[test]
fn a_reader_that_has_gone_is_no_failure_of_any_command() {
    let place = Place::new();
    let admin = place.run_with_input(&["create-admin", "--username", "ann", "--password-stdin"], PASSWORD);
    assert_eq!(admin.status.code(), Some(0), "{}", err(&admin));
    std::fs::write(place.path("doctors.csv"), "name\nDr. Iyer\n").unwrap();
    let mut calls: Vec<Vec<String>> =
        commands(&place).into_iter().map(|path| [path, vec!["--help".to_owned()]].concat()).collect();
    let data = [
        "--version",
        "migrate",
        "migrate status",
        "migrate --check",
        "users list",
        "audit verify",
        "audit head",
        "audit export",
        "audit prune",
        "invite",
        "invite list",
        "check-config",
        "doctor",
        "doctor --json",
        "config show --sources",
        "config init -",
        "config init my.toml",
        "routes",
        "token create ann",
        "keys generate --file new.key",
        "keys rotate --file new.key",
        "openapi",
        "openapi --format json",
        "openapi --format postman",
        "openapi --format http",
        "completions bash",
        "man",
        "man --dir man",
        "backup a.backup",
        "restore a.backup --check",
        "restore a.backup --yes",
        "seed --users 1 --doctors 1 --patients 1 --mappings 1",
        "export users",
        "export patients",
        "export doctors --format csv",
        "export mappings",
        "import doctors doctors.csv --owner ann --dry-run",
        "import doctors doctors.csv --owner ann",
    ];
    calls.extend(data.iter().map(|line| line.split(' ').map(str::to_owned).collect()));
    for call in calls {
        let arguments: Vec<&str> = call.iter().map(String::as_str).collect();
        let mut command = place.command(&arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let said = err(&output);
        assert_eq!(output.status.code(), Some(0), "{call:?}: {said}");
        assert!(!said.contains("pipe") && !said.contains("panicked"), "{call:?}: {said}");
    }
}

#[test]
fn a_server_whose_log_nobody_reads_goes_on() {
    let place = Place::new();
    let mut command = place.command(&["serve", "--bind", "127.0.0.1:0"]);
    command.env("HEALTHCORE__LOG__LEVEL", "trace");
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let first = lines.by_ref().find(|line| line.contains(" listens on ")).unwrap();
    drop(lines);
    let addr = first.rsplit(' ').next().unwrap().parse().unwrap();
    for _ in 0..3 {
        let answer = exchange(addr, "GET /readyz HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
        assert_eq!(status(&answer), "200", "{answer}");
    }
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let begun = std::time::Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(10), "it does not end");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
