//! What counts, what is refused, and what is never shown.

use std::fs;
use std::time::Duration;

use secrecy::ExposeSecret as _;

use super::*;

const SECRET: &str = "hunter2-hunter2-hunter2-hunter2-hunter2";

fn load(sources: &Sources) -> Settings {
    Settings::load(sources).unwrap()
}

fn variable(name: &str, value: &str) -> Sources {
    Sources::default().with_variable(name, value)
}

fn refused(sources: &Sources) -> String {
    Settings::load(sources).unwrap_err().to_string()
}

fn url(sources: &Sources) -> String {
    load(sources).database_url.expose().to_owned()
}

#[test]
fn without_any_source_the_defaults_count() {
    let settings = load(&Sources::default());
    assert_eq!(settings.server.bind.to_string(), "127.0.0.1:8000");
    assert_eq!(settings.server.environment, Environment::Development);
    assert_eq!(settings.database_url.expose(), "sqlite://data/healthcore.db");
    assert_eq!(settings.auth.access_lifetime(), Duration::from_mins(15));
    assert_eq!(settings.auth.session_rules().rotation.idle, Duration::from_hours(7 * 24));
    assert!(settings.auth.refresh_rotation && settings.doctors.unique_email);
    assert!(settings.secret_key.is_none() && settings.password_pepper.is_none());
    assert_eq!(settings.access.doctors_write, DoctorsWriteSetting::Any);
    assert_eq!(settings.api.mapping_detail, MappingDetailSetting::Patient);
    assert_eq!(settings.admin.rules().idle, Duration::from_mins(30));
    assert_eq!(settings.admin.time_zone, admin::Zone::UTC);
}

#[test]
fn the_panel_has_its_own_idle_time_and_time_zone() {
    let sources = variable("HEALTHCORE__ADMIN__IDLE", "5");
    let settings = load(&sources.with_variable("HEALTHCORE__ADMIN__TIME_ZONE", "Asia/Kolkata"));
    assert_eq!(settings.admin.rules().idle, Duration::from_mins(5));
    assert_eq!(settings.admin.time_zone.name(), "Asia/Kolkata");
    let zone = refused(&variable("HEALTHCORE__ADMIN__TIME_ZONE", "Mars/Phobos"));
    assert!(zone.contains("`admin.time_zone`") && zone.contains("must be a time zone"), "{zone}");
    let idle = refused(&variable("HEALTHCORE__ADMIN__IDLE", "0"));
    assert!(idle.contains("`admin.idle`") && idle.contains("from 1 to 1440"), "{idle}");
}

#[test]
fn flags_outweigh_variables_outweigh_dotenv_outweigh_the_file() {
    let mut sources = Sources::default().with_file("f.toml", "[server]\nbind = '127.0.0.1:1'\n");
    assert_eq!(load(&sources).server.bind.port(), 1);
    sources = sources.with_dotenv("HEALTHCORE_BIND", "127.0.0.1:2");
    assert_eq!(load(&sources).server.bind.port(), 2);
    sources = sources.with_variable("HEALTHCORE_BIND", "127.0.0.1:3");
    assert_eq!(load(&sources).server.bind.port(), 3);
    sources = sources.with_flags(Flags { bind: Some("127.0.0.1:4".into()), ..Flags::default() });
    assert_eq!(load(&sources).server.bind.port(), 4);
}

#[test]
fn every_key_has_its_variable() {
    let sources = variable("HEALTHCORE__AUTH__ACCESS_MINUTES", "3")
        .with_variable("HEALTHCORE__AUTH__REFRESH_ROTATION", "false")
        .with_variable("HEALTHCORE__ACCESS__DOCTORS_WRITE", "staff")
        .with_variable("HEALTHCORE__API__MAPPING_DETAIL", "mapping")
        .with_variable("HEALTHCORE__LOG__LEVEL", "debug");
    let settings = load(&sources);
    assert_eq!(settings.auth.access_minutes, 3);
    assert!(!settings.auth.refresh_rotation);
    assert_eq!(settings.access.doctors_write, DoctorsWriteSetting::Staff);
    assert_eq!(settings.api.mapping_detail, MappingDetailSetting::Mapping);
    assert_eq!(settings.log.level, LogLevel::Debug);
}

