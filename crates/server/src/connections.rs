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
    /// Answers that are made while they are read.
    made: Mutex<Vec<Weak<Made>>>,
}

/// An answer that is made part by part, as its client reads it.
#[derive(Default)]
struct Made {
    /// Since when a part waits for the client; `None` while the client waits for a part.
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
            made: Mutex::default(),
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
        lock(&self.made).retain(|made| {
            let made = made.upgrade();
            let since = made.as_ref().and_then(|made| *lock(&made.waits_since));
            is_unread |= since.is_some_and(|since| since.elapsed() >= patience);
            made.is_some()
        });
        if is_unread {
            self.close();
        }
    }

    fn close(&self) {
        // It fails when the other side has closed already.
        let _ = self.socket.shutdown(Shutdown::Both);
    }

    /// Keeps an eye on an answer that is made while it is read.
    fn watch(&self) -> Arc<Made> {
        let made = Arc::new(Made::default());
        lock(&self.made).push(Arc::downgrade(&made));
        made
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
        let is_made = body.size() == BodySize::Stream;
        let made = under_way.as_ref().filter(|_| is_made).map(|UnderWay(connection)| connection.watch());
        BoxBody::new(Noted { body, made, _under_way: under_way })
    }))
}

/// The body of an answer.
struct Noted {
    body: BoxBody,
    made: Option<Arc<Made>>,
    _under_way: Option<UnderWay>,
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
        let part = Pin::new(&mut noted.body).poll_next(context);
        if let Some(made) = &noted.made {
            // The framework asks for the next part when there is room for it.
            *lock(&made.waits_since) = part.is_ready().then(Instant::now);
        }
        part
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
            made: Mutex::default(),
        };
        (connection, client)
    }

    #[test]
    fn a_client_that_does_not_read_its_answer_loses_the_connection() {
        let (connection, mut client) = connected();
        client.set_nonblocking(true).unwrap();
        let is_open = |client: &mut TcpStream| client.read(&mut [0]).is_err();
        let made = connection.watch();
        connection.close_if_unread(Duration::ZERO);
        assert!(is_open(&mut client), "the client waits");
        *lock(&made.waits_since) = Some(Instant::now());
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
        let made = connection.watch();
        *lock(&made.waits_since) = Some(Instant::now());
        drop(made);
        connection.close_if_unread(Duration::ZERO);
        assert!(client.read(&mut [0]).is_err());
        assert!(lock(&connection.made).is_empty());
    }
}
