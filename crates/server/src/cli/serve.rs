//! `healthcore serve`.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::failure::Failure;
use crate::settings::Settings;
use crate::{Server, StartError, banner, output, telemetry};

pub(super) fn run(settings: Settings) -> Result<(), Failure> {
    settings.check()?;
    telemetry::start(&settings.log);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve(settings))
}

async fn serve(settings: Settings) -> Result<(), Failure> {
    // Before anything takes long: a signal that comes now is not lost.
    let mut stops = Stops::new()?;
    let database = settings.database_url.clone();
    let started = tokio::select! {
        started = Server::start(settings) => started?,
        () = stops.next() => return Ok(()),
    };
    output::say(&banner::banner(started.addr, started.is_tls, &database));
    stops.next().await;
    tracing::info!("stopping: requests under way are finished first");
    let stop_now = started.stop_now();
    tokio::select! {
        stopped = started.stop() => stopped.map_err(StartError::from)?,
        () = async { stops.next().await; stop_now.await } => tracing::warn!("stopped at once"),
    }
    Ok(())
}

/// The signals that mean "stop".
struct Stops {
    terminate: Signal,
    interrupt: Signal,
}

impl Stops {
    fn new() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for the next one.
    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
