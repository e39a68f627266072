//! The fields of spans in lines of JSON.

use std::fmt;

use tracing::span::Record;
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::{FormatFields, FormattedFields};

/// Writes fields as [`JsonFields`] does, and those that come later behind them: `JsonFields` reads and writes all of
/// them anew, twice for each request.
#[derive(Default)]
pub(super) struct AppendedFields(JsonFields);

impl<'a> FormatFields<'a> for AppendedFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'a>, fields: R) -> fmt::Result {
        self.0.format_fields(writer, fields)
    }

    fn add_fields(&self, current: &'a mut FormattedFields<Self>, fields: &Record<'_>) -> fmt::Result {
        let mut added = String::new();
        self.0.format_fields(Writer::new(&mut added), fields)?;
        if current.fields.is_empty() || current.fields == "{}" {
            current.fields = added;
        } else if added != "{}" {
            let (Some('}'), Some(added)) = (current.fields.pop(), added.strip_prefix('{')) else {
                return Err(fmt::Error);
            };
            current.fields.push(',');
            current.fields.push_str(added);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use serde_json::{Value, json};
    use tracing::field::Empty;

    use super::*;

    /// Keeps what is written.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The span of the line that is written once these were recorded.
    fn span_with(span: impl FnOnce() -> tracing::Span, record: impl FnOnce(&tracing::Span)) -> Value {
        let kept = Kept::default();
        let writer = kept.clone();
        let lines = tracing_subscriber::fmt().json().fmt_fields(AppendedFields::default());
        tracing::subscriber::with_default(lines.with_writer(move || writer.clone()).finish(), || {
            let span = span();
            record(&span);
            span.in_scope(|| tracing::info!("line"));
        });
        let line: Value = serde_json::from_slice(&kept.0.lock().unwrap()).unwrap();
        line["span"].clone()
    }

    #[test]
    fn fields_that_come_later_stand_beside_the_first_ones() {
        let span = || tracing::info_span!("a", first = "x\"}", second = Empty, third = Empty);
        let shown = span_with(span, |span| {
            span.record("second", 2).record("third", "}").record("second", 3);
        });
        assert_eq!(shown, json!({ "name": "a", "first": "x\"}", "second": 3, "third": "}" }));
    }

    #[test]
    fn the_first_field_may_come_late_or_never() {
        let span = || tracing::info_span!("a", late = Empty);
        assert_eq!(
            span_with(span, |span| _ = span.record("late", true)),
            json!({ "name": "a", "late": true })
        );
        assert_eq!(span_with(span, |_| {}), json!({ "name": "a" }));
    }
}
