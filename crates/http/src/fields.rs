//! Reading the fields of a request, collecting everything that is wrong with them.

use std::collections::BTreeMap;
use std::fmt::Display;

use domain::{Change, Invalid};
use serde::Serialize;

use crate::problem::{Code, Problem};
use crate::sent::{Amount, Integer, Sent, Text};

/// What is wrong with the fields of one request, by the names that the client used.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(transparent)]
pub struct FieldErrors(BTreeMap<String, Vec<String>>);

impl FieldErrors {
    /// One message for one field.
    pub fn one(name: &str, message: &str) -> Self {
        let mut errors = Self::default();
        errors.add(name, message);
        errors
    }

    /// Adds a message; it says what is wrong, never what was sent.
    pub fn add(&mut self, name: &str, message: impl Display) {
        self.0.entry(name.to_owned()).or_default().push(message.to_string());
    }

    /// Adds the broken rules of a record, unless one of the fields that they are about, `sources`, could not
    /// even be read.
    pub fn add_all(&mut self, invalid: &Invalid, sources: &[&str]) {
        if !self.has_any(sources) {
            for violation in invalid.violations() {
                self.add(violation.field, &violation.message);
            }
        }
    }

    /// True when one of the fields is wrong already.
    pub(crate) fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.0.contains_key(*name))
    }

    /// True when nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same messages with one field under another name.
    pub(crate) fn renamed(mut self, from: &str, to: &str) -> Self {
        if let Some(messages) = self.0.remove(from) {
            self.0.entry(to.to_owned()).or_default().extend(messages);
        }
        self
    }

    /// `value`, unless something was wrong on the way to it.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Problem> {
        match value {
            Some(value) if self.is_empty() => Ok(value),
            _ => Err(Problem::new(Code::InvalidFields).errors(self)),
        }
    }

    /// What an optional text says. Blank is empty, and empty is none.
    pub(crate) fn text<T, E: Display>(
        &mut self,
        name: &str,
        sent: &Sent<Text>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Change<T> {
        match sent {
            Sent::Value(Text(text)) if text.trim().is_empty() => Change::Clear,
            sent => self.change(name, sent, |Text(text)| parse(text)),
        }
    }

    /// What an optional whole number says.
    pub(crate) fn integer<T, E: Display>(
        &mut self,
        name: &str,
        sent: &Sent<Integer>,
        parse: impl FnOnce(i64) -> Result<T, E>,
    ) -> Change<T> {
        self.change(name, sent, |Integer(number)| parse(*number))
    }

    /// What an optional amount says.
    pub(crate) fn amount<T, E: Display>(
        &mut self,
        name: &str,
        sent: &Sent<Amount>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Change<T> {
        match sent {
            Sent::Value(Amount(text)) if text.trim().is_empty() => Change::Clear,
            sent => self.change(name, sent, |Amount(text)| parse(text)),
        }
    }

    /// A value that must be there.
    pub(crate) fn required<T>(&mut self, name: &str, change: Change<T>) -> Option<T> {
        let value = change.value();
        if value.is_none() && !self.0.contains_key(name) {
            self.add(name, "is required");
        }
        value
    }

    fn change<R, T, E: Display>(
        &mut self,
        name: &str,
        sent: &Sent<R>,
        parse: impl FnOnce(&R) -> Result<T, E>,
    ) -> Change<T> {
        match sent {
            Sent::Absent => Change::Keep,
            Sent::Null => Change::Clear,
            Sent::Wrong(expected) => {
                self.add(name, expected);
                Change::Keep
            }
            Sent::Value(raw) => match parse(raw) {
                Ok(value) => Change::Set(value),
                Err(error) => {
                    self.add(name, error);
                    Change::Keep
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{Age, PersonName};

    use super::*;

    #[test]
    fn all_wrong_fields_are_collected() {
        let mut errors = FieldErrors::default();
        errors.text("name", &Sent::Wrong("must be text"), PersonName::parse);
        errors.integer("age", &Sent::Value(Integer(200)), Age::parse);
        let fields: Vec<_> = errors.0.keys().map(String::as_str).collect();
        assert_eq!(fields, ["age", "name"]);
    }

    #[test]
    fn blank_text_clears_a_field() {
        let mut errors = FieldErrors::default();
        assert_eq!(errors.text("name", &Sent::Value(Text(" ".into())), PersonName::parse), Change::Clear);
        assert!(errors.is_empty());
    }

    #[test]
    fn a_field_that_could_not_be_read_is_not_also_missing() {
        let mut errors = FieldErrors::default();
        let name = errors.text("name", &Sent::Wrong("must be text"), PersonName::parse);
        assert!(errors.required("name", name).is_none());
        assert_eq!(errors.0.get("name").map(Vec::len), Some(1));
    }
}
