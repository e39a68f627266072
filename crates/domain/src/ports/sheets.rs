//! Sheets of patients.

use async_trait::async_trait;

use crate::ports::{BoxError, RepositoryError};
use crate::{Patient, Sheet, SheetFormat, SheetReport, Stamp, User};

/// Why a sheet is not taken in. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum SheetFault {
    /// It is no sheet of patients; the text says why, without anything of the sheet.
    #[error("the sheet {0}")]
    Unreadable(&'static str),
    /// The database does not do what it should. Batches that were written before stay.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

/// Reads and writes sheets of one user's patients.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait PatientSheets: Send + Sync {
    /// How many rows a sheet has, good ones or not.
    fn count(&self, sheet: &Sheet) -> Result<u64, SheetFault>;

    /// Takes the rows in that are right, as patients of `owner`, in batches of one transaction and one event each, and
    /// tells of all others.
    ///
    /// A row that names another owner must be refused, whether there is such a user or not. Ids must be new ones. A row
    /// that was taken in before, or that was written from a record of the owner, must not become a second record.
    async fn take_in(&self, sheet: &Sheet, owner: &User, stamp: &Stamp) -> Result<SheetReport, SheetFault>;

    /// What stands before the first record.
    fn header(&self, format: SheetFormat) -> Result<String, BoxError>;

    /// The line of a patient, which [`Self::take_in`] takes back.
    fn line(&self, format: SheetFormat, patient: &Patient) -> Result<String, BoxError>;
}
