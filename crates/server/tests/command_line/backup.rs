//! `healthcore backup` and `healthcore restore`.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use rustix::process::Signal;
use serde_json::Value;
use testkit::postgres::{self, Database, Template};

use crate::place::{PASSWORD, Place, Serving, err, exchange, mode, out, status};

fn token(serving: &Serving) -> String {
    let body = format!(r#"{{"username": "ann", "password": "{PASSWORD}"}}"#);
    let answer = serving.post("/api/auth/register/", &body);
    assert_eq!(status(&answer), "201", "{answer}");
    answer.split(r#""access":""#).nth(1).unwrap().split('"').next().unwrap().to_owned()
}

fn add(serving: &Serving, token: &str, name: &str) {
    let body = format!(r#"{{"name": "{name}"}}"#);
    let head = "POST /api/patients/ HTTP/1.1\r\nHost: here\r\nConnection: close\r\nContent-Type: application/json\r\n";
    let length = body.len();
    let request = format!("{head}Authorization: Bearer {token}\r\nContent-Length: {length}\r\n\r\n{body}");
    let answer = exchange(serving.addr, &request);
    assert_eq!(status(&answer), "201", "{answer}");
}

fn names(serving: &Serving) -> Vec<String> {
    let body = format!(r#"{{"username": "ann", "password": "{PASSWORD}"}}"#);
    let answer = serving.post("/api/auth/login/", &body);
    let token = answer.split(r#""access":""#).nth(1).unwrap().split('"').next().unwrap().to_owned();
    let answer = serving.patients(&token);
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    let patients: Vec<Value> = serde_json::from_str(body).unwrap();
    patients.iter().map(|patient| patient["name"].as_str().unwrap().to_owned()).rev().collect()
}

fn stop(mut serving: Serving) {
    serving.signal(Signal::TERM);
    assert_eq!(serving.ended(Duration::from_secs(10)).code(), Some(0));
}

fn change(file: &Path, sql: &str) {
    SqliteConnection::establish(file.to_str().unwrap()).unwrap().batch_execute(sql).unwrap();
}

#[test]
fn what_was_there_at_the_backup_is_there_again_and_the_rest_is_kept() {
    let place = Place::new();
    let serving = place.serve(&[]);
    let ann = token(&serving);
    add(&serving, &ann, "Before");
    let made = place.run(&["backup", "clinic.backup"]);
    assert_eq!(made.status.code(), Some(0), "{}", err(&made));
    assert!(out(&made).contains("bytes, 1 users, 1 patients, 0 doctors, 0 mappings"), "{}", out(&made));
    assert_eq!(mode(&place.path("clinic.backup")), 0o600);
    add(&serving, &ann, "After");

    let running = place.run(&["restore", "clinic.backup", "--yes"]);
    assert_eq!(running.status.code(), Some(1));
    assert!(err(&running).contains("another server uses"), "{}", err(&running));
    assert_eq!(names(&serving), ["Before", "After"]);
    stop(serving);

    let asked = place.run(&["restore", "clinic.backup"]);
    assert_eq!(asked.status.code(), Some(2), "{}", err(&asked));
    let restored = place.run(&["restore", "clinic.backup", "--yes"]);
    assert_eq!(restored.status.code(), Some(0), "{}", err(&restored));
    let kept = out(&restored).lines().last().unwrap().strip_suffix(" was there before").unwrap().to_owned();
    let serving = place.serve(&[]);
    assert_eq!(names(&serving), ["Before"]);
    stop(serving);
    let verified = place.run(&["audit", "verify"]);
    assert_eq!(verified.status.code(), Some(0), "{}", err(&verified));
    let exported = out(&place.run(&["audit", "export"]));
    assert!(exported.contains(r#""operation":"backup""#) && exported.contains(r#""operation":"restore""#));

    let back = place.run(&["restore", &kept, "--yes"]);
    assert_eq!(back.status.code(), Some(0), "{}", err(&back));
    assert_eq!(names(&place.serve(&[])), ["Before", "After"]);
}

#[test]
fn a_backup_under_writers_is_whole_and_keeps_nobody_waiting() {
    const COPIES: usize = 5;
    let place = Place::new();
    let serving = place.serve(&[("HEALTHCORE__LIMITS__ENABLED", "false")]);
    let ann = token(&serving);
    let (is_over, written) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let (serving, ann, is_over, written) = (&serving, &ann, &is_over, &written);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    add(serving, ann, &format!("Patient of writer {writer}"));
                    written.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for copy in 0..COPIES {
            let before = written.load(Ordering::Relaxed);
            let name = format!("{copy}.backup");
            let made = place.run(&["backup", &name]);
            let after = written.load(Ordering::Relaxed);
            assert_eq!(made.status.code(), Some(0), "{}", err(&made));
            let patients =
                out(&made).split(" users, ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
            // A write that is not answered yet may be in it.
            assert!((before..=after + 4).contains(&patients), "{before} {patients} {after}");
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert!(written.load(Ordering::Relaxed) > 0);
    for copy in 0..COPIES {
        let checked = place.run(&["restore", "--check", &format!("{copy}.backup")]);
        assert_eq!(checked.status.code(), Some(0), "{}", err(&checked));
    }
}

#[test]
fn a_file_that_cannot_be_used_changes_nothing() {
    let place = Place::new();
    assert_eq!(place.run(&["migrate"]).status.code(), Some(0));
    assert_eq!(place.run(&["backup", "good.backup"]).status.code(), Some(0));
    let again = place.run(&["backup", "good.backup"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(err(&again).contains("is there already"), "{}", err(&again));

    let good = fs::read(place.path("good.backup")).unwrap();
    fs::write(place.path("half.backup"), &good[..good.len() / 2]).unwrap();
    let mut flipped = good.clone();
    let from = good.len() / 2;
    flipped[from..from + 4096].fill(0x5a);
    fs::write(place.path("flipped.backup"), flipped).unwrap();
    fs::write(place.path("text.backup"), "no database at all, and longer than a header has to be".repeat(40))
        .unwrap();
    change(&place.path("other.backup"), "CREATE TABLE t (a INTEGER)");
    fs::write(place.path("newer.backup"), &good).unwrap();
    let insert = "INSERT INTO __diesel_schema_migrations (version) VALUES ('20990101000001')";
    change(&place.path("newer.backup"), insert);
    let before = fs::read(place.path("data/healthcore.db")).unwrap();
    for (name, expected) in [
        ("half.backup", "damaged"),
        ("flipped.backup", "damaged"),
        ("text.backup", "not a database"),
        ("other.backup", "holds no database of healthcore"),
        ("newer.backup", "newer release"),
        ("missing.backup", "there is no file"),
    ] {
        let output = place.run(&["restore", name, "--yes"]);
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(err(&output).contains(expected), "{name}: {}", err(&output));
    }
    assert_eq!(fs::read(place.path("data/healthcore.db")).unwrap(), before);
    let left: Vec<_> =
        fs::read_dir(place.path("data")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("before")), "{left:?}");
}

#[test]
fn a_backup_goes_into_an_empty_folder_as_well() {
    let place = Place::new();
    assert_eq!(
        place.run(&["seed", "--users", "2", "--patients", "9", "--mappings", "5"]).status.code(),
        Some(0)
    );
    assert_eq!(place.run(&["backup", "a.backup"]).status.code(), Some(0));
    let moved = place.run(&["--data-dir", "elsewhere", "restore", "a.backup", "--yes"]);
    assert_eq!(moved.status.code(), Some(0), "{}", err(&moved));
    assert_eq!(out(&moved).lines().count(), 1, "{}", out(&moved));
    assert_eq!(mode(&place.path("elsewhere/healthcore.db")), 0o600);
    let users = place.run(&["--data-dir", "elsewhere", "users", "list"]);
    assert_eq!(out(&users).lines().count(), 2);
}

#[test]
fn without_the_programs_of_postgresql_the_line_to_type_is_printed_without_the_password() {
    let place = Place::new();
    // A server that answers is needed only where the programs are: the call is put on record first.
    let database = empty_database();
    let url = database.url().replacen('@', ":hunter2@", 1);
    let mut command = place.command(&["backup", "clinic.dump", "--database-url", &url]);
    let output = command.env("PATH", "/nowhere").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    let line = out(&output);
    assert!(line.starts_with("PGPASSWORD=… pg_dump --format=custom"), "{line}");
    assert!(line.contains("--file='clinic.dump' --dbname='postgres://"), "{line}");
    assert!(!line.contains("hunter2") && !err(&output).contains("hunter2"), "{line}");
}

#[test]
fn a_dump_of_postgresql_is_made_checked_and_restored() {
    let place = Place::new();
    let database = empty_database();
    let url = database.url().to_owned();
    let run = |arguments: &[&str]| {
        let mut command = place.command(arguments);
        command.env("DATABASE_URL", &url).env("PATH", path_with_postgres()).output().unwrap()
    };
    let good = |arguments: &[&str]| {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", err(&output));
        out(&output)
    };
    good(&["seed", "--users", "2", "--doctors", "2", "--patients", "9", "--mappings", "5"]);
    good(&["backup", "clinic.dump"]);
    assert_eq!(mode(&place.path("clinic.dump")), 0o600);
    assert!(good(&["restore", "--check", "clinic.dump"]).contains("a dump with"));
    good(&["users", "disable", "seed-2"]);

    let serving = place.serve(&[("DATABASE_URL", &url)]);
    let refused = run(&["restore", "clinic.dump", "--yes"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(err(&refused).contains("servers are at work"), "{}", err(&refused));
    stop(serving);
    let begun = Instant::now();
    let restored = loop {
        // The server of the database takes a moment to forget connections that were closed.
        let output = run(&["restore", "clinic.dump", "--yes"]);
        if output.status.success() || begun.elapsed() > Duration::from_secs(10) {
            break output;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_eq!(restored.status.code(), Some(0), "{}", err(&restored));
    let users = good(&["users", "list"]);
    assert!(users.lines().count() == 2 && !users.contains("disabled"), "{users}");
    good(&["audit", "verify"]);
    fs::write(place.path("text.dump"), "no dump").unwrap();
    assert_eq!(run(&["restore", "text.dump", "--yes"]).status.code(), Some(1));
}

/// A database of this test's own, without any table.
fn empty_database() -> Database {
    postgres::database_blocking(&Template::new("empty", |_| Ok(()))).unwrap()
}

/// Where the programs of the server for tests are, too: Debian keeps them out of the way.
fn path_with_postgres() -> String {
    let config = std::process::Command::new("pg_config").arg("--bindir").output();
    let folder = config.map(|found| String::from_utf8(found.stdout).unwrap().trim().to_owned());
    format!("{}:/usr/local/bin:/usr/bin:/bin", folder.unwrap_or_default())
}
