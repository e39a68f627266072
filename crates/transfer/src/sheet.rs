//! Sheets of users, patients, doctors and mappings, as CSV or NDJSON: in, row by row and in constant memory, and out again.
//!
//! A row is taken in as it is or refused with everything that is wrong with it; nothing is mended. Each row has an
//! external id (the column `external_id` or `id`, else a digest of what it says), by which it is known again.

mod doctors;
mod external;
mod fields;
mod format;
mod formula;
mod mappings;
mod own;
mod patients;
mod run;
mod users;
mod write;

use std::io;

use domain::ports::RepositoryError;

pub use domain::{OnConflict, RowFate as Fate, RowLine, SheetFormat as Format, SheetTally};
pub use own::OwnPatients;
pub use run::{Kind, Options, Owner, Target, import};
pub use write::Writer;

/// Why a sheet cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// It cannot be read.
    #[error("the sheet cannot be read")]
    Read(#[from] io::Error),
    /// A CSV begins with the names of its columns.
    #[error("the sheet has no header")]
    NoHeader,
    /// It is in another encoding.
    #[error("the header is not UTF-8; save the sheet as UTF-8")]
    NotUtf8,
    /// Two columns have one name.
    #[error("the column {0} is there twice")]
    ColumnTwice(String),
    /// There are more columns than any record has.
    #[error("the sheet has more than {0} columns")]
    TooManyColumns(usize),
    /// No column says what the record is.
    #[error("the sheet has no column {0}; --map \"Its name={0}\" tells which one it is")]
    NoColumn(&'static str),
    /// The database does not do what it should.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}
