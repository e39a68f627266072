//! The server under test.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use domain::{Call, NewUser, Operation, Role, UserName};
use persistence::{DatabaseSettings, Stores};
use reqwest::redirect;
use serde_json::{Value, json};
use server::Server;
use server::settings::{Settings, Sources};
use testkit::postgres::{self, Template};
use tokio::sync::oneshot;

use crate::client::{Answer, Client};

/// Which database the server under test has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Database {
    /// A file.
    Sqlite,
    /// A database of a real server.
    Postgres,
}

/// The password of every user of the tests.
pub(crate) const PASSWORD: &str = "violet otter 4711 bridge";

/// A server with a database of its own, on a port of its own. It ends when this is dropped.
pub(crate) struct TestApi {
    address: SocketAddr,
    http: reqwest::Client,
    settings: Settings,
    // The server ends first, then its database goes.
    _server: RunningServer,
    _database: Option<postgres::Database>,
    _folder: tempfile::TempDir,
}

impl TestApi {
    /// A server with the default settings.
    pub(crate) async fn start(database: Database) -> Self {
        Self::with(database, &[]).await
    }

    /// A server with other settings: `("api.mapping_detail", "mapping")`.
    pub(crate) async fn with(database: Database, settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let postgres = match database {
            Database::Sqlite => None,
            Database::Postgres => Some(postgres::database(&template()).await.unwrap()),
        };
        let url = postgres.as_ref().map_or_else(
            || format!("sqlite://{}", folder.path().join("test.db").display()),
            |database| database.url().to_owned(),
        );
        let data_dir = folder.path().display().to_string();
        let mut sources = Sources::default();
        let own = [
            ("server.bind", "127.0.0.1:0"),
            ("server.workers", "2"),
            ("server.data_dir", data_dir.as_str()),
            ("database.url", url.as_str()),
            ("database.connections", "4"),
            // What a password costs is no matter here.
            ("auth.password_cost", "4"),
            // Limits have tests of their own, which switch them on.
            ("limits.enabled", "false"),
        ];
        for (key, value) in own.iter().chain(settings) {
            let variable = format!("HEALTHCORE__{}", key.replace('.', "__").to_uppercase());
            sources = sources.with_variable(&variable, value);
        }
        let settings = Settings::load(&sources).unwrap();
        let (server, address) = RunningServer::start(settings.clone()).await;
        let http = reqwest::Client::builder().no_proxy().redirect(redirect::Policy::none()).build().unwrap();
        Self { address, http, settings, _server: server, _database: postgres, _folder: folder }
    }

    /// Where the server listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Somebody without a token.
    pub(crate) fn anonymous(&self) -> Client {
        Client::new(self.http.clone(), self.address)
    }

    /// A new user of this name, signed in.
    pub(crate) async fn user(&self, name: &str) -> Client {
        let account = json!({"username": name, "password": PASSWORD});
        let registered = self.anonymous().post("/api/auth/register/", account).await.is(201);
        self.bearing(&registered.json()["tokens"]["access"])
    }

    /// An administrator, signed in. Nobody can become one over the interface.
    pub(crate) async fn admin(&self) -> Client {
        let settings = self.settings.clone();
        let accounts = tokio::task::spawn_blocking(move || server::compose(&settings).unwrap().accounts);
        let accounts = accounts.await.unwrap();
        let mut admin = NewUser::new(UserName::parse("admin").ok(), None).unwrap();
        admin.role = Role::Admin;
        let password = accounts.accept_password(PASSWORD, &[]).unwrap();
        let call = Arc::new(Call::local(Operation::named("test")));
        accounts.create(&call, admin, &password).await.unwrap();
        let answer = self.anonymous().post("/api/auth/login/", login("admin")).await.is(200);
        self.bearing(&answer.json()["access"])
    }

    /// Whoever this access token belongs to.
    pub(crate) fn bearing(&self, access: &Value) -> Client {
        self.anonymous().bearing(access.as_str().expect("a token"))
    }

    /// The stores of the server's database, on connections of their own.
    pub(crate) fn stores(&self) -> Stores {
        Stores::connect(&DatabaseSettings::new(self.settings.database_url.expose())).unwrap()
    }

    /// The OpenAPI document that the server serves.
    pub(crate) async fn document(&self) -> Answer {
        self.anonymous().get("/openapi.json").await.is(200)
    }
}

/// The credentials of a user of the tests.
pub(crate) fn login(username: &str) -> Value {
    json!({"username": username, "password": PASSWORD})
}

/// Databases with all migrations.
fn template() -> Template {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations/postgres");
    let mut texts: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| fs::read_to_string(entry.unwrap().path().join("up.sql")).ok())
        .collect();
    texts.sort();
    Template::new(&texts.concat(), |url| persistence::migrate(url).map(drop).map_err(Into::into))
}

/// A server on a thread and a runtime of its own: those of a test end with the test, in no order.
struct RunningServer {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl RunningServer {
    async fn start(settings: Settings) -> (Self, SocketAddr) {
        let (stop, stopped) = oneshot::channel();
        let (started, address) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let running = Server::start(settings).await.unwrap();
                started.send(running.addr).unwrap();
                // An error means that the test is gone.
                drop(stopped.await);
                running.stop_now().await;
            });
        });
        let address = address.await.expect("the server starts");
        (Self { stop: Some(stop), thread: Some(thread) }, address)
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
            && !thread::panicking()
        {
            panic!("the server has panicked");
        }
    }
}
