//! Requests that two readers may take apart differently: refused, and never answered twice.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::program::{Program, Setup};
use crate::turns;
use crate::wire::{Connection, Request};

/// What a second reader might take for a request of its own.
const HIDDEN: &str = "GET /livez HTTP/1.1\r\nhost: hidden\r\n\r\n";

/// A request with these headers and this body, and the hidden one behind it.
fn shape(headers: &str, body: &str) -> String {
    let line = "POST /api/auth/login/ HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\n";
    format!("{line}{headers}\r\n{body}{HIDDEN}")
}

/// Headers that say in two ways, or in none that counts, where the body ends.
const HEADS: &[&str] = &[
    "transfer-encoding: chunked\r\ncontent-length: 5\r\n",
    "content-length: 5\r\ntransfer-encoding: chunked\r\n",
    "content-length: 0\r\ntransfer-encoding: chunked\r\n",
    "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
    "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n",
    "transfer-encoding: xchunked\r\n",
    "transfer-encoding: chunked, identity\r\n",
    "transfer-encoding: identity, chunked\r\n",
    "transfer-encoding: gzip, chunked\r\n",
    "transfer-encoding: identity\r\n",
    "transfer-encoding: \"chunked\"\r\n",
    "transfer-encoding: chunked\0\r\n",
    "transfer-encoding:\r\n",
    "transfer-encoding : chunked\r\n",
    "transfer-encoding\r\n : chunked\r\n",
    "x: y\r\n transfer-encoding: chunked\r\n",
    "x: y\r\n\ttransfer-encoding: chunked\r\n",
    " transfer-encoding: chunked\r\n",
    "content-length: 2\r\ncontent-length: 2\r\n",
    "content-length: 2\r\ncontent-length: 14\r\n",
    "content-length: 2, 2\r\n",
    "content-length: 2 2\r\n",
    "content-length: +2\r\n",
    "content-length: -2\r\n",
    "content-length: 0x2\r\n",
    "content-length: 2.0\r\n",
    "content-length: 2e0\r\n",
    "content-length:\r\n",
    "content-length: 18446744073709551618\r\n",
    "content-length : 2\r\n",
    "content-length\t: 2\r\n",
    "content-length: 2\r\n 4\r\n",
    "content-length: 2\r\nhost: other\r\n",
];

/// Chunks that say so.
const BODIES: &[&str] = &[
    "0x2\r\n{}\r\n0\r\n\r\n",
    "+2\r\n{}\r\n0\r\n\r\n",
    "-2\r\n{}\r\n0\r\n\r\n",
    "2 2\r\n{}\r\n0\r\n\r\n",
    "\r\n2\r\n{}\r\n0\r\n\r\n",
    "2_\r\n{}\r\n0\r\n\r\n",
    "2\n{}\n0\n\n",
    "2\r{}\r0\r\r",
    "2\r\n{}0\r\n\r\n",
    "2\r\n{}xx0\r\n\r\n",
    "10000000000000002\r\n{}\r\n0\r\n\r\n",
    "fffffffffffffffff\r\n{}\r\n0\r\n\r\n",
    "2;a\nb\r\n{}\r\n0\r\n\r\n",
    "two\r\n{}\r\n0\r\n\r\n",
];

/// Each shape with its name.
fn shapes() -> Vec<(String, String)> {
    let chunks = "2\r\n{}\r\n0\r\n\r\n";
    let in_head = HEADS.iter().map(|head| (head.escape_debug().to_string(), shape(head, chunks)));
    let chunked = |body| shape("transfer-encoding: chunked\r\n", body);
    let in_body = BODIES.iter().map(|body| (format!("chunked {}", body.escape_debug()), chunked(body)));
    let old = ("HTTP/1.0".to_owned(), chunked(chunks).replacen("HTTP/1.1", "HTTP/1.0", 1));
    in_head.chain(in_body).chain([old]).collect()
}

/// Everything that the server says to this, until it closes or falls silent.
async fn answers(server: SocketAddr, bytes: &[u8]) -> (String, bool) {
    let mut connection = Connection::open(server).await.unwrap();
    connection.write(bytes).await.unwrap();
    let mut said = Vec::new();
    let closed = loop {
        match timeout(Duration::from_secs(3), connection.some()).await {
            Ok(some) if some.is_empty() => break true,
            Ok(some) => said.extend(some),
            Err(_) => break false,
        }
    };
    (String::from_utf8_lossy(&said).into_owned(), closed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_two_readers_may_read_differently_is_refused_and_answered_once() {
    let _turn = turns::together().await;
    let server = Program::start(&Setup::new(&[]));
    let address = server.address();
    // What is well formed gets two answers: the test can tell.
    for good in [
        shape("content-length: 2\r\n", "{}"),
        shape("transfer-encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"),
    ] {
        let (said, _) = answers(address, good.as_bytes()).await;
        assert_eq!(said.matches("HTTP/1.1 ").count(), 2, "{said}");
    }
    let mut tasks = JoinSet::new();
    for (name, bytes) in shapes() {
        tasks.spawn(async move { (name, answers(address, bytes.as_bytes()).await) });
    }
    let all = tasks.join_all().await;
    let mut wrong = Vec::new();
    for (name, (said, closed)) in &all {
        let statuses: Vec<_> =
            said.split("HTTP/1.1 ").skip(1).map(|rest| rest.chars().take(3).collect::<String>()).collect();
        if statuses != ["400"] || !closed {
            wrong.push(format!("{name}: {statuses:?}, closed: {closed}"));
        }
    }
    println!("{} shapes, {} of them not refused", all.len(), wrong.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
    Request::get("/livez").send(address).await.is(200);
}
