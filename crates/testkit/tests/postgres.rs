//! The servers and databases that other tests stand on.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::Text;
use diesel::{Connection as _, PgConnection, QueryResult, RunQueryDsl as _};
use testkit::postgres::{self, Options, PostgresServer, Template};

/// A schema of one table with one row.
fn template() -> Template {
    Template::new("one table", |url| {
        let mut connection = PgConnection::establish(url)?;
        connection
            .batch_execute("CREATE TABLE notes (words TEXT NOT NULL); INSERT INTO notes VALUES ('first')")?;
        Ok(())
    })
}

fn connect(url: &str) -> PgConnection {
    PgConnection::establish(url).unwrap()
}

fn text(connection: &mut PgConnection, sql: &str) -> QueryResult<String> {
    diesel::select(diesel::dsl::sql::<Text>(sql)).get_result(connection)
}

fn notes(url: &str) -> String {
    text(&mut connect(url), "(SELECT string_agg(words, ',' ORDER BY words) FROM notes)").unwrap()
}

fn alive(pid: u32) -> bool {
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(i32::try_from(pid).unwrap()), None).is_ok()
}

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < deadline, "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn gives_each_test_a_database_of_its_own() {
    let (first, second) = thread::scope(|scope| {
        let first = scope.spawn(|| postgres::database_blocking(&template()).unwrap());
        let second = scope.spawn(|| postgres::database_blocking(&template()).unwrap());
        (first.join().unwrap(), second.join().unwrap())
    });
    connect(first.url()).batch_execute("INSERT INTO notes VALUES ('mine')").unwrap();
    assert_eq!(notes(first.url()), "first,mine");
    assert_eq!(notes(second.url()), "first");
}

#[tokio::test]
async fn drops_a_database_under_open_connections() {
    let database = postgres::database(&template()).await.unwrap();
    let other = postgres::database(&template()).await.unwrap();
    let _open = connect(database.url());
    let name = database.name().to_owned();
    drop(database);
    let sql = format!("(SELECT count(*)::text FROM pg_database WHERE datname = '{name}')");
    assert_eq!(text(&mut connect(other.url()), &sql).unwrap(), "0");
}

#[test]
fn compares_text_bytewise_in_utf_8() {
    let database = postgres::database_blocking(&Template::empty()).unwrap();
    let mut connection = connect(database.url());
    assert_eq!(text(&mut connection, "current_setting('server_encoding')").unwrap(), "UTF8");
    assert_eq!(text(&mut connection, "('a' < 'B')::text").unwrap(), "false");
}

#[test]
fn makes_a_template_once_for_many_at_a_time() {
    let server = PostgresServer::start(&Options::fast()).unwrap();
    let template = Template::new("counted", |url| {
        let mut connection = PgConnection::establish(url)?;
        // Roles belong to the whole server: a second run would fail here.
        connection.batch_execute("CREATE ROLE made_once")?;
        Ok(())
    });
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| server.database(&template).unwrap());
        }
    });
}

#[test]
fn reports_a_migration_that_fails_and_recovers() {
    let server = PostgresServer::start(&Options::fast()).unwrap();
    let error = server.database(&Template::new("same", |_| Err("broken on purpose".into()))).err().unwrap();
    assert!(error.to_string().contains("broken on purpose"), "{error}");
    server.database(&Template::new("same", |_| Ok(()))).unwrap();
}

#[test]
fn leaves_nothing_behind() {
    let server = PostgresServer::start(&Options::fast()).unwrap();
    let (pid, folder) = (server.pid().unwrap(), server.folder().to_owned());
    assert!(alive(pid));
    drop(server);
    assert!(!alive(pid));
    assert!(!folder.exists());
}

#[test]
fn comes_back_with_its_data_after_a_stop_and_after_a_crash() {
    let mut server = PostgresServer::start(&Options::durable()).unwrap();
    let database = server.database(&template()).unwrap();
    server.stop().unwrap();
    assert!(PgConnection::establish(database.url()).is_err());
    server.start_again().unwrap();
    assert_eq!(notes(database.url()), "first");
    connect(database.url()).batch_execute("INSERT INTO notes VALUES ('second')").unwrap();
    server.crash().unwrap();
    server.start_again().unwrap();
    assert_eq!(notes(database.url()), "first,second");
}

#[test]
fn sets_parameters() {
    let server = PostgresServer::start(&Options::durable().with("lock_timeout", "7s")).unwrap();
    let mut connection = connect(&server.url("postgres"));
    assert_eq!(text(&mut connection, "current_setting('lock_timeout')").unwrap(), "7s");
    assert_eq!(text(&mut connection, "current_setting('fsync')").unwrap(), "on");
    assert_eq!(text(&mut connection, "current_setting('max_connections')").unwrap(), "300");
}

#[test]
fn says_why_a_server_does_not_start() {
    let error = PostgresServer::start(&Options::fast().with("no_such_setting", "1")).err().unwrap();
    assert!(error.to_string().contains("no_such_setting"), "{error}");
}

/// `with-postgres sh -c SCRIPT`, with a server of its own.
fn with_postgres(script: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_with-postgres"));
    command.args(["sh", "-c", script]).env_remove(postgres::URL_VARIABLE).stderr(Stdio::null());
    command
}

#[test]
fn runner_gives_the_address_and_passes_the_exit_code_on() {
    let output = with_postgres("echo $HEALTHCORE_TEST_POSTGRES_URL; exit 7").output().unwrap();
    assert_eq!(output.status.code(), Some(7));
    let url = String::from_utf8(output.stdout).unwrap();
    assert!(url.starts_with("postgres://postgres@127.0.0.1:"), "{url}");
    assert!(PgConnection::establish(url.trim()).is_err(), "the server is still there");
}

#[test]
fn runner_keeps_a_server_that_is_given() {
    let command = &mut with_postgres("printf %s $HEALTHCORE_TEST_POSTGRES_URL");
    let output = command.env(postgres::URL_VARIABLE, "postgres://elsewhere/x").output().unwrap();
    assert_eq!(output.stdout, b"postgres://elsewhere/x");
}

/// Starts the runner with a command that lasts until the runner is dropped here, and returns the address of the server once it is there.
fn endless(folder: &Path) -> (Child, String) {
    let file = folder.join("url");
    let script =
        format!("echo $HEALTHCORE_TEST_POSTGRES_URL >{0}.new; mv {0}.new {0}; read -r end", file.display());
    let runner = with_postgres(&script).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    wait_until("the runner starts its command", || file.exists());
    let url = fs::read_to_string(&file).unwrap().trim().to_owned();
    connect(&url);
    (runner, url)
}

fn signal(process: &Child, signal: nix::sys::signal::Signal) {
    let pid = nix::unistd::Pid::from_raw(i32::try_from(process.id()).unwrap());
    nix::sys::signal::kill(pid, signal).unwrap();
}

#[test]
fn runner_ends_command_and_server_when_it_is_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let (mut runner, url) = endless(folder.path());
    // Waiting would close it, and the command could end by itself before the signal comes.
    let _open = runner.stdin.take();
    signal(&runner, nix::sys::signal::Signal::SIGTERM);
    assert_eq!(runner.wait().unwrap().code(), Some(128 + 15));
    assert!(PgConnection::establish(&url).is_err());
}

#[test]
fn server_ends_with_a_process_that_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let (mut runner, url) = endless(folder.path());
    signal(&runner, nix::sys::signal::Signal::SIGKILL);
    runner.wait().unwrap();
    wait_until("the server ends", || PgConnection::establish(&url).is_err());
}
