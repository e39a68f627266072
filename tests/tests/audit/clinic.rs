//! A program with a database of its own, and its commands.

use std::path::Path;
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use testkit::postgres::{self, Template};

use crate::command::{self, Written};
use crate::program::{PATIENCE, Program, Setup};

/// The password of every user.
pub(crate) const PASSWORD: &str = "violet otter 4711 bridge";

/// Which database the program has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
}

/// A program that serves. It ends first, then its database and its folder go.
pub(crate) struct Clinic {
    pub(crate) program: Program,
    variables: Vec<(String, String)>,
    folder: tempfile::TempDir,
    _postgres: Option<postgres::Database>,
}

impl Clinic {
    /// Starts it on an empty database with these settings and an administrator called `admin`.
    pub(crate) fn open(database: Database, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let postgres = match database {
            Database::Sqlite => None,
            Database::Postgres => Some(postgres::database_blocking(&Template::empty()).unwrap()),
        };
        let path = |name: &str| folder.path().join(name).display().to_string();
        let (data, heads) = (path("data"), path("heads.ndjson"));
        let url = postgres.as_ref().map_or_else(
            || format!("sqlite://{}", path("data/healthcore.db")),
            |postgres| postgres.url().to_owned(),
        );
        let own = [
            ("server.data_dir", data.as_str()),
            ("database.url", url.as_str()),
            ("database.connections", "4"),
            ("audit.anchor_file", heads.as_str()),
            ("auth.password_cost", "4"),
        ];
        let settings: Vec<_> = own.iter().chain(settings).copied().collect();
        let program = Program::start(&Setup::new(&settings));
        let variables = own.iter().chain(&settings).map(|(key, value)| {
            (format!("HEALTHCORE__{}", key.replace('.', "__").to_uppercase()), (*value).to_owned())
        });
        let variables = variables
            .chain([
                ("DJANGO_SUPERUSER_USERNAME".to_owned(), "admin".to_owned()),
                ("DJANGO_SUPERUSER_PASSWORD".to_owned(), PASSWORD.to_owned()),
            ])
            .collect();
        let clinic = Self { program, variables, folder, _postgres: postgres };
        let made = clinic.run(&["create-admin", "--noinput"]);
        assert!(made.is_done, "{} {}", made.out, made.err);
        clinic
    }

    /// Runs a command of the program on its database.
    pub(crate) fn run(&self, arguments: &[&str]) -> Written {
        command::run(self.folder(), &self.variables, arguments)
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// All events of the trail, oldest first, as the program exports them.
    pub(crate) fn export(&self) -> Vec<Value> {
        let written = self.run(&["audit", "export"]);
        written.lines("{").into_iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Seals what is not sealed yet, checks the whole trail by the heads that were noted, and returns how many events
    /// it has. Transactions of other tests on the same PostgreSQL may keep the end from being sealed for a moment.
    pub(crate) fn verify(&self) -> usize {
        let deadline = Instant::now() + PATIENCE;
        loop {
            assert_eq!(self.run(&["audit", "head"]).lines("{").len(), 1);
            let written = self.run(&["audit", "verify"]);
            assert!(!written.err.contains("no head was noted"), "{}", written.err);
            let lines = written.lines("events=");
            assert_eq!(lines.len(), 1, "{}", written.out);
            if lines[0].contains(" unsealed=0 ") {
                return lines[0].split(['=', ' ']).nth(1).unwrap().parse().unwrap();
            }
            assert!(Instant::now() < deadline, "{}", lines[0]);
        }
    }

    /// Lets it end as an operator does: what is on record is written and sealed.
    pub(crate) fn close(&mut self) {
        self.program.terminate();
        assert!(self.program.ended().success());
    }

    /// Ends it as a power cut would, as far as a program can tell.
    pub(crate) fn kill(pid: u32) {
        let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
        kill_process(pid, Signal::KILL).unwrap();
    }
}

/// Makes two tests of each function that takes a database.
macro_rules! on_both_databases {
    ($($test:ident),+ $(,)?) => {$(
        mod $test {
            use crate::clinic::Database;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$test(Database::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$test(Database::Postgres).await;
            }
        }
    )+};
}

pub(crate) use on_both_databases;
