//! Requests and answers byte by byte over any stream, for what a well-behaved client does not send.

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::client::Answer;

/// Longer than any deadline of the server.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request with this line (`GET /path`) and these headers; its length is added.
pub(crate) fn request(line: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{line} HTTP/1.1\r\n");
    if !headers.iter().any(|(name, _)| *name == "host") {
        head.push_str("host: test\r\n");
    }
    for (name, value) in headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    if !body.is_empty() {
        let _ = write!(head, "content-length: {}\r\n", body.len());
    }
    [head.as_bytes(), b"\r\n", body].concat()
}

/// A connection without TLS that gives up at some time.
pub(crate) fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Sends one request on a connection of its own. An error when no answer comes before the end.
pub(crate) fn exchange(address: SocketAddr, request: &[u8]) -> io::Result<Answer> {
    Wire::new(connect(address)?).ask(request)
}

/// One connection of one client, which may be kept open.
pub(crate) struct Wire<S> {
    stream: BufReader<S>,
}

impl<S: Read + Write> Wire<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream: BufReader::new(stream) }
    }

    /// Sends a request and reads the answer to its end.
    pub(crate) fn ask(&mut self, request: &[u8]) -> io::Result<Answer> {
        // The server may answer and close before it has read everything.
        let sent = self.stream.get_mut().write_all(request).and_then(|()| self.stream.get_mut().flush());
        let answer = read_answer(&mut self.stream, request);
        answer.map_err(|error| sent.err().unwrap_or(error))
    }
}

fn read_answer(stream: &mut impl BufRead, request: &[u8]) -> io::Result<Answer> {
    let name: String =
        String::from_utf8_lossy(request).lines().next().unwrap_or_default().chars().take(200).collect();
    let first = line(stream)?;
    let status = first.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| io::Error::other(format!("no answer to {name}: {first}")))?;
    let mut headers = HeaderMap::new();
    loop {
        let line = line(stream)?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value.trim()).unwrap());
    }
    let has_body = !request.starts_with(b"HEAD ") && !matches!(status, 204 | 304);
    let mut body = Vec::new();
    if has_body && headers.get("transfer-encoding").is_some_and(|it| it == "chunked") {
        while let length @ 1.. = usize::from_str_radix(&line(stream)?, 16).map_err(io::Error::other)? {
            read_more(stream, &mut body, length)?;
            line(stream)?;
        }
        line(stream)?;
    } else if has_body {
        let length = headers.get("content-length").map_or(0, |it| it.to_str().unwrap().parse().unwrap());
        read_more(stream, &mut body, length)?;
    }
    Ok(Answer { request: name, status, headers, body })
}

/// Reads so many bytes.
fn read_more(stream: &mut impl BufRead, body: &mut Vec<u8>, length: usize) -> io::Result<()> {
    let begin = body.len();
    body.resize(begin + length, 0);
    stream.read_exact(&mut body[begin..])
}

fn line(stream: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    if stream.read_until(b'\n', &mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}
