//! Logs, to standard error; and traces, where a collector takes them.

mod fields;
#[cfg(feature = "otel")]
mod otel;
#[cfg(not(feature = "otel"))]
mod untold;

use std::fmt::{self, Write};
use std::io::{self, IsTerminal as _};
use std::panic;

#[cfg(feature = "otel")]
pub(crate) use otel::{Exporter, link};
use tracing::field::Field;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
#[cfg(not(feature = "otel"))]
pub(crate) use untold::{Exporter, link};

use self::fields::AppendedFields;
use crate::StartError;
use crate::settings::{LogFormat, LogLevel, LogSettings, Settings};

/// The crates whose lines were written with the rule in mind that nothing of a patient is logged. Others are
/// heard when they warn.
const OWN: [&str; 7] =
    ["application", "domain", "http_api", "persistence", "security", "server", "tracing_actix_web"];

/// Starts logging, and logs panics by their place only: their text may hold anything.
pub(crate) fn start(settings: &LogSettings) {
    listen(settings, Exporter::none());
}

/// The same for a server, which may tell a collector of traces, too, for as long as what is returned lives.
pub(crate) fn start_serving(settings: &Settings) -> Result<Exporter, StartError> {
    let exporter = Exporter::start(&settings.traces)?;
    listen(&settings.log, exporter.clone());
    Ok(exporter)
}

fn listen(settings: &LogSettings, exporter: Exporter) {
    let is_terminal = io::stderr().is_terminal();
    // Whoever reads the lines may have had enough of them; saying so would go the same way.
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter(settings.level))
        .with_writer(io::stderr)
        .log_internal_errors(false);
    let is_json = match settings.format {
        LogFormat::Json => true,
        LogFormat::Human => false,
        LogFormat::Auto => !is_terminal,
    };
    if is_json {
        let lines = lines.json().flatten_event(true).with_current_span(true).with_span_list(false);
        exporter.install(lines.fmt_fields(AppendedFields).finish());
    } else {
        let fields = debug_fn(write_field).delimited(" ");
        exporter.install(lines.fmt_fields(fields).with_ansi(is_terminal).with_target(false).finish());
    }
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, thread = std::thread::current().name(), "a thread has panicked");
    }));
}

/// Writes a field as the usual format does, but on one line: libpq's errors have several, and whoever reads a log
/// by lines takes the second for one of its own.
fn write_field(writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    let mut line = OneLine(writer);
    match field.name() {
        "message" => write!(line, "{value:?}"),
        name => write!(line, "{name}={value:?}"),
    }
}

/// Escapes control characters.
struct OneLine<W>(W);

impl<W: Write> Write for OneLine<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|character| {
            if character.is_control() {
                write!(self.0, "{}", character.escape_default())
            } else {
                self.0.write_char(character)
            }
        })
    }
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
    fn what_has_several_lines_is_written_as_one() {
        let mut text = String::new();
        write!(OneLine(&mut text), "closed\n\tby \u{1b}[31mSørén\u{85}").unwrap();
        assert_eq!(text, r"closed\n\tby \u{1b}[31mSørén\u{85}");
    }

    #[test]
    fn only_own_crates_speak_below_warnings() {
        let text = filter(LogLevel::Trace).to_string();
        assert!(text.contains("server=trace") && text.contains("http_api=trace"), "{text}");
        assert!(text.split(',').any(|directive| directive == "warn"), "{text}");
        assert_eq!(filter(LogLevel::Off).to_string(), "off");
    }
}
