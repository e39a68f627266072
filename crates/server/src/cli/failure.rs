//! How the program fails.

use std::error::Error;
use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::StartError;
use crate::settings::SettingsError;

/// Why a command did not do what it should.
#[derive(Debug)]
pub(super) enum Failure {
    /// The caller must change the arguments or the configuration.
    Usage(String),
    /// Something went wrong.
    Failed(String),
}

impl Failure {
    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Failed(_) => ExitCode::FAILURE,
        }
    }

    /// A failure with all its causes in one line.
    pub(super) fn failed(error: &dyn Error) -> Self {
        Self::Failed(with_causes(error))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) | Self::Failed(message) => {
                let lines: Vec<String> = message.lines().map(|line| format!("healthcore: {line}")).collect();
                f.write_str(&lines.join("\n"))
            }
        }
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        if error.is_configuration() { Self::Usage(with_causes(&error)) } else { Self::failed(&error) }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::failed(&error)
    }
}

fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        // Some errors say their cause themselves.
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        next = cause.source();
    }
    text
}
