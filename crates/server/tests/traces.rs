//! Spans of requests reach a collector, and continue the trace of their caller.
#![cfg(feature = "otel")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "command_line/place.rs"]
#[expect(dead_code, reason = "more than is needed here")]
mod place;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::Signal;

use place::{Place, exchange, status};

/// The body of one request, which is answered as a collector does.
fn take(stream: &mut TcpStream) -> Vec<u8> {
    let mut text = Vec::new();
    let mut part = [0; 4096];
    loop {
        let head = text.windows(4).position(|bytes| bytes == b"\r\n\r\n").map(|end| end + 4);
        if let Some(end) = head {
            let length = String::from_utf8_lossy(&text[..end]).to_lowercase();
            let length = length.split("content-length: ").nth(1).unwrap().split('\r').next().unwrap().parse();
            if text.len() >= end + length.unwrap_or(0) {
                let answer =
                    "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n";
                stream.write_all(answer.as_bytes()).unwrap();
                return text;
            }
        }
        let count = stream.read(&mut part).unwrap();
        assert!(count > 0, "the request has no end");
        text.extend_from_slice(&part[..count]);
    }
}

#[test]
fn a_span_continues_the_trace_of_its_caller_and_holds_nothing_of_the_patient() {
    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    let collector = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", collector.local_addr().unwrap());
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in collector.incoming() {
            if tell.send(take(&mut stream.unwrap())).is_err() {
                return;
            }
        }
    });
    let place = Place::new();
    let mut serving = place.serve(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]);
    let head = "GET /api/patients/4711/?search=Zx9Canary HTTP/1.1\r\nHost: here\r\nConnection: close\r\n";
    let request = format!("{head}traceparent: 00-{TRACE}-b7ad6b7169203331-01\r\n\r\n");
    assert_eq!(status(&exchange(serving.addr, &request)), "401");
    serving.signal(Signal::TERM);
    assert_eq!(serving.ended(Duration::from_secs(20)).code(), Some(0));
    let spans = told.recv_timeout(Duration::from_secs(5)).unwrap();
    let has = |bytes: &[u8]| spans.windows(bytes.len()).any(|window| window == bytes);
    let trace = u128::from_str_radix(TRACE, 16).unwrap().to_be_bytes();
    assert!(has(b"POST /v1/traces ") && has(b"healthcore"));
    assert!(has(&trace), "the span is of another trace");
    assert!(has(b"/api/patients/{id}"));
    assert!(!has(b"Zx9Canary") && !has(b"4711"));
}

#[test]
fn a_collector_that_is_away_holds_nobody_up() {
    let place = Place::new();
    let mut serving = place.serve(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")]);
    assert_eq!(status(&serving.get("/readyz")), "200");
    serving.signal(Signal::TERM);
    assert_eq!(serving.ended(Duration::from_secs(20)).code(), Some(0));
}
