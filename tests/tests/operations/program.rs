//! The program in a process of its own.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// Longest wait for anything, on a machine that is busy with something else.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Tells a process of this test program to be the server.
const IS_SERVER: &str = "OPERATIONS_TEST_IS_SERVER";

/// The signing secret that all replicas of a test share.
const SECRET: &str = "operations-tests-share-this-secret-0123456789";

/// The server itself: the other tests start this one in processes of its own, with the settings in variables. It is
/// the program as it is shipped, always as new as the tests.
#[test]
#[ignore = "the server that other tests start; on its own it does nothing"]
fn serve() {
    #[expect(clippy::disallowed_methods, reason = "how the test tells its other self what it is")]
    if std::env::var_os(IS_SERVER).is_some() {
        let code = server::cli::main(["healthcore".into(), "serve".into()]);
        assert_eq!(code, std::process::ExitCode::SUCCESS);
    }
}

/// How a server is to be started.
#[derive(Clone)]
pub(crate) struct Setup {
    variables: Vec<(String, String)>,
    prelude: Option<String>,
}

impl Setup {
    /// With settings that suit most tests here: `("database.url", "…")`.
    pub(crate) fn new(settings: &[(&str, &str)]) -> Self {
        let usual = [
            ("server.bind", "127.0.0.1:0"),
            ("server.workers", "2"),
            ("auth.secret_key", SECRET),
            // What a password costs is no matter here.
            ("auth.password_cost", "4"),
            ("limits.enabled", "false"),
            ("log.level", "info"),
            ("log.format", "json"),
        ];
        Self { variables: Vec::new(), prelude: None }.with(&usual).with(settings)
    }

    /// The same with other settings.
    pub(crate) fn with(mut self, settings: &[(&str, &str)]) -> Self {
        for (key, value) in settings {
            let variable = format!("HEALTHCORE__{}", key.replace('.', "__").to_uppercase());
            self.variables.retain(|(name, _)| *name != variable);
            self.variables.push((variable, (*value).to_owned()));
        }
        self
    }

    /// The same, started by a shell that does this first, such as setting a limit.
    pub(crate) fn after(self, prelude: &str) -> Self {
        Self { prelude: Some(prelude.to_owned()), ..self }
    }

    fn command(&self) -> Command {
        let program = std::env::current_exe().unwrap();
        let arguments = ["--exact", "program::serve", "--ignored", "--nocapture", "--test-threads=1"];
        let mut command = match &self.prelude {
            None => Command::new(program),
            Some(prelude) => {
                let mut shell = Command::new("sh");
                shell.arg("-c").arg(format!("{prelude}; exec \"$0\" \"$@\"")).arg(program);
                shell
            }
        };
        command.args(arguments).env_clear().env(IS_SERVER, "1").env("PATH", "/usr/bin:/bin");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// A server that runs; it is killed when this goes.
pub(crate) struct Program {
    child: Child,
    address: SocketAddr,
    setup: Setup,
    folder: Arc<tempfile::TempDir>,
    log: Arc<Mutex<Vec<String>>>,
}

impl Program {
    /// Starts it and waits until it listens.
    pub(crate) fn start(setup: &Setup) -> Self {
        Self::start_in(setup, Arc::new(tempfile::tempdir().unwrap()))
    }

    fn start_in(setup: &Setup, folder: Arc<tempfile::TempDir>) -> Self {
        let mut command = setup.command();
        let given = setup.variables.iter().any(|(name, _)| name == "HEALTHCORE__SERVER__DATA_DIR");
        if !given {
            command.env("HEALTHCORE__SERVER__DATA_DIR", folder.path());
        }
        command.current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let log = Arc::new(Mutex::new(Vec::new()));
        let (listens, address) = mpsc::channel();
        let kept = Arc::clone(&log);
        // Read to the end, or the server would block once the pipe is full.
        thread::spawn(move || {
            for line in lines {
                if let Some((_, address)) = line.split_once(" listens on ") {
                    let _ = listens.send(address.parse::<SocketAddr>().unwrap());
                }
                kept.lock().unwrap().push(line);
            }
        });
        let address = address.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            let _ = child.kill();
            panic!("the server does not start: {:?}", log.lock().unwrap())
        });
        Self { child, address, setup: setup.clone(), folder, log }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Tells it to stop, as an orchestrator does.
    pub(crate) fn terminate(&self) {
        let kill = Command::new("kill").args(["-s", "TERM", &self.pid().to_string()]).status();
        assert!(kill.unwrap().success());
    }

    /// Waits until it has ended.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the server does not end");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Starts it again, after its end, at the same address and in the same folder.
    pub(crate) fn start_again(&mut self) {
        let setup = self.setup.clone().with(&[("server.bind", &self.address.to_string())]);
        let again = Self::start_in(&setup, Arc::clone(&self.folder));
        assert_eq!(again.address, self.address);
        *self = again;
    }

    /// The memory that it holds, in KiB.
    #[cfg(target_os = "linux")]
    pub(crate) fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            let log = self.log.lock().unwrap();
            let troubles = log.iter().filter(|line| line.contains("\"ERROR\"") || line.contains("panicked"));
            println!("what the server logged: {:#?}", troubles.take(10).collect::<Vec<_>>());
        }
    }
}
