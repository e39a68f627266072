//! What an operator asks: what is wrong, what is set, is it well.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use crate::place::{PASSWORD, Place, err, exchange, mode, out, status};

fn report(place: &Place, arguments: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, Value) {
    let mut command = place.command(&[&["doctor", "--json"], arguments].concat());
    let output = command.envs(variables.iter().copied()).output().unwrap();
    (output.status.code(), serde_json::from_str(&out(&output)).unwrap())
}

fn status_of<'a>(report: &'a Value, id: &str) -> &'a str {
    let checks = report["checks"].as_array().unwrap();
    let found = checks.iter().find(|check| check["id"] == id);
    assert!(found.is_some(), "no {id} in {report}");
    found.unwrap()["status"].as_str().unwrap()
}

#[test]
fn the_doctor_finds_nothing_in_an_empty_folder_and_makes_nothing() {
    let place = Place::new();
    let (code, report) = report(&place, &[], &[("HEALTHCORE_BIND", "127.0.0.1:0")]);
    assert_eq!((code, &report["healthy"]), (Some(0), &Value::Bool(true)), "{report}");
    assert!(fs::read_dir(place.folder()).unwrap().next().is_none());
}

#[test]
fn the_doctor_looks_at_a_server_that_runs() {
    let place = Place::new();
    let serving = place.serve(&[]);
    let bind = serving.addr.to_string();
    let (code, found) = report(&place, &["--deploy"], &[("HEALTHCORE_BIND", &bind)]);
    assert_eq!(code, Some(1), "{found}");
    for id in ["config.safe", "system.port", "database.connect", "database.schema", "database.integrity"] {
        assert_eq!(status_of(&found, id), "ok", "{found}");
    }
    assert_eq!(status_of(&found, "database.administrator"), "warning");
    assert_eq!(status_of(&found, "deploy.environment"), "failed");
    let made = place.run_with_input(&["create-admin", "--username", "ann", "--password-stdin"], PASSWORD);
    assert_eq!(made.status.code(), Some(0));
    let (code, found) = report(&place, &[], &[("HEALTHCORE_BIND", &bind)]);
    assert_eq!((code, status_of(&found, "database.administrator")), (Some(0), "ok"), "{found}");
}

#[test]
fn the_doctor_names_what_is_broken() {
    let place = Place::new();
    assert_eq!(place.run(&["migrate"]).status.code(), Some(0));
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap().to_string();
    fs::write(place.path("data/secret.key"), "short").unwrap();
    let file = place.path("data/healthcore.db");
    let mut bytes = fs::read(&file).unwrap();
    let from = bytes.len() / 2;
    bytes[from..].fill(0x5a);
    fs::write(&file, bytes).unwrap();
    let (code, found) = report(&place, &[], &[("HEALTHCORE_BIND", &taken)]);
    assert_eq!(code, Some(1));
    for id in ["system.port", "system.keys", "database.integrity"] {
        assert_eq!(status_of(&found, id), "failed", "{found}");
    }
    let (code, found) = report(&place, &[], &[("DATABASE_URL", "postgres://ann:hunter2@127.0.0.1:1/clinic")]);
    assert_eq!((code, status_of(&found, "database.connect")), (Some(1), "failed"));
    assert!(!found.to_string().contains("hunter2"), "{found}");
    let (code, found) = report(&place, &[], &[("HEALTHCORE__SERVER__BNID", "x")]);
    assert_eq!((code, status_of(&found, "config.read")), (Some(1), "failed"));
}

#[test]
fn settings_are_shown_with_their_sources_and_without_their_secrets() {
    let place = Place::new();
    fs::write(place.path("my.toml"), "[log]\nlevel = \"warn\"\n").unwrap();
    let mut command = place.command(&["--config", "my.toml", "config", "show", "--sources", "--changed"]);
    command.env("SECRET_KEY", "hunter2-hunter2-hunter2-hunter2-hunter2");
    let output = command.env("DATABASE_URL", "postgres://ann:hunter2@h/db").output().unwrap();
    let shown = out(&output);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let has = |start: &str, end: &str| {
        let found = shown.lines().any(|line| line.starts_with(start) && line.ends_with(end));
        assert!(found, "{start} {end}: {shown}");
    };
    has("log.level = \"warn\"", "# my.toml");
    has("auth.secret_key = \"***\"", "# environment variable SECRET_KEY");
    has("database.url = \"postgres://ann:***@h/db\"", "# environment variable DATABASE_URL");
    assert!(!shown.contains("hunter2") && !shown.contains("# default"), "{shown}");
    let broken =
        place.command(&["config", "show", "--sources"]).env("HEALTHCORE__LOG__LEVEL", "loud").output();
    assert!(out(&broken.unwrap()).contains("log.level = \"loud\""));
}

