//! The fields of spans in lines of JSON.

use std::fmt::{self, Debug, Write};

use tracing::field::{Field, Visit};
use tracing::span::Record;
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FormatFields, FormattedFields};

/// Writes fields as they come, those that come later behind the first ones. `JsonFields` of the library collects them in
/// a map, and reads and writes all of them anew for each that comes later: three times for each request. What is neither a
/// number of JSON nor a truth value is text.
pub(super) struct AppendedFields;

impl<'a> FormatFields<'a> for AppendedFields {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'a>, fields: R) -> fmt::Result {
        let mut object = Object { writer: &mut writer, is_empty: true, written: Ok(()) };
        fields.record(&mut object);
        object.end()
    }

    fn add_fields(&self, current: &'a mut FormattedFields<Self>, fields: &Record<'_>) -> fmt::Result {
        let text = &mut current.fields;
        if !text.is_empty() && text.pop() != Some('}') {
            return Err(fmt::Error);
        }
        let is_empty = text.len() <= 1;
        if is_empty {
            text.clear();
        }
        let mut object = Object { writer: text, is_empty, written: Ok(()) };
        fields.record(&mut object);
        object.end()
    }
}

/// An object of JSON, member by member.
struct Object<'a> {
    writer: &'a mut dyn Write,
    is_empty: bool,
    written: fmt::Result,
}

impl Object<'_> {
    fn member(&mut self, name: &str, value: impl FnOnce(&mut dyn Write) -> fmt::Result) {
        if self.written.is_err() {
            return;
        }
        let before = if std::mem::take(&mut self.is_empty) { '{' } else { ',' };
        let name = name.strip_prefix("r#").unwrap_or(name);
        self.written = self
            .writer
            .write_char(before)
            .and_then(|()| string(self.writer, name))
            .and_then(|()| self.writer.write_char(':'))
            .and_then(|()| value(self.writer));
    }

    fn end(self) -> fmt::Result {
        self.written?;
        self.writer.write_str(if self.is_empty { "{}" } else { "}" })
    }
}

/// Nearly everything that is told of a request needs no escape.
fn string(writer: &mut dyn Write, text: &str) -> fmt::Result {
    if text.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        return writer.write_str(&serde_json::to_string(text).map_err(|_| fmt::Error)?);
    }
    writer.write_char('"')?;
    writer.write_str(text)?;
    writer.write_char('"')
}

impl Visit for Object<'_> {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.member(field.name(), |writer| write!(writer, "{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.member(field.name(), |writer| write!(writer, "{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.member(field.name(), |writer| write!(writer, "{value}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.member(field.name(), |writer| string(writer, value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no other numbers.
        if value.is_finite() {
            self.member(field.name(), |writer| write!(writer, "{value:?}"));
        } else {
            self.record_debug(field, &value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let name = field.name();
        // What a record of the crate `log` says of itself stands elsewhere in the line.
        if !name.starts_with("log.") {
            self.member(name, |writer| string(writer, &format!("{value:?}")));
        }
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
        let lines = tracing_subscriber::fmt().json().fmt_fields(AppendedFields);
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
    fn each_value_is_of_its_type_and_escaped_where_it_must_be() {
        let span = || tracing::info_span!("a", minus = -3, yes = true, text = "a\"\\\n\u{1}é", list = ?["x\"", "y"], r#type = 0.5, none = f64::NAN);
        let told = json!({
            "name": "a", "minus": -3, "yes": true, "text": "a\"\\\n\u{1}é", "list": "[\"x\\\"\", \"y\"]", "type": 0.5, "none": "NaN"
        });
        assert_eq!(span_with(span, |_| {}), told);
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
