//! Arguments, output, exit codes, signals.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::place::{PASSWORD, Place, answer, err, exchange, mode, out, post, status};

#[test]
fn help_and_version_go_to_standard_output() {
    let place = Place::new();
    let help = place.run(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    for word in ["serve", "migrate", "create-admin", "createsuperuser", "openapi", "Examples:", "Exit codes:"]
    {
        assert!(out(&help).contains(word), "{word}");
    }
    let version = place.run(&["--version"]);
    assert_eq!((version.status.code(), out(&version)), (Some(0), "healthcore 0.1.0\n".to_owned()));
    for command in ["serve", "migrate", "create-admin", "createsuperuser", "openapi"] {
        assert_eq!(place.run(&[command, "--help"]).status.code(), Some(0), "{command}");
    }
}

#[test]
fn wrong_usage_is_2_and_says_why_on_standard_error() {
    let place = Place::new();
    for arguments in
        [&["--nonsense"][..], &["nonsense"], &["serve", "--bind"], &["openapi", "--format", "xml"]]
    {
        let output = place.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(out(&output).is_empty() && !err(&output).is_empty(), "{arguments:?}");
    }
}

#[test]
fn wrong_configuration_is_2_and_names_the_setting() {
    let place = Place::new();
    fs::write(place.path("bad.toml"), "[server]\nbnid = 'x'\n").unwrap();
    let cases = [
        (&["--config", "bad.toml"][..], "`server.bnid` (bad.toml)"),
        (&["--config", "missing.toml"], "missing.toml cannot be read"),
        (&["--bind", "nowhere"], "`server.bind` (--bind)"),
        (&["--database-url", "mysql://ann:hunter2@h/d"], "must begin with sqlite: or postgres://"),
    ];
    for (arguments, expected) in cases {
        let output = place.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(err(&output).contains(expected), "{}", err(&output));
        assert!(!err(&output).contains("hunter2"));
    }
}

#[test]
fn settings_come_from_the_environment_and_from_dotenv() {
    let place = Place::new();
    let output = place.command(&["migrate"]).env("HEALTHCORE_CONFIG", "missing.toml").output().unwrap();
    assert!(err(&output).contains("missing.toml cannot be read"));
    fs::write(place.path(".env"), "DATABASE_URL=sqlite://here.db\n").unwrap();
    assert_eq!(place.run(&["migrate"]).status.code(), Some(0));
    assert!(place.path("here.db").exists() && !place.path("data").exists());
}

#[test]
fn migrate_prints_what_it_applies() {
    let place = Place::new();
    let first = place.run(&["migrate"]);
    assert_eq!(first.status.code(), Some(0), "{}", err(&first));
    assert!(out(&first).lines().count() >= 5 && out(&first).lines().all(|line| line.starts_with("20")));
    let second = place.run(&["migrate"]);
    assert_eq!((second.status.code(), out(&second)), (Some(0), String::new()));
    assert!(err(&second).contains("up to date"));
    assert_eq!(mode(&place.path("data")), 0o700);
    assert_eq!(mode(&place.path("data/healthcore.db")), 0o600);
}

#[test]
fn openapi_prints_the_document_in_either_form() {
    let place = Place::new();
    let yaml = place.run(&["openapi"]);
    assert!(out(&yaml).starts_with("openapi: 3.1"), "{}", err(&yaml));
    let json = out(&place.run(&["openapi", "--format", "json"]));
    assert!(json.starts_with('{') && json.contains("\"/api/patients/\""));
    assert!(fs::read_dir(place.folder()).unwrap().next().is_none());
}

#[test]
fn a_reader_that_has_had_enough_is_no_failure() {
    let place = Place::new();
    let mut command = place.command(&["openapi"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), err(&output)), (Some(0), String::new()));
}

