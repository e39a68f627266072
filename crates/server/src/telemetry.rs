//! Logs, to standard error.

use std::io::{self, IsTerminal as _};
use std::panic;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::settings::{LogFormat, LogLevel, LogSettings};

/// The crates whose lines were written with the rule in mind that nothing of a patient is logged. Others are
/// heard when they warn.
const OWN: [&str; 7] =
    ["application", "domain", "http_api", "persistence", "security", "server", "tracing_actix_web"];

/// Starts logging, and logs panics by their place only: their text may hold anything.
pub(crate) fn start(settings: &LogSettings) {
    let is_terminal = io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt().with_env_filter(filter(settings.level)).with_writer(io::stderr);
    let is_json = match settings.format {
        LogFormat::Json => true,
        LogFormat::Human => false,
        LogFormat::Auto => !is_terminal,
    };
    // It fails where logging was started before, and then that is good.
    let _ = if is_json {
        lines.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
    } else {
        lines.with_ansi(is_terminal).with_target(false).try_init()
    };
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, thread = std::thread::current().name(), "a thread has panicked");
    }));
}

fn filter(level: LogLevel) -> EnvFilter {
    let level = match level {
        LogLevel::Off => return EnvFilter::default().add_directive(LevelFilter::OFF.into()),
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    };
    let others = if level == "error" { "error" } else { "warn" };
    let own = OWN.map(|name| format!("{name}={level}")).join(",");
    EnvFilter::new(format!("{others},{own}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_crates_speak_below_warnings() {
        let text = filter(LogLevel::Trace).to_string();
        assert!(text.contains("server=trace") && text.contains("http_api=trace"), "{text}");
        assert!(text.split(',').any(|directive| directive == "warn"), "{text}");
        assert_eq!(filter(LogLevel::Off).to_string(), "off");
    }
}
