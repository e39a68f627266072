//! What the files for containers say fits the program that they are for. No container is made.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use server::settings::{Settings, Sources};
use yaml_serde::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn text(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

fn compose() -> Value {
    let mut compose: Value = yaml_serde::from_str(&text("compose.yaml")).unwrap();
    compose.apply_merge().unwrap();
    compose
}

/// The settings that a service has, with its secrets at hand.
fn settings(service: &str) -> Settings {
    let folder = tempfile::tempdir().unwrap();
    let compose = compose();
    let mut sources = Sources::default();
    for (name, value) in compose["services"][service]["environment"].as_mapping().unwrap() {
        let mut value = value.as_str().unwrap().to_owned();
        if let Some(secret) = value.strip_prefix("/run/secrets/") {
            let given = compose["services"][service]["secrets"].as_sequence().unwrap();
            assert!(given.contains(&Value::from(secret)), "{service} is not given {secret}");
            let path = folder.path().join(secret);
            fs::write(&path, format!("{}\n", "c2VjcmV0".repeat(8))).unwrap();
            path.to_str().unwrap().clone_into(&mut value);
        }
        sources = sources.with_variable(name.as_str().unwrap(), &value);
    }
    Settings::load(&sources).unwrap()
}

#[test]
fn services_are_set_up_by_settings_that_there_are() {
    let healthcore = settings("healthcore");
    assert!(!healthcore.database.migrate);
    assert!(healthcore.key_file.is_some() && healthcore.seal_key.is_some());
    assert!(healthcore.metrics.bind.is_some());
    for settings in [healthcore, settings("migrate")] {
        settings.check().unwrap();
        assert_eq!(settings.database_url.describe(), "PostgreSQL database:5432/healthcore");
        assert!(settings.database_url.expose().starts_with("postgres://healthcore:c2Vj"));
    }
}

#[test]
fn secrets_stay_out_of_the_image_and_of_the_repository() {
    let [image, repository] = [".dockerignore", ".gitignore"].map(text);
    for (_, secret) in compose()["secrets"].as_mapping().unwrap() {
        let folder = secret["file"].as_str().unwrap().strip_prefix("./").unwrap().split('/').next().unwrap();
        for ignored in [&image, &repository] {
            assert!(ignored.lines().any(|line| line.trim_matches('/') == folder), "{folder} in {ignored}");
        }
    }
}

#[test]
fn the_image_is_built_with_the_toolchain_of_the_project() {
    let toolchain = text("rust-toolchain.toml");
    let channel = toolchain.lines().find_map(|line| line.strip_prefix("channel = ")).unwrap();
    let dockerfile = text("Dockerfile");
    let image = dockerfile.lines().find_map(|line| line.strip_prefix("FROM rust:")).unwrap();
    let version = image.split('-').next().unwrap();
    let channel = channel.trim_matches('"');
    let is_its = channel.strip_prefix(version).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    assert!(is_its, "{image} for {channel}");
}
