//! The admin panel is part of the server.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use server::Server;
use server::settings::{Settings, Sources};

async fn get(addr: SocketAddr, path: &'static str) -> String {
    let get = move || {
        let mut stream = TcpStream::connect(addr).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    tokio::task::spawn_blocking(get).await.unwrap()
}

#[tokio::test]
async fn it_is_at_its_address_with_and_without_a_slash() {
    let folder = tempfile::tempdir().unwrap();
    let sources = Sources::default()
        .with_variable("HEALTHCORE_BIND", "127.0.0.1:0")
        .with_variable("HEALTHCORE_DATA_DIR", folder.path().to_str().unwrap())
        .with_variable("HEALTHCORE__AUTH__PASSWORD_COST", "4");
    let running = Server::start(Settings::load(&sources).unwrap()).await.unwrap();
    for path in ["/admin", "/admin/"] {
        let answer = get(running.addr, path).await;
        assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
        assert!(answer.contains("location: /admin/sign-in?next=%2Fadmin\r\n"), "{answer}");
    }
    let page = get(running.addr, "/admin/sign-in/").await;
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("x-request-id: "), "{page}");
    assert!(page.contains("content-security-policy: default-src 'none'; script-src 'self';"), "{page}");
    running.stop().await.unwrap();
}