#[test]
fn names_of_the_families_are_understood() {
    let sources = variable("JWT_ACCESS_MINUTES", "60")
        .with_variable("JWT_REFRESH_DAYS", "1")
        .with_variable("HEALTHCORE_DATA_DIR", "/srv/h");
    let settings = load(&sources);
    assert_eq!((settings.auth.access_minutes, settings.auth.refresh_days), (60, 1));
    assert_eq!(settings.database_url.expose(), "sqlite:///srv/h/healthcore.db");
    for name in ["SECRET_KEY", "DJANGO_SECRET_KEY", "HEALTHCORE__AUTH__SECRET_KEY"] {
        assert!(load(&variable(name, SECRET)).secret_key.is_some(), "{name}");
    }
}

#[test]
fn a_key_of_ours_outweighs_a_name_of_a_family() {
    let sources = variable("JWT_ACCESS_MINUTES", "60").with_variable("HEALTHCORE__AUTH__ACCESS_MINUTES", "5");
    assert_eq!(load(&sources).auth.access_minutes, 5);
}

#[test]
fn a_variable_that_is_empty_or_nobodys_does_nothing() {
    let sources = variable("SECRET_KEY", "").with_variable("HEALTHCORE_PORT", "tcp://10.0.0.1:80");
    assert!(load(&sources.with_variable("DEBUG", "True")).secret_key.is_none());
}

#[test]
fn a_postgresql_server_may_be_given_in_parts() {
    for (prefix, name) in [("POSTGRES", "DB"), ("DB", "NAME")] {
        let sources = variable(&format!("{prefix}_{name}"), "clinic")
            .with_variable(&format!("{prefix}_USER"), "ann")
            .with_variable(&format!("{prefix}_PASSWORD"), "p@ss/w:rd%")
            .with_variable(&format!("{prefix}_HOST"), "db.example")
            .with_variable(&format!("{prefix}_PORT"), "6543");
        assert_eq!(url(&sources), "postgres://ann:p%40ss%2Fw%3Ard%25@db.example:6543/clinic");
    }
    assert_eq!(url(&variable("DB_NAME", "clinic")), "postgres://localhost:5432/clinic");
    assert_eq!(url(&variable("DB_HOST", "::1")), "postgres://[::1]:5432/");
    let socket = variable("DB_HOST", "/run/pg").with_variable("DB_NAME", "clinic");
    assert_eq!(url(&socket), "postgres:///clinic?host=%2Frun%2Fpg&port=5432");
}

#[test]
fn a_django_engine_is_understood() {
    let sources =
        variable("DB_NAME", "/srv/db.sqlite3").with_variable("DB_ENGINE", "django.db.backends.sqlite3");
    assert_eq!(url(&sources), "sqlite:///srv/db.sqlite3");
    let sources = variable("DB_NAME", "clinic").with_variable("DB_ENGINE", "django.db.backends.postgresql");
    assert_eq!(url(&sources), "postgres://localhost:5432/clinic");
    let sources = variable("DB_NAME", "clinic").with_variable("DB_ENGINE", "django.db.backends.mysql");
    assert!(refused(&sources).contains("must be a PostgreSQL or SQLite engine"));
}

#[test]
fn what_is_given_later_outweighs_the_other_way_to_say_it() {
    let file = Sources::default().with_file("f.toml", "[database]\nurl = 'sqlite:///a.db'\n");
    assert_eq!(url(&file.clone().with_variable("DB_NAME", "clinic")), "postgres://localhost:5432/clinic");
    assert_eq!(url(&file.with_variable("DATABASE_URL", "sqlite:///b.db")), "sqlite:///b.db");
    let parts = Sources::default().with_file("f.toml", "[database]\nhost = 'db.example'\n");
    assert_eq!(url(&parts.with_variable("DATABASE_URL", "sqlite:///b.db")), "sqlite:///b.db");
}

