//! Logs without patients: the program says everything it can, every route is asked with texts that are found again,
//! with the database and without it, and nothing of that is in what the program writes or refuses with.

mod calls;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use testkit::postgres::{Options, PostgresServer, Template};

use crate::api::Database;
use crate::client::Answer;
use crate::operations::Operation;
use crate::own_database::{self, OwnDatabase};
use crate::program::{Ended, Program};
use crate::wire;
use calls::Cast;

/// Every text that is sent has this in it.
pub(crate) const CANARY: &str = "zqcanary";
/// The digits of every phone number.
pub(crate) const PHONE: &str = "9850917263";
/// Every birth date.
pub(crate) const BORN: &str = "1931-07-13";

/// How the log is written.
const FORMATS: [&str; 2] = ["json", "human"];
const TABLES: [&str; 11] = [
    "patients",
    "patient_words",
    "patient_versions",
    "doctors",
    "doctor_words",
    "doctor_versions",
    "mappings",
    "mapping_versions",
    "audit_events",
    "sessions",
    "users",
];

#[tokio::test]
async fn nothing_that_was_sent_is_logged_sqlite() {
    let operations = calls::operations().await;
    let all = move || {
        for format in FORMATS {
            let own = OwnDatabase::new_blocking(Database::Sqlite);
            let watch = Watch::start(&own.url, format, &operations);
            watch.ask_everything(0);
            watch.break_tables(&own.url);
            watch.end();
        }
    };
    tokio::task::spawn_blocking(all).await.unwrap();
}

#[tokio::test]
async fn nothing_that_was_sent_is_logged_postgres() {
    let operations = calls::operations().await;
    let all = move || {
        for format in FORMATS {
            let mut server = PostgresServer::start(&Options::fast()).unwrap();
            let database = server.database(&Template::empty()).unwrap();
            // Whoever is let in without a password may show one.
            let url = database.url().replacen('@', &format!(":{CANARY}-of-the-database@"), 1);
            assert!(url.contains(CANARY));
            let watch = Watch::start(&url, format, &operations);
            watch.ask_everything(0);
            let cast = watch.cast(1);
            server.stop().unwrap();
            let away = watch.ask_of_all(&cast);
            assert!(away > 0, "the database was there");
            server.start_again().unwrap();
            watch.wait_until_ready();
            watch.ask_everything(100);
            // PostgreSQL tells a row that breaks a rule in its error.
            let cast = watch.cast(2);
            for (table, column) in [("patients", "name"), ("doctors", "name"), ("users", "username")] {
                let rule =
                    format!("ALTER TABLE {table} ADD CONSTRAINT never CHECK ({column} = '') NOT VALID");
                own_database::execute(database.url(), &rule);
            }
            assert!(watch.ask_of_all(&cast) > 0, "no rule was broken");
            for table in ["patients", "doctors", "users"] {
                own_database::execute(database.url(), &format!("ALTER TABLE {table} DROP CONSTRAINT never"));
            }
            watch.break_tables(database.url());
            watch.end();
        }
    };
    tokio::task::spawn_blocking(all).await.unwrap();
}

/// A program that is watched.
struct Watch<'a> {
    program: Program,
    operations: &'a [Operation],
    asked: AtomicUsize,
    refused: AtomicUsize,
    failed: AtomicUsize,
    /// What was given out and must not be written either.
    tokens: std::sync::Mutex<Vec<String>>,
    _folder: tempfile::TempDir,
}

impl<'a> Watch<'a> {
    fn start(url: &str, format: &str, operations: &'a [Operation]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let secret = format!("{CANARY}-0a1b2c3d4e5f6g7h8i9jKLMNOPQ");
        let variables = [
            ("DATABASE_URL", url),
            ("SECRET_KEY", secret.as_str()),
            ("HEALTHCORE__AUTH__PASSWORD_PEPPER", secret.as_str()),
            ("HEALTHCORE__AUTH__PASSWORD_COST", "4"),
            ("HEALTHCORE__LIMITS__ENABLED", "false"),
            ("HEALTHCORE__LOG__LEVEL", "trace"),
            ("HEALTHCORE__LOG__FORMAT", format),
            // Neither is heeded, or both are: in no case may it make a difference.
            ("RUST_LOG", "trace"),
            ("RUST_BACKTRACE", "full"),
        ];
        Self {
            program: Program::start(folder.path(), &variables),
            operations,
            asked: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
            failed: AtomicUsize::new(0),
            tokens: std::sync::Mutex::default(),
            _folder: folder,
        }
    }

    fn address(&self) -> SocketAddr {
        self.program.address()
    }