#[test]
fn create_admin_makes_an_account_that_can_sign_in() {
    let place = Place::new();
    let arguments = ["create-admin", "--username", "ann", "--email", "ann@example.org", "--password-stdin"];
    let made = place.run_with_input(&arguments, &format!("{PASSWORD}\n"));
    assert_eq!(
        (made.status.code(), out(&made).as_str()),
        (Some(0), "administrator ann was made, with id 1\n")
    );
    let again = place.run_with_input(&arguments, PASSWORD);
    assert_eq!(again.status.code(), Some(1));
    assert!(err(&again).contains("such an account already"));

    let serving = place.serve(&[]);
    let answer = serving
        .post("/api/auth/login/", &format!(r#"{{"email": "ANN@example.org", "password": "{PASSWORD}"}}"#));
    assert_eq!(status(&answer), "200", "{answer}");
    assert!(answer.contains(r#""role":"admin""#) && answer.contains(r#""is_staff":true"#), "{answer}");
}

#[test]
fn create_admin_takes_a_password_from_a_file_and_from_what_django_reads() {
    let place = Place::new();
    fs::write(place.path("password"), format!("{PASSWORD}\nanother line\n")).unwrap();
    let made = place.run(&["create-admin", "--email", "eve@example.org", "--password-file", "password"]);
    assert_eq!(made.status.code(), Some(0), "{}", err(&made));
    let mut command = place.command(&["createsuperuser", "--noinput"]);
    command.env("DJANGO_SUPERUSER_USERNAME", "bob").env("DJANGO_SUPERUSER_PASSWORD", PASSWORD);
    let made = command.env("DJANGO_SUPERUSER_EMAIL", "bob@example.org").output().unwrap();
    assert_eq!(
        (made.status.code(), out(&made).as_str()),
        (Some(0), "administrator bob was made, with id 2\n")
    );
}

#[test]
fn create_admin_refuses_what_it_cannot_use_and_asks_nothing_without_a_terminal() {
    let place = Place::new();
    let cases = [
        (&["--username", "ann"][..], "", "--password-stdin"),
        (&["--password-stdin"], PASSWORD, "give --username or --email"),
        (&["--username", "ann", "--noinput"], "", "DJANGO_SUPERUSER_PASSWORD"),
        (&["--username", "ann", "--password-stdin"], "12345678", "too easy to guess"),
        (&["--username", "ann", "--password-stdin"], "", "at least 8 characters"),
        (&["--username", "a n n", "--password-stdin"], PASSWORD, "--username"),
        (&["--email", "nobody", "--password-stdin"], PASSWORD, "--email"),
        (&["--username", "ann", "--password-file", "none"], "", "--password-file cannot be read"),
    ];
    for (arguments, input, expected) in cases {
        let output = place.run_with_input(&[&["create-admin"], arguments].concat(), input);
        assert_eq!(output.status.code(), Some(2), "{arguments:?} {}", err(&output));
        assert!(err(&output).contains(expected), "{arguments:?} {}", err(&output));
        assert!(!err(&output).contains(PASSWORD) && !err(&output).contains("12345678"));
    }
}

#[test]
fn without_any_configuration_it_serves_from_a_folder_of_its_own() {
    let place = Place::new();
    let mut serving = place.serve(&[]);
    let banner = serving.banner.join("\n");
    for path in ["/api/", "/api/docs/", "/readyz"] {
        assert!(banner.contains(&format!("http://{}{path}\n", serving.addr)), "{banner}");
    }
    assert_eq!(status(&serving.get("/livez")), "200");
    assert_eq!(status(&serving.get("/readyz")), "200");
    assert_eq!(mode(&place.path("data")), 0o700);
    for name in ["secret.key", "healthcore.db"] {
        assert_eq!(mode(&place.path("data").join(name)), 0o600, "{name}");
    }
    serving.signal(Signal::TERM);
    assert_eq!(serving.ended(Duration::from_secs(5)).code(), Some(0));
}

#[test]
fn the_secret_outlives_a_restart() {
    let place = Place::new();
    drop(place.serve(&[]));
    let before = fs::read_to_string(place.path("data/secret.key")).unwrap();
    drop(place.serve(&[]));
    assert_eq!(fs::read_to_string(place.path("data/secret.key")).unwrap(), before);
}

#[test]
fn a_second_server_on_the_same_folder_is_refused() {
    let place = Place::new();
    let serving = place.serve(&[]);
    let second = place.run(&["serve", "--bind", "127.0.0.1:0"]);
    assert_eq!(second.status.code(), Some(1));
    assert!(err(&second).contains("another server uses data/healthcore.db"), "{}", err(&second));
    assert!(err(&second).contains("--data-dir"));
    // Killed, not stopped: a mark that outlives its server would be worse than none.
    drop(serving);
    drop(place.serve(&[]));
}

#[test]
fn an_address_in_use_is_named_with_the_cure() {
    let place = Place::new();
    let serving = place.serve(&[]);
    let other = Place::new();
    let output = other.run(&["--bind", &serving.addr.to_string()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains(&format!("cannot listen on {}", serving.addr)), "{}", err(&output));
    assert!(err(&output).contains("--bind"));
}

#[test]
fn production_without_a_secret_ends_at_once_and_leaves_nothing() {
    let place = Place::new();
    let begun = Instant::now();
    let mut command = place.command(&["serve", "--bind", "127.0.0.1:0"]);
    let output = command.env("HEALTHCORE__SERVER__ENVIRONMENT", "production").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(begun.elapsed() < Duration::from_secs(2));
    assert!(
        err(&output).contains("auth.secret_key") && err(&output).contains("openssl rand"),
        "{}",
        err(&output)
    );
    assert!(!place.path("data").exists());
}

#[test]
fn readiness_goes_before_the_port_and_the_request_under_way_is_finished() {
    let place = Place::new();
    let mut serving = place.serve(&[("HEALTHCORE__SERVER__DRAIN_DELAY_SECONDS", "1")]);
    let body = format!(r#"{{"username": "ann", "password": "{PASSWORD}"}}"#);
    let request = post("/api/auth/register/", &body);
    let (begun, rest) = request.split_at(request.len() - 10);
    let mut under_way = TcpStream::connect(serving.addr).unwrap();
    under_way.write_all(begun.as_bytes()).unwrap();

    serving.signal(Signal::TERM);
    let deadline = Instant::now() + Duration::from_millis(900);
    while status(&serving.get("/readyz")) != "503" {
        assert!(Instant::now() < deadline, "still ready");
    }
    assert_eq!(status(&serving.get("/livez")), "200");
    std::thread::sleep(Duration::from_millis(1200));
    assert!(TcpStream::connect(serving.addr).is_err(), "the port is still open");
    assert!(serving.child.try_wait().unwrap().is_none(), "did not wait for the request");
    under_way.write_all(rest.as_bytes()).unwrap();
    assert_eq!(status(&answer(&mut under_way)), "201");
    assert_eq!(serving.ended(Duration::from_secs(5)).code(), Some(0));
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let place = Place::new();
    let mut serving = place.serve(&[]);
    let mut under_way = TcpStream::connect(serving.addr).unwrap();
    let head =
        "POST /api/auth/login/ HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n";
    under_way.write_all(head.as_bytes()).unwrap();
    // It is under way: its body is wanted.
    let mut wanted = [0; 25];
    under_way.read_exact(&mut wanted).unwrap();
    assert_eq!(&wanted, b"HTTP/1.1 100 Continue\r\n\r\n");
    serving.signal(Signal::INT);
    std::thread::sleep(Duration::from_millis(300));
    assert!(serving.child.try_wait().unwrap().is_none(), "did not wait for the request");
    serving.signal(Signal::INT);
    assert_eq!(serving.ended(Duration::from_secs(3)).code(), Some(0));
}

#[test]
fn the_first_start_prints_a_link_that_makes_the_first_administrator() {
    let place = Place::new();
    let mut server = place.serve(&[]);
    let base = format!("http://{}", server.addr);
    let admin = server.banner.iter().find(|line| line.contains("/admin")).unwrap();
    assert!(admin.ends_with("/admin"), "{admin}");
    let path = server
        .banner
        .iter()
        .find_map(|line| {
            line.trim().strip_prefix(&base).filter(|path| path.starts_with("/admin/set-up?key="))
        })
        .unwrap_or_else(|| panic!("{:?}", server.banner))
        .to_owned();
    let ask = |host: &str| {
        exchange(server.addr, &format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"))
    };
    assert_eq!(status(&ask("clinic.example")), "404");
    let page = ask(&server.addr.to_string());
    assert_eq!(status(&page), "200");
    assert!(page.to_lowercase().contains("cache-control: no-store"));
    server.signal(Signal::TERM);
    server.ended(Duration::from_secs(20));
    let made = place.run_with_input(&["create-admin", "--username", "root", "--password-stdin"], PASSWORD);
    assert_eq!(made.status.code(), Some(0), "{}", err(&made));
    let server = place.serve(&[]);
    assert!(!server.banner.iter().any(|line| line.contains("set-up")), "{:?}", server.banner);
}