#[test]
fn an_unknown_key_is_named_with_its_place_and_the_nearest_known_one() {
    let message = refused(&Sources::default().with_file("f.toml", "[server]\nbnid = 'x'\n"));
    assert_eq!(message, "there is no setting `server.bnid` (f.toml); did you mean `server.bind`?");
    let message = refused(&variable("HEALTHCORE__NOTHING__LIKE_IT", "x"));
    assert_eq!(
        message,
        "there is no setting `nothing.like_it` (environment variable HEALTHCORE__NOTHING__LIKE_IT)"
    );
    assert!(refused(&Sources::default().with_file("f.toml", "server = 5")).contains("`server`"));
    assert!(refused(&Sources::default().with_dotenv("HEALTHCORE__X", "5")).contains("(.env HEALTHCORE__X)"));
}

#[test]
fn a_bad_value_is_named_with_its_place_and_what_it_must_be() {
    let cases = [
        (
            "JWT_ACCESS_MINUTES",
            "soon",
            "setting `auth.access_minutes` (environment variable JWT_ACCESS_MINUTES) must be a whole number",
        ),
        (
            "JWT_ACCESS_MINUTES",
            "0",
            "setting `auth.access_minutes` (environment variable JWT_ACCESS_MINUTES) must be from 1 to 1440",
        ),
        ("JWT_ACCESS_MINUTES", "-1", "must be a whole number"),
        ("JWT_ACCESS_MINUTES", "1.5", "must be a whole number"),
        ("HEALTHCORE_BIND", "nowhere", "must be an address and a port, such as 127.0.0.1:8000 or [::]:8000"),
        ("HEALTHCORE_BIND", "127.0.0.1:99999", "must be an address and a port"),
        ("HEALTHCORE__AUTH__REFRESH_ROTATION", "maybe", "must be true or false"),
        ("HEALTHCORE__ACCESS__DOCTORS_WRITE", "all", "must be one of any, creator, staff"),
        ("HEALTHCORE__DATABASE__CONNECTIONS", "0", "must be from 1 to 512"),
        ("HEALTHCORE__DATABASE__PORT", "70000", "must be a whole number"),
        ("HEALTHCORE__AUTH__PASSWORD_COST", "31", "must be from 4 to 16"),
        (
            "SECRET_KEY",
            "short",
            "setting `auth.secret_key` (environment variable SECRET_KEY) must have at least 32 bytes",
        ),
    ];
    for (name, value, expected) in cases {
        let message = refused(&variable(name, value));
        assert!(message.contains(expected), "{name}={value}: {message}");
    }
}

#[test]
fn localhost_is_an_address() {
    assert_eq!(
        load(&variable("HEALTHCORE_BIND", "localhost:9000")).server.bind.to_string(),
        "127.0.0.1:9000"
    );
}

#[test]
fn a_broken_file_is_named_by_line_and_not_shown() {
    let message = refused(&Sources::default().with_file("f.toml", "[auth]\nsecret_key = hunter2\n"));
    assert!(message.starts_with("f.toml is not TOML at line 2"), "{message}");
    assert!(!message.contains("hunter2"));
}

#[test]
fn secrets_may_come_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    fs::write(&path, format!("{SECRET}\n")).unwrap();
    let path = path.to_str().unwrap();
    assert_eq!(load(&variable("SECRET_KEY_FILE", path)).key_file.unwrap().to_str(), Some(path));
    let pepper = load(&variable("HEALTHCORE__AUTH__PASSWORD_PEPPER_FILE", path)).password_pepper.unwrap();
    assert_eq!(pepper.expose_secret(), SECRET);
    let sources =
        variable("DB_NAME", "clinic").with_variable("DB_USER", "ann").with_variable("DB_PASSWORD_FILE", path);
    assert_eq!(url(&sources), format!("postgres://ann:{SECRET}@localhost:5432/clinic"));
    fs::write(path, "postgres://db.example/clinic\n").unwrap();
    assert_eq!(url(&variable("DATABASE_URL_FILE", path)), "postgres://db.example/clinic");
}

