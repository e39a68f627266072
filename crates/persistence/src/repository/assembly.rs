//! All stores of one database, behind their ports.

use std::sync::Arc;

use super::Conn;
use super::doctors::Doctors;
use super::mappings::Mappings;
use super::patients::Patients;
use super::probe::Probe;
use super::sessions::Sessions;
use super::users::Users;
use crate::executor::Executor;
use crate::stores::Stores;

/// The stores that share `executor`; `known` are the versions of all migrations.
pub(super) fn stores(executor: Executor<Conn>, known: Vec<String>) -> Stores {
    let executor = Arc::new(executor);
    Stores {
        users: Arc::new(Users { executor: Arc::clone(&executor) }),
        sessions: Arc::new(Sessions { executor: Arc::clone(&executor) }),
        patients: Arc::new(Patients { executor: Arc::clone(&executor) }),
        doctors: Arc::new(Doctors { executor: Arc::clone(&executor) }),
        mappings: Arc::new(Mappings { executor: Arc::clone(&executor) }),
        probe: Arc::new(Probe { executor, known: known.into() }),
    }
}
