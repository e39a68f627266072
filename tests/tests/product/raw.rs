//! Requests byte by byte, for what a well-behaved client does not send.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::Answer;

/// Longer than any deadline of the server.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends `request` and reads until the server closes; the request must ask for that.
pub(crate) async fn exchange(address: SocketAddr, request: &[u8]) -> Answer {
    let name =
        String::from_utf8_lossy(request).lines().next().unwrap_or_default().chars().take(200).collect();
    let talk = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // The server may answer and close before it has read everything.
        drop(stream.write_all(request).await);
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer).await);
        answer
    };
    let bytes = tokio::time::timeout(PATIENCE, talk).await.expect("the server answers and closes");
    parse(name, &bytes)
}

/// A request with this line and these headers, to which the server closes.
pub(crate) fn request(line: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut lines = vec![format!("{line} HTTP/1.1"), "host: test".to_owned(), "connection: close".to_owned()];
    lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
    if !body.is_empty() {
        lines.push(format!("content-length: {}", body.len()));
    }
    let head = lines.join("\r\n");
    [head.as_bytes(), b"\r\n\r\n", body].concat()
}

fn parse(request: String, bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no answer to {request}: {}", String::from_utf8_lossy(bytes)));
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(':').unwrap();
        headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value.trim()).unwrap());
    }
    assert!(!headers.contains_key("transfer-encoding"), "{request}: {head}");
    Answer { request, status, headers, body: bytes[end + 4..].to_vec() }
}