#[test]
fn a_file_of_a_secret_that_is_missing_empty_or_short_stops_the_start() {
    let message = refused(&variable("SECRET_KEY_FILE", "/no/such/file"));
    assert!(message.contains("`auth.secret_key_file`") && message.contains("cannot be read"), "{message}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    for (text, expected) in [("\n", "is empty"), ("hunter2", "at least 32 bytes")] {
        fs::write(&path, text).unwrap();
        let message = refused(&variable("SECRET_KEY_FILE", path.to_str().unwrap()));
        assert!(message.contains(expected) && !message.contains("hunter2"), "{message}");
    }
}

#[test]
fn a_secret_is_given_one_way_at_a_time() {
    let both = variable("SECRET_KEY", SECRET).with_variable("SECRET_KEY_FILE", "/run/secret");
    assert!(refused(&both).contains("are both given"));
    let file = Sources::default().with_file("f.toml", "[auth]\nsecret_key_file = '/run/secret'\n");
    assert!(load(&file.with_variable("SECRET_KEY", SECRET)).secret_key.is_some());
}

#[test]
fn no_secret_is_ever_shown() {
    let sources = variable("SECRET_KEY", SECRET)
        .with_variable("HEALTHCORE__AUTH__PASSWORD_PEPPER", SECRET)
        .with_variable("DATABASE_URL", &format!("postgres://ann:{SECRET}@db.example/clinic"));
    let settings = load(&sources);
    let shown = format!("{sources:?} {settings:?} {}", settings.database_url.describe());
    assert!(!shown.contains("hunter2"), "{shown}");
    assert_eq!(settings.database_url.describe(), "PostgreSQL db.example/clinic");
    let parts =
        variable("DB_NAME", "clinic").with_variable("DB_USER", "ann").with_variable("DB_PASSWORD", SECRET);
    let shown = format!("{:?}", load(&parts));
    assert!(!shown.contains("hunter2"), "{shown}");
    for name in [
        "JWT_ACCESS_MINUTES",
        "HEALTHCORE_BIND",
        "HEALTHCORE__AUTH__REFRESH_ROTATION",
        "HEALTHCORE__LOG__LEVEL",
    ] {
        assert!(!refused(&variable(name, SECRET)).contains("hunter2"), "{name}");
    }
}

#[test]
fn the_files_in_the_folder_of_settings_load() {
    let load = |text| Settings::load(&Sources::default().with_file("f.toml", text));
    load(include_str!("../../../../config/default.toml")).unwrap();
    load(include_str!("../../../../config/family-s3.toml")).unwrap();
    let production = include_str!("../../../../config/production.toml");
    // The secrets of its example are not on this machine; all else is.
    let given = production.lines().filter(|line| !line.contains("_file =")).collect::<Vec<_>>().join("\n");
    let settings = load(&given).unwrap();
    assert_eq!(settings.server.environment, Environment::Production);
    let message = load(production).unwrap_err().to_string();
    assert!(message.contains("names a file that cannot be read"), "{message}");
}

#[test]
fn the_example_of_a_dotenv_says_the_defaults() {
    let example = include_str!("../../../../.env.example");
    let mut sources = Sources::default();
    let wanted =
        |name: &str| !["DATABASE_URL", "SECRET_KEY_FILE"].contains(&name) && !name.starts_with("POSTGRES_");
    for line in
        example.lines().filter_map(|line| line.strip_prefix('#')).filter(|line| !line.starts_with(' '))
    {
        let (name, value) = line.split_once('=').unwrap();
        if wanted(name) {
            sources = sources.with_dotenv(name, value);
        }
    }
    assert_eq!(format!("{:?}", load(&sources)), format!("{:?}", load(&Sources::default())));
}
