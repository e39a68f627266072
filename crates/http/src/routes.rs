//! The operations, one module for each resource. A handler takes the right as a type, reads the request, calls
//! one service and answers.

mod accounts;
mod audit;
mod doctors;
mod documents;
mod health;
mod history;
pub(crate) mod keys;
mod mappings;
mod patients;
mod sessions;
mod sheets;

use crate::registry::Operation;
use crate::state::HttpSettings;

/// Every operation of a server with these settings.
pub(crate) fn operations(settings: HttpSettings) -> Vec<Operation> {
    let mut operations = accounts::operations();
    operations.extend(sessions::operations());
    operations.extend(patients::operations());
    operations.extend(sheets::operations());
    operations.extend(doctors::operations());
    operations.extend(mappings::operations(settings.mapping_detail));
    operations.extend(history::operations());
    operations.extend(audit::operations());
    operations.extend(documents::operations());
    operations.extend(keys::operations());
    operations.extend(health::operations());
    operations
}
