//! A table as it was read: every value as text.

use std::collections::HashMap;

use domain::{Date, Timestamp};

use super::instant;

/// A table of a source.
#[derive(Default)]
pub(super) struct Table {
    columns: HashMap<String, usize>,
    rows: Vec<Vec<Option<String>>>,
}

/// One row of it.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    columns: &'a HashMap<String, usize>,
    values: &'a [Option<String>],
}

impl Table {
    pub(super) fn new<S: Into<String>>(columns: impl IntoIterator<Item = S>) -> Self {
        let columns = columns.into_iter().enumerate().map(|(place, name)| (name.into(), place)).collect();
        Self { columns, rows: Vec::new() }
    }

    /// How many columns there are.
    pub(super) fn width(&self) -> usize {
        self.columns.len()
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn push(&mut self, values: Vec<Option<String>>) {
        self.rows.push(values);
    }

    /// Adds a row by the names of its values; columns that are not there yet are added.
    pub(super) fn push_named(&mut self, named: impl IntoIterator<Item = (String, Option<String>)>) {
        let mut values = vec![None; self.columns.len()];
        for (name, value) in named {
            let next = self.columns.len();
            let place = *self.columns.entry(name).or_insert(next);
            if place >= values.len() {
                values.resize(place + 1, None);
            }
            if let Some(slot) = values.get_mut(place) {
                *slot = value;
            }
        }
        self.rows.push(values);
    }

    pub(super) fn has(&self, column: &str) -> bool {
        self.columns.contains_key(column)
    }

    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.keys().map(String::as_str)
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|values| Row { columns: &self.columns, values })
    }
}

impl<'a> Row<'a> {
    /// The value, `None` for NULL.
    pub(super) fn get(&self, column: &str) -> Option<&'a str> {
        self.values.get(*self.columns.get(column)?)?.as_deref()
    }

    /// A whole number of any size that fits.
    pub(super) fn number(&self, column: &str) -> Option<i64> {
        self.get(column)?.trim().parse().ok()
    }

    /// True for what each kind of source writes for true.
    pub(super) fn is_true(&self, column: &str) -> bool {
        self.get(column).is_some_and(|value| matches!(value, "true" | "t" | "1"))
    }

    /// An instant.
    pub(super) fn time(&self, column: &str) -> Option<Timestamp> {
        instant::parse(self.get(column)?)
    }

    /// The day in UTC of an instant.
    pub(super) fn day(&self, column: &str) -> Option<Date> {
        self.time(column).map(Timestamp::date)
    }
}
