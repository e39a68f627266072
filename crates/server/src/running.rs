//! A server that runs, and how it stops.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use admin::Panel;
use application::Accounts;
use http_api::{Draining, PublicKeys, RequestMetrics, Shared};
use persistence::LoadGauge;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, timeout};

use crate::audit::TrailTasks;
use crate::compose::{Composed, compose_with};
use crate::connections::{self, Connections};
use crate::data_dir::{self, Lock};
use crate::keys::Keys;
use crate::metrics::MetricsServer;
use crate::settings::Settings;
use crate::{StartError, telemetry, tls};

/// How long a client may take for the head of a request (RFC 9110 leaves it to the server): 10 seconds with
/// everything around it.
const HEAD_DEADLINE: Duration = Duration::from_secs(9);

/// How long a client may leave what comes next of its answer unread.
const READ_DEADLINE: Duration = Duration::from_secs(30);

/// How long a stop waits for the threads of the server, and then for the database to be closed.
const CLOSING: Duration = Duration::from_secs(2);

/// Between two questions for sessions that other replicas have ended: they are to be dead here, too, within
/// a second.
const ENDED_SESSIONS_INTERVAL: Duration = Duration::from_millis(400);

/// Starts servers.
#[derive(Debug)]
pub struct Server;

/// A server that answers requests until it is stopped.
pub struct Running {
    /// Where it listens; with the real port when the settings said 0.
    pub addr: SocketAddr,
    /// Whether it speaks TLS.
    pub is_tls: bool,
    /// The path of the page that makes the first administrator, where there is none.
    pub set_up: Option<String>,
    /// Where it tells its metrics, if it does.
    pub metrics_addr: Option<SocketAddr>,
    draining: Draining,
    drain_delay: Duration,
    handle: ServerHandle,
    task: JoinHandle<io::Result<()>>,
    watch: JoinHandle<()>,
    key_watch: JoinHandle<()>,
    connection_watch: JoinHandle<()>,
    database: Arc<dyn LoadGauge>,
    trail: TrailTasks,
    metrics: Option<MetricsServer>,
    lock: Option<Lock>,
}

impl Server {
    /// Opens the database and listens. Needs a tokio runtime; the server has threads of its own.
    pub async fn start(settings: Settings) -> Result<Running, StartError> {
        let (composed, keys, lock, settings) = prepare(settings).await?;
        let Composed { state, panel, trail, watched } = composed;
        let requests = RequestMetrics::default();
        let database = Arc::clone(&watched.database);
        let metrics = MetricsServer::start(settings.metrics.bind, &requests, watched)?;
        let draining = state.draining.clone();
        let set_up = offer_set_up(&panel).await;
        let watch = tokio::spawn(learn_ended_sessions(state.accounts.clone()));
        let signer = keys.signer();
        let key_watch = tokio::spawn(keys.watch());
        let shared = Shared::new(state)
            .publishing(PublicKeys::new(move || signer.jwks()))
            .counting(requests)
            .linking(telemetry::link(&settings.traces));
        let address = settings.server.bind;
        let connections = Connections::new(HEAD_DEADLINE, READ_DEADLINE);
        let connection_watch = tokio::spawn(connections.clone().watch());
        let mut server = HttpServer::new(move || {
            http_api::app(&shared)
                .configure(|config| panel.configure(config))
                .wrap(from_fn(connections::note))
        })
        .on_connect(move |stream, data| connections.add(stream, data))
        // Else the last piece of an answer waits for the client to acknowledge those before it, 40 ms and more.
        .tcp_nodelay(true)
        .client_request_timeout(HEAD_DEADLINE)
        .disable_signals()
        .shutdown_timeout(settings.server.drain().as_secs());
        if settings.server.workers > 0 {
            server = server.workers(settings.server.workers.into());
        }
        let tls = settings.server.tls_files().map(|(chain, key)| tls::config(chain, key)).transpose()?;
        let is_tls = tls.is_some();
        let bound = match tls {
            Some(tls) => server.bind_rustls_0_23(address, tls),
            None => server.bind(address),
        };
        let server = bound.map_err(|source| StartError::Bind { address, source })?;
        let addr = server.addrs().first().copied().unwrap_or(address);
        let server = server.run();
        Ok(Running {
            trail: trail.start(),
            addr,
            is_tls,
            set_up,
            metrics_addr: metrics.as_ref().map(|metrics| metrics.addr),
            metrics,
            draining,
            drain_delay: settings.server.drain_delay(),
            handle: server.handle(),
            task: tokio::spawn(server),
            watch,
            key_watch,
            connection_watch,
            database,
            lock,
        })
    }
}

