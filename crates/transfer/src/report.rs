//! What became of each row.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// How much a line of the report means.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Weight {
    /// The row is as it was; somebody should know something about it.
    Note,
    /// A value was changed or left out.
    Repaired,
    /// The row was not taken over.
    Refused,
}

/// One thing that is to be told about one row.
#[derive(Clone, PartialEq, Eq)]
pub struct Line {
    /// The table of the source.
    pub table: String,
    /// The id in the source.
    pub id: String,
    /// The column.
    pub field: &'static str,
    /// How much it means.
    pub weight: Weight,
    /// What is the matter.
    pub rule: Cow<'static, str>,
    /// What was done about it.
    pub done: Cow<'static, str>,
    /// The value as it was, where it is not in the record any more. To be guarded like the record.
    pub original: Option<String>,
}

/// The rows of one table, each of which is counted once.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Tally {
    /// All of them.
    pub read: u64,
    /// Taken over as they were.
    pub kept: u64,
    /// Taken over with a value changed or left out.
    pub repaired: u64,
    /// Not taken over.
    pub refused: u64,
    /// Taken over before.
    pub known: u64,
}

/// What became of everything that was read.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// The four tables in the order in which they are taken over.
    pub tables: Vec<(String, Tally)>,
    /// What is to be told, by table and id.
    pub lines: Vec<Line>,
    /// The rows of tables that are not taken over.
    pub others: BTreeMap<String, u64>,
    /// Columns of the four tables that are not taken over, with how many rows have a value there.
    pub columns: BTreeMap<(String, String), u64>,
}

impl Weight {
    /// The name in lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Repaired => "repaired",
            Self::Refused => "refused",
        }
    }
}

impl std::fmt::Debug for Line {
    /// Without the value.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { table, id, field, weight, rule, done, .. } = self;
        write!(f, "{} {table} {id} {field}: {rule}; {done}", weight.as_str())
    }
}

impl Report {
    /// How many rows were refused.
    pub fn refused(&self) -> u64 {
        self.tables.iter().map(|(_, tally)| tally.refused).sum()
    }
}
