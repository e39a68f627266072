//! `healthcore serve`.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};

use domain::{NewPassword, NewUser, Role, UserName};
use security::{HashingSettings, SystemRandom};

use super::failure::Failure;
use super::seed;
use crate::audit::hex;
use crate::seed::{Plan, USER_PREFIX};
use crate::settings::{Environment, Flags, Settings, Sources};
use crate::{Server, StartError, banner, compose, output, telemetry};

/// What a visitor can look around in.
const DEMO: Plan = Plan { users: 3, doctors: 12, patients: 60, mappings: 90, first_owner: 0 };
const DEMO_ADMIN: &str = "demo";
/// As many characters has the password of a demonstration.
const DEMO_PASSWORD: usize = 12;

/// Serves invented records from a folder that is gone afterwards.
pub(super) fn demo(flags: Flags) -> Result<(), Failure> {
    let folder = tempfile::Builder::new().prefix("healthcore-demo-").tempdir()?;
    let database_url = format!("sqlite://{}", folder.path().join("demo.db").display());
    let flags = Flags { data_dir: Some(folder.path().to_owned()), database_url: Some(database_url), ..flags };
    let mut settings = Settings::load(&Sources::of_process(flags)?)?;
    if settings.server.environment == Environment::Production {
        return Err(Failure::Usage("--demo is not for production".to_owned()));
    }
    settings.auth.password_cost = HashingSettings::MIN_COST;
    settings.key_file = None;
    let typed: String = hex(&SystemRandom.secret_bytes()).chars().take(DEMO_PASSWORD).collect();
    let password = NewPassword::parse(&typed).map_err(|error| Failure::Failed(error.to_string()))?;
    seed::fill(&settings, DEMO, &password, &|_, _| ())?;
    add_admin(&settings, &typed)?;
    let says = format!(
        "  Demo      invented records, gone when the server stops\n  Sign in   {DEMO_ADMIN} (administrator), \
         {USER_PREFIX}1, {USER_PREFIX}2, {USER_PREFIX}3\n  Password  {typed}"
    );
    start(settings, &says)
}

fn add_admin(settings: &Settings, password: &str) -> Result<(), Failure> {
    let accounts = compose::compose(settings)?.accounts;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let name = UserName::parse(DEMO_ADMIN).map_err(|error| Failure::failed(&error))?;
    let mut user = NewUser::new(Some(name), None).map_err(|error| Failure::failed(&error))?;
    user.role = Role::Admin;
    let accepted = accounts.accept_password(password, &[]).map_err(|error| Failure::failed(&error))?;
    let made = runtime.block_on(accounts.create(&super::call("create_admin"), user, &accepted));
    made.map(drop).map_err(|error| Failure::failed(&error))
}

pub(super) fn run(settings: Settings) -> Result<(), Failure> {
    start(settings, "")
}

/// Serves; `more` is said after where to find what.
fn start(settings: Settings, more: &str) -> Result<(), Failure> {
    settings.check()?;
    let exporter = telemetry::start_serving(&settings)?;
    for warning in settings.warnings() {
        tracing::warn!("{warning}");
    }
    raise_file_limit();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let served = runtime.block_on(serve(settings, more));
    exporter.stop();
    served
}

/// As many open files as the system allows: each connection takes two handles, and many systems give a program no
/// more than 1024 unless it asks. Where that fails, what was given must do.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    if setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).is_err() {
        tracing::debug!("the limit of open files could not be raised");
    }
}

async fn serve(settings: Settings, more: &str) -> Result<(), Failure> {
    // Before anything takes long: a signal that comes now is not lost.
    let mut stops = Stops::new()?;
    let database = settings.database_url.clone();
    let started = tokio::select! {
        started = Server::start(settings) => started?,
        () = stops.next() => return Ok(()),
    };
    output::say(&banner::banner(&started, &database, more));
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
