//! One PostgreSQL server in a temporary folder.

use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::programs::{Programs, RunAs};
use super::supervisor::{Order, Supervisor};
use super::{Database, Error, Template, template};

/// Ports below those that systems give to outgoing connections, so that nobody takes a stopped server's.
const PORTS: std::ops::Range<u16> = 15_000..32_000;
/// Longest wait for a server to come up; recovery after a crash on a slow disk is the slow case.
const PATIENCE: Duration = Duration::from_mins(1);

/// How a server is set up.
#[derive(Clone)]
pub struct Options {
    settings: Vec<(String, String)>,
    identity: Option<Identity>,
}

/// The certificate chain of a server and its private key, in PEM.
#[derive(Clone)]
pub struct Identity {
    /// The certificate of the server first.
    pub certificate: String,
    /// The key of that certificate.
    pub key: String,
}

/// Who may connect to a server with TLS: by the socket anybody who gets there, by TCP nobody in the open.
const TLS_ONLY: &str = "local all all trust\nhostssl all all 127.0.0.1/32 trust\n";

impl Options {
    /// No flush to disk anywhere: a crash of the machine would lose the data, and nobody would miss them.
    pub fn fast() -> Self {
        Self::durable()
            .with("fsync", "off")
            .with("synchronous_commit", "off")
            .with("full_page_writes", "off")
            .with("autovacuum", "off")
            .with("wal_level", "minimal")
            .with("max_wal_senders", "0")
            .with("max_wal_size", "4GB")
            .with("checkpoint_timeout", "1h")
    }

    /// PostgreSQL's own durability, for tests about losing nothing and for measurements.
    pub fn durable() -> Self {
        Self { settings: Vec::new(), identity: None }.with("max_connections", "300").with("timezone", "UTC")
    }

    /// Sets a parameter of `postgresql.conf`; the last one counts.
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }

    /// Speaks TLS with this certificate, and refuses open connections by TCP: [`PostgresServer::socket_url`] is the
    /// way in for the test itself.
    pub fn with_tls(mut self, identity: &Identity) -> Self {
        self.identity = Some(identity.clone());
        self
    }
}

/// A running PostgreSQL server of its own: port, socket and data are in nobody's way.
///
/// It ends when this is dropped, and also when the process ends in any other way.
pub struct PostgresServer {
    supervisor: Supervisor,
    dir: PathBuf,
    port: u16,
    version: u32,
}

impl PostgresServer {
    /// Makes a new cluster and starts it; takes about a second.
    pub fn start(options: &Options) -> Result<Self, Error> {
        let programs = Programs::find()?;
        let user = RunAs::choose()?;
        let dir = make_folder(user).map_err(Error::at("make a folder"))?;
        let cluster = Cluster { programs: &programs, user, dir: &dir, options };
        let started = cluster.initialize().and_then(|()| cluster.run());
        if started.is_err() {
            drop(fs::remove_dir_all(&dir));
        }
        started
    }

    /// Address of a database of this server.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Address of a database of this server by its socket, which needs no network and no TLS.
    pub fn socket_url(&self, database: &str) -> String {
        format!("postgres://postgres@/{database}?host={}&port={}", self.dir.display(), self.port)
    }

    /// A fresh database for one test on this server, see [`super::database`].
    pub fn database(&self, template: &Template) -> Result<Database, Error> {
        template::create_database(&self.url("postgres"), template)
    }

    /// TCP port on 127.0.0.1, the same for the life of this value.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Major version: 15.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Process id of the server's main process as of its last start.
    pub fn pid(&self) -> Option<u32> {
        fs::read_to_string(self.dir.join("pid")).ok()?.trim().parse().ok()
    }

    /// The folder with data, socket and log.
    pub fn folder(&self) -> &Path {
        &self.dir
    }

    /// Fast shutdown, as of an administrator: clients are cut off, data are kept. Returns when it is down.
    pub fn stop(&mut self) -> Result<(), Error> {
        self.supervisor.tell(Order::Stop).map_err(Error::at("stop the server"))
    }

    /// Immediate shutdown, as after a crash. Returns when it is down.
    pub fn crash(&mut self) -> Result<(), Error> {
        self.supervisor.tell(Order::Crash).map_err(Error::at("crash the server"))
    }

    /// Starts a stopped server on the same port with the same data. Returns when it accepts connections.
    pub fn start_again(&mut self) -> Result<(), Error> {
        self.supervisor.tell(Order::Start).map_err(Error::at("start the server"))?;
        wait_until_ready(&self.dir).map_err(Error::at("start the server again"))
    }
}

/// A folder that the server's user owns and can reach, with a name short enough for a socket.
fn make_folder(user: RunAs) -> io::Result<PathBuf> {
    let chance = RandomState::new().hash_one(0);
    let dir = temporary_folder(user).join(format!("hc-pg-{}-{chance:016x}", std::process::id()));
    fs::DirBuilder::new().mode(0o700).create(&dir)?;
    user.own(&dir)?;
    Ok(dir)
}

/// The system's folder for temporary files, or `/tmp` when another user cannot get there or its name is long
/// (the name of a socket has at most 103 bytes on macOS).
fn temporary_folder(user: RunAs) -> PathBuf {
    let usual = std::env::temp_dir();
    let open = |folder: &Path| fs::metadata(folder).is_ok_and(|data| data.permissions().mode() & 0o001 != 0);
    let reachable = matches!(user, RunAs::Same) || usual.ancestors().all(open);
    if reachable && usual.as_os_str().len() <= 50 { usual } else { PathBuf::from("/tmp") }
}

/// A cluster that is being made.
#[derive(Clone, Copy)]
struct Cluster<'a> {
    programs: &'a Programs,
    user: RunAs,
    dir: &'a Path,
    options: &'a Options,
}

