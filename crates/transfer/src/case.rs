//! One row, from how it was read to what is told about it.

use std::borrow::Cow;

use crate::report::{Line, Report, Tally, Weight};

/// What a row is known by in its source.
pub(crate) struct Id(String);

impl From<i64> for Id {
    fn from(number: i64) -> Self {
        Self(number.to_string())
    }
}

impl From<&str> for Id {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// A row that is being judged.
pub(crate) struct Case<'a> {
    table: &'a str,
    id: String,
    lines: Vec<Line>,
}

impl<'a> Case<'a> {
    pub(crate) fn new(table: &'a str, id: impl Into<Id>) -> Self {
        Self { table, id: id.into().0, lines: Vec::new() }
    }

    /// The row is as it was, but somebody should know this.
    pub(crate) fn note(
        &mut self,
        field: &'static str,
        rule: impl Into<Cow<'static, str>>,
        done: impl Into<Cow<'static, str>>,
    ) {
        self.add(Weight::Note, field, rule.into(), done.into(), None);
    }

    /// A value was changed or left out.
    pub(crate) fn repair(
        &mut self,
        field: &'static str,
        rule: impl Into<Cow<'static, str>>,
        done: impl Into<Cow<'static, str>>,
        original: Option<&str>,
    ) {
        self.add(Weight::Repaired, field, rule.into(), done.into(), original);
    }

    /// The row cannot be taken over.
    pub(crate) fn refuse(
        &mut self,
        field: &'static str,
        rule: impl Into<Cow<'static, str>>,
        original: Option<&str>,
    ) {
        self.add(Weight::Refused, field, rule.into(), "not imported".into(), original);
    }

    fn add(
        &mut self,
        weight: Weight,
        field: &'static str,
        rule: Cow<'static, str>,
        done: Cow<'static, str>,
        original: Option<&str>,
    ) {
        let original = original.map(str::to_owned);
        self.lines.push(Line {
            table: self.table.to_owned(),
            id: self.id.clone(),
            field,
            weight,
            rule,
            done,
            original,
        });
    }

    /// What the lines amount to; `None` for a row that is as it was.
    fn weight(&self) -> Weight {
        self.lines.iter().map(|line| line.weight).max().unwrap_or(Weight::Note)
    }
}

/// The rows of one table as they are judged.
pub(crate) struct Ledger<'a> {
    tally: Tally,
    table: &'a str,
    lines: Vec<Line>,
}

impl<'a> Ledger<'a> {
    pub(crate) const fn new(table: &'a str) -> Self {
        let tally = Tally { read: 0, kept: 0, repaired: 0, refused: 0, known: 0 };
        Self { tally, table, lines: Vec::new() }
    }

    pub(crate) const fn table(&self) -> &'a str {
        self.table
    }

    /// Counts a row, once.
    pub(crate) fn close(&mut self, case: Case<'_>) {
        self.tally.read += 1;
        match case.weight() {
            Weight::Note => self.tally.kept += 1,
            Weight::Repaired => self.tally.repaired += 1,
            Weight::Refused => self.tally.refused += 1,
        }
        self.lines.extend(case.lines);
    }

    /// Counts a row that was taken over before; what is to be told of it was told then.
    pub(crate) const fn close_known(&mut self) {
        self.tally.read += 1;
        self.tally.known += 1;
    }

    /// Adds the table to the report.
    pub(crate) fn finish(self, report: &mut Report) {
        report.tables.push((self.table.to_owned(), self.tally));
        report.lines.extend(self.lines);
    }
}
