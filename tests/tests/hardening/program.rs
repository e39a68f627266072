//! The program itself, as a process of its own: what it writes can be read, and its threads are nobody else's.
//!
//! The program lives in this test program as well ([`server::cli::main`] is all that `main` calls), so a process of
//! it is this test program with the test [`serve`] alone: always of the same build as the tests.

use std::io::{BufRead as _, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Set for the process that is to be the program.
const IS_PROGRAM: &str = "HARDENING_IS_THE_PROGRAM";
/// Longest wait for a start or an end, on a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_mins(1);

/// A program that serves; it is killed when this goes.
pub(crate) struct Program {
    child: Child,
    address: SocketAddr,
    out: Option<JoinHandle<Vec<u8>>>,
    err: Option<JoinHandle<Vec<u8>>>,
}

/// What the program has written, and how it has ended.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    /// Standard output, then standard error.
    pub(crate) written: [Vec<u8>; 2],
}

impl Program {
    /// Starts it on a free port with these variables and no others.
    pub(crate) fn start(folder: &Path, variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["program::serve", "--exact", "--ignored", "--nocapture"]).current_dir(folder);
        command.env_clear().env(IS_PROGRAM, "1").env("HEALTHCORE_DATA_DIR", folder);
        command.env("HEALTHCORE_BIND", "127.0.0.1:0").env("HEALTHCORE__SERVER__WORKERS", "2");
        command.envs(variables.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (told, address) = mpsc::channel();
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let out = thread::spawn(move || keep(out, |_| {}));
        let err = thread::spawn(move || {
            keep(err, |line| {
                if let Some((_, address)) = line.split_once(" listens on ") {
                    let address = address.trim_start_matches("http://").trim_end_matches('/');
                    let _ = told.send(address.parse().unwrap());
                }
            })
        });
        let Ok(address) = address.recv_timeout(PATIENCE) else {
            drop(child.kill());
            panic!("it does not listen: {}", String::from_utf8_lossy(&err.join().unwrap()));
        };
        Self { child, address, out: Some(out), err: Some(err) }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Asks it to end, as an operator does, and waits until it has.
    pub(crate) fn terminate(mut self) -> Ended {
        let killed = Command::new("kill").args(["-s", "TERM"]).arg(self.child.id().to_string()).status();
        assert!(killed.unwrap().success());
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "it does not end");
            thread::sleep(Duration::from_millis(20));
        };
        let written = [self.out.take(), self.err.take()].map(|thread| thread.unwrap().join().unwrap());
        Ended { status, written }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Keeps everything that is written; shows each line as it comes.
fn keep(from: impl Read, mut show: impl FnMut(&str)) -> Vec<u8> {
    let (mut from, mut all) = (BufReader::new(from), Vec::new());
    loop {
        let begin = all.len();
        if from.read_until(b'\n', &mut all).unwrap_or_default() == 0 {
            return all;
        }
        show(String::from_utf8_lossy(&all[begin..]).trim_end());
    }
}

#[test]
#[ignore = "it is the program that other tests start"]
fn serve() {
    #[expect(clippy::disallowed_methods, reason = "how the test tells its other self what it is")]
    if std::env::var_os(IS_PROGRAM).is_some() {
        let code = server::cli::main(["healthcore".into(), "serve".into()]);
        assert_eq!(code, std::process::ExitCode::SUCCESS);
    }
}
