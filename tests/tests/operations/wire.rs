//! HTTP/1.1 byte by byte: what is sent, and what comes back.

use std::io;
use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::program::PATIENCE;

/// A request on its way.
#[derive(Clone)]
pub(crate) struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Request {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        Self { method: method.to_owned(), path: path.to_owned(), headers: Vec::new(), body: String::new() }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub(crate) fn post(path: &str, body: &Value) -> Self {
        let request = Self { body: body.to_string(), ..Self::new("POST", path) };
        request.header("content-type", "application/json")
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with this body.
    pub(crate) fn saying(self, body: String) -> Self {
        Self { body, ..self }
    }

    pub(crate) fn bearing(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// What goes over the wire.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\nhost: test\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            text.extend([name, ": ", value, "\r\n"]);
        }
        if !self.body.is_empty() {
            text.extend(["content-length: ", &self.body.len().to_string(), "\r\n"]);
        }
        text.push_str("\r\n");
        text.push_str(&self.body);
        text.into_bytes()
    }

    /// Sends it on a connection of its own.
    pub(crate) async fn try_send(&self, address: SocketAddr) -> io::Result<Answer> {
        let mut connection = Connection::open(address).await?;
        connection.ask(&self.bytes()).await
    }

    /// The answer; a connection that breaks fails the test.
    pub(crate) async fn send(&self, address: SocketAddr) -> Answer {
        let answer = self.try_send(address).await;
        answer.unwrap_or_else(|error| panic!("{} {}: {error}", self.method, self.path))
    }
}

/// A connection that stays open.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends the bytes and reads one answer.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.write(request).await?;
        self.answer().await
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.get_mut().write_all(bytes).await
    }

    /// Reads one answer.
    pub(crate) async fn answer(&mut self) -> io::Result<Answer> {
        let read = async {
            let (head, body) = message(&mut self.0).await?.ok_or(io::ErrorKind::UnexpectedEof)?;
            let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
            Ok(Answer { status: status.ok_or(io::ErrorKind::InvalidData)?, head, body })
        };
        timeout(PATIENCE, read).await?
    }

    /// Reads what comes next; nothing once the other side has closed.
    pub(crate) async fn some(&mut self) -> Vec<u8> {
        let some = self.0.fill_buf().await.map(<[u8]>::to_vec).unwrap_or_default();
        self.0.consume(some.len());
        some
    }
}

/// The head and the body of the next message, a request or an answer; nothing when there is none any more.
pub(crate) async fn message(from: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Option<(String, Vec<u8>)>> {
    let mut head = String::new();
    loop {
        let before = head.len();
        if from.read_line(&mut head).await? == 0 {
            return if head.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        if head.len() - before <= 2 {
            break;
        }
    }
    let length = header(&head, "content-length").map_or(Ok(0), str::parse);
    let mut body = vec![0; length.map_err(|_| io::ErrorKind::InvalidData)?];
    from.read_exact(&mut body).await?;
    Ok(Some((head, body)))
}

/// A header of a message.
pub(crate) fn header<'head>(head: &'head str, name: &str) -> Option<&'head str> {
    let lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
}

/// An answer, whole.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The answer itself, if it has this status.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{} {}", self.head, self.text());
        self
    }

    /// Whether the server says that it cannot now, and when to come again.
    #[track_caller]
    pub(crate) fn is_unavailable(&self) -> bool {
        let wait = self.header("retry-after").and_then(|wait| wait.parse::<u64>().ok());
        assert!(self.status != 503 || wait.is_some_and(|wait| (1..=2).contains(&wait)), "{}", self.head);
        self.status == 503
    }
}
