//! Sheets of records: rows that come in and go out as text.

use crate::macros::redacted_debug;

/// How a sheet is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SheetFormat {
    /// Comma-separated values (RFC 4180) with a header; semicolons and tabs do as well.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

/// What becomes of a row that was taken in before.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OnConflict {
    /// Nothing: the record stays as it is; the default.
    #[default]
    Skip,
    /// The record gets what the row says; of a mapping, the notes.
    Update,
    /// The row is refused.
    Fail,
}

/// A sheet that came in whole.
#[derive(Clone, PartialEq, Eq)]
pub struct Sheet {
    /// How it is written.
    pub format: SheetFormat,
    /// The text.
    pub text: Vec<u8>,
    /// Columns by other names, with the names that they have here.
    pub renames: Vec<(String, String)>,
    /// What becomes of rows that were taken in before.
    pub on_conflict: OnConflict,
    /// Nothing is written.
    pub is_dry: bool,
}

redacted_debug!(Sheet);

/// What became of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RowFate {
    /// It is a new record.
    Added,
    /// A record was changed.
    Updated,
    /// It was taken in before.
    Skipped,
    /// It is no record.
    Refused,
}

impl RowFate {
    /// The name in lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Updated => "updated",
            Self::Skipped => "skipped",
            Self::Refused => "refused",
        }
    }
}

/// A row that was not simply added.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RowLine {
    /// Which row of the sheet, from 1; the header of a CSV is one.
    pub row: u64,
    /// What became of it.
    pub fate: RowFate,
    /// What is wrong, by column. Never a value.
    pub errors: Vec<(String, String)>,
}

/// The rows of a sheet, each of which is counted once.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct SheetTally {
    /// All of them.
    pub read: u64,
    /// New records.
    pub added: u64,
    /// Records that were changed.
    pub updated: u64,
    /// Rows that were taken in before.
    pub skipped: u64,
    /// Rows that are no records.
    pub refused: u64,
}

/// What became of a sheet: counts, and lines for the rows that were not added, as many as somebody can read.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct SheetReport {
    /// All rows, counted.
    pub tally: SheetTally,
    refused: Vec<RowLine>,
    known: Vec<RowLine>,
    omitted: u64,
}

impl SheetReport {
    /// So many refused rows have a line, and as many others.
    pub const MOST: usize = 1_000;

    /// Notes a row that was not added. Of refused ones the first [`Self::MOST`] are kept, however many others there are.
    pub fn note(&mut self, line: &RowLine) {
        let lines = if line.fate == RowFate::Refused { &mut self.refused } else { &mut self.known };
        if lines.len() < Self::MOST {
            lines.push(line.clone());
        } else {
            self.omitted += 1;
        }
    }

    /// The lines that were kept, in the order of the sheet.
    pub fn lines(&self) -> Vec<&RowLine> {
        let mut lines: Vec<_> = self.refused.iter().chain(&self.known).collect();
        lines.sort_by_key(|line| line.row);
        lines
    }

    /// How many rows were noted and have no line.
    pub const fn omitted(&self) -> u64 {
        self.omitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(row: u64, fate: RowFate) -> RowLine {
        RowLine { row, fate, errors: Vec::new() }
    }

    #[test]
    fn a_report_has_a_line_for_a_refused_row_however_many_others_there_are() {
        let mut report = SheetReport::default();
        let most = u64::try_from(SheetReport::MOST).unwrap();
        for row in 1..=most + 7 {
            report.note(&line(row, RowFate::Skipped));
        }
        report.note(&line(most + 8, RowFate::Refused));
        assert_eq!(report.omitted(), 7);
        let lines = report.lines();
        assert_eq!(lines.len(), SheetReport::MOST + 1);
        assert_eq!(lines.last().map(|line| line.fate), Some(RowFate::Refused));
    }

    #[test]
    fn lines_are_in_the_order_of_the_sheet() {
        let mut report = SheetReport::default();
        for (row, fate) in [(4, RowFate::Refused), (2, RowFate::Skipped), (3, RowFate::Updated)] {
            report.note(&line(row, fate));
        }
        assert_eq!(report.lines().iter().map(|line| line.row).collect::<Vec<_>>(), [2, 3, 4]);
    }
}
