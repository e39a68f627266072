//! Sheets: a user's own patients, in and out.

mod places;

use std::sync::Arc;

use domain::ports::{BoxError, Clock, PatientRepository, PatientSheets, Record, SheetFault, UserRepository};
use domain::{
    Actor, Call, Caller, Direction, Operation, Order, Page, PageLimit, PatientFilter, PatientId, Sheet,
    SheetFormat, SheetReport, SortKey, Stamp,
};

pub use places::Place;
use places::{Full, Places};

use crate::Error;

/// What the writes of an import are on record as; the call itself has the name of its operation.
const ROWS: Operation = Operation::named("patients_import_rows");

/// As much of an export as is in memory at a time.
const PAGE: PageLimit = PageLimit::new(200).unwrap();

/// Oldest first.
const ORDER: Order = Order { key: SortKey::CreatedAt, direction: Direction::Ascending };

/// How much is taken in and given out at a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SheetLimits {
    /// The most bytes of a sheet.
    pub bytes: usize,
    /// The most rows of a sheet.
    pub rows: u64,
    /// How many sheets may be under way at once, of all users; each user has one at most.
    pub at_once: usize,
}

impl Default for SheetLimits {
    fn default() -> Self {
        Self { bytes: 10 << 20, rows: 10_000, at_once: 4 }
    }
}

/// Why a sheet was not taken in or given out.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// It is no sheet of patients, and why. Nothing of it is said.
    #[error("the sheet {0}")]
    Unreadable(&'static str),
    /// It has more rows than so many.
    #[error("the sheet has more than {0} rows")]
    TooManyRows(u64),
    /// Anything else.
    #[error(transparent)]
    Other(#[from] Error),
}

impl From<SheetFault> for SheetError {
    fn from(fault: SheetFault) -> Self {
        match fault {
            SheetFault::Unreadable(why) => Self::Unreadable(why),
            SheetFault::Repository(error) => Self::Other(error.into()),
        }
    }
}

/// Takes in and gives out sheets of patients.
#[derive(Clone)]
pub struct Sheets {
    format: Arc<dyn PatientSheets>,
    patients: Arc<dyn PatientRepository>,
    users: Arc<dyn UserRepository>,
    clock: Arc<dyn Clock>,
    limits: SheetLimits,
    places: Places,
}

impl Sheets {
    /// Over its ports.
    pub fn new(
        format: Arc<dyn PatientSheets>,
        patients: Arc<dyn PatientRepository>,
        users: Arc<dyn UserRepository>,
        clock: Arc<dyn Clock>,
        limits: SheetLimits,
    ) -> Self {
        Self { format, patients, users, clock, limits, places: Places::new(limits.at_once) }
    }

    /// How much is taken in.
    pub const fn limits(&self) -> SheetLimits {
        self.limits
    }

    /// A place for one sheet, held until it is dropped.
    ///
    /// # Errors
    /// `Unavailable` while the user has one already, or too many are under way.
    pub fn enter(&self, actor: &Actor) -> Result<Place, Error> {
        let full = |full: Full| Error::Unavailable(Box::new(full));
        self.places.enter(actor.user).map_err(full)
    }

    /// Takes in the rows that are right as patients of the actor, and tells of the others. May take minutes.
    ///
    /// # Errors
    /// Nothing is written of what is no sheet or has too many rows. Where the database fails, the batches that were
    /// written before stay; the same sheet goes on from there.
    pub async fn import(
        &self,
        actor: &Actor,
        sheet: &Sheet,
        _place: &Place,
    ) -> Result<SheetReport, SheetError> {
        let rows = self.format.count(sheet)?;
        if rows > self.limits.rows {
            return Err(SheetError::TooManyRows(self.limits.rows));
        }
        let owner = self.users.find(actor.user).await.map_err(Error::from)?;
        let owner = owner.ok_or(Error::Missing(Record::User))?;
        Ok(self.format.take_in(sheet, &owner, &self.stamp_of_rows(actor)).await?)
    }

    /// The writes of an import, by a name of their own: the call leaves its event besides, also where nothing was
    /// written.
    fn stamp_of_rows(&self, actor: &Actor) -> Stamp {
        let call = Call::new(ROWS, actor.call.address, actor.call.request_id.clone());
        Stamp { call: Arc::new(call), ..actor.stamp(self.clock.now()) }
    }

    /// All patients of the actor, part by part.
    pub fn export(&self, actor: &Actor, format: SheetFormat, place: Place) -> Export {
        let page = Page { limit: PAGE, order: ORDER, ..Page::default() };
        Export { sheets: self.clone(), actor: actor.clone(), format, _place: place, next: Next::Header(page) }
    }
}

/// A sheet on its way out.
pub struct Export {
    sheets: Sheets,
    actor: Actor,
    format: SheetFormat,
    _place: Place,
    next: Next,
}

enum Next {
    Header(Page<PatientId>),
    Page(Page<PatientId>),
    End,
}

impl Export {
    /// The next part; `None` after the last one.
    ///
    /// # Errors
    /// What was given out before is not the whole sheet.
    pub async fn next(&mut self) -> Result<Option<String>, Error> {
        let mut text = String::new();
        let mut page = match std::mem::replace(&mut self.next, Next::End) {
            Next::End => return Ok(None),
            Next::Page(page) => page,
            Next::Header(page) => {
                text = self.sheets.format.header(self.format).map_err(Error::Failed)?;
                page
            }
        };
        let all = PatientFilter::default();
        let listing = self.sheets.patients.list(self.actor.user, &all, page).await?;
        for patient in &listing.items {
            let line: Result<String, BoxError> = self.sheets.format.line(self.format, patient);
            text.push_str(&line.map_err(Error::Failed)?);
        }
        page.after = listing.next;
        if page.after.is_some() {
            self.next = Next::Page(page);
        }
        Ok(Some(text))
    }
}

#[cfg(test)]
mod tests;
