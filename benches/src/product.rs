//! The product as a process.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::people::People;
use crate::{Result, process};

/// All users of a measurement have this one.
pub(crate) const PASSWORD: &str = "Measured-Lantern-42";
/// The folder of what is kept.
const KEPT: &str = "kept";
/// Longest wait for the server to start or stop.
const PATIENCE: Duration = Duration::from_mins(1);

/// How many records.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) users: u32,
    pub(crate) doctors: u32,
    pub(crate) patients: u32,
    pub(crate) mappings: u32,
    pub(crate) first_owner: u32,
}

impl Size {
    /// The data set of the comparison.
    pub(crate) const SMALL: Self =
        Self { users: 100, doctors: 1_000, patients: 10_000, mappings: 20_000, first_owner: 0 };
}

/// Where a product keeps its records, and what its settings are.
pub(crate) struct Place {
    program: PathBuf,
    folder: TempDir,
    /// PostgreSQL, or the SQLite database in the folder.
    database: Option<String>,
    settings: Vec<(String, String)>,
}

impl Place {
    pub(crate) fn new(program: &Path, database: Option<String>) -> Result<Self> {
        let place =
            Self { program: program.to_owned(), folder: TempDir::new()?, database, settings: Vec::new() };
        // Limits would refuse what is measured; signing in is what only one of the measurements is about.
        Ok(place
            .with("LIMITS__ENABLED", "false")
            .with("AUTH__PASSWORD_COST", "4")
            .with("AUTH__ACCESS_MINUTES", "1440"))
    }

    /// Changes a setting; the last one counts.
    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        self.settings.push((format!("HEALTHCORE__{key}"), value.to_owned()));
        self
    }

    /// Invents records. Returns how long it took.
    pub(crate) fn seed(&self, size: Size) -> Result<Duration> {
        let password = self.folder.path().join("password");
        fs::write(&password, PASSWORD)?;
        let mut command = self.command();
        command.arg("seed").arg("--password-file").arg(password);
        for (name, value) in [
            ("--users", size.users),
            ("--doctors", size.doctors),
            ("--patients", size.patients),
            ("--mappings", size.mappings),
            ("--first-owner", size.first_owner),
        ] {
            command.arg(name).arg(value.to_string());
        }
        let start = Instant::now();
        let output = command.output()?;
        if !output.status.success() {
            return Err(format!("seed: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok(start.elapsed())
    }

    /// Keeps what is in the folder now, for [`restore`](Self::restore). No server runs here.
    pub(crate) fn keep(&self) -> Result<()> {
        copy_files(&self.data(), &self.folder.path().join(KEPT))
    }

    /// Has in the folder what was kept, and nothing else. No server runs here.
    pub(crate) fn restore(&self) -> Result<()> {
        fs::remove_dir_all(self.data())?;
        copy_files(&self.folder.path().join(KEPT), &self.data())
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self) -> Command {
        // The kernel ends it when this program ends in whatever way; the process id stays that of the server.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM", "--"]).arg(&self.program);
        command.arg("--data-dir").arg(self.data());
        if let Some(url) = &self.database {
            command.arg("--database-url").arg(url);
        }
        command.envs(self.settings.iter().map(|(key, value)| (key, value)));
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    /// Starts the server and waits until it is ready.
    pub(crate) fn start(&self) -> Result<Product> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let address = format!("127.0.0.1:{port}");
        let start = Instant::now();
        let child = self
            .command()
            .args(["serve", "--bind", &address])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let people = self.folder.path().join(format!("people-{port}.lua"));
        let mut product = Product { child, address, people, ready_after: Duration::ZERO };
        while !is_ready(&product.address) {
            if let Some(status) = product.child.try_wait()? {
                return Err(format!("the server ended: {status}").into());
            }
            if start.elapsed() > PATIENCE {
                return Err("the server does not become ready".into());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        product.ready_after = start.elapsed();
        Ok(product)
    }
}

/// A folder without folders.
fn copy_files(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir(to)?;
    for file in fs::read_dir(from)? {
        let file = file?;
        fs::copy(file.path(), to.join(file.file_name()))?;
    }
    Ok(())
}

fn is_ready(address: &str) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer)?;
        Ok(answer.ends_with(b"200"))
    };
    ask().unwrap_or(false)
}

/// A running server. It ends when this is dropped.
pub(crate) struct Product {
    child: Child,
    address: String,
    people: PathBuf,
    /// How long it took from the start to the first request that was answered well.
    pub(crate) ready_after: Duration,
}

impl Product {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Address and port.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The file of data for the load.
    pub(crate) fn people(&self) -> &Path {
        &self.people
    }

    /// Writes the file of data for the load.
    pub(crate) fn know(&self, people: &People) -> Result<()> {
        Ok(fs::write(&self.people, people.lua())?)
    }

    /// As much memory as it ever held and what it holds now, in MiB.
    pub(crate) fn memory(&self) -> (u64, u64) {
        let (highest, now) = process::memory(self.pid());
        (highest.div_ceil(1024), now.div_ceil(1024))
    }

    /// Has it stop by itself, and waits for that.
    pub(crate) fn stop(mut self) -> Result<()> {
        kill(Pid::from_raw(self.pid().try_into()?), Signal::SIGTERM)?;
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                return if status.success() {
                    Ok(())
                } else {
                    Err(format!("the server ended: {status}").into())
                };
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err("the server does not stop".into())
    }
}

impl Drop for Product {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
