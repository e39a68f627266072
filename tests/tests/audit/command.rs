//! Commands of the program, each in a process of its own.

use std::path::Path;
use std::process::{Command, Stdio};

/// Holds the arguments, one a line, for the process that is to be the command.
const ARGUMENTS: &str = "AUDIT_TEST_COMMAND";

/// What a command has written, and whether it succeeded.
pub(crate) struct Written {
    pub(crate) is_done: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Written {
    /// The lines of standard output that begin so; the test harness of the process writes others.
    #[track_caller]
    pub(crate) fn lines(&self, beginning: &str) -> Vec<&str> {
        assert!(self.is_done, "{} {}", self.out, self.err);
        self.out.lines().filter(|line| line.starts_with(beginning)).collect()
    }
}

/// Runs the program with these arguments and these variables and no others.
pub(crate) fn run(folder: &Path, variables: &[(String, String)], arguments: &[&str]) -> Written {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "command::be_the_command", "--ignored", "--nocapture"]).current_dir(folder);
    command.env_clear().env(ARGUMENTS, arguments.join("\n")).env("PATH", "/usr/bin:/bin");
    command.envs(variables.iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Written { is_done: output.status.success(), out: text(output.stdout), err: text(output.stderr) }
}

/// The command itself: the other tests start this one. It is the program as it is shipped, always as new as the tests.
#[test]
#[ignore = "the command that other tests start; on its own it does nothing"]
fn be_the_command() {
    #[expect(clippy::disallowed_methods, reason = "how the test tells its other self what it is")]
    if let Some(arguments) = std::env::var_os(ARGUMENTS) {
        let arguments = arguments.into_string().unwrap();
        // The harness may have begun a line.
        println!();
        let arguments = std::iter::once("healthcore").chain(arguments.lines()).map(Into::into);
        let code = server::cli::main(arguments.collect::<Vec<_>>());
        assert_eq!(code, std::process::ExitCode::SUCCESS);
    }
}
