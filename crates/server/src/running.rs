//! A server that runs, and how it stops.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::dev::ServerHandle;
use http_api::{Draining, Shared};
use tokio::task::JoinHandle;

use crate::StartError;
use crate::compose::compose_with;
use crate::data_dir::{self, Lock};
use crate::settings::Settings;

/// How long a client may take for the head of a request (RFC 9110 leaves it to the server).
const HEAD_DEADLINE: Duration = Duration::from_secs(10);

/// Starts servers.
#[derive(Debug)]
pub struct Server;

/// A server that answers requests until it is stopped.
pub struct Running {
    /// Where it listens; with the real port when the settings said 0.
    pub addr: SocketAddr,
    draining: Draining,
    drain_delay: Duration,
    handle: ServerHandle,
    task: JoinHandle<io::Result<()>>,
    lock: Option<Lock>,
}

impl Server {
    /// Opens the database and listens. Needs a tokio runtime; the server has threads of its own.
    pub async fn start(settings: Settings) -> Result<Running, StartError> {
        let prepared = tokio::task::spawn_blocking(move || {
            // First what needs no file: a start that is refused leaves nothing behind.
            let secret = data_dir::secret(&settings)?;
            data_dir::prepare(&settings)?;
            let lock = data_dir::lock(&settings)?;
            Ok::<_, StartError>((compose_with(&settings, &secret)?, lock, settings))
        });
        let (state, lock, settings) = prepared.await.map_err(io::Error::other)??;
        let draining = state.draining.clone();
        let shared = Shared::new(state);
        let address = settings.server.bind;
        let mut server = HttpServer::new(move || http_api::app(&shared))
            .client_request_timeout(HEAD_DEADLINE)
            .disable_signals()
            .shutdown_timeout(settings.server.drain().as_secs());
        if settings.server.workers > 0 {
            server = server.workers(settings.server.workers.into());
        }
        let server = server.bind(address).map_err(|source| StartError::Bind { address, source })?;
        let addr = server.addrs().first().copied().unwrap_or(address);
        let server = server.run();
        Ok(Running {
            addr,
            draining,
            drain_delay: settings.server.drain_delay(),
            handle: server.handle(),
            task: tokio::spawn(server),
            lock,
        })
    }
}

impl Running {
    /// Stops: first readiness goes, then the port closes, then what is under way is finished, for as long as
    /// the settings allow.
    pub async fn stop(self) -> io::Result<()> {
        self.draining.begin();
        tokio::time::sleep(self.drain_delay).await;
        self.handle.stop(true).await;
        let result = self.task.await.map_err(io::Error::other).flatten();
        // Only now may another server take the database.
        drop(self.lock);
        result
    }

    /// What cuts the stop short: requests that are still under way lose their connection.
    pub fn stop_now(&self) -> impl Future<Output = ()> + use<> {
        let handle = self.handle.clone();
        async move { handle.stop(false).await }
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("addr", &self.addr).finish_non_exhaustive()
    }
}
