//! The values of a row, read strictly: what is wrong is noted by column, all of it together.

use std::collections::BTreeMap;
use std::fmt::Display;

use domain::{Change, Timestamp};

/// The values of a row, and what is wrong with them.
pub(super) struct Fields {
    values: BTreeMap<String, String>,
    pub(super) errors: Vec<(String, String)>,
}

impl Fields {
    pub(super) const fn new(values: BTreeMap<String, String>) -> Self {
        Self { values, errors: Vec::new() }
    }

    /// What is in a column; `None` when it is blank or not there.
    pub(super) fn raw(&self, column: &str) -> Option<&str> {
        self.values.get(column).map(String::as_str).filter(|value| !value.trim().is_empty())
    }

    pub(super) fn wrong(&mut self, column: &str, message: impl Display) {
        self.errors.push((column.to_owned(), message.to_string()));
    }

    /// A value, `None` when there is none or it is wrong.
    pub(super) fn get<T, E: Display>(
        &mut self,
        column: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let parsed = parse(self.raw(column)?);
        match parsed {
            Ok(value) => Some(value),
            Err(error) => {
                self.wrong(column, error);
                None
            }
        }
    }

    /// What the row says about a field: a column that is not there keeps it, a blank one clears it.
    pub(super) fn change<T, E: Display>(
        &mut self,
        column: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Change<T> {
        if !self.values.contains_key(column) {
            return Change::Keep;
        }
        self.get(column, parse).map_or(Change::Clear, Change::Set)
    }

    pub(super) fn time(&mut self, column: &str) -> Option<Timestamp> {
        self.get(column, |raw| Timestamp::parse(raw.trim()).ok_or("must be a time as in RFC 3339"))
    }

    /// A number of any size.
    pub(super) fn number<T, E: Display>(
        &mut self,
        column: &str,
        parse: impl FnOnce(i64) -> Result<T, E>,
    ) -> Change<T> {
        self.change(column, |raw| {
            let number = raw.trim().parse().map_err(|_| "must be a whole number".to_owned())?;
            parse(number).map_err(|error| error.to_string())
        })
    }

    /// Yes or no.
    pub(super) fn switch(&mut self, column: &str) -> Option<bool> {
        self.get(column, |raw| match raw.trim() {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err("must be true or false"),
        })
    }

    /// Everything that the row says, in the order of the names.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}
