//! Connections on which nothing comes about are closed.
//!
//! The web framework bounds the time for the first head of a connection and for silence between two requests. A
//! second head that never ends, chunks that nobody reads any more, and an answer that its client does not read keep a
//! connection for ever; here they do not.

use std::any::Any;
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::Error;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Extensions, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::rt::net::TcpStream as Socket;
use actix_web::web::Bytes;

/// How often connections are looked at.
const INTERVAL: Duration = Duration::from_millis(250);

/// How long a client whose request was given up has to read the answer.
const FAREWELL: Duration = Duration::from_secs(1);

/// How much of an answer is handed out at once: a client that has taken so much has read.
const SLICE: usize = 32 << 10;

/// All connections of a server.
#[derive(Clone)]
pub(crate) struct Connections {
    patience: Duration,
    patience_with_readers: Duration,
    open: Arc<Mutex<Vec<Weak<Connection>>>>,
}

/// One connection, for as long as the framework has it.
struct Connection {
    /// A second handle of the same socket.
    socket: TcpStream,
    under_way: AtomicUsize,
    /// Its last request was given up: it is to go soon.
    is_given_up: AtomicBool,
    idle_since: Mutex<Instant>,
    /// Answers on their way.
    answers: Mutex<Vec<Weak<Answer>>>,
}

/// An answer on its way, slice by slice, as its client reads it.
struct Answer {
    /// Since when it waits for the client; `None` while the client waits for it.
    waits_since: Mutex<Option<Instant>>,
}

impl Connections {
    /// A connection may do nothing for so long, and a client may be so long without reading.
    pub(crate) fn new(patience: Duration, patience_with_readers: Duration) -> Self {
        Self { patience, patience_with_readers, open: Arc::default() }
    }

    /// Notes a new connection. One whose socket cannot be had is left to the framework.
    pub(crate) fn add(&self, stream: &dyn Any, data: &mut Extensions) {
        let plain = stream.downcast_ref::<Socket>();
        let tls = || stream.downcast_ref::<TlsStream<Socket>>().map(|stream| stream.get_ref().0);
        let Some(socket) = plain.or_else(tls) else { return };
        let Ok(socket) = socket.as_fd().try_clone_to_owned() else { return };
        let connection = Arc::new(Connection {
            socket: socket.into(),
            under_way: AtomicUsize::new(0),
            is_given_up: AtomicBool::new(false),
            idle_since: Mutex::new(Instant::now()),
            answers: Mutex::default(),
        });
        lock(&self.open).push(Arc::downgrade(&connection));
        data.insert(connection);
    }

    /// Closes what is idle for too long, for as long as the server runs.
    pub(crate) async fn watch(self) {
        let mut ticks = tokio::time::interval(INTERVAL);
        loop {
            ticks.tick().await;
            lock(&self.open).retain(|connection| {
                let connection = connection.upgrade();
                if let Some(connection) = &connection {
                    connection.close_if_idle(self.patience);
                    connection.close_if_unread(self.patience_with_readers);
                }
                connection.is_some()
            });
        }
    }
}

impl Connection {
    fn close_if_idle(&self, patience: Duration) {
        let is_given_up = self.is_given_up.load(Ordering::Relaxed);
        let patience = if is_given_up { FAREWELL } else { patience };
        if self.under_way.load(Ordering::Acquire) == 0 && lock(&self.idle_since).elapsed() >= patience {
            self.close();
        }
    }

    fn close_if_unread(&self, patience: Duration) {
        let mut is_unread = false;
        lock(&self.answers).retain(|answer| {
            let answer = answer.upgrade();
            let since = answer.as_ref().and_then(|answer| *lock(&answer.waits_since));
            is_unread |= since.is_some_and(|since| since.elapsed() >= patience);
            answer.is_some()
        });
        if is_unread {
            self.close();
        }
    }

    fn close(&self) {
        // It fails when the other side has closed already.
        let _ = self.socket.shutdown(Shutdown::Both);
    }

