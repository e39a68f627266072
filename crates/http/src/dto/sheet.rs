//! What became of a sheet.

use std::collections::BTreeMap;

use domain::{RowLine, SheetReport};
use serde::Serialize;
use utoipa::ToSchema;

/// A sheet: bytes, as generated clients send and get them.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "describes a body")]
pub(crate) struct SheetText(String);

/// What became of the rows of a sheet, each of which is counted once.
#[derive(Serialize, ToSchema)]
#[schema(as = SheetReport)]
pub(crate) struct SheetReportResponse<'a> {
    /// Nothing was written.
    dry_run: bool,
    /// How many rows there are.
    #[schema(minimum = 0)]
    read: u64,
    /// New patients.
    #[schema(minimum = 0)]
    added: u64,
    /// Patients that were changed.
    #[schema(minimum = 0)]
    updated: u64,
    /// Rows that were taken in before.
    #[schema(minimum = 0)]
    skipped: u64,
    /// Rows that break a rule.
    #[schema(minimum = 0)]
    refused: u64,
    /// The rows that were not added, in the order of the sheet: of the refused ones the first thousand, and as many others.
    rows: Vec<SheetRowResponse<'a>>,
    /// How many rows more were not added.
    #[schema(minimum = 0)]
    rows_omitted: u64,
}

/// A row that was not added.
#[derive(Serialize, ToSchema)]
#[schema(as = SheetRow)]
pub(crate) struct SheetRowResponse<'a> {
    /// Which row of the sheet, from 1; the header of a CSV is one.
    #[schema(minimum = 1)]
    row: u64,
    /// `updated`, `skipped` or `refused`.
    #[schema(value_type = String, pattern = "^(updated|skipped|refused)$")]
    outcome: &'static str,
    /// Of a refused row: each column with what is wrong with it; `row` where it is the row itself.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = Option<BTreeMap<String, Vec<String>>>, nullable = false)]
    errors: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> SheetReportResponse<'a> {
    pub(crate) fn new(report: &'a SheetReport, dry_run: bool) -> Self {
        let tally = report.tally;
        Self {
            dry_run,
            read: tally.read,
            added: tally.added,
            updated: tally.updated,
            skipped: tally.skipped,
            refused: tally.refused,
            rows: report.lines().into_iter().map(SheetRowResponse::new).collect(),
            rows_omitted: report.omitted(),
        }
    }
}

impl<'a> SheetRowResponse<'a> {
    fn new(line: &'a RowLine) -> Self {
        let mut errors: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (column, message) in &line.errors {
            errors.entry(column).or_default().push(message);
        }
        Self { row: line.row, outcome: line.fate.as_str(), errors }
    }
}
