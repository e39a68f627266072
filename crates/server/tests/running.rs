//! The server inside another program, as tests use it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use server::settings::{Settings, Sources};
use server::{Server, StartError};

fn settings(folder: &Path) -> Settings {
    let sources = Sources::default()
        .with_variable("HEALTHCORE_BIND", "127.0.0.1:0")
        .with_variable("HEALTHCORE_DATA_DIR", folder.to_str().unwrap())
        .with_variable("HEALTHCORE__AUTH__PASSWORD_COST", "4");
    Settings::load(&sources).unwrap()
}

/// The first line of what it answers.
async fn get(addr: SocketAddr, path: &'static str) -> String {
    let get = move || {
        let mut stream = TcpStream::connect(addr).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.lines().next().unwrap_or_default().to_owned()
    };
    tokio::task::spawn_blocking(get).await.unwrap()
}

#[tokio::test]
async fn it_starts_on_a_free_port_and_stops() {
    let folder = tempfile::tempdir().unwrap();
    let running = Server::start(settings(folder.path())).await.unwrap();
    let addr = running.addr;
    assert_ne!(addr.port(), 0);
    assert_eq!(get(addr, "/livez").await, "HTTP/1.1 200 OK");
    running.stop().await.unwrap();
    assert!(TcpStream::connect(addr).is_err());
}

#[tokio::test]
async fn two_folders_are_two_servers_and_one_folder_is_one() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = Server::start(settings(one.path())).await.unwrap();
    let second = Server::start(settings(other.path())).await.unwrap();
    assert_ne!(first.addr, second.addr);
    let third = Server::start(settings(one.path())).await;
    assert!(matches!(third, Err(StartError::InUse { .. })));
    first.stop().await.unwrap();
    Server::start(settings(one.path())).await.unwrap().stop().await.unwrap();
    second.stop().await.unwrap();
}

#[tokio::test]
async fn a_stop_puts_the_log_of_the_database_into_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("healthcore.db-wal");
    // Who closes the file last, this or a thread of the server, is a matter of chance.
    for round in 0..8 {
        let running = Server::start(settings(folder.path())).await.unwrap();
        assert_eq!(get(running.addr, "/readyz").await, "HTTP/1.1 200 OK");
        assert!(log.exists());
        running.stop().await.unwrap();
        assert!(!log.exists(), "in round {round}");
    }
}
