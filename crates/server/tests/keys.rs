//! Keys change under traffic, and unsafe configurations never listen: the program from outside.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The program; it is killed when this goes.
struct Serving {
    child: Child,
    addr: SocketAddr,
}

fn command(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_healthcore"));
    command.args(arguments).current_dir(folder).env_clear().stdin(Stdio::null());
    command.env("HEALTHCORE__AUTH__PASSWORD_COST", "4").env("HEALTHCORE__LIMITS__ENABLED", "false");
    command.envs(variables.iter().copied());
    command
}

fn run(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    command(folder, arguments, variables).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

impl Serving {
    fn start(folder: &Path, variables: &[(&str, &str)]) -> Self {
        let mut command = command(folder, &["serve", "--bind", "127.0.0.1:0"], variables);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let first = lines.by_ref().find(|line| line.contains(" listens on ")).unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, addr: first.rsplit(' ').next().unwrap().parse().unwrap() }
    }

    /// The status and the body of the answer.
    fn ask(&self, method: &str, path: &str, token: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut stream = TcpStream::connect(self.addr).unwrap();
        let authorization =
            if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n{authorization}\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap_or_default())
    }

    /// Whether this access token counts.
    fn counts(&self, token: &str) -> bool {
        self.ask("GET", "/api/patients/", token, &Value::Null).0 == 200
    }

    fn sign_in(&self) -> (String, String) {
        let who = json!({"username": "ann", "password": "correct horse battery"});
        self.ask("POST", "/api/auth/register/", "", &who);
        let (status, body) = self.ask("POST", "/api/auth/login/", "", &who);
        assert_eq!(status, 200, "{body}");
        tokens(&body)
    }

    fn refresh(&self, refresh: &str) -> (String, String) {
        let (status, body) = self.ask("POST", "/api/auth/refresh/", "", &json!({"refresh": refresh}));
        assert_eq!(status, 200, "{body}");
        tokens(&body)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn tokens(body: &Value) -> (String, String) {
    (body["access"].as_str().unwrap().to_owned(), body["refresh"].as_str().unwrap().to_owned())
}

fn header(token: &str) -> &str {
    token.split('.').next().unwrap()
}

#[test]
fn keys_are_rotated_under_traffic_and_nobody_notices() {
    for algorithm in ["HS256", "EdDSA"] {
        let place = tempfile::tempdir().unwrap();
        let variables = [("HEALTHCORE__AUTH__ALGORITHM", algorithm)];
        let serving = Serving::start(place.path(), &variables);
        let (old, unused) = serving.sign_in();
        let until = Instant::now() + Duration::from_secs(9);
        let new = std::thread::scope(|scope| {
            let traffic = || {
                let (mut access, mut refresh) = serving.sign_in();
                while Instant::now() < until {
                    assert!(serving.counts(&old), "an old token is refused");
                    assert!(serving.counts(&access), "a new token is refused");
                    (access, refresh) = serving.refresh(&refresh);
                }
                access
            };
            let threads: Vec<_> = (0..3).map(|_| scope.spawn(traffic)).collect();
            let rotated = run(place.path(), &["keys", "rotate"], &variables);
            assert_eq!(rotated.status.code(), Some(0), "{}", err(&rotated));
            assert!(out(&rotated).contains("a new key signs from "), "{}", out(&rotated));
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        assert!(new.iter().all(|token| header(token) != header(&old)), "the new key does not sign");
        assert!(serving.counts(&old));
        assert!(serving.counts(&serving.refresh(&unused).0));
        drop(serving);
        // And after a restart.
        let serving = Serving::start(place.path(), &variables);
        assert!(serving.counts(&old) && serving.counts(&new[0]));
    }
}

#[test]
fn a_secret_in_a_variable_is_changed_by_way_of_the_previous_ones() {
    let place = tempfile::tempdir().unwrap();
    let (one, two) = ("the first secret, 32 bytes or more".replace(' ', "-"), "x2".repeat(20));
    let previous = "HEALTHCORE__AUTH__PREVIOUS_SECRET_KEYS";
    let first = Serving::start(place.path(), &[("SECRET_KEY", &one)]);
    let (access, refresh) = first.sign_in();
    drop(first);
    // A server that already knows the next secret, but does not sign with it.
    let announced = Serving::start(place.path(), &[("SECRET_KEY", &one), (previous, &two)]);
    assert!(announced.counts(&access));
    drop(announced);
    let changed = Serving::start(place.path(), &[("SECRET_KEY", &two), (previous, &one)]);
    assert!(changed.counts(&access));
    let (new, refresh) = changed.refresh(&refresh);
    drop(changed);
    let last = Serving::start(place.path(), &[("SECRET_KEY", &two)]);
    assert!(!last.counts(&access) && last.counts(&new));
    assert!(last.counts(&last.refresh(&refresh).0));
    let refused = run(place.path(), &["keys", "rotate"], &[("SECRET_KEY", &one)]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(err(&refused).contains("auth.previous_secret_keys") && !err(&refused).contains(&one));
}

/// Of nothing else.
const SEAL_KEY: &str = "yJ5vX0nB2kq8Wc4TgR7mZs1LhD6pQa9EuF3iKoVxNbM=";

#[test]
fn generate_makes_a_file_that_production_takes() {
    let place = tempfile::tempdir().unwrap();
    let safe = |name, file| {
        [
            (name, file),
            ("HEALTHCORE__SERVER__ENVIRONMENT", "production"),
            ("HEALTHCORE__AUTH__PASSWORD_COST", "12"),
            ("HEALTHCORE__LIMITS__ENABLED", "true"),
            ("HEALTHCORE__AUDIT__SEAL_KEY", SEAL_KEY),
        ]
    };
    let algorithm = ("HEALTHCORE__AUTH__ALGORITHM", "EdDSA");
    let made = run(place.path(), &["keys", "generate", "--file", "s.key"], &[]);
    assert_eq!((made.status.code(), out(&made).as_str()), (Some(0), "s.key\n"));
    let made = run(place.path(), &["keys", "generate", "--file", "p.pem"], &[algorithm]);
    assert_eq!(made.status.code(), Some(0), "{}", err(&made));
    assert!(
        fs::read_to_string(place.path().join("p.pem")).unwrap().starts_with("-----BEGIN PRIVATE KEY-----")
    );
    let again = run(place.path(), &["keys", "generate", "--file", "s.key"], &[]);
    assert_eq!(again.status.code(), Some(1));
    assert!(err(&again).contains("there already"), "{}", err(&again));

    let checked = run(place.path(), &["check-config"], &safe("SECRET_KEY_FILE", "s.key"));
    assert_eq!((checked.status.code(), err(&checked).as_str()), (Some(0), ""));
    assert_eq!(out(&checked), "the configuration is good for production\n");
    let mut variables = safe("HEALTHCORE__AUTH__PRIVATE_KEY_FILE", "p.pem").to_vec();
    variables.push(algorithm);
    assert_eq!(run(place.path(), &["check-config"], &variables).status.code(), Some(0));
    variables[0].1 = "s.key";
    let wrong = run(place.path(), &["check-config"], &variables);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        err(&wrong).contains("`auth.private_key_file`") && err(&wrong).contains("PEM"),
        "{}",
        err(&wrong)
    );
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 2);
}

#[test]
fn what_is_unsafe_stops_every_command_at_once_and_is_told_in_full() {
    let place = tempfile::tempdir().unwrap();
    let bind = ("HEALTHCORE_BIND", "127.0.0.1:0");
    let unsafe_ones = [
        bind,
        ("HEALTHCORE__SERVER__ENVIRONMENT", "production"),
        ("SECRET_KEY", "django-insecure-hunter2-hunter3-hunter4-hunter5"),
        ("HEALTHCORE__LOG__LEVEL", "debug"),
        ("DATABASE_URL", "postgres://ann:hunter2@192.0.2.1/clinic"),
    ];
    for arguments in [&["check-config"][..], &["serve"], &[], &["migrate"]] {
        let begun = Instant::now();
        let output = run(place.path(), arguments, &unsafe_ones);
        assert!(begun.elapsed() < Duration::from_secs(2), "{arguments:?} took {:?}", begun.elapsed());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let said = err(&output);
        let names = ["auth.secret_key", "auth.password_cost", "log.level", "limits.enabled", "database.url"];
        for (line, name) in said.lines().zip(names) {
            assert!(line.starts_with(&format!("healthcore: setting `{name}` (")), "{arguments:?} {said}");
        }
        assert_eq!(said.lines().count(), names.len(), "{said}");
        assert!(!said.contains("hunter") && out(&output).is_empty(), "{said}");
    }
    assert!(fs::read_dir(place.path()).unwrap().next().is_none());
    let fine = run(place.path(), &["check-config"], &[]);
    assert_eq!(
        (fine.status.code(), out(&fine).as_str()),
        (Some(0), "the configuration is good for development\n")
    );
}

#[test]
fn public_keys_are_published_with_eddsa_only_and_rotate_with_it() {
    let place = tempfile::tempdir().unwrap();
    let path = "/.well-known/jwks.json";
    let serving = Serving::start(place.path(), &[]);
    assert_eq!(serving.ask("GET", path, "", &Value::Null).0, 404);
    let (secret, _) = serving.sign_in();
    drop(serving);
    let variables = [("HEALTHCORE__AUTH__ALGORITHM", "EdDSA")];
    let serving = Serving::start(place.path(), &variables);
    let (status, before) = serving.ask("GET", path, "", &Value::Null);
    assert_eq!((status, before["keys"].as_array().unwrap().len()), (200, 1));
    assert!(before["keys"][0].get("d").is_none() && !serving.counts(&secret));
    assert_eq!(run(place.path(), &["keys", "rotate"], &variables).status.code(), Some(0));
    let deadline = Instant::now() + Duration::from_secs(5);
    while serving.ask("GET", path, "", &Value::Null).1["keys"].as_array().unwrap().len() != 2 {
        assert!(Instant::now() < deadline, "the new key is not published");
        std::thread::sleep(Duration::from_millis(100));
    }
}
