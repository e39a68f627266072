//! `healthcore serve`.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::failure::Failure;
use crate::settings::Settings;
use crate::{Server, StartError, banner, output, telemetry};

pub(super) fn run(settings: Settings) -> Result<(), Failure> {
    settings.check()?;
    telemetry::start(&settings.log);
    for warning in settings.warnings() {
        tracing::warn!("{warning}");
    }
    raise_file_limit();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve(settings))
}

/// As many open files as the system allows: each connection takes two handles, and many systems give a program no
/// more than 1024 unless it asks. Where that fails, what was given must do.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    if setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).is_err() {
        tracing::debug!("the limit of open files could not be raised");
    }
}

async fn serve(settings: Settings) -> Result<(), Failure> {
    // Before anything takes long: a signal that comes now is not lost.
    let mut stops = Stops::new()?;
    let database = settings.database_url.clone();
    let started = tokio::select! {
        started = Server::start(settings) => started?,
        () = stops.next() => return Ok(()),
    };
    output::say(&banner::banner(started.addr, started.is_tls, started.set_up.as_deref(), &database));
    stops.next().await;
    tracing::info!("stopping: requests under way are finished first");
    Ok(started.stop_unless(stops.next()).await.map_err(StartError::from)?)
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
