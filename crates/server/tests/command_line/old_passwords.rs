//! Users of a Django backend, taken over by the command, sign in at the server with the passwords that they had.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection};
use serde_json::Value;
use testkit::postgres::{self, Database, Template};

use crate::place::{Place, Serving, err, out, status};

const LONG: &str =
    "Import#User11-01234567890123456789012345678901234567890123456789012345678901234567890123456789";

/// What these users type, whose account it is, and the password that each had; in every family.
const USERS: [(&str, &str, &str); 5] = [
    ("Admin.One", "Admin.One", "Import#User1"),
    ("v.joglekar.junior@example.net", "vikram_joglekar-4", "Import#User4"),
    ("अनुपमा", "अनुपमा", "Import#User10"),
    ("farah.c", "farah.c", LONG),
    ("ward12", "ward12", "Import#User12-पासवर्ड-é"),
];

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../transfer/tests/data").join(name)
}

/// A folder with a clinic that moved here, on SQLite or on a PostgreSQL.
struct Moved {
    place: Place,
    postgres: Option<Database>,
}

impl Moved {
    /// Takes a backend over by the line that the documents tell.
    fn by(origin: &[&str], postgres: Option<Database>) -> Self {
        let moved = Self { place: Place::new(), postgres };
        moved.run(&[&["import", "django", "--staff"], origin].concat());
        moved
    }

    /// Where the records are, for the program; nothing for SQLite.
    fn variables(&self) -> Vec<(&str, &str)> {
        self.postgres.iter().map(|database| ("DATABASE_URL", database.url())).collect()
    }

    fn run(&self, arguments: &[&str]) -> String {
        let mut command: Command = self.place.command(arguments);
        let output = command.envs(self.variables()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", err(&output));
        out(&output)
    }

    /// How the hash begins that is kept for each of the users: with the name of its kind.
    fn kinds(&self) -> Vec<String> {
        let name = "users.ndjson";
        self.run(&["export", "users", "--with-password-hashes", "--out", name]);
        let users = fs::read_to_string(self.place.path(name)).unwrap();
        fs::remove_file(self.place.path(name)).unwrap();
        let users: Vec<Value> = users.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let kind = |account: &str| {
            let user = users.iter().find(|user| user["username"] == account).unwrap();
            user["password_hash"].as_str().unwrap().split('$').next().unwrap().to_owned()
        };
        USERS.iter().map(|(_, account, _)| kind(account)).collect()
    }
}

fn sign_in(serving: &Serving, typed: &str, password: &str) -> String {
    let body = format!(r#"{{"username": "{typed}", "password": "{password}"}}"#);
    serving.post("/api/auth/login/", &body)
}

/// All users are let in with their passwords, as the accounts that they had, and see what is theirs.
fn all_are_let_in(serving: &Serving) {
    for (typed, account, password) in USERS {
        let answer = sign_in(serving, typed, password);
        assert_eq!(status(&answer), "200", "{typed}: {answer}");
        let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
        assert_eq!(body["user"]["username"], account);
        let patients = serving.patients(body["access"].as_str().unwrap());
        assert_eq!(status(&patients), "200", "{typed}: {patients}");
    }
}

fn passwords_are_those_of_before(moved: &Moved) {
    assert_eq!(moved.kinds(), ["pbkdf2_sha256"; 5]);
    let serving = moved.place.serve(&moved.variables());
    let cut = LONG.get(..72).unwrap();
    for (typed, password) in [
        ("Admin.One", "Import#User2"),
        ("farah.c", cut),
        ("retired.user", "Import#User6"),
        ("sso.only", "Import#User7"),
        ("sso.only", "!"),
    ] {
        let answer = sign_in(&serving, typed, password);
        assert!(status(&answer) == "401" && !answer.contains("\"access\""), "{typed}: {answer}");
    }
    assert_eq!(moved.kinds(), ["pbkdf2_sha256"; 5], "a wrong password changes nothing");
    all_are_let_in(&serving);
    assert_eq!(moved.kinds(), ["hc1"; 5]);
    all_are_let_in(&serving);
    assert_eq!(status(&sign_in(&serving, "farah.c", cut)), "401");
    let admin = sign_in(&serving, "Admin.One", "Import#User1");
    assert!(admin.contains(r#""role":"admin""#), "{admin}");
}

/// A database of this test's own, without any table.
fn database() -> Database {
    postgres::database_blocking(&Template::new("empty", |_| Ok(()))).unwrap()
}

/// The database of a backend as it runs, from its dump.
fn backend(family: &str) -> Database {
    let dump = fs::read_to_string(data(&format!("{family}.sql"))).unwrap();
    let for_psql = |line: &&str| line.starts_with("\\restrict") || line.starts_with("\\unrestrict");
    let restored: String = dump.split_inclusive('\n').filter(|line| !for_psql(line)).collect();
    let database = database();
    PgConnection::establish(database.url()).unwrap().batch_execute(&restored).unwrap();
    database
}

fn from_files_to_sqlite(family: &str) {
    let (dump, file) = (data(&format!("{family}.json")), data(&format!("{family}.sqlite3")));
    // Both hold the same; a family that is read from one is not read from the other.
    let origin = if family == "s1" {
        ["--from", file.to_str().unwrap()]
    } else {
        ["--from-dump", dump.to_str().unwrap()]
    };
    passwords_are_those_of_before(&Moved::by(&origin, None));
}

fn from_postgresql_to_postgresql(family: &str) {
    let backend = backend(family);
    passwords_are_those_of_before(&Moved::by(&["--from", backend.url()], Some(database())));
}

#[test]
fn users_of_s0_sign_in_with_the_passwords_that_they_had() {
    from_files_to_sqlite("s0");
}

#[test]
fn users_of_s1_sign_in_with_the_passwords_that_they_had() {
    from_files_to_sqlite("s1");
}

#[test]
fn users_of_s2_sign_in_with_the_passwords_that_they_had() {
    from_files_to_sqlite("s2");
}

#[test]
fn users_of_s0_sign_in_with_the_passwords_that_they_had_on_postgresql() {
    from_postgresql_to_postgresql("s0");
}

#[test]
fn users_of_s1_sign_in_with_the_passwords_that_they_had_on_postgresql() {
    from_postgresql_to_postgresql("s1");
}

#[test]
fn users_of_s2_sign_in_with_the_passwords_that_they_had_on_postgresql() {
    from_postgresql_to_postgresql("s2");
}