    /// Keeps an eye on an answer. It waits from now on: nobody asks for any of it while others before it are unread.
    fn watch(&self) -> Arc<Answer> {
        let answer = Arc::new(Answer { waits_since: Mutex::new(Some(Instant::now())) });
        let mut answers = lock(&self.answers);
        answers.retain(|answer| answer.strong_count() > 0);
        answers.push(Arc::downgrade(&answer));
        drop(answers);
        answer
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A request under way; its end is the moment when its answer is written.
struct UnderWay(Arc<Connection>);

impl UnderWay {
    fn begin(connection: &Arc<Connection>) -> Self {
        connection.under_way.fetch_add(1, Ordering::Release);
        Self(Arc::clone(connection))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        *lock(&self.0.idle_since) = Instant::now();
        self.0.under_way.fetch_sub(1, Ordering::Release);
    }
}

/// Notes that a request is under way until the last byte of its answer was taken.
pub(crate) async fn note(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let under_way = request.conn_data::<Arc<Connection>>().map(UnderWay::begin);
    let response = next.call(request).await?;
    if let Some(UnderWay(connection)) = &under_way
        && response.status() == StatusCode::REQUEST_TIMEOUT
    {
        connection.is_given_up.store(true, Ordering::Relaxed);
    }
    Ok(response.map_body(|_, body| {
        let body = body.boxed();
        let is_empty = matches!(body.size(), BodySize::None | BodySize::Sized(0));
        let answer = under_way.as_ref().filter(|_| !is_empty).map(|UnderWay(connection)| connection.watch());
        BoxBody::new(Noted { body, rest: Bytes::new(), answer, _under_way: under_way })
    }))
}

/// The body of an answer.
struct Noted {
    body: BoxBody,
    /// What is left of the part that is handed out.
    rest: Bytes,
    answer: Option<Arc<Answer>>,
    _under_way: Option<UnderWay>,
}

impl Noted {
    fn poll_slice(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, <BoxBody as MessageBody>::Error>>> {
        if self.rest.is_empty() {
            match Pin::new(&mut self.body).poll_next(context) {
                Poll::Ready(Some(Ok(part))) => self.rest = part,
                other => return other,
            }
        }
        let slice = self.rest.split_to(self.rest.len().min(SLICE));
        Poll::Ready(Some(Ok(slice)))
    }
}

impl MessageBody for Noted {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let noted = self.get_mut();
        let slice = noted.poll_slice(context);
        if let Some(answer) = &noted.answer {
            // The framework asks for the next slice when there is room for it.
            *lock(&answer.waits_since) = slice.is_ready().then(Instant::now);
        }
        slice
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::net::TcpListener;

    use super::*;

    /// A connection, and its other end.
    fn connected() -> (Connection, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let connection = Connection {
            socket: listener.accept().unwrap().0,
            under_way: AtomicUsize::new(1),
            is_given_up: AtomicBool::new(false),
            idle_since: Mutex::new(Instant::now()),
            answers: Mutex::default(),
        };
        (connection, client)
    }

    #[test]
    fn a_client_that_does_not_read_its_answer_loses_the_connection() {
        let (connection, mut client) = connected();
        client.set_nonblocking(true).unwrap();
        let is_open = |client: &mut TcpStream| client.read(&mut [0]).is_err();
        let answer = connection.watch();
        *lock(&answer.waits_since) = None;
        connection.close_if_unread(Duration::ZERO);
        assert!(is_open(&mut client), "the client waits");
        *lock(&answer.waits_since) = Some(Instant::now());
        connection.close_if_unread(Duration::from_mins(1));
        assert!(is_open(&mut client), "not for long");
        connection.close_if_unread(Duration::ZERO);
        client.set_nonblocking(false).unwrap();
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
    }

    #[test]
    fn an_answer_that_has_ended_is_of_no_concern() {
        let (connection, mut client) = connected();
        client.set_nonblocking(true).unwrap();
        drop(connection.watch());
        connection.close_if_unread(Duration::ZERO);
        assert!(client.read(&mut [0]).is_err());
        assert!(lock(&connection.answers).is_empty());
    }

    #[test]
    fn answers_that_have_ended_are_not_kept_until_the_next_look() {
        let (connection, _client) = connected();
        for _ in 0..100 {
            drop(connection.watch());
        }
        assert!(lock(&connection.answers).len() <= 1);
    }

    #[test]
    fn a_client_that_is_not_through_with_the_answer_before_is_watched_as_well() {
        let (connection, mut client) = connected();
        let _answer = connection.watch();
        connection.close_if_unread(Duration::ZERO);
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
    }

    #[test]
    fn each_slice_that_is_taken_renews_the_time() {
        let (connection, mut client) = connected();
        client.set_nonblocking(true).unwrap();
        let text: Vec<u8> = (0..=250).cycle().take(5 * SLICE + 7).collect();
        let answer = connection.watch();
        let body = BoxBody::new(Bytes::from(text.clone()));
        let mut noted =
            Noted { body, rest: Bytes::new(), answer: Some(Arc::clone(&answer)), _under_way: None };
        assert_eq!(noted.size(), BodySize::Sized(5 * 32 * 1024 + 7));
        let mut context = Context::from_waker(std::task::Waker::noop());
        let mut told = Vec::new();
        let long_ago = Instant::now().checked_sub(Duration::from_mins(1)).unwrap();
        loop {
            *lock(&answer.waits_since) = Some(long_ago);
            let Poll::Ready(slice) = Pin::new(&mut noted).poll_next(&mut context) else { panic!("is there") };
            let Some(slice) = slice else { break };
            connection.close_if_unread(Duration::from_secs(30));
            assert!(client.read(&mut [0]).is_err(), "the client has taken a slice");
            let slice = slice.unwrap();
            assert!(slice.len() <= SLICE);
            told.extend_from_slice(&slice);
        }
        assert!(told == text);
    }
}
