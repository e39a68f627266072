//! One PostgreSQL server in a temporary folder.

use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::net::TcpListener;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _, chown};
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
}

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
        Self { settings: Vec::new() }.with("max_connections", "300").with("timezone", "UTC")
    }

    /// Sets a parameter of `postgresql.conf`; the last one counts.
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.push((name.into(), value.into()));
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
        let started = initialize(&programs, user, &dir).and_then(|()| run(&programs, user, &dir, options));
        if started.is_err() {
            drop(fs::remove_dir_all(&dir));
        }
        started
    }

    /// Address of a database of this server.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
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
fn make_folder(user: RunAs) -> std::io::Result<PathBuf> {
    let chance = RandomState::new().hash_one(0);
    let dir = temporary_folder(user).join(format!("hc-pg-{}-{chance:016x}", std::process::id()));
    fs::DirBuilder::new().mode(0o700).create(&dir)?;
    if let RunAs::Other { uid, gid } = user {
        chown(&dir, Some(uid), Some(gid))?;
    }
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

/// Runs `initdb`. Text is compared bytewise and is UTF-8; a system without the locale `C.UTF-8` gets plain `C`,
/// which compares alike.
fn initialize(programs: &Programs, user: RunAs, dir: &Path) -> Result<(), Error> {
    let what = || format!("create a cluster with PostgreSQL {}", programs.version);
    let mut reports = Vec::new();
    for locale in ["C.UTF-8", "C"] {
        let mut initdb = programs.command("initdb");
        initdb
            .args(["-N", "-A", "trust", "-U", "postgres", "--encoding=UTF8"])
            .arg(format!("--locale={locale}"));
        if programs.version >= 15 {
            initdb.arg("--locale-provider=libc");
        }
        initdb.arg("-D").arg(dir.join("data")).current_dir(dir);
        prepare(&mut initdb, user);
        let output = initdb.output().map_err(Error::at(what()))?;
        if output.status.success() {
            return Ok(());
        }
        reports.push(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    Err(Error::at(what())(reports.join("\n")))
}

/// Starts the server on a free port, another one when somebody was faster.
fn run(programs: &Programs, user: RunAs, dir: &Path, options: &Options) -> Result<PostgresServer, Error> {
    let what = || format!("start PostgreSQL {}", programs.version);
    let mut report = String::new();
    for _ in 0..5 {
        let port = free_port().ok_or_else(|| Error::at("find a port")("all are taken"))?;
        let command = server_command(programs, dir, port, options);
        let mut supervisor =
            Supervisor::spawn(dir, &command, |shell| prepare(shell, user)).map_err(Error::at(what()))?;
        supervisor.tell(Order::Start).map_err(Error::at(what()))?;
        match wait_until_ready(dir) {
            Ok(()) => {
                return Ok(PostgresServer {
                    supervisor,
                    dir: dir.to_owned(),
                    port,
                    version: programs.version,
                });
            }
            Err(why) => report = why,
        }
        if !report.contains("already in use") {
            break;
        }
        initialize_again(programs, user, dir, supervisor)?;
    }
    Err(Error::at(what())(report))
}

/// The end of a supervisor takes the folder along: makes it anew for the next try.
fn initialize_again(programs: &Programs, user: RunAs, dir: &Path, old: Supervisor) -> Result<(), Error> {
    drop(old);
    fs::DirBuilder::new().mode(0o700).create(dir).map_err(Error::at("make a folder"))?;
    if let RunAs::Other { uid, gid } = user {
        chown(dir, Some(uid), Some(gid)).map_err(Error::at("give the folder away"))?;
    }
    initialize(programs, user, dir)
}

fn server_command(programs: &Programs, dir: &Path, port: u16, options: &Options) -> Command {
    let mut command = programs.command("postgres");
    command.arg("-D").arg(dir.join("data")).arg("-k").arg(dir).args([
        "-h",
        "127.0.0.1",
        "-p",
        &port.to_string(),
    ]);
    for (name, value) in &options.settings {
        command.arg("-c").arg(format!("{name}={value}"));
    }
    command
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