    /// A user with records.
    fn cast(&self, number: usize) -> Cast {
        let cast = Cast::new(number, &mut |request| self.ask(request).expect("an answer"));
        self.tokens.lock().unwrap().extend([cast.access.clone(), cast.refresh.clone()]);
        cast
    }

    /// Asks every operation in every way, each for a user of its own.
    fn ask_everything(&self, first: usize) {
        self.in_parallel(|number, operation| {
            let cast = self.cast(1000 + first + number);
            for request in calls::valid(operation, &cast).into_iter().chain(calls::invalid(operation, &cast))
            {
                self.ask(&request).expect("an answer");
            }
        });
        for request in calls::broken() {
            // To something that is no HTTP there may be no answer.
            drop(self.ask(&request));
        }
        for path in ["/metrics", "/metrics/", "/api/metrics/"] {
            let answer = self.ask(&wire::request(&format!("GET {path}"), &[], b"")).unwrap();
            assert!(finds(&answer.body).is_empty(), "{path}");
        }
    }

    /// Asks every operation for one user; how many answers were 5xx.
    fn ask_of_all(&self, cast: &Cast) -> usize {
        let before = self.failed.load(Ordering::Relaxed);
        self.in_parallel(|_, operation| {
            for request in calls::valid(operation, cast) {
                self.ask(&request).expect("an answer");
            }
        });
        self.failed.load(Ordering::Relaxed) - before
    }

    /// Takes one table after the other away and asks what needs it.
    fn break_tables(&self, url: &str) {
        for (number, table) in TABLES.iter().enumerate() {
            // Who was asked for before has signed out.
            let cast = self.cast(3 + number);
            own_database::execute(url, &format!("ALTER TABLE {table} RENAME TO {table}_taken"));
            assert!(self.ask_of_all(&cast) > 0, "nothing needs {table}");
            own_database::execute(url, &format!("ALTER TABLE {table}_taken RENAME TO {table}"));
        }
    }

    fn in_parallel(&self, ask: impl Fn(usize, &Operation) + Sync) {
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let Some(operation) = self.operations.get(number) else { return };
                        ask(number, operation);
                    }
                });
            }
        });
    }

    /// Asks; a refusal tells nothing of what was sent.
    fn ask(&self, request: &[u8]) -> std::io::Result<Answer> {
        let answer = wire::exchange(self.address(), request)?;
        self.asked.fetch_add(1, Ordering::Relaxed);
        if answer.status >= 400 {
            self.refused.fetch_add(1, Ordering::Relaxed);
            let whole = format!("{:?}\n{}", answer.headers, answer.text());
            let found = finds(whole.as_bytes());
            assert!(found.is_empty(), "{}: {whole}", answer.request);
        }
        if answer.status >= 500 {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
        Ok(answer)
    }

    fn wait_until_ready(&self) {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while self.ask(&wire::request("GET /readyz", &[], b"")).unwrap().status != 200 {
            assert!(std::time::Instant::now() < deadline, "the database does not come back");
            thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    /// Ends the program and reads what it has written.
    fn end(self) {
        let Ended { status, written } = self.program.terminate();
        assert!(status.success(), "{status}");
        let (asked, refused) = (self.asked.into_inner(), self.refused.into_inner());
        let failed = self.failed.into_inner();
        let log = String::from_utf8(written[1].clone()).expect("a log is text");
        // That it has said what it can.
        let answered = log.lines().filter(|line| line.contains("answered")).count();
        assert!(answered >= asked * 9 / 10, "{answered} lines for {asked} requests: is the level heeded?");
        assert!(log.contains("a request failed") || log.contains("not available"), "no failure was logged");
        for text in &written {
            for line in text.split(|byte| *byte == b'\n') {
                let shown = String::from_utf8_lossy(line);
                assert!(finds(line).is_empty(), "{:?} in: {shown}", finds(line));
                assert!(
                    !line.iter().any(|byte| *byte < 0x20 || *byte == 0x7f),
                    "a control character: {shown:?}"
                );
            }
        }
        let tokens = self.tokens.into_inner().unwrap();
        for token in &tokens {
            let end = &token[token.len() - 24..];
            assert!(!log.contains(end), "a token is in the log");
        }
        println!(
            "{asked} requests, of them {refused} refused or failed and {failed} failed; {} lines and {} tokens: no canary",
            log.lines().count(),
            tokens.len()
        );
        assert!(asked > 1000 && failed > 20, "{asked} asked, {failed} failed");
    }
}

/// What of that which was sent is in here.
fn finds(bytes: &[u8]) -> Vec<&'static str> {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    // The beginning of every stored hash.
    [CANARY, PHONE, BORN, "$2b$"].into_iter().filter(|canary| text.contains(canary)).collect()
}
