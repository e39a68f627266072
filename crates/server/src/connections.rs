//! Connections on which nothing comes about are closed.
//!
//! The web framework bounds the time for the first head of a connection and for silence between two requests. A
//! second head that never ends, and chunks that nobody reads any more, keep a connection for ever; here they do not.

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
}

impl Connections {
    /// A connection may do nothing for so long.
    pub(crate) fn new(patience: Duration) -> Self {
        Self { patience, open: Arc::default() }
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
        });
        self.open().push(Arc::downgrade(&connection));
        data.insert(connection);
    }

    /// Closes what is idle for too long, for as long as the server runs.
    pub(crate) async fn watch(self) {
        let mut ticks = tokio::time::interval(INTERVAL);
        loop {
            ticks.tick().await;
            self.open().retain(|connection| {
                let connection = connection.upgrade();
                if let Some(connection) = &connection {
                    connection.close_if_idle(self.patience);
                }
                connection.is_some()
            });
        }
    }

    fn open(&self) -> MutexGuard<'_, Vec<Weak<Connection>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    fn idle_since(&self) -> MutexGuard<'_, Instant> {
        self.idle_since.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close_if_idle(&self, patience: Duration) {
        let is_given_up = self.is_given_up.load(Ordering::Relaxed);
        let patience = if is_given_up { FAREWELL } else { patience };
        if self.under_way.load(Ordering::Acquire) == 0 && self.idle_since().elapsed() >= patience {
            // It fails when the other side has closed already.
            let _ = self.socket.shutdown(Shutdown::Both);
        }
    }
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
        *self.0.idle_since() = Instant::now();
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
    Ok(response.map_body(|_, body| BoxBody::new(Noted { body: body.boxed(), _under_way: under_way })))
}

/// The body of an answer.
struct Noted {
    body: BoxBody,
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
        Pin::new(&mut self.get_mut().body).poll_next(context)
    }
}
