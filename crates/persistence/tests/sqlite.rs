//! The stores on SQLite: the contract of every port, and what is particular to a file.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Barrier};
use std::thread;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use domain::ports::RepositoryError;
use persistence::{DatabaseSettings, OpenError, Stores};
use tempfile::TempDir;
use testkit::contract::{Deactivate, Repositories, Throttles};

testkit::repository_contract!(async { fresh() });
testkit::sign_in_contract!(async { throttles() });

fn fresh() -> Repositories {
    let (folder, url) = database();
    persistence::migrate(&url).unwrap();
    let stores = Stores::connect(&DatabaseSettings::new(&url)).unwrap();
    let path = folder.path().join("test.db");
    let deactivate = move |user: domain::UserId| {
        let mut c = connection(&path);
        async move { c.batch_execute(&format!("UPDATE users SET is_active = 0 WHERE id = {user}")).unwrap() }
    };
    Repositories {
        users: stores.users,
        sessions: stores.sessions,
        invitations: stores.invitations,
        patients: stores.patients,
        doctors: stores.doctors,
        mappings: stores.mappings,
        history: stores.history,
        eraser: stores.eraser,
        intake: stores.intake,
        audit: stores.audit,
        deactivate: Deactivate::by(deactivate),
        guard: Box::new(folder),
    }
}

/// There is one process only on a file.
fn throttles() -> Throttles {
    let (folder, url) = database();
    persistence::migrate(&url).unwrap();
    let throttle = Stores::connect(&DatabaseSettings::new(&url)).unwrap().throttle;
    Throttles { one: Arc::clone(&throttle), other: throttle, guard: Box::new(folder) }
}

fn database() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    (folder, url)
}

fn connection(path: &Path) -> SqliteConnection {
    let mut c = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    c.batch_execute("PRAGMA busy_timeout = 5000").unwrap();
    c
}

#[test]
fn file_and_folder_are_for_the_own_user_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made/for/it/test.db");
    persistence::migrate(&format!("sqlite://{}", path.display())).unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    assert_eq!(mode(&folder.path().join("made")), 0o700);
}

#[test]
fn migrations_are_applied_once_however_many_start() {
    let (_folder, url) = database();
    let all = persistence::pending(&url).unwrap();
    let start = Barrier::new(8);
    let applied: Vec<String> = thread::scope(|scope| {
        let migrate = || {
            start.wait();
            persistence::migrate(&url).unwrap()
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(migrate)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(applied, all);
    assert!(persistence::pending(&url).unwrap().is_empty());
}

#[test]
fn every_migration_can_be_taken_back_and_applied_again() {
    let (_folder, url) = database();
    let all = persistence::migrate(&url).unwrap();
    let mut reverted = 0;
    while persistence::revert(&url).unwrap().is_some() {
        reverted += 1;
    }
    assert_eq!(reverted, all.len());
    assert_eq!(persistence::migrate(&url).unwrap(), all);
}

#[test]
fn asking_for_pending_migrations_makes_no_file() {
    let (folder, url) = database();
    assert!(!persistence::pending(&url).unwrap().is_empty());
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[tokio::test]
async fn the_probe_fails_until_the_migrations_are_applied() {
    let (_folder, url) = database();
    let stores = Stores::connect(&DatabaseSettings::new(&url)).unwrap();
    assert!(stores.probe.check().await.is_err());
    persistence::migrate(&url).unwrap();
    stores.probe.check().await.unwrap();
    persistence::revert(&url).unwrap();
    assert!(matches!(stores.probe.check().await, Err(RepositoryError::Unavailable(_))));
}

#[test]
fn a_path_that_is_no_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let url = format!("sqlite://{}", folder.path().join("file/test.db").display());
    let error = Stores::connect(&DatabaseSettings::new(&url)).err().unwrap();
    assert!(matches!(error, OpenError::File { .. }), "{error}");
}

#[tokio::test]
async fn a_copy_of_the_stores_outlives_the_first() {
    let (_folder, url) = database();
    persistence::migrate(&url).unwrap();
    let stores = Stores::connect(&DatabaseSettings::new(&url)).unwrap();
    let probe = Arc::clone(&stores.probe);
    drop(stores);
    probe.check().await.unwrap();
}