impl Cluster<'_> {
    /// Runs `initdb`. Text is compared bytewise and is UTF-8; a system without the locale `C.UTF-8` gets plain `C`,
    /// which compares alike.
    fn initialize(&self) -> Result<(), Error> {
        let what = || format!("create a cluster with PostgreSQL {}", self.programs.version);
        let mut reports = Vec::new();
        for locale in ["C.UTF-8", "C"] {
            let output = self.initdb(locale).output().map_err(Error::at(what()))?;
            if output.status.success() {
                return self.secure().map_err(Error::at("set TLS up"));
            }
            reports.push(String::from_utf8_lossy(&output.stderr).trim().to_owned());
        }
        Err(Error::at(what())(reports.join("\n")))
    }

    fn initdb(&self, locale: &str) -> Command {
        let mut initdb = self.programs.command("initdb");
        initdb
            .args(["-N", "-A", "trust", "-U", "postgres", "--encoding=UTF8"])
            .arg(format!("--locale={locale}"));
        if self.programs.version >= 15 {
            initdb.arg("--locale-provider=libc");
        }
        initdb.arg("-D").arg(self.dir.join("data")).current_dir(self.dir);
        prepare(&mut initdb, self.user);
        initdb
    }

    /// Writes the certificate and its key under the names that PostgreSQL looks for, if there are any.
    fn secure(&self) -> io::Result<()> {
        let Some(identity) = &self.options.identity else {
            return Ok(());
        };
        let files = [
            ("server.crt", identity.certificate.as_str()),
            ("server.key", &identity.key),
            ("pg_hba.conf", TLS_ONLY),
            // Not on the command line, which would outweigh what a test changes later.
            ("postgresql.auto.conf", "ssl = on\n"),
        ];
        for (name, text) in files {
            let path = self.dir.join("data").join(name);
            fs::write(&path, text)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
            self.user.own(&path)?;
        }
        Ok(())
    }

    /// Starts the server on a free port, another one when somebody was faster.
    fn run(&self) -> Result<PostgresServer, Error> {
        let what = || format!("start PostgreSQL {}", self.programs.version);
        let mut report = String::new();
        for _ in 0..5 {
            let port = free_port().ok_or_else(|| Error::at("find a port")("all are taken"))?;
            let command = self.server(port);
            let mut supervisor = Supervisor::spawn(self.dir, &command, |shell| prepare(shell, self.user))
                .map_err(Error::at(what()))?;
            supervisor.tell(Order::Start).map_err(Error::at(what()))?;
            match wait_until_ready(self.dir) {
                Ok(()) => {
                    let (dir, version) = (self.dir.to_owned(), self.programs.version);
                    return Ok(PostgresServer { supervisor, dir, port, version });
                }
                Err(why) => report = why,
            }
            if !report.contains("already in use") {
                break;
            }
            self.initialize_again(supervisor)?;
        }
        Err(Error::at(what())(report))
    }

    /// The end of a supervisor takes the folder along: makes it anew for the next try.
    fn initialize_again(&self, old: Supervisor) -> Result<(), Error> {
        drop(old);
        fs::DirBuilder::new().mode(0o700).create(self.dir).map_err(Error::at("make a folder"))?;
        self.user.own(self.dir).map_err(Error::at("give the folder away"))?;
        self.initialize()
    }

    fn server(&self, port: u16) -> Command {
        let mut command = self.programs.command("postgres");
        command.arg("-D").arg(self.dir.join("data")).arg("-k").arg(self.dir).args([
            "-h",
            "127.0.0.1",
            "-p",
            &port.to_string(),
        ]);
        for (name, value) in &self.options.settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        command
    }
}

/// Sets the user, removes what would lead PostgreSQL elsewhere, and keeps a Ctrl-C of the terminal away: the owner
/// decides when the server ends.
fn prepare(command: &mut Command, user: RunAs) {
    use std::os::unix::process::CommandExt as _;
    for name in
        ["PGDATA", "PGPORT", "PGHOST", "PGUSER", "PGDATABASE", "PGOPTIONS", "PGTZ", "LC_ALL", "LANGUAGE"]
    {
        command.env_remove(name);
    }
    command.process_group(0);
    user.apply(command);
}

/// A port on which nobody listens now.
fn free_port() -> Option<u16> {
    let count = u64::from(PORTS.end - PORTS.start);
    (0..200).find_map(|_| {
        let offset = u16::try_from(RandomState::new().hash_one(0) % count).ok()?;
        let port = PORTS.start + offset;
        TcpListener::bind(("127.0.0.1", port)).is_ok().then_some(port)
    })
}

/// Waits for the word `ready` in the server's pid file, as `pg_ctl` does; the error is the end of the log.
fn wait_until_ready(dir: &Path) -> Result<(), String> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        let pid = fs::read_to_string(dir.join("pid")).unwrap_or_default();
        let file = fs::read_to_string(dir.join("data/postmaster.pid")).unwrap_or_default();
        let is_ours = !pid.is_empty() && file.lines().next().map(str::trim) == Some(pid.trim());
        if is_ours && file.lines().nth(7).map(str::trim) == Some("ready") {
            return Ok(());
        }
        if fs::metadata(dir.join("exit")).is_ok_and(|data| data.len() > 0) {
            return Err(log_end(dir));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Err(format!("not ready within {} seconds; {}", PATIENCE.as_secs(), log_end(dir)))
}

fn log_end(dir: &Path) -> String {
    let log = fs::read(dir.join("log")).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    let lines: Vec<&str> = log.lines().collect();
    let end = lines.iter().skip(lines.len().saturating_sub(20)).copied().collect::<Vec<_>>();
    format!("the end of its log:\n{}", end.join("\n"))
}
