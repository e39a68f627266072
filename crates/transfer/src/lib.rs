//! Records from other systems.
//!
//! An adapter like `http`: [`django`] reads what a Django backend of one of three families has kept, judges every
//! value by the types of the domain, and hands the records to the port [`Intake`](domain::ports::Intake). What could
//! not be taken over as it was is told by the [`Report`], row by row; nothing is left out silently.

mod case;
pub mod django;
mod empty;
mod repair;
mod report;
pub mod sheet;

pub use empty::EmptyTarget;
pub use report::{Line, Report, Tally, Weight};
