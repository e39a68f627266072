//! The shell that runs a server and outlives the test process just long enough to stop it.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

const SCRIPT: &str = include_str!("supervisor.sh");

/// What a supervisor can be told.
#[derive(Clone, Copy)]
pub(super) enum Order {
    /// Run the server; the answer does not wait until it is ready.
    Start,
    /// Fast shutdown: open transactions are rolled back, the data are written.
    Stop,
    /// Immediate shutdown, as after a crash: the next start recovers from the log.
    Crash,
}

impl Order {
    fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Crash => "crash",
        }
    }
}

/// A `sh` that owns one server process.
///
/// It reads orders from a pipe. The kernel closes that pipe when this process ends, in whatever way, and the shell
/// then stops the server and removes its folder. (`PR_SET_PDEATHSIG` would do this on Linux alone, and too early:
/// it fires when the *thread* that started the child ends.)
pub(super) struct Supervisor {
    shell: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Supervisor {
    /// Starts the shell with what `prepare` sets on its command (the user to run as).
    pub(super) fn spawn(
        dir: &Path,
        server: &Command,
        prepare: impl FnOnce(&mut Command),
    ) -> io::Result<Self> {
        let mut shell = Command::new("sh");
        prepare(&mut shell);
        shell.arg("-c").arg(SCRIPT).arg("healthcore-test-postgres").arg(dir);
        shell.arg(server.get_program()).args(server.get_args());
        shell.current_dir(dir).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut shell = shell.spawn()?;
        let orders = shell.stdin.take();
        let answers = shell.stdout.take().ok_or_else(|| io::Error::other("the shell has no output"))?;
        Ok(Self { shell, orders, answers: BufReader::new(answers) })
    }

    /// Gives an order and waits until it is carried out.
    pub(super) fn tell(&mut self, order: Order) -> io::Result<()> {
        let orders = self.orders.as_mut().ok_or_else(|| io::Error::other("the shell has no input"))?;
        writeln!(orders, "{}", order.word())?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        if answer.trim_end() == order.word() {
            Ok(())
        } else {
            Err(io::Error::other("the shell that runs PostgreSQL has ended"))
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        drop(self.orders.take());
        // Nothing to do about a failure: the shell is gone then, and that is what was wanted.
        drop(self.shell.wait());
    }
}