#[test]
fn a_file_of_settings_is_begun_and_serves_production() {
    let place = Place::new();
    let made = place.run(&["config", "init", "clinic.toml", "--production"]);
    assert_eq!((made.status.code(), out(&made).as_str()), (Some(0), "clinic.toml\n"), "{}", err(&made));
    for name in ["clinic.toml", "secret.key", "seal.key"] {
        assert_eq!(mode(&place.path(name)), 0o600, "{name}");
    }
    assert_eq!(place.run(&["config", "init", "clinic.toml"]).status.code(), Some(1));
    let nowhere = place.run(&["config", "init", "no/such/folder.toml"]);
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(err(&nowhere).contains("no/such/folder.toml cannot be written"), "{}", err(&nowhere));
    let mut command = place.command(&["--config", "clinic.toml", "check-config"]);
    let good = command.env_remove("HEALTHCORE__AUTH__PASSWORD_COST").output().unwrap();
    assert_eq!(out(&good), "the configuration is good for production\n", "{}", err(&good));
}

#[test]
fn routes_are_listed_with_who_may() {
    let place = Place::new();
    let all = out(&place.run(&["routes"]));
    let has = |words: &[&str]| {
        all.lines().any(|line| {
            line.split("  ").map(str::trim).filter(|word| !word.is_empty()).eq(words.iter().copied())
        })
    };
    assert!(has(&["POST", "/api/auth/login/", "auth_login", "anybody"]), "{all}");
    assert!(has(&["DELETE", "/api/patients/{id}/", "patients_delete", "signed in"]), "{all}");
    let some = out(&place.run(&["routes", "jwks"]));
    assert_eq!(some.lines().count(), 1, "{some}");
}

#[test]
fn migrations_are_told_and_checked() {
    let place = Place::new();
    let before = place.run(&["migrate", "--check"]);
    assert_eq!((before.status.code(), out(&before).as_str()), (Some(1), ""), "{}", err(&before));
    assert!(out(&place.run(&["migrate", "status"])).lines().all(|line| line.starts_with("pending  20")));
    assert!(fs::read_dir(place.folder()).unwrap().next().is_none());
    assert_eq!(place.run(&["migrate"]).status.code(), Some(0));
    let status = out(&place.run(&["migrate", "status"]));
    assert!(
        status.lines().count() >= 10 && status.lines().all(|line| line.starts_with("applied  20")),
        "{status}"
    );
    assert_eq!(out(&place.run(&["migrate", "--check"])), "the schema is up to date\n");
}

#[test]
fn a_server_is_asked_how_it_is() {
    let place = Place::new();
    let serving = place.serve(&[]);
    let bind = serving.addr.to_string();
    let asked = |arguments: &[&str]| {
        let mut command = place.command(&[&["healthcheck"], arguments].concat());
        command.env("HEALTHCORE_BIND", &bind).output().unwrap()
    };
    for arguments in [&[][..], &["--live"], &["--url", &format!("http://{bind}/")]] {
        let output = asked(arguments);
        assert_eq!((output.status.code(), out(&output).as_str()), (Some(0), "ok\n"), "{}", err(&output));
    }
    drop(serving);
    let output = asked(&["--timeout", "1"]);
    assert_eq!((output.status.code(), out(&output).as_str()), (Some(1), ""));
    assert!(err(&output).contains("/readyz does not answer"), "{}", err(&output));
}