/// Without the link the server does its work nevertheless.
async fn offer_set_up(panel: &Panel) -> Option<String> {
    panel.offer_set_up().await.unwrap_or_else(|error| {
        tracing::warn!(%error, "could not ask whether there is an administrator");
        None
    })
}

/// Opens what a server needs, on a thread that may wait.
async fn prepare(settings: Settings) -> Result<(Composed, Keys, Option<Lock>, Settings), StartError> {
    let prepared = tokio::task::spawn_blocking(move || {
        // First what needs no file: a start that is refused leaves nothing behind.
        settings.check()?;
        let keys = Keys::open(&settings)?;
        data_dir::prepare(&settings)?;
        let lock = data_dir::lock(&settings)?;
        Ok::<_, StartError>((compose_with(&settings, &keys)?, keys, lock, settings))
    });
    prepared.await.map_err(io::Error::other)?
}

/// Asks for the sessions that other replicas have ended, for as long as the server runs.
async fn learn_ended_sessions(accounts: Accounts) {
    let mut ticks = tokio::time::interval(ENDED_SESSIONS_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = accounts.learn_ended_sessions().await {
            // Until the next success each request asks for its own session.
            tracing::warn!(%error, "could not ask which sessions have ended");
        }
    }
}

impl Running {
    /// Stops: first readiness goes, then the port closes, then what is under way is finished, for as long as
    /// the settings allow.
    pub async fn stop(self) -> io::Result<()> {
        self.stop_unless(std::future::pending()).await
    }

    /// The same, unless `hurry` is over first: then requests that are still under way lose their connection. What is
    /// on record is kept either way.
    pub async fn stop_unless(self, hurry: impl Future<Output = ()>) -> io::Result<()> {
        self.draining.begin();
        let in_peace = async {
            tokio::time::sleep(self.drain_delay).await;
            self.handle.stop(true).await;
        };
        let is_hurried = tokio::select! {
            () = in_peace => false,
            () = hurry => true,
        };
        let result = if is_hurried {
            tracing::warn!("stopping at once");
            // A server that stops in peace hears nothing else until it has.
            self.task.abort();
            Ok(())
        } else {
            self.task.await.map_err(io::Error::other).flatten()
        };
        self.watch.abort();
        self.key_watch.abort();
        self.connection_watch.abort();
        self.trail.stop().await;
        if let Some(metrics) = self.metrics {
            metrics.stop().await;
        }
        close(self.database).await;
        // Only now may another server take the database.
        drop(self.lock);
        result
    }

    /// What cuts short the requests that are under way: they lose their connection.
    pub fn stop_now(&self) -> impl Future<Output = ()> + use<> {
        let handle = self.handle.clone();
        async move { handle.stop(false).await }
    }
}

/// Waits a moment for the threads of the server, which let go of the database as they end, and closes it: whoever closes
/// SQLite last puts its log into the file. What takes longer is left to the end of the process, which loses nothing.
async fn close(database: Arc<dyn LoadGauge>) {
    let others_are_gone = async {
        while Arc::strong_count(&database) > 1 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    if timeout(CLOSING, others_are_gone).await.is_err() {
        return;
    }
    let (closing, closed) = tokio::sync::oneshot::channel::<()>();
    thread::spawn(move || {
        drop(database);
        drop(closing);
    });
    // It says nothing but that it is over.
    let _ = timeout(CLOSING, closed).await;
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("addr", &self.addr).finish_non_exhaustive()
    }
}