#[test]
fn another_password_ends_what_was_open() {
    let place = Place::new();
    let serving = place.serve(&[]);
    let made = place.run_with_input(&["create-admin", "--username", "ann", "--password-stdin"], PASSWORD);
    assert_eq!(made.status.code(), Some(0));
    let made = place.run(&["token", "create", "ANN", "--minutes", "60"]);
    let token = out(&made).trim().to_owned();
    assert_eq!(made.status.code(), Some(0), "{}", err(&made));
    assert_eq!(status(&serving.patients(&token)), "200");

    let changed = place.run_with_input(&["change-password", "ann", "--password-stdin"], "Monsoon-Lantern-42");
    assert_eq!((changed.status.code(), out(&changed).as_str()), (Some(0), ""), "{}", err(&changed));
    let begun = Instant::now();
    while status(&serving.patients(&token)) != "401" {
        assert!(begun.elapsed() < Duration::from_secs(1), "still signed in");
        std::thread::sleep(Duration::from_millis(20));
    }
    let sign_in = |password: &str| {
        let body = format!(r#"{{"username": "ann", "password": "{password}"}}"#);
        status(&serving.post("/api/auth/login/", &body)).to_owned()
    };
    assert_eq!((sign_in(PASSWORD), sign_in("Monsoon-Lantern-42")), ("401".to_owned(), "200".to_owned()));

    for (arguments, input, code, expected) in [
        (&["change-password", "nobody", "--password-stdin"][..], PASSWORD, 1, "there is no user nobody"),
        (&["change-password", "ann", "--password-stdin"], "12345678", 2, "too easy to guess"),
        (&["change-password", "ann"], "", 2, "--password-stdin"),
        (&["token", "create", "nobody"], "", 1, "there is no user nobody"),
        (&["token", "create", "ann", "--minutes", "1441"], "", 2, "1441"),
    ] {
        let output = place.run_with_input(arguments, input);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert!(err(&output).contains(expected) && out(&output).is_empty(), "{}", err(&output));
    }
}

#[test]
fn a_demonstration_says_how_to_sign_in_and_leaves_nothing() {
    let place = Place::new();
    let mut serving = place.serve_with(&["serve", "--demo", "--bind", "127.0.0.1:0"], &[]);
    let said = |word: &str| {
        let line = serving.banner.iter().find_map(|line| line.trim().strip_prefix(word));
        line.unwrap_or_else(|| panic!("no {word} in {:?}", serving.banner)).trim().to_owned()
    };
    let (password, folder) = (said("Password"), said("Database  SQLite"));
    for user in ["demo", "seed-1"] {
        let body = format!(r#"{{"username": "{user}", "password": "{password}"}}"#);
        let answer = serving.post("/api/auth/login/", &body);
        assert_eq!(status(&answer), "200", "{answer}");
        let token = answer.split(r#""access":""#).nth(1).unwrap().split('"').next().unwrap();
        let patients = serving.patients(token);
        assert_eq!(patients.contains("\"id\""), user == "seed-1", "{patients}");
    }
    assert!(fs::exists(&folder).unwrap());
    serving.signal(Signal::INT);
    assert_eq!(serving.ended(Duration::from_secs(10)).code(), Some(0));
    assert!(!fs::exists(&folder).unwrap(), "{folder} is still there");
    assert!(fs::read_dir(place.folder()).unwrap().next().is_none());
    let mut command = place.command(&["serve", "--demo"]);
    let refused = command.env("HEALTHCORE__SERVER__ENVIRONMENT", "production").output().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{}", err(&refused));
}

#[test]
fn the_number_of_patients_is_enough_to_seed() {
    for (arguments, patients, mappings) in [
        (&["--patients", "5"][..], 5, 10),
        (&["--patients", "3", "--doctors", "1"], 3, 3),
        (&["--patients", "0"], 0, 0),
    ] {
        let place = Place::new();
        let seeded = place.run(&[&["seed"], arguments].concat());
        assert_eq!(seeded.status.code(), Some(0), "{}", err(&seeded));
        let exported = |kind| out(&place.run(&["export", kind])).lines().count();
        assert_eq!((exported("patients"), exported("mappings")), (patients, mappings), "{arguments:?}");
    }
}

#[test]
fn the_first_lines_tell_where_things_are_before_what_is_to_be_done() {
    let serving = Place::new()
        .serve_with(&["serve", "--bind", "127.0.0.1:0"], &[("HEALTHCORE__METRICS__BIND", "127.0.0.1:0")]);
    let begin: Vec<&str> = serving.banner.iter().filter_map(|line| line.split_whitespace().next()).collect();
    let link = serving.banner.iter().find(|line| line.contains("/admin/set-up?key=")).unwrap().trim();
    assert_eq!(begin, ["API", "Docs", "Admin", "Health", "Metrics", "Database", "There", link, "Stop"]);
    // The link leads nowhere from outside of a container.
    assert!(serving.banner.iter().any(|line| line.contains("`healthcore create-admin`")));
}

#[test]
fn metrics_are_told_on_a_listener_of_their_own_and_know_nothing_of_patients() {
    let place = Place::new();
    let serving = place
        .serve_with(&["serve", "--bind", "127.0.0.1:0"], &[("HEALTHCORE__METRICS__BIND", "127.0.0.1:0")]);
    let line = serving.banner.iter().find_map(|line| line.trim().strip_prefix("Metrics   http://"));
    let metrics = line.unwrap().strip_suffix("/metrics").unwrap().parse().unwrap();
    assert_eq!(status(&serving.get("/api/patients/4711/?search=Zx9Canary")), "401");
    assert_eq!(status(&serving.get("/Zx9Canary")), "404");
    assert_eq!(status(&serving.get("/admin/doctors/4711/edit")), "303");
    assert_eq!(status(&serving.get("/metrics")), "404");
    let answer = exchange(metrics, "GET /metrics HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
    assert_eq!(status(&answer), "200");
    assert!(answer.contains("application/openmetrics-text; version=1.0.0"), "{answer}");
    for line in [
        r#"healthcore_http_requests_total{route="/api/patients/{id}",method="GET",status="4xx"} 1"#,
        r#"healthcore_http_requests_total{route="/admin/doctors/{id}/edit",method="GET",status="3xx"} 1"#,
        r#"healthcore_http_requests_total{route="none",method="GET",status="4xx"} 2"#,
        r#"healthcore_http_request_duration_seconds_count{route="/api/patients/{id}",method="GET"} 1"#,
        r#"healthcore_database_waiting{pool="write"} 0"#,
        r#"healthcore_database_connections{pool="read"} 5"#,
        r#"healthcore_database_connections{pool="find-together"} 1"#,
        r#"healthcore_database_connections{pool="read-together"} 2"#,
        "healthcore_audit_backlog ",
        "healthcore_passwords_waiting 0",
        r#"healthcore_build_info{version="0.1.0",features="sqlite,postgres"#,
        "process_resident_memory_bytes ",
        "# EOF",
    ] {
        assert!(answer.contains(line), "{line}: {answer}");
    }
    for secret in ["4711", "Zx9Canary", "search"] {
        assert!(!answer.contains(secret), "{answer}");
    }
}

#[test]
fn metrics_are_off_until_somebody_asks_for_them_and_an_address_in_use_is_named() {
    let place = Place::new();
    let serving = place.serve(&[]);
    assert!(!serving.banner.iter().any(|line| line.contains("Metrics")), "{:?}", serving.banner);
    let other = Place::new();
    let mut command = other.command(&["serve", "--bind", "127.0.0.1:0"]);
    let output = command.env("HEALTHCORE__METRICS__BIND", serving.addr.to_string()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("`metrics.bind`"), "{}", err(&output));
}

#[test]
fn files_for_http_clients_are_what_the_document_makes() {
    let place = Place::new();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/clients");
    for (format, name) in [("postman", "healthcore.postman_collection.json"), ("http", "healthcore.http")] {
        let kept = fs::read_to_string(format!("{root}/{name}")).unwrap_or_default();
        let made = out(&place.run(&["openapi", "--format", format]));
        assert!(
            made == kept,
            "docs/clients/{name} is not what the interface is: `make clients` writes it anew"
        );
    }
    let collection = out(&place.run(&["openapi", "--format", "postman"]));
    let collection: Value = serde_json::from_str(&collection).unwrap();
    let items =
        collection["item"].as_array().unwrap().iter().flat_map(|group| group["item"].as_array().unwrap());
    let document: Value = serde_json::from_str(&out(&place.run(&["openapi", "--format", "json"]))).unwrap();
    let operations =
        document["paths"].as_object().unwrap().values().map(|item| item.as_object().unwrap().len());
    assert_eq!(items.count(), operations.sum::<usize>());
}
